// What a call that is no longer wanted fails with, and waiting as long as it is wanted.

import { type CallContext, FlowError } from '@stepflow/engine'

/** Waits for a shared promise as long as the call is wanted. */
export function abortable<T>(promise: Promise<T>, context: CallContext): Promise<T> {
  const { signal } = context
  if (signal.aborted) return Promise.reject(cancelled(context))
  return new Promise((resolve, reject) => {
    const leave = () => reject(cancelled(context))
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

export function cancelled({ signal, stepId }: CallContext): FlowError {
  if (FlowError.is(signal.reason)) return signal.reason
  return new FlowError('CANCELLED', `the call of step "${stepId}" was cancelled`)
}
