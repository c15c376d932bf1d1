// Tries again what fails because a server is away for a while: it is restarted, or the network has gone.

import { FlowError } from '@stepflow/engine'

/** For how long a server that is away is waited for. */
export interface PatienceOptions {
  /** For how long it is tried again, from the first failure in a row on. 10 minutes unless told; 0: not at all. */
  readonly reconnectMs?: number | undefined
  /** Told of each failure that is tried again. */
  readonly onAway?: ((error: FlowError) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const FIRST_MS = 200
const LONGEST_MS = 5_000
const RECONNECT_MS = 10 * 60_000

export class Patience {
  readonly #options: PatienceOptions
  #since: number | undefined
  #tries = 0

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  /** Something has come: the next failure is a first one. */
  reset(): void {
    this.#since = undefined
    this.#tries = 0
  }

  /** Resolves when it is time to try again; throws what is not to be tried again. */
  async after(thrown: unknown): Promise<void> {
    const { reconnectMs = RECONNECT_MS, onAway, signal } = this.#options
    if (!isAway(thrown) || signal?.aborted) throw thrown
    const now = Date.now()
    this.#since ??= now
    if (now - this.#since >= reconnectMs) throw thrown
    onAway?.(thrown)
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#tries++)
    // Many who lost the same server do not come back in the same moment.
    const delay = Math.max(thrown.retryAfterMs ?? 0, longest * (0.5 + Math.random() / 2))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(delay, LONGEST_MS))
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** The same until it succeeds. */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await request()
      } catch (thrown) {
        await this.after(thrown)
      }
    }
  }
}

// ---

/** No answer, or one that says: not now. */
function isAway(thrown: unknown): thrown is FlowError {
  if (!FlowError.is(thrown)) return false
  return thrown.code === 'UNREACHABLE' || thrown.status === 502 || thrown.status === 503 || thrown.status === 504
}
