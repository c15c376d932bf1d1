// `http.rate_limit`: how often each host may be asked, by whichever component. A request that has to wait has not been sent:
// its component parks, and is called again from its beginning.

import { type Clock, type Component, Park } from '@stepflow/engine'
import { Rate, type RateLimit, type Turns } from './rate.ts'

/** By host, with or without its port. */
export type HostLimits = Readonly<Record<string, RateLimit>>

/** Thrown in place of a request that has to wait. */
class NotYet {
  readonly park: Park

  constructor(park: Park) {
    this.park = park
  }
}

interface Call {
  readonly turns: Turns | undefined
  /** From then on it cannot begin again. */
  hasSent: boolean
}

export class HostRates {
  readonly #rates: ReadonlyMap<string, Rate>
  readonly #clock: Clock
  /** By their signals, which their requests have as well. */
  readonly #calls = new WeakMap<AbortSignal, Call>()

  constructor(limits: HostLimits, clock: Clock) {
    this.#rates = new Map(Object.entries(limits).map(([host, limit]) => [host, new Rate(limit, clock)]))
    this.#clock = clock
  }

  /** The same component; where its first request has to wait, it parks. */
  around(component: Component): Component {
    if (this.#rates.size === 0) return component
    return {
      ...component,
      call: async (input, context) => {
        // The turn is from a Park of ours.
        this.#calls.set(context.signal, { turns: context.turn as Turns | undefined, hasSent: false })
        try {
          return await component.call(input, context)
        } catch (error) {
          if (!(error instanceof NotYet)) throw error
          const { until, turn } = error.park
          return new Park({ until: until as number, turn, state: context.woken?.state }) // a turn has a time
        }
      },
    }
  }

  /** Resolves when a request of the call may be sent, or rejects for `around` to park; `stop` ends the wait. */
  async take(url: URL, callSignal: AbortSignal, stop: AbortSignal): Promise<void> {
    const call = this.#calls.get(callSignal)
    const rate = this.#rates.get(url.host) ?? this.#rates.get(url.hostname)
    let park = rate?.park(call?.hasSent ? undefined : call?.turns)
    if (park && call?.hasSent === false) throw new NotYet(park)
    for (; park; park = rate?.park(park.turn as Turns)) await this.#pause(park.until as number, stop) // as above
    if (call) call.hasSent = true
  }

  #pause(until: number, stop: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        stopTimer()
        reject(stop.reason)
      }
      const stopTimer = this.#clock.timer(until - this.#clock.now(), () => {
        stop.removeEventListener('abort', leave)
        resolve()
      })
      if (stop.aborted) leave()
      else stop.addEventListener('abort', leave, { once: true })
    })
  }
}
