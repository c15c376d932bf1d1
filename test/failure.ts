// The error that a promise is expected to end with.

import { FlowError } from '@stepflow/engine'
import { expect } from 'vitest'

export async function failure(promise: Promise<unknown>): Promise<FlowError> {
  const error = await promise.then(
    (value) => expect.unreachable(`expected a failure, got ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  )
  if (!FlowError.is(error)) throw error
  return error
}
