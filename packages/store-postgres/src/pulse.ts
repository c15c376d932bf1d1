// Finds connections that have died without a word: something was asked on them, nothing has moved on them for a while, and the
// database is doing nothing for it. Else they would be given up only when a statement has taken too long, and a cancel would be
// heard of half a minute late.
//
// Says as well what a statement waits for that somebody else holds up: nothing else would, until it is gone.

import type { Address } from './address.ts'
import { bools, ints } from './arrays.ts'
import { Connection } from './connection.ts'

export interface PulseOptions {
  readonly address: Address
  /** Some were given up. */
  readonly gaveUp: () => void
  readonly warn: (message: string) => void
}

/** What a connection was last seen doing, and since when. */
interface Seen {
  readonly askedAt: number
  readonly progress: number
  readonly since: number
  /** What it waits for has been said. */
  isSaid: boolean
}

/** A connection on which nothing moves, as the database has it. */
interface Still {
  readonly pid: number
  readonly is_idle: boolean
  /** Who holds what it waits for, if somebody does; and the table, if it is a table. */
  readonly holder: number | null
  readonly name: string | null
  readonly program: string | null
  readonly held: string | null
}

const LOOK_MS = 100
/** Who looks is not to wait long for an answer himself. */
const ANSWER_LIMIT_MS = 2_000

export class Pulse {
  readonly #options: PulseOptions
  /** Nothing but what is answered at once is asked on it: it is there for that when all others are held up. */
  readonly spare: Connection
  #watched: ReadonlyMap<Connection, number> = new Map()
  readonly #seen = new Map<Connection, Seen>()
  /** Who holds what, as long as anything is waited for. */
  readonly #said = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #isLooking = false
  #isClosed = false

  constructor(options: PulseOptions) {
    this.#options = options
    this.spare = new Connection({ address: options.address, answerLimitMs: ANSWER_LIMIT_MS })
  }

  /** Each with how long nothing may move on it; milliseconds. */
  watch(connections: ReadonlyMap<Connection, number>): void {
    this.#watched = connections
  }

  /** Something is about to be asked on one of them. */
  readonly asking = (): void => {
    if (this.#timer === undefined && !this.#isClosed) this.#arm()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.spare.close()
  }

  // ---

  #arm(): void {
    this.#timer = setTimeout(() => this.#onTimer(), LOOK_MS).unref()
  }

  #onTimer(): void {
    this.#timer = undefined
    const still: Connection[] = []
    for (const [connection, silenceMs] of this.#watched) {
      if (this.#isStill(connection, silenceMs)) still.push(connection)
    }
    // If the database is away, nothing is found out.
    if (still.length > 0 && !this.#isLooking) this.#look(still).catch(() => {})
    if (this.#seen.size > 0) this.#arm()
    else this.#said.clear()
  }

  #isStill(connection: Connection, silenceMs: number): boolean {
    const { askedAt, progress } = connection
    if (askedAt === undefined) {
      this.#seen.delete(connection)
      return false
    }
    const now = performance.now()
    let seen = this.#seen.get(connection)
    if (seen?.askedAt !== askedAt || seen.progress !== progress) {
      seen = { askedAt, progress, since: seen?.askedAt === askedAt ? now : askedAt, isSaid: false }
      this.#seen.set(connection, seen)
    }
    return now - seen.since >= silenceMs
  }

  async #look(still: readonly Connection[]): Promise<void> {
    this.#isLooking = true
    try {
      const before = still.map((connection) => this.#seen.get(connection))
      const found = await this.spare.query<Still>({
        name: 'working',
        text: WORKING,
        values: [ints(still.map(({ pid }) => pid ?? 0)), bools(before.map((seen) => seen?.isSaid === false))],
      })
      // What has arrived by now is read first.
      await new Promise((next) => setImmediate(next))
      const dead: Connection[] = []
      for (const [n, connection] of still.entries()) {
        const seen = before[n]
        const { askedAt, progress, pid } = connection
        if (askedAt === undefined || askedAt !== seen?.askedAt || progress !== seen.progress) continue
        const one = found.find((of) => of.pid === pid)
        if (one?.is_idle) dead.push(connection)
        else if (one && one.holder !== null && !seen.isSaid) this.#sayHolder(one, seen, performance.now() - askedAt)
      }
      if (dead.length > 0) this.#giveUp(dead)
    } finally {
      this.#isLooking = false
    }
  }

  #sayHolder({ holder, name, program, held }: Still, seen: Seen, ms: number): void {
    seen.isSaid = true
    const what = held === null ? 'rows' : `the table "${held}"`
    // Others wait for the same.
    if (this.#said.has(`${holder} ${what}`)) return
    this.#said.add(`${holder} ${what}`)
    const who = `session ${holder} (user "${name}", application "${program}")`
    const how = `it goes on as soon as that session lets go; to end that: SELECT pg_terminate_backend(${holder})`
    this.#options.warn(
      `a statement has waited for ${Math.round(ms / 1000)} s for ${what} that ${who} has locked: ${how}`,
    )
  }

  /** Those on which nothing is asked are likely to be as dead, and are made anew when they are needed. */
  #giveUp(dead: readonly Connection[]): void {
    for (const connection of this.#watched.keys()) {
      if (connection.askedAt === undefined || dead.includes(connection)) connection.giveUp()
    }
    this.#options.gaveUp()
  }
}

// ---

/** $1: whom it is about. $2: is it to be found out what holds them up? That is not cheap. */
const WORKING = `SELECT asked.pid, a.state IS NOT DISTINCT FROM 'idle' OR a.pid IS NULL AS is_idle,
    holder, by.usename::text AS name, by.application_name AS program, held
  FROM unnest($1::integer[], $2::boolean[]) AS asked (pid, is_asked)
    LEFT JOIN pg_stat_activity AS a ON a.pid = asked.pid
    LEFT JOIN LATERAL (
      SELECT (pg_blocking_pids(asked.pid))[1] AS holder, (
        SELECT relation::regclass::text FROM pg_locks AS l
        WHERE l.pid = asked.pid AND NOT granted AND locktype = 'relation' LIMIT 1) AS held
      WHERE is_asked AND a.wait_event_type = 'Lock') AS waits ON true
    LEFT JOIN pg_stat_activity AS by ON by.pid = holder`
