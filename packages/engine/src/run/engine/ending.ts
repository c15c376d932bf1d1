// That something is over, told to many who wait: an AbortSignal would warn of more than ten.

export class Ending {
  readonly #waiting = new Set<() => void>()
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  /** Calls `listener` when it is over; returns what takes that back. */
  add(listener: () => void): () => void {
    this.#waiting.add(listener)
    return () => void this.#waiting.delete(listener)
  }

  end(): void {
    this.#isOver = true
    for (const listener of this.#waiting) listener()
    this.#waiting.clear()
  }
}
