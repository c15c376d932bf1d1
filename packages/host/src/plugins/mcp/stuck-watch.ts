// Looks whether a child still says anything once a call was cancelled. Others wait for it, too: if it works for them they get
// their answers; if it is stuck they are better off failing.

import type { Clock } from '@stepflow/engine'

export interface StuckWatchOptions {
  readonly clock: Clock
  readonly graceMs: number
  /** How many messages have come from it so far. */
  readonly heard: () => number
  /** Asks for a sign of life. */
  readonly ask: () => void
  readonly onStuck: () => void
}

export class StuckWatch {
  readonly #options: StuckWatchOptions
  #stopTimer: (() => void) | undefined

  constructor(options: StuckWatchOptions) {
    this.#options = options
  }

  /** A call was cancelled. */
  begin(): void {
    if (this.#stopTimer) return
    const { ask, onStuck } = this.#options
    this.#listen(() => {
      ask()
      this.#listen(onStuck)
    })
  }

  end(): void {
    this.#stopTimer?.()
  }

  // ---

  #listen(onSilence: () => void): void {
    const { clock, graceMs, heard } = this.#options
    const before = heard()
    this.#stopTimer = clock.timer(graceMs, () => {
      this.#stopTimer = undefined
      if (heard() === before) onSilence()
    })
  }
}
