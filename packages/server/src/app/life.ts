// Whether the server takes requests: it starts, is ready, drains. Begins and ends nothing itself.

import { FlowError } from '@stepflow/engine'

export class Life {
  #state: 'starting' | 'ready' | 'draining' = 'starting'
  readonly #onDrain = new Set<() => void>()

  get state(): 'starting' | 'ready' | 'draining' {
    return this.#state
  }

  /** Calls `listener` when the server begins to drain: streams end then. Returns what takes that back. */
  onDrain(listener: () => void): () => void {
    if (this.#state === 'draining') listener()
    this.#onDrain.add(listener)
    return () => void this.#onDrain.delete(listener)
  }

  ready(): void {
    this.#state = 'ready'
  }

  drain(): void {
    this.#state = 'draining'
    for (const listener of this.#onDrain) listener()
  }

  /** Throws RESOURCE_UNAVAILABLE while nothing new is begun. */
  checkReady(): void {
    if (this.#state === 'ready') return
    const why = this.#state === 'starting' ? 'is starting' : 'is shutting down'
    throw new FlowError('RESOURCE_UNAVAILABLE', `this server ${why}: try again`, { retryAfterMs: 2_000 })
  }
}
