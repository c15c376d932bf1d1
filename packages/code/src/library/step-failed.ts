// How a step function fails: which step, why, and what was there by then.

import { type ErrorValue, errorValue, FlowError } from '@stepflow/engine'

/** What a StepFailedError is made of. */
export interface StepFailure {
  readonly workflow: string
  readonly step: string
  readonly cause: unknown
  readonly context: Readonly<Record<string, unknown>>
  readonly results?: Readonly<Record<string, unknown>>
  readonly errors?: Readonly<Record<string, unknown>>
}

/**
 * What `execute` rejects with when a step failed and nothing handled it.
 *
 * ```ts
 * const order = new StepFunction('order')
 * order.addStep('Pay', {
 *   func: () => {
 *     throw new Error('card declined')
 *   },
 * })
 * order.setStartStep('Pay')
 * const error = await order.execute().catch((thrown: StepFailedError) => thrown)
 * if (error instanceof StepFailedError) console.log(error.step, error.message) // Pay step "Pay" of "order" failed: card declined
 * ```
 */
export class StepFailedError extends Error {
  override readonly name = 'StepFailedError'
  readonly workflow: string
  readonly step: string
  /** Results and errors by step, as far as it got. */
  readonly context: Readonly<Record<string, unknown>>
  /** Of a parallel step with `stopOnFailure`: the results that were ready, by task. */
  readonly results: Readonly<Record<string, unknown>> | undefined
  /** Of a parallel step with `stopOnFailure`: the errors, by task. */
  readonly errors: Readonly<Record<string, unknown>> | undefined

  constructor({ workflow, step, cause, context, results, errors }: StepFailure) {
    super(`step "${step}" of "${workflow}" failed: ${errorValue(cause).message}`, { cause })
    this.workflow = workflow
    this.step = step
    this.context = context
    this.results = results
    this.errors = errors
  }
}

/** The failure of a step; what says so already, with its results by task, is not wrapped once more. */
export function stepFailed(failure: StepFailure): StepFailedError {
  const { cause, workflow, step } = failure
  const isSaid = cause instanceof StepFailedError && cause.workflow === workflow && cause.step === step
  return isSaid ? cause : new StepFailedError(failure)
}

/** What was thrown, as an error; what was none is its cause. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]') return thrown as Error
  return new FlowError('COMPONENT_FAILED', errorValue(thrown).message, { cause: thrown })
}

/** An error that is known as data only. */
export function errorFrom({ code, message, data }: ErrorValue): FlowError {
  return new FlowError(code as FlowError['code'], message, data === undefined ? {} : { data }) // codes may be a component's own
}
