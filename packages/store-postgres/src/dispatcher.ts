// Finds journals that are due to be driven: woken ones, and those whose driver is gone. Decides when they are driven and by
// which process, not how.
//
// K1  A journal is claimed by one statement, which takes its wake: no two processes take the same. Should two drive it all the
//     same, the journal's fence ends one of them.
// K2  A wake that comes while its journal is driven waits until the driver lets go.
//
// What has been taken is driven by `Driving`.

import { type Clock, type Drive, Driving, type Log, type Wake } from '@stepflow/engine'
import { texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import { journalOf, partsOf } from './journal-names.ts'
import type { Presence } from './presence.ts'
import { fromText, toText } from './text.ts'

export interface DispatcherOptions {
  readonly connection: () => Connection
  readonly presence: Presence
  readonly clock: Clock
  readonly log: Log
  /** Journals that are driven at once. */
  readonly limit: number
  /** Others may have something to do. */
  readonly tell: () => void
}

const TICK_MS = 3_000

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #driving: Driving
  #tick: NodeJS.Timeout | undefined
  #cancelTimer: (() => void) | undefined
  #taking: Promise<void> | undefined
  #isToLookAgain = false

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

  work(drive: Drive): { stop(): Promise<void> } {
    this.#driving.begin(drive)
    this.#tick = setInterval(() => this.#onTick(), TICK_MS).unref()
    this.#adopt()
    return { stop: () => this.stop() }
  }

  async stop(): Promise<void> {
    clearInterval(this.#tick)
    this.#cancelTimer?.()
    this.#driving.stop()
    await this.#taking
    await this.#driving.idle()
  }

  /** Nobody has the journal in hand until its wake. */
  async putDown({ journal, at }: Wake): Promise<void> {
    const { connection, presence, tell } = this.#options
    const { run, part } = partsOf(journal)
    await connection().query({
      name: 'put-down',
      text: `WITH free AS (UPDATE shards SET driver = NULL WHERE run = $1 AND part = $2 AND driver = $3)
        INSERT INTO wakes (run, part, at) SELECT $1, $2, $4 WHERE $4::bigint IS NOT NULL
        ON CONFLICT (run, part) DO UPDATE SET at = least(wakes.at, excluded.at)`,
      values: [toText(run), part, presence.id, Number.isFinite(at) ? Math.floor(at) : null],
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

  // --- taking

  #take(take: () => Promise<void>): void {
    this.#taking = take()
      // The next look tries again.
      .catch((error) => this.#options.log('warning', `cannot look for work: ${(error as Error).message}`))
      .then(() => {
        this.#taking = undefined
        if (!this.#isToLookAgain) return
        this.#isToLookAgain = false
        this.look()
      })
  }

  async #takeDue(): Promise<void> {
    const { connection, presence, clock } = this.#options
    const room = this.#driving.room
    this.#cancelTimer?.()
    if (room <= 0) return
    await presence.register()
    const rows = await connection().query<{ run: string; part: number | null; next: number | null }>({
      name: 'take-due',
      text: `WITH due AS (
          SELECT wakes.run, wakes.part FROM wakes LEFT JOIN shards USING (run, part)
          WHERE wakes.at <= $1 AND driver IS NULL ORDER BY wakes.at LIMIT $2 FOR UPDATE OF wakes SKIP LOCKED),
        taken AS (DELETE FROM wakes USING due WHERE wakes.run = due.run AND wakes.part = due.part
          RETURNING due.run, due.part),
        held AS (UPDATE shards SET driver = $3 FROM taken
          WHERE shards.run = taken.run AND shards.part = taken.part AND is_open AND driver IS NULL),
        later AS (SELECT min(wakes.at) AS at FROM wakes LEFT JOIN shards USING (run, part)
          WHERE wakes.at > $1 AND driver IS NULL)
        SELECT taken.run, taken.part, NULL::bigint AS next FROM taken LEFT JOIN shards USING (run, part)
          WHERE coalesce(is_open, true)
        UNION ALL SELECT NULL, NULL, at FROM later`,
      values: [Math.floor(clock.now()), room, presence.id],
    })
    for (const { run, part, next } of rows) {
      if (part !== null) this.#driving.start(journalOf(fromText(run), part))
      else if (next !== null) this.#arm(next)
    }
    // There may be more than had room in one statement.
    if (rows.length > room) this.#isToLookAgain = true
  }

  #adopt(): void {
    if (this.#taking || !this.#driving.isOn) return
    this.#take(async () => {
      const dead = this.#driving.room > 0 ? await this.#options.presence.dead() : []
      if (dead.length > 0) await this.#takeFrom(dead)
      await this.#takeDue()
    })
  }

  async #takeFrom(dead: readonly string[]): Promise<void> {
    const { connection, presence, log } = this.#options
    const room = this.#driving.room
    await presence.register()
    const rows = await connection().query<{ run: string; part: number; driver: string }>({
      name: 'take-over',
      text: `WITH orphans AS (
          SELECT run, part, driver FROM shards WHERE is_open AND driver = ANY ($1::text[])
          ORDER BY run, part LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE shards SET driver = $3 FROM orphans WHERE shards.run = orphans.run AND shards.part = orphans.part
        RETURNING orphans.run, orphans.part, orphans.driver`,
      values: [texts(dead), room, presence.id],
    })
    if (rows.length < room) await presence.forget(dead)
    for (const { run, part } of rows) this.#driving.start(journalOf(fromText(run), part))
    if (rows.length > 0) log('info', `took over ${rows.length} journals of ${dead.join(', ')}, which is gone`)
  }

  // --- time

  #onTick(): void {
    this.#driving.tick()
    this.#adopt()
  }

  #arm(at: number): void {
    const { clock } = this.#options
    this.#cancelTimer?.()
    this.#cancelTimer = clock.timer(Math.max(0, at - clock.now()), () => this.look())
  }
}
