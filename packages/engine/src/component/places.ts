// The places for calls of a plugin: at most so many at once, first come, first served. A call that only waits for runs that
// it submitted lends its place, or calls that wait for one another would fill them all.

import type { FlowError } from '../errors.ts'

/** Who asks for a place. */
export interface Asker {
  readonly signal: AbortSignal
}

export class Places {
  readonly #limit: number
  #taken = 0
  /** A Set keeps the order of arrival and lets an aborted call leave from the middle. */
  readonly #queue = new Set<() => void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined: you have one. Rejects with what `cancelled` makes if the signal, asked for only now, aborts first. */
  take<A extends Asker>(asker: A, cancelled: (asker: A) => FlowError): Promise<void> | undefined {
    if (this.#taken < this.#limit) {
      this.#taken++
      return undefined
    }
    const { signal } = asker
    return new Promise((resolve, reject) => {
      const next = () => {
        signal.removeEventListener('abort', leave)
        this.#taken++
        resolve()
      }
      const leave = () => {
        this.#queue.delete(next)
        reject(cancelled(asker))
      }
      if (signal.aborted) return leave()
      this.#queue.add(next)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  /** The place goes to the call that has waited longest; it is never free in between, so no other call overtakes. */
  give(): void {
    this.#taken--
    if (this.#taken >= this.#limit) return
    for (const next of this.#queue) {
      this.#queue.delete(next)
      return next()
    }
  }

  /** Lends the place while `work` waits; it is taken back even if that is one too many for a while. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.give()
    try {
      return await work()
    } finally {
      this.#taken++
    }
  }
}
