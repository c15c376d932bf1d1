// What a function of a program is told about its call: a narrow view of what the engine tells components.

import type { CallContext, Log } from '@stepflow/engine'

/** What a function is told about its call, as its second argument. */
export interface StepContext {
  /** Aborted when the answer is no longer wanted: timeout, cancel, a parallel sibling's failure. */
  readonly signal: AbortSignal
  /** From 1. */
  readonly attempt: number
  /** The same for every attempt, also after a crash: for systems that should do a thing once. */
  readonly idempotencyKey: string
  /** Of the steps that have succeeded so far, by name. */
  readonly results: Readonly<Record<string, unknown>>
  readonly log: Log
}

/** Made for each call, so it holds as little as it can and computes what is asked for. */
export class StepView implements StepContext {
  readonly #call: CallContext
  /** Whose steps are the earlier ones: a task's are those before the parallel step. */
  readonly #among: 'siblings' | 'around'

  /** The call behind a view. */
  static callOf(view: StepView): CallContext {
    return view.#call
  }

  constructor(call: CallContext, among: 'siblings' | 'around' = 'siblings') {
    this.#call = call
    this.#among = among
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }

  get attempt(): number {
    return this.#call.attempt
  }

  get idempotencyKey(): string {
    return this.#call.idempotencyKey
  }

  get log(): Log {
    return this.#call.log
  }

  /** What Node prints: what there is to ask for. */
  [Symbol.for('nodejs.util.inspect.custom')](): StepContext {
    const { signal, attempt, idempotencyKey, results, log } = this
    return { signal, attempt, idempotencyKey, results, log }
  }

  get results(): Readonly<Record<string, unknown>> {
    const call = this.#among === 'around' ? (this.#call.around ?? this.#call) : this.#call
    const succeeded = Object.entries(call.outcomes()).flatMap(([name, outcome]) =>
      outcome.outcome === 'success' ? [[name, outcome.result] as const] : [],
    )
    return Object.freeze(Object.fromEntries(succeeded))
  }
}
