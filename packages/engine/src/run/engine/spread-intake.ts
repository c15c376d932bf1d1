// Reading and writing the inputs of one run that whoever has room drives: how far that is ahead of those who drive, and how
// fast they are, as far as it is known here.

import type { Clock } from '../../clock.ts'
import type { ErrorValue } from '../../errors.ts'
import { itemsEnded, type JournalEntry, type RunId, type Share } from '../../journal/events.ts'
import type { Store } from '../../store/store.ts'
import { type IntakeRun, LARGEST_SHARD_ITEMS } from './intake.ts'

/** Shards of a run that nobody has limited are no larger than what ends of it in so long, but for this many items. */
const SHARD_MS = 100
const SMALL_SHARD_ITEMS = 64
/** Shards as large as may be. */
const NOBODY_LIMITS = 64

/** What is noted of an intake that somebody else finds left. */
export const GONE: ErrorValue = { code: 'UNREACHABLE', message: 'whoever took the inputs in is gone' }

export interface SpreadIntakeTools {
  readonly store: Store
  readonly clock: Clock
  /** Somebody has written that whoever took the inputs in is gone. */
  readonly onMissed: () => void
}

export class SpreadIntake implements IntakeRun {
  readonly id: RunId
  readonly share: Share | undefined
  #isClosed = false
  isLeaving = false
  /** Items that are written, or about to be, and have not ended as far as it is known here. */
  #ahead = 0
  #wake: (() => void) | undefined
  readonly #clock: Clock
  /** Items that have ended since then, and in the time of the same length before it. */
  #since: number
  #ended = 0
  #endedBefore = 0
  readonly #onMissed: () => void
  readonly #unwatch: () => void

  constructor(id: RunId, share: Share | undefined, { store, clock, onMissed }: SpreadIntakeTools) {
    this.id = id
    this.share = share
    this.#clock = clock
    this.#onMissed = onMissed
    this.#since = clock.now()
    this.#unwatch = store.watch({ run: id }, ({ entries }) => this.#hear(entries))
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get limit(): number {
    return this.share?.items ?? NOBODY_LIMITS
  }

  /** Who has slow items has small shards: a node that comes to take part finds some, and none is at work long after the others. */
  get shardItems(): number {
    if (this.share !== undefined) return LARGEST_SHARD_ITEMS
    this.#turn()
    return Math.max(SMALL_SHARD_ITEMS, this.#ended, this.#endedBefore)
  }

  writes(entries: readonly JournalEntry[]): void {
    for (const entry of entries) if (entry.type === 'created') this.#ahead += entry.inputs.length
  }

  async room(most: number): Promise<void> {
    while (this.#ahead > most && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  drain(): void {
    this.#isClosed = true
    this.#wake?.()
  }

  leave(): void {
    this.isLeaving = true
    this.drain()
  }

  stop(): void {
    this.#unwatch()
  }

  #hear(entries: readonly JournalEntry[]): void {
    const before = this.#ahead
    for (const entry of entries) {
      if (entry.type === 'finished') this.#ahead -= itemsEnded(entry)
      else if (entry.type === 'signalled' && entry.name === 'cancel') this.#isClosed = true
      else if (entry.type === 'broken' && entry.error.message === GONE.message) this.#onMissed()
    }
    if (before !== this.#ahead) this.#turn()
    this.#ended += before - this.#ahead
    this.#wake?.()
  }

  #turn(): void {
    const now = this.#clock.now()
    const passed = now - this.#since
    if (passed < SHARD_MS) return
    this.#endedBefore = passed < 2 * SHARD_MS ? this.#ended : 0
    this.#ended = 0
    this.#since = now
  }
}
