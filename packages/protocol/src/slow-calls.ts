// Calls that have had no answer for long: each is reported once. One timer for all of them, for calls are many and most
// are quick.

import type { Clock } from '@stepflow/engine'
import { InFlight } from './in-flight.ts'

export const SLOW_MS = 30_000

export class SlowCalls {
  readonly #clock: Clock
  readonly #onSlow: (id: number, component: string) => void
  /** What was reported is gone. */
  readonly #waiting = new InFlight<{ readonly component: string; readonly since: number }>()
  #stopTimer: (() => void) | undefined

  constructor(clock: Clock, onSlow: (id: number, component: string) => void) {
    this.#clock = clock
    this.#onSlow = onSlow
  }

  add(id: number, component: string): void {
    this.#waiting.set(id, { component, since: this.#clock.now() })
    this.#stopTimer ??= this.#clock.timer(SLOW_MS, () => this.#look())
  }

  delete(id: number): void {
    this.#waiting.delete(id)
  }

  end(): void {
    this.#waiting.clear()
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  // ---

  #look(): void {
    this.#stopTimer = undefined
    const now = this.#clock.now()
    for (const [id, { component, since }] of this.#waiting.entries()) {
      if (now - since < SLOW_MS) {
        this.#stopTimer = this.#clock.timer(since + SLOW_MS - now, () => this.#look())
        return
      }
      this.#waiting.delete(id)
      this.#onSlow(id, component)
    }
  }
}
