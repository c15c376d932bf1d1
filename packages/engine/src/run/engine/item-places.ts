// How many items of a run may be in flight. What somebody has said holds. Where nobody has, it follows from what the items
// do: one that waits for an answer from elsewhere keeps somebody busy there; those that only wait for the store share its
// writes, the more of them the better.
//
// L1  The limit begins at FEW and doubles, up to MANY, each time that as many items as it allows have ended.
// L2  The first call that is not answered at once brings it back to FEW, for good.
// L3  Above FEW, what the items in flight hold takes no more than MOST_BYTES, as far as samples can say.

import type { JournalEntry } from '../../journal/events.ts'
import { jsonBytes } from '../../json-size.ts'

const FEW = 64
const MANY = 2_048
const MOST_BYTES = 32 * 1024 * 1024
/** What was seen of large values long ago counts less and less. */
const FADING = 0.98

export class ItemPlaces {
  #limit: number
  #taken = 0
  #isFixed: boolean
  #mayGrow = false
  /** Items that have ended since the limit became what it is. */
  #ended = 0
  #samples = 0
  /** Bytes of an item, by the largest of late. */
  #heaviest = 1

  /** `isFixed`: a limit that is not given does not grow either. */
  constructor(limit: number | undefined, isFixed: boolean) {
    this.#limit = limit ?? FEW
    this.#isFixed = isFixed || limit !== undefined
  }

  get limit(): number {
    return this.#limit
  }

  /** Items have waited for a place, and there may be more places. */
  get mayGrow(): boolean {
    return this.#mayGrow
  }

  get isFree(): boolean {
    return this.#taken < this.#limit
  }

  tryTake(): boolean {
    if (this.#taken >= this.#limit) {
      this.#mayGrow = !this.#isFixed
      return false
    }
    this.#taken++
    return true
  }

  /** Takes a place even if there is none. */
  take(): void {
    this.#taken++
  }

  give(): void {
    this.#taken--
  }

  /** An item has ended. L1. */
  ended(): void {
    if (!this.#mayGrow || ++this.#ended < this.#limit) return
    this.#ended = 0
    this.#limit = Math.min(this.#limit * 2, this.#most)
  }

  /** An item has to wait for somebody else. L2. */
  keepFew(): void {
    if (this.#isFixed) return
    this.#isFixed = true
    this.#mayGrow = false
    this.#limit = FEW
  }

  /** Looks at one entry of a turn of items with so many steps. L3. */
  weigh(entries: readonly JournalEntry[], steps: number): void {
    const entry = entries[this.#samples++ % entries.length]
    if (entry?.type !== 'settled' || entry.outcome.outcome !== 'success') return
    const bytes = steps * jsonBytes(entry.outcome.result, MOST_BYTES / FEW)
    this.#heaviest = Math.max(bytes, this.#heaviest * FADING)
    this.#limit = Math.min(this.#limit, this.#most)
  }

  get #most(): number {
    return Math.max(FEW, Math.min(MANY, Math.floor(MOST_BYTES / this.#heaviest)))
  }
}
