// What an expression gives when it has no value: blocked on a step, a skip, or a failure. Values of their own, so that
// evaluation can go on beside them.

import type { ErrorValue } from '../../errors.ts'

export class NoValue {
  readonly kind: 'blocked' | 'skip' | 'failure'
  /** Of a skip. */
  readonly reason: string
  /** Of a failure; of a skip: the failure that it goes back to. */
  readonly error: ErrorValue | undefined
  /** The failure is that of a step that was read, not of the expression itself. */
  readonly dependency: boolean

  constructor(kind: NoValue['kind'], reason: string, error: ErrorValue | undefined, dependency: boolean) {
    this.kind = kind
    this.reason = reason
    this.error = error
    this.dependency = dependency
  }
}

export const BLOCKED = new NoValue('blocked', '', undefined, false)
export const skip = (reason: string, cause?: ErrorValue) => new NoValue('skip', reason, cause, false)
export const failure = (error: ErrorValue) => new NoValue('failure', '', error, false)
export const dependencyFailure = (error: ErrorValue) => new NoValue('failure', '', error, true)
