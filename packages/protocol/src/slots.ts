// How many calls a server has at once. First come, first served; a call that only waits for a run of its own lends its
// slot, or calls that wait for each other would fill them all.

import type { FlowError } from '@stepflow/engine'

export class Slots {
  readonly #limit: number
  #taken = 0
  readonly #queue = new Set<() => void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined: it is yours. Rejects with what `cancelled` makes if the signal is aborted first. */
  take(signal: AbortSignal, cancelled: () => FlowError): Promise<void> | undefined {
    if (this.#taken < this.#limit) {
      this.#taken++
      return undefined
    }
    return new Promise((resolve, reject) => {
      const next = () => {
        signal.removeEventListener('abort', leave)
        this.#taken++
        resolve()
      }
      const leave = () => {
        this.#queue.delete(next)
        reject(cancelled())
      }
      this.#queue.add(next)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  give(): void {
    this.#taken--
    if (this.#taken >= this.#limit) return
    for (const next of this.#queue) {
      this.#queue.delete(next)
      return next()
    }
  }

  /** Lends the slot while `work` waits; it is taken back even if that is one too many for a while. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.give()
    try {
      return await work()
    } finally {
      this.#taken++
    }
  }
}
