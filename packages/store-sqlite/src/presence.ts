// Who is alive. Each store that holds journals has a row and keeps it fresh; a journal held by somebody whose row is gone
// or old, or whose process has ended, is an orphan. Silence counts as long as we can write ourselves: while nobody can,
// everybody is silent.

import type { Clock } from '@stepflow/engine'
import { isProcessAlive, thisHost } from '@stepflow/engine/node'
import type { Database } from './drivers.ts'

const BEAT_MS = 3_000
const SILENT_MS = 15_000
const FORGOTTEN_MS = 24 * 3_600_000

export class Presence {
  readonly id: string
  readonly #clock: Clock
  readonly #host = thisHost()
  readonly #beat: () => void
  readonly #sql
  #isRegistered = false
  /** When we could not write, last: silence before that says nothing. Epoch milliseconds. */
  #refusedAt = Number.NEGATIVE_INFINITY
  /** When we last looked for the dead, if we do. */
  #lookedAt = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** `beat` is to call `refresh` in a transaction. */
  constructor(db: Database, options: { name: string; clock: Clock; beat: () => void }) {
    // Nobody else's, even if a former process had the same name: its journals are not ours until we have taken them.
    this.id = `${options.name}-${process.pid}-${Math.random().toString(36).slice(2, 10)}`
    this.#clock = options.clock
    this.#beat = options.beat
    this.#sql = {
      put: db.prepare(`
        INSERT INTO drivers (id, pid, host, seen_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`),
      get: db.prepare('SELECT pid, host, seen_at AS seenAt FROM drivers WHERE id = ?'),
      sweep: db.prepare('DELETE FROM drivers WHERE seen_at < ?'),
      drop: db.prepare('DELETE FROM drivers WHERE id = ?'),
      holders: db.prepare(`
        SELECT head_driver AS driver FROM runs WHERE is_live = 1 AND head_driver IS NOT NULL
        UNION SELECT driver FROM shards WHERE is_open = 1 AND driver IS NOT NULL`),
    }
  }

  /** Inside a transaction: from now on others can see that we are alive. */
  register(): string {
    if (!this.#isRegistered) {
      this.refresh()
      this.#sql.sweep.run(this.#clock.now() - FORGOTTEN_MS)
      this.#isRegistered = true
      this.#timer ??= setInterval(this.#beat, BEAT_MS).unref()
    }
    return this.id
  }

  rolledBack(): void {
    this.#isRegistered = false
  }

  /** The store has taken nothing from us: it may be so for the others, too. */
  refused(): void {
    this.#refusedAt = this.#clock.now()
  }

  refresh(): void {
    this.#sql.put.run(this.id, process.pid, this.#host, this.#clock.now())
  }

  /** Those who hold journals and are no more. */
  dead(): string[] {
    const now = this.#clock.now()
    // We stood still ourselves, perhaps with the whole machine: the others are to be heard of first.
    if (now - this.#lookedAt > SILENT_MS) this.#refusedAt = now
    this.#lookedAt = now
    return this.#others().filter((driver) => this.#isDead(driver))
  }

  /** Those who hold journals and are alive; without us. */
  living(): string[] {
    return this.#others().filter((driver) => !this.#isDead(driver))
  }

  /** Inside a transaction. */
  forget(driver: string): void {
    this.#sql.drop.run(driver)
  }

  /** True if there is a row to be forgotten. */
  stop(): boolean {
    clearInterval(this.#timer)
    return this.#isRegistered
  }

  #others(): string[] {
    const holders = this.#sql.holders.all<{ driver: string }>().map(({ driver }) => driver)
    return holders.filter((driver) => driver !== this.id)
  }

  #isDead(driver: string): boolean {
    const row = this.#sql.get.get<{ pid: number; host: string; seenAt: number }>(driver)
    if (!row || (row.host === this.#host && !isProcessAlive(row.pid))) return true
    return Math.max(row.seenAt, this.#refusedAt) < this.#clock.now() - SILENT_MS
  }
}
