// A flow that has errors is refused with all of them.

import { type Diagnostic, errorsOf, FlowError, type Json } from '@stepflow/engine'

/** Throws INVALID_FLOW, with all findings as data. */
export function refuseInvalid(diagnostics: readonly Diagnostic[]): void {
  const errors = errorsOf(diagnostics)
  if (errors.length === 0) return
  const told = errors
    .slice(0, MOST_TOLD)
    .map(({ line, message }) => (line === undefined ? message : `line ${line}: ${message}`))
  const more = errors.length > told.length ? `; and ${errors.length - told.length} more` : ''
  throw new FlowError('INVALID_FLOW', `the flow is not valid: ${told.join('; ')}${more}`, {
    data: diagnostics as unknown as Json, // diagnostics are plain JSON
  })
}

// ---

const MOST_TOLD = 5
