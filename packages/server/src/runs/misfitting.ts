// The refusal of an input that breaks the schema of its flow, with a finding for each violation.

import { FlowError, type Violation } from '@stepflow/engine'

/** `what`: "the input does not fit", or the like. */
export function misfitting(what: string, violations: readonly Violation[]): FlowError {
  const told = violations.slice(0, 5).map(({ path, message }) => `${path}: ${message}`)
  return new FlowError('INVALID_INPUT', `${what} the flow's schema: ${told.join('; ')}`, {
    data: violations.map(({ path, message }) => ({ code: 'DOES_NOT_FIT', level: 'error', message, path })),
  })
}
