// Finds journals that are due to be driven: woken ones, and those whose driver is gone. Decides when they are driven and by
// which process, not how.
//
// K1  A journal is claimed by one statement, which takes its wake: no two processes take the same. Should two drive it all the
//     same, the journal's fence ends one of them.
//     A claim whose answer was lost may have been made: we look for what is in our hand before we take more.
// K2  A wake that comes while its journal is driven waits until the driver lets go.
//
// K3  Of the runs of which something is due, those come first of which least is in hand here, and none gets more than half of the
//     places: a small run does not wait for a large one. Of a run whose items are limited, only so many journals are in hand
//     anywhere as it has shares: each has a place in the run, which no other can have.
//
// K4  A journal that is open is in somebody's hand, or has a wake, if only one for never. So one that has neither, because
//     somebody has emptied the table of wakes, is found, and woken.
//
// What has been taken is driven by `Driving`.

import { type Clock, type Drive, Driving, type JournalParts, type Log, type Wake } from '@stepflow/engine'
import { texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import { isCollision } from './failure.ts'
import { journalOf, partsOf } from './journal-names.ts'
import type { Presence } from './presence.ts'
import { fromText, toText } from './text.ts'

export interface DispatcherOptions {
  readonly connection: () => Connection
  readonly presence: Presence
  readonly clock: Clock
  readonly log: Log
  /** Journals that are driven at once; 0: none are taken. */
  readonly limit: number
  /** Others may have something to do. */
  readonly tell: () => void
  /** These are about to be driven here. */
  readonly taken: (journals: readonly JournalParts[]) => void
}

const TICK_MS = 3_000
/** Ticks from one search for what was lost to the next. */
const SEARCH_TICKS = 20
/** Of a journal that waits for a signal. The last time that there is. */
const NEVER = 8_640_000_000_000_000
/** Of a run that nobody has limited, so many journals are in hand here at once: each brings many items, and others want some. */
const OPEN_OF_RUN = 2
/** What this process cannot drive is not looked at again for so long; and so many runs of the kind are known. */
const LEFT_MS = 10_000
const MOST_LEFT = 1_000
/** Two who take journals of one run at once may want the same place in it. */
const MOST_TRIES = 5

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #driving: Driving
  #tick: NodeJS.Timeout | undefined
  #cancelTimer: (() => void) | undefined
  #taking: Promise<void> | undefined
  #leaving: NodeJS.Timeout | undefined
  #isToLookAgain = false
  /** More may have been due than we had room for when we looked last. */
  #isFull = false
  /** K1. What was asked for last may be in our hand, and we do not know. */
  #isUncertain = false
  #ticks = 0
  /** Runs that are left to others, and until when. By `performance.now()`. */
  readonly #left = new Map<string, number>()
  readonly #offset = Math.floor(Math.random() * 1_000)

  constructor(options: DispatcherOptions) {
    this.#options = options
    const { clock, log, limit } = options
    this.#driving = new Driving({
      ...{ clock, log, limit },
      putDown: (wake) => this.putDown(wake),
      ended: () => this.look(),
    })
  }

  get isWorking(): boolean {
    return this.#driving.isOn
  }

  work(drive: Drive, beside?: () => number): { stop(): Promise<void> } {
    this.#driving.begin(drive, beside)
    const { presence, limit, log } = this.#options
    presence.work(limit).catch((error) => log('warning', `cannot say that we are alive: ${(error as Error).message}`))
    this.#tick = setInterval(() => this.#onTick(), TICK_MS).unref()
    this.#adopt()
    return { stop: () => this.stop() }
  }

  async stop(): Promise<void> {
    clearInterval(this.#tick)
    this.#cancelTimer?.()
    this.#driving.stop()
    await this.#options.presence.drain()
    await this.#taking
    await this.#driving.idle()
  }

  /** Nobody has the journal in hand until its wake. */
  async putDown({ journal, at, forOthers }: Wake): Promise<void> {
    const { connection, presence, tell } = this.#options
    const { run, part } = partsOf(journal)
    if (forOthers) this.#leave(run)
    await connection().query({
      name: 'put-down',
      text: `WITH free AS (UPDATE shards SET driver = NULL, place = NULL WHERE run = $1 AND part = $2 AND driver = $3)
        INSERT INTO wakes (run, part, at)
        SELECT $1, $2, $4 WHERE $4::bigint < ${NEVER} OR EXISTS (SELECT FROM shards WHERE run = $1 AND part = $2 AND is_open)
        ON CONFLICT (run, part) DO UPDATE SET at = least(wakes.at, excluded.at)`,
      values: [toText(run), part, presence.id, Math.floor(Math.min(at, NEVER))],
    })
    this.#driving.left(journal)
    tell()
    this.look()
  }

  /** Takes what is due, and sets the timer for what is not. */
  look(): void {
    if (!this.#driving.isOn) return
    if (this.#taking) {
      this.#isToLookAgain = true
      return
    }
    this.#take(() => this.#takeDue())
  }

  /** A journal that was driven here may have ended: if it was one that began here, nobody else says so. */
  freed(): void {
    // Once its driver is gone.
    if (this.#isFull) setImmediate(() => this.look())
  }

  // --- taking

  #take(take: () => Promise<void>): void {
    this.#taking = take()
      // The next look tries again.
      .catch((error) => {
        this.#isUncertain = true
        this.#options.log('warning', `cannot look for work: ${(error as Error).message}`)
      })
      .then(() => {
        this.#taking = undefined
        if (!this.#isToLookAgain) return
        this.#isToLookAgain = false
        this.look()
      })
  }

  /** K3. */
  async #takeDue(): Promise<void> {
    const { presence, clock } = this.#options
    if (this.#isUncertain) await this.#takeUnknown()
    const room = this.#driving.room
    this.#cancelTimer?.()
    this.#isFull = room <= 0
    if (this.#isFull) return
    await presence.register()
    const rows = await this.#claimDue(Math.floor(clock.now()), room)
    const taken: Taken[] = []
    for (const { run, part, place, next } of rows) {
      if (part !== null) taken.push({ run: fromText(run), part, place: place ?? undefined })
      else if (next !== null) this.#arm(next)
    }
    this.#options.taken(taken)
    for (const { run, part, place } of taken) this.#driving.start(journalOf(run, part), place)
    this.#isFull = taken.length >= room
    // There may be more than had room in one statement.
    if (this.#isFull) this.#isToLookAgain = true
  }

  /** K1. Whatever this process drives in another way finds itself driven. */
  async #takeUnknown(): Promise<void> {
    const { connection, presence } = this.#options
    const held = await connection().query<{ run: string; part: number; place: number | null }>({
      text: 'SELECT run, part, place FROM shards WHERE driver = $1 AND is_open',
      values: [presence.id],
    })
    this.#isUncertain = false
    for (const { run, part, place } of held) {
      const journal = journalOf(fromText(run), part)
      if (!this.#driving.has(journal)) this.#driving.start(journal, place ?? undefined)
    }
  }

  async #claimDue(now: number, room: number): Promise<Due[]> {
    const { connection, presence, limit } = this.#options
    const ofRun = Math.max(1, Math.ceil(limit / 2))
    for (let tries = 1; ; tries++) {
      try {
        return await connection().query<Due>({
          name: 'take-due',
          text: TAKE_DUE,
          values: [now, room, presence.id, texts(this.#leftRuns()), ofRun, Math.min(ofRun, OPEN_OF_RUN), this.#offset],
        })
      } catch (error) {
        if (!isCollision(error) || tries === MOST_TRIES) throw error
      }
    }
  }

  #leave(run: string): void {
    if (this.#left.size >= MOST_LEFT) this.#left.delete(this.#left.keys().next().value as string)
    this.#left.set(run, performance.now() + LEFT_MS)
    this.#leaving ??= setTimeout(() => {
      this.#leaving = undefined
      this.look()
    }, LEFT_MS).unref()
  }

  #leftRuns(): string[] {
    const now = performance.now()
    for (const [run, until] of this.#left) if (until <= now) this.#left.delete(run)
    return [...this.#left.keys()].map(toText)
  }

  #adopt(): void {
    if (this.#taking || !this.#driving.isOn) return
    const isToSearch = this.#options.limit > 0 && this.#ticks % SEARCH_TICKS === 0
    this.#take(async () => {
      if (isToSearch) await this.#wakeLost()
      const dead = this.#driving.room > 0 ? await this.#options.presence.dead() : []
      if (dead.length > 0) await this.#takeFrom(dead)
      await this.#takeDue()
    })
  }

  /** K4. */
  async #wakeLost(): Promise<void> {
    const { connection, clock } = this.#options
    await connection().query({
      name: 'wake-lost',
      text: `INSERT INTO wakes (run, part, at)
        SELECT run, part, $1 FROM shards WHERE is_open AND driver IS NULL
          AND NOT EXISTS (SELECT FROM wakes WHERE wakes.run = shards.run AND wakes.part = shards.part)
        ON CONFLICT (run, part) DO NOTHING`,
      values: [Math.floor(clock.now())],
    })
  }

  async #takeFrom(dead: readonly string[]): Promise<void> {
    const { connection, presence, log } = this.#options
    const room = this.#driving.room
    await presence.register()
    const rows = await connection().query<{ run: string; part: number; place: number | null }>({
      name: 'take-over',
      text: `WITH orphans AS (
          SELECT run, part FROM shards WHERE is_open AND driver = ANY ($1::text[])
          ORDER BY run, part LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE shards SET driver = $3 FROM orphans WHERE shards.run = orphans.run AND shards.part = orphans.part
        RETURNING orphans.run, orphans.part, place`,
      values: [texts(dead), room, presence.id],
    })
    if (rows.length < room) await presence.forget(dead)
    for (const { run, part, place } of rows) {
      this.#driving.start(journalOf(fromText(run), part), place ?? undefined)
    }
    if (rows.length > 0) log('info', `took over ${rows.length} journals of ${dead.join(', ')}, which is gone`)
  }

  // --- time

  #onTick(): void {
    this.#ticks++
    this.#driving.tick()
    this.#adopt()
  }

  #arm(at: number): void {
    const { clock } = this.#options
    this.#cancelTimer?.()
    this.#cancelTimer = clock.timer(Math.max(0, at - clock.now()), () => this.look())
  }
}

