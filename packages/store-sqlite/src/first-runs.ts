// The first of many runs, in an order: holds a few more than are wanted, however many it is offered.

import { comparePlaces, type RunPlace } from '@stepflow/engine'

export interface PlacedRun<T> extends RunPlace {
  readonly run: T
}

export class FirstRuns<T> {
  readonly #limit: number
  readonly #after: RunPlace | undefined
  #found: PlacedRun<T>[] = []
  /** Nothing from there on is among the first. */
  #end: RunPlace = { key: Number.POSITIVE_INFINITY, tie: Number.POSITIVE_INFINITY }

  constructor(limit: number, after: RunPlace | undefined) {
    this.#limit = limit
    this.#after = after
  }

  /** Would a run of that place be among the first, as far as is known? */
  takes(key: number, tie: number): boolean {
    const { key: last, tie: lastTie } = this.#end
    if (key > last || (key === last && tie >= lastTie)) return false
    const after = this.#after
    return after === undefined || key > after.key || (key === after.key && tie > after.tie)
  }

  /** Is nothing of that key, or a higher one, among the first? */
  isPast(key: number): boolean {
    return key > this.#end.key
  }

  /** Only what it takes. */
  add(placed: PlacedRun<T>): void {
    this.#found.push(placed)
    if (this.#found.length >= 2 * this.#limit + SPARE) this.#cut()
  }

  /** In order. */
  all(): readonly PlacedRun<T>[] {
    this.#cut()
    return this.#found
  }

  #cut(): void {
    this.#found.sort(comparePlaces)
    const last = this.#found[this.#limit - 1]
    if (!last) return
    this.#found.length = this.#limit
    this.#end = last
  }
}

// ---

const SPARE = 16
