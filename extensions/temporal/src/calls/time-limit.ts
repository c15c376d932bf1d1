// The time limit of one call, as its worker keeps it: to the moment, where the server's timers may be a second late. The server
// has the same limit, for a worker that is gone.

import { timedOut } from '../timed-out.ts'

/** The longest that a timer can be set for; a longer limit is the server's alone. */
const LONGEST_MS = 2 ** 31 - 1

export class TimeLimit {
  /** Aborted when the call is cancelled, or its time is over. */
  readonly signal: AbortSignal
  readonly #over: AbortSignal | undefined
  readonly #timer: NodeJS.Timeout | undefined

  constructor(step: string, timeoutMs: number | undefined, cancelled: AbortSignal) {
    this.signal = cancelled
    if (timeoutMs === undefined || timeoutMs > LONGEST_MS) return
    const over = new AbortController()
    this.#over = over.signal
    this.signal = AbortSignal.any([cancelled, over.signal])
    this.#timer = setTimeout(() => over.abort(timedOut(step, timeoutMs)), timeoutMs)
  }

  /** Rejects with TIMEOUT when the time is over, whether the component heeds that or not. */
  async within<T>(call: T | Promise<T>): Promise<T> {
    const signal = this.#over
    if (!signal) return call
    let leave: () => void = () => {}
    const over = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason)
      signal.addEventListener('abort', leave)
    })
    try {
      return await Promise.race([call, over])
    } catch (thrown) {
      throw signal.aborted ? signal.reason : thrown
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
