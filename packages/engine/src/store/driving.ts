// The journals that a process has in hand: not more than have room, and each given back in the end. Which are due, and that no
// other process takes them, is the store's to say.
//
// K3  Whatever holds a place here gives way in the end: if nothing moves, some more are let in.
// K4  What is not driven is not held: a journal whose driving broke off is given back, also if that takes several tries.

import type { Clock } from '../clock.ts'
import type { Log } from '../component/plugin.ts'
import type { JournalId } from '../journal/events.ts'
import type { Store, Wake } from './store.ts'

/** Drives a journal, see `Store.work`. */
export type Drive = Parameters<Store['work']>[0]

export interface DrivingOptions {
  readonly clock: Clock
  readonly log: Log
  /** Journals that are driven at once. */
  readonly limit: number
  /** Nobody has the journal in hand until its wake. */
  readonly putDown: (wake: Wake) => Promise<void>
  /** There is room for another. */
  readonly ended: () => void
}

/** A journal whose driving threw is offered again after so long: nobody is to try at once again and again. */
export const OFFER_AGAIN_MS = 30_000
/** How many are let in beyond the limit when nothing moves: the others may be waiting for one of them. */
const EXTRA = 8

export class Driving {
  readonly #options: DrivingOptions
  /** What is driven, each by a token of its own. */
  readonly #driving = new Map<JournalId, symbol>()
  readonly #running = new Set<Promise<void>>()
  /** To be let go until their wake, but it could not be written yet. */
  readonly #unreleased = new Map<JournalId, Wake>()
  #drive: Drive | undefined
  #beside: () => number = () => 0
  #stop = new AbortController()
  #extra = 0
  #ends = 0
  #endsAtTick = 0

  constructor(options: DrivingOptions) {
    this.#options = options
  }

  get isOn(): boolean {
    return this.#drive !== undefined
  }

  /** How many more may be taken; may be below 0. */
  get room(): number {
    return this.#options.limit + this.#extra - this.#driving.size - this.#beside()
  }

  /** `beside`: how many others the process drives, which count as well. */
  begin(drive: Drive, beside: () => number = () => 0): void {
    this.#drive = drive
    this.#beside = beside
    this.#stop = new AbortController()
  }

  stop(): void {
    this.#drive = undefined
    this.#stop.abort()
  }

  /** Resolves when nothing that was started is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** The journal is ours: drives it. */
  start(journal: JournalId, place?: number): void {
    const { clock } = this.#options
    const drive = this.#drive
    // Stopped while it was being taken: somebody else is to drive it.
    const running = drive ? this.#driveOne(journal, drive, place) : this.#letGo({ journal, at: clock.now() })
    this.#running.add(running)
    running.then(() => this.#running.delete(running))
  }

  has(journal: JournalId): boolean {
    return this.#driving.has(journal)
  }

  /** The journal is done, or put down. */
  left(journal: JournalId): void {
    this.#driving.delete(journal)
  }

  /** Every few seconds. */
  tick(): void {
    // Who is to take none takes none.
    if (this.#options.limit > 0 && this.#ends === this.#endsAtTick && this.room <= 0) this.#extra += EXTRA
    this.#endsAtTick = this.#ends
    for (const [journal, wake] of this.#unreleased) {
      this.#unreleased.delete(journal)
      void this.#letGo(wake)
    }
  }

  async #driveOne(journal: JournalId, drive: Drive, place: number | undefined): Promise<void> {
    const { clock, log, limit, ended } = this.#options
    const token = Symbol(journal)
    this.#driving.set(journal, token)
    try {
      const wake = await drive(journal, this.#stop.signal, place)
      // Not ours any more if it was put down before: it may be driven again by now.
      if (wake && this.#driving.get(journal) === token) await this.#letGo(wake)
    } catch (error) {
      log('error', `journal ${journal} is left for a while: ${(error as Error).message}`)
      const at = clock.now() + OFFER_AGAIN_MS
      if (this.#driving.get(journal) === token) await this.#letGo({ journal, at })
    }
    if (this.#driving.get(journal) === token) this.#driving.delete(journal)
    this.#ends++
    if (this.#driving.size < limit) this.#extra = 0
    ended()
  }

  /** K4. */
  async #letGo(wake: Wake): Promise<void> {
    const { putDown, log } = this.#options
    try {
      await putDown(wake)
    } catch (error) {
      this.#unreleased.set(wake.journal, wake)
      log('warning', `cannot put journal ${wake.journal} down yet: ${(error as Error).message}`)
    }
  }
}
