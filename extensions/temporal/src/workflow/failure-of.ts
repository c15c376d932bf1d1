// A failure of an activity as an error of ours.

import { type CallContext, type ErrorCode, FlowError, type FlowErrorOptions } from '@stepflow/engine'
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'
import type { FarError } from '../far-call.ts'
import { timedOut } from '../timed-out.ts'

export function failureOf(thrown: unknown, call?: Pick<CallContext, 'stepId' | 'timeoutMs'>): unknown {
  const cause = thrown instanceof ActivityFailure ? thrown.cause : thrown
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'START_TO_CLOSE' && call) {
    return timedOut(call.stepId, call.timeoutMs)
  }
  if (cause instanceof ApplicationFailure) {
    const [error] = (cause.details ?? []) as readonly (FarError | undefined)[] // as our worker has thrown it
    if (error) return new FlowError(error.code as ErrorCode, error.message, optionsOf(error)) // a component's own code
  }
  return cause
}

// ---

function optionsOf({ data, retryable, retryAfterMs, tries, status }: FarError): FlowErrorOptions {
  return {
    ...(data === undefined ? {} : { data }),
    ...(retryable === undefined ? {} : { retryable }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(tries === undefined ? {} : { tries }),
    ...(status === undefined ? {} : { status }),
  }
}
