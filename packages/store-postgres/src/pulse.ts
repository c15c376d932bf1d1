// Finds connections that have died without a word: something was asked on them, nothing has moved on them for a while, and the
// database is doing nothing for it. Else they would be given up only when a statement has taken too long, and a cancel would be
// heard of half a minute late.

import type { Address } from './address.ts'
import { ints } from './arrays.ts'
import { Connection } from './connection.ts'

export interface PulseOptions {
  readonly address: Address
  /** Some were given up. */
  readonly gaveUp: () => void
}

/** What a connection was last seen doing, and since when. */
interface Seen {
  readonly askedAt: number
  readonly progress: number
  readonly since: number
}

const LOOK_MS = 100
/** Who looks is not to wait long for an answer himself. */
const ANSWER_LIMIT_MS = 2_000

export class Pulse {
  readonly #options: PulseOptions
  readonly #probe: Connection
  #watched: ReadonlyMap<Connection, number> = new Map()
  readonly #seen = new Map<Connection, Seen>()
  #timer: NodeJS.Timeout | undefined
  #isLooking = false
  #isClosed = false

  constructor(options: PulseOptions) {
    this.#options = options
    this.#probe = new Connection({ address: options.address, answerLimitMs: ANSWER_LIMIT_MS })
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
    await this.#probe.close()
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
      seen = { askedAt, progress, since: seen?.askedAt === askedAt ? now : askedAt }
      this.#seen.set(connection, seen)
    }
    return now - seen.since >= silenceMs
  }

  async #look(still: readonly Connection[]): Promise<void> {
    this.#isLooking = true
    try {
      const before = still.map((connection) => this.#seen.get(connection))
      const idle = await this.#probe.query<{ pid: number }>({
        name: 'working',
        text: `SELECT pid FROM unnest($1::integer[]) AS asked (pid)
          WHERE NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = asked.pid AND state IS DISTINCT FROM 'idle')`,
        values: [ints(still.map(({ pid }) => pid ?? 0))],
      })
      // What has arrived by now is read first.
      await new Promise((next) => setImmediate(next))
      const dead = still.filter(({ askedAt, progress, pid }, n) => {
        const seen = before[n]
        return askedAt === seen?.askedAt && progress === seen?.progress && idle.some((one) => one.pid === pid)
      })
      if (dead.length > 0) this.#giveUp(dead)
    } finally {
      this.#isLooking = false
    }
  }

  /** Those on which nothing is asked are likely to be as dead, and are made anew when they are needed. */
  #giveUp(dead: readonly Connection[]): void {
    for (const connection of this.#watched.keys()) {
      if (connection.askedAt === undefined || dead.includes(connection)) connection.giveUp()
    }
    this.#options.gaveUp()
  }
}
