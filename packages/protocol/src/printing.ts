// Whose is a line that a server prints? That of the one call in flight; of the runs of all, if there are several. A process
// has two pipes, and nobody reads them in the order of writing: for a moment after the last answer it is still that call's.

import type { CallContext, Clock, Json, LogLevel, Printed } from '@stepflow/engine'

const AFTER_MS = 1_000

export class Printing {
  readonly #clock: Clock
  readonly #calls = new Set<CallContext>()
  #last: { readonly printed: Printed | undefined; readonly endedAt: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  began(call: CallContext): void {
    this.#calls.add(call)
    this.#last = undefined
  }

  ended(call: CallContext): void {
    this.#calls.delete(call)
    if (this.#calls.size === 0) this.#last = { printed: call.printed, endedAt: this.#clock.now() }
  }

  /** Into the logs of those whose it is. */
  keep(level: LogLevel, message: string, data?: Json): void {
    if (this.#calls.size === 0) {
      if (this.#last && this.#clock.now() - this.#last.endedAt <= AFTER_MS)
        this.#last.printed?.(level, message, data, 'call')
      return
    }
    const whose = this.#calls.size === 1 ? 'call' : 'run'
    const runs = new Set<string>()
    for (const call of this.#calls) {
      if (runs.has(call.runId)) continue
      runs.add(call.runId)
      call.printed?.(level, message, data, whose)
    }
  }
}
