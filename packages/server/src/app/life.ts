// Whether the server takes requests: it starts, is ready, drains. Begins and ends nothing itself.

import { FlowError } from '@stepflow/engine'

export class Life {
  #state: 'starting' | 'ready' | 'draining' = 'starting'
  readonly #draining = new AbortController()

  get state(): 'starting' | 'ready' | 'draining' {
    return this.#state
  }

  /** Aborted when the server begins to drain: streams end then. */
  get draining(): AbortSignal {
    return this.#draining.signal
  }

  ready(): void {
    this.#state = 'ready'
  }

  drain(): void {
    this.#state = 'draining'
    this.#draining.abort()
  }

  /** Throws RESOURCE_UNAVAILABLE while nothing new is begun. */
  checkReady(): void {
    if (this.#state === 'ready') return
    const why = this.#state === 'starting' ? 'is starting' : 'is shutting down'
    throw new FlowError('RESOURCE_UNAVAILABLE', `this server ${why}: try again`, { retryAfterMs: 2_000 })
  }
}
