// An outcome as one line of JSON. A result that JSON cannot carry becomes a failure.

import type { Outcome } from '@stepflow/engine'

/** What is told, and the line that tells it. A function that returns nothing has returned null. */
export function outcomeLine(outcome: Outcome): { readonly told: Outcome; readonly line: string } {
  const told: Outcome =
    outcome.outcome === 'success' && outcome.result === undefined ? { outcome: 'success', result: null } : outcome
  try {
    return { told, line: JSON.stringify(told) }
  } catch (thrown) {
    const [why] = (thrown as Error).message.split('\n') // JSON.stringify throws errors
    const message = `the result cannot be written as JSON: ${why}`
    const failed: Outcome = { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message } }
    return { told: failed, line: JSON.stringify(failed) }
  }
}
