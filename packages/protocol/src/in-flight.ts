// What waits for an answer, by the number of its request. Numbers only grow, and most are answered in the order in which they
// were given. So slots in a ring hold them, and a Map only those that a whole round has overtaken: a Map that things are put
// into and taken out of all the time is laid out anew every few calls.

import type { MessageId } from './wire.ts'

export class InFlight<T> {
  readonly #numbers: number[] = new Array(SLOTS).fill(0)
  readonly #values: (T | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #overtaken = new Map<MessageId, T>()
  #inRing = 0

  get size(): number {
    return this.#inRing + this.#overtaken.size
  }

  /** A number is set once. */
  set(number: number, value: T): void {
    const slot = number & LAST_SLOT
    const before = this.#values[slot]
    if (before === undefined) this.#inRing++
    else this.#overtaken.set(this.#numbers[slot] as number, before)
    this.#numbers[slot] = number
    this.#values[slot] = value
  }

  /** Ids come from the other side, too: of any kind. */
  get(id: MessageId): T | undefined {
    const slot = (id as number) & LAST_SLOT // 0 for what is no number
    return this.#numbers[slot] === id && this.#values[slot] !== undefined ? this.#values[slot] : this.#overtaken.get(id)
  }

  delete(id: MessageId): boolean {
    const slot = (id as number) & LAST_SLOT
    if (this.#numbers[slot] !== id || this.#values[slot] === undefined) return this.#overtaken.delete(id)
    this.#values[slot] = undefined
    this.#inRing--
    return true
  }

  /** In the order in which they were given. */
  entries(): [number: number, value: T][] {
    const entries = [...this.#overtaken] as [number, T][] // what is set has a number
    for (let slot = 0; slot < SLOTS; slot++) {
      const value = this.#values[slot]
      if (value !== undefined) entries.push([this.#numbers[slot] as number, value])
    }
    return entries.sort(([a], [b]) => a - b)
  }

  clear(): void {
    this.#values.fill(undefined)
    this.#overtaken.clear()
    this.#inRing = 0
  }
}

// ---

/** More than are in flight as a rule. */
const SLOTS = 256
const LAST_SLOT = SLOTS - 1
