// How much is held of bodies whose senders nobody knows yet: all of them together, so that they cannot fill the memory.

import { FlowError } from '@stepflow/engine'

export class HeldBytes {
  readonly #most: number
  #held = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Lets `work` hold bytes until it ends. What it is given throws RESOURCE_UNAVAILABLE if others hold too many. */
  async during<T>(work: (hold: (bytes: number) => void) => Promise<T>): Promise<T> {
    let mine = 0
    try {
      return await work((bytes) => {
        if (this.#held + bytes > this.#most) {
          throw new FlowError(
            'RESOURCE_UNAVAILABLE',
            'too many large deliveries come at the same time: send it again later',
          )
        }
        this.#held += bytes
        mine += bytes
      })
    } finally {
      this.#held -= mine
    }
  }
}