// ---

/** `place`: among those of its run that are driven at once. */
interface Taken extends JournalParts {
  readonly place: number | undefined
}

interface Due {
  readonly run: string
  readonly part: number | null
  readonly place: number | null
  readonly next: number | null
}

/**
 * $1: now. $2: how many. $3: us. $4: runs that are left to others. Of one run in our hand: at most $5, and $6 of one that nobody
 * has limited, unless it was cancelled: its shards are ended by a row each. $7: at which of the free places we begin, so that two who take at once seldom want the same one.
 */
const TAKE_DUE = `WITH ours AS (
  SELECT run, count(*)::integer AS held FROM shards WHERE driver = $3 AND is_open AND items > 0 GROUP BY run),
due_runs AS (
  SELECT wakes.run, min(wakes.at) AS at, max(shares) AS shares
  FROM wakes LEFT JOIN shards USING (run, part)
  WHERE wakes.at <= $1 AND driver IS NULL AND wakes.run <> ALL ($4::text[])
  GROUP BY wakes.run),
roomy AS (
  SELECT due_runs.run, due_runs.at, coalesce(held, 0) AS held,
    least(CASE WHEN shares IS NULL AND status IS DISTINCT FROM 'cancelled' THEN $6::integer ELSE $5::integer END
        - coalesce(held, 0),
      shares - (SELECT count(*)::integer FROM shards WHERE run = due_runs.run AND place IS NOT NULL)) AS room
  FROM due_runs LEFT JOIN ours ON ours.run = due_runs.run LEFT JOIN runs ON runs.id = due_runs.run),
due AS (
  SELECT one.run, one.part
  FROM (SELECT * FROM roomy WHERE room > 0 ORDER BY held, at LIMIT $2) AS of_run
  CROSS JOIN LATERAL (
    SELECT wakes.run, wakes.part FROM wakes LEFT JOIN shards USING (run, part)
    WHERE wakes.run = of_run.run AND wakes.at <= $1 AND driver IS NULL
    ORDER BY wakes.part LIMIT of_run.room FOR UPDATE OF wakes SKIP LOCKED) AS one
  ORDER BY of_run.held, of_run.at, one.part LIMIT $2),
taken AS (
  DELETE FROM wakes USING due WHERE wakes.run = due.run AND wakes.part = due.part RETURNING due.run, due.part),
held AS (
  UPDATE shards SET driver = $3, place = CASE WHEN shares IS NOT NULL THEN (
      SELECT free FROM generate_series(0, shards.shares - 1) AS free
      WHERE free <> ALL (ARRAY (SELECT place FROM shards AS other WHERE other.run = shards.run AND place IS NOT NULL))
      ORDER BY (free + $7::integer) % shards.shares OFFSET nth.n - 1 LIMIT 1) END
  FROM (SELECT run, part, row_number() OVER (PARTITION BY run ORDER BY part) AS n FROM taken) AS nth
  WHERE shards.run = nth.run AND shards.part = nth.part AND is_open AND driver IS NULL
  RETURNING shards.run, shards.part, shards.place),
later AS (
  SELECT wakes.at FROM wakes LEFT JOIN shards USING (run, part)
  WHERE wakes.at > $1 AND wakes.at < ${NEVER} AND driver IS NULL ORDER BY wakes.at LIMIT 1)
SELECT taken.run, taken.part, held.place, NULL::bigint AS next
  FROM taken LEFT JOIN shards USING (run, part) LEFT JOIN held USING (run, part)
  WHERE coalesce(is_open, true)
UNION ALL SELECT NULL, NULL, NULL, at FROM later`
