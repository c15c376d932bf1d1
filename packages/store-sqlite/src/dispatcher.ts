// Finds journals that are due to be driven: woken ones, and those whose driver is gone. Decides when they are driven and by
// which process, not how.
//
// K1  A journal is claimed in a transaction that makes its driver known: no two processes drive it at once.
// K2  A wake that comes while its journal is driven waits until the driver lets go.
//
// What has been taken is driven by `Driving`.

import { type Clock, type Drive, Driving, type JournalId, type Log } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { PARTS } from './journal-names.ts'
import type { Presence } from './presence.ts'
import type { JournalTransaction } from './transaction.ts'
import type { Writer } from './writer.ts'

export interface DispatcherOptions {
  readonly db: Database
  readonly writer: Writer<JournalTransaction>
  readonly presence: Presence
  readonly clock: Clock
  readonly log: Log
  /** Journals that are driven at once. */
  readonly limit: number
}

/** With the rows of their journals, as far as those are there: named in the wakes, numbered in the tables. */
const WAKES = `wakes
  LEFT JOIN runs ON runs.id = substr(wakes.journal, 1, length(rtrim(wakes.journal, '0123456789')) - 1)
  LEFT JOIN shards ON shards.number = runs.number * ${PARTS} +
    CAST(substr(wakes.journal, length(rtrim(wakes.journal, '0123456789')) + 1) AS INTEGER)`
/** Shards beside the run's own journal are numbered from 1. */
const DRIVER = `CASE WHEN wakes.journal LIKE '%/0' THEN runs.head_driver ELSE shards.driver END`

const TICK_MS = 3_000

export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #sql
  readonly #driving: Driving
  #tick: NodeJS.Timeout | undefined
  #cancelTimer: (() => void) | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #isTaking = false
  /** Taken in the transaction that is under way. */
  #taken = 0

  constructor(options: DispatcherOptions) {
    this.#options = options
    const { db, writer, clock, log, limit } = options
    this.#driving = new Driving({
      ...{ clock, log, limit },
      putDown: (wake) => writer.write((tx) => tx.putDown(wake)),
      ended: () => this.#lookForWork(),
    })
    this.#sql = {
      // Of journals that nobody drives (K2).
      nextWake: db.prepare(`
        SELECT wakes.at FROM ${WAKES} WHERE ${DRIVER} IS NULL ORDER BY wakes.at LIMIT 1`),
      dueWakes: db.prepare(`
        SELECT wakes.journal FROM ${WAKES}
        WHERE wakes.at <= ? AND ${DRIVER} IS NULL ORDER BY wakes.at, wakes.rowid LIMIT ?`),
      heldBy: db.prepare(`
        SELECT name AS journal FROM journals WHERE is_open = 1 AND is_live = 1 AND driver = ? ORDER BY run, part LIMIT ?`),
    }
  }

  get isWorking(): boolean {
    return this.#driving.isOn
  }

  work(drive: Drive): { stop(): Promise<void> } {
    this.#driving.begin(drive)
    this.#tick = setInterval(() => this.#onTick(), TICK_MS).unref()
    this.#lookForWork()
    return { stop: () => this.stop() }
  }

  async stop(): Promise<void> {
    clearInterval(this.#tick)
    this.#disarm()
    this.#driving.stop()
    await this.#driving.idle()
  }

  // --- told by the store

  /** Asked inside a transaction, which then takes the journal. */
  mayTake(): boolean {
    if (!this.#driving.isOn || this.#room() <= 0) return false
    this.#taken++
    return true
  }

  /** `left`: journals that are done, or put down. */
  committed(taken: readonly JournalId[], left: readonly JournalId[], wakeAt: number): void {
    this.#taken = 0
    for (const journal of left) this.#driving.left(journal)
    for (const journal of taken) this.#driving.start(journal)
    if (wakeAt < this.#timerAt) this.#lookForWork()
  }

  rolledBack(): void {
    this.#taken = 0
  }

  /** Takes what is due, and sets the timer for what is not. */
  takeDue(): void {
    if (!this.#driving.isOn || this.#isTaking) return
    const at = this.#sql.nextWake.get<{ at: number }>()?.at
    this.#disarm()
    if (at === undefined) return
    const delay = at - this.#options.clock.now()
    if (delay > 0) return this.#arm(at, delay)
    if (this.#room() > 0) this.#take((tx) => this.#takeWakes(tx))
  }

  // --- taking

  #room(): number {
    return this.#driving.room - this.#taken
  }

  #take(take: (tx: JournalTransaction) => void): void {
    this.#isTaking = true
    this.#options.writer.write(take).then(
      () => {
        this.#isTaking = false
        this.#lookForWork()
      },
      (error) => {
        // The next tick tries again.
        this.#isTaking = false
        this.#options.presence.refused()
        this.#options.log('warning', `cannot take up work: ${(error as Error).message}`)
      },
    )
  }

  #takeWakes(tx: JournalTransaction): void {
    const room = this.#room()
    if (!this.#driving.isOn || room <= 0) return
    // The statement reads the tables: what this transaction has gathered must be there.
    tx.flush()
    const due = this.#sql.dueWakes.all<{ journal: JournalId }>(this.#options.clock.now(), room)
    for (const { journal } of due) this.#takeOne(tx, journal)
  }

  #adopt(): void {
    if (this.#isTaking || !this.#driving.isOn || this.#room() <= 0 || this.#options.presence.dead().length === 0) return
    this.#take((tx) => {
      tx.flush()
      for (const driver of this.#options.presence.dead()) {
        const room = this.#room()
        if (!this.#driving.isOn || room <= 0) return
        const held = this.#sql.heldBy.all<{ journal: JournalId }>(driver, room)
        for (const { journal } of held) this.#takeOne(tx, journal)
        if (held.length < room) this.#options.presence.forget(driver)
        this.#options.log('info', `took over ${held.length} journals of driver ${driver}, which is gone`)
      }
    })
  }

  #takeOne(tx: JournalTransaction, journal: JournalId): void {
    this.#taken++
    tx.take(journal)
  }

  // --- time

  #onTick(): void {
    this.#driving.tick()
    this.#lookForWork()
  }

  #lookForWork(): void {
    try {
      this.#adopt()
      this.takeDue()
    } catch (error) {
      this.#options.log('warning', `cannot look for work: ${(error as Error).message}`)
    }
  }

  #arm(at: number, delay: number): void {
    this.#timerAt = at
    this.#cancelTimer = this.#options.clock.timer(delay, () => this.#lookForWork())
  }

  #disarm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }
}
