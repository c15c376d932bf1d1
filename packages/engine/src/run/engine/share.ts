// The item concurrency of a run that several processes drive: divided into shares, one for each of its journals that are driven
// at once, equal as far as they can be. Who has which share is the store's to say: it gives each journal a place among them.

import type { Share } from '../../journal/events.ts'
import type { ItemGate } from '../in-flight/drive.ts'
import { ItemPlaces } from './item-places.ts'

/** Journals of a limited run that are driven at once, at most; and at least, where that many items may be. */
const MOST = 16
const LEAST = 8

/** Undefined for a run that nobody has limited: each process lets in what is good for it. */
export function shareOf(limit: number | undefined): Share | undefined {
  if (limit === undefined) return undefined
  if (limit <= MOST) return { items: 1, of: limit }
  for (let of = MOST; of >= LEAST; of--) if (limit % of === 0) return { items: limit / of, of }
  return { items: Math.floor(limit / MOST), of: MOST, more: limit % MOST }
}

/** The places of one share. */
export class ShareGate implements ItemGate {
  readonly mayGrow = false
  readonly #places: ItemPlaces
  readonly #onFree: () => void

  /** `place`: of the journal, as far as the store says. `onFree`: an item may begin. */
  constructor({ items, more = 0 }: Share, place: number | undefined, onFree: () => void) {
    this.#places = new ItemPlaces(place !== undefined && place < more ? items + 1 : items, true)
    this.#onFree = onFree
  }

  tryTake(): boolean {
    return this.#places.tryTake()
  }

  take(): void {
    this.#places.take()
  }

  release(): void {
    this.#places.give()
    if (this.#places.isFree) this.#onFree()
  }

  ended(): void {
    this.release()
  }

  keepFew(): void {}

  weigh(): void {}
}
