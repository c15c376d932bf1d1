// Things with a time, earliest first; equal times in the order of arrival. A binary heap.

export class WakeHeap<T> {
  readonly #entries: { readonly at: number; readonly order: number; readonly what: T }[] = []
  #order = 0

  get size(): number {
    return this.#entries.length
  }

  /** The earliest time; undefined if empty. */
  get nextAt(): number | undefined {
    return this.#entries[0]?.at
  }

  add(at: number, what: T): void {
    const entries = this.#entries
    entries.push({ at, order: this.#order++, what })
    let child = entries.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#isBefore(child, parent)) break
      this.#swap(child, parent)
      child = parent
    }
  }

  /** Takes out the earliest, if it is due. */
  takeDue(now: number): T | undefined {
    const [first] = this.#entries
    if (first === undefined || first.at > now) return undefined
    const last = this.#entries.pop() as typeof first
    if (this.#entries.length > 0) {
      this.#entries[0] = last
      this.#sink()
    }
    return first.what
  }

  #sink(): void {
    let parent = 0
    for (;;) {
      const left = parent * 2 + 1
      if (left >= this.#entries.length) return
      const right = left + 1
      const child = right < this.#entries.length && this.#isBefore(right, left) ? right : left
      if (!this.#isBefore(child, parent)) return
      this.#swap(child, parent)
      parent = child
    }
  }

  #isBefore(a: number, b: number): boolean {
    const x = this.#entries[a] as { at: number; order: number }
    const y = this.#entries[b] as { at: number; order: number }
    return x.at < y.at || (x.at === y.at && x.order < y.order)
  }

  #swap(a: number, b: number): void {
    const entries = this.#entries
    const x = entries[a] as (typeof entries)[number]
    entries[a] = entries[b] as (typeof entries)[number]
    entries[b] = x
  }
}
