// When a server that keeps failing may be started again: ever more slowly, however many calls ask for it. Starts nothing.

import type { Clock } from '@stepflow/engine'

export class BackOff {
  readonly #clock: Clock
  readonly #random: () => number
  /** Starts and lives that went wrong since the last good answer, and when the last one did. */
  #failures = 0
  #failedAt = 0
  #wake: () => void = () => {}

  /** `random`: in [0, 1). */
  constructor(clock: Clock, random: () => number = Math.random) {
    this.#clock = clock
    this.#random = random
  }

  failed(): void {
    this.#failures++
    this.#failedAt = this.#clock.now()
  }

  succeeded(): void {
    this.#failures = 0
  }

  /** Undefined: at once. */
  wait(): Promise<void> | undefined {
    if (this.#failures === 0) return undefined
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1)) * (0.5 + this.#random() / 2)
    const leftMs = this.#failedAt + pauseMs - this.#clock.now()
    if (leftMs <= 0) return undefined
    return new Promise((resolve) => {
      const stopTimer = this.#clock.timer(leftMs, resolve)
      this.#wake = () => {
        stopTimer()
        resolve()
      }
    })
  }

  /** Ends the wait: whoever waits finds out by itself that there is nothing to start. */
  stop(): void {
    this.#wake()
  }
}

// ---

const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 30_000
