// The item concurrency of a run that several processes drive: divided into equal shares, one for each of its journals that are
// driven at once. Who has which share is the store's to say.

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
  let best = { items: Math.floor(limit / MOST), of: MOST }
  for (let of = MOST - 1; of >= LEAST; of--) {
    const items = Math.floor(limit / of)
    if (items * of > best.items * best.of) best = { items, of }
  }
  return best
}

/** The places of one share. */
export class ShareGate implements ItemGate {
  readonly mayGrow = false
  readonly #places: ItemPlaces
  readonly #onFree: () => void

  /** `onFree`: a place has become free. */
  constructor({ items }: Share, onFree: () => void) {
    this.#places = new ItemPlaces(items, true)
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
