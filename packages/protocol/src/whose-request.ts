// Which call a server's request belongs to, where the way that it came does not say it.

import { type CallContext, own } from '@stepflow/engine'
import type { RunNames } from './run-names.ts'

/** The call that a request names, else the last one begun. */
export function callOf(
  params: unknown,
  calls: readonly [number, CallContext][],
  names: RunNames,
): CallContext | undefined {
  const named = own(params, 'observability')
  const runId = own(named, 'run_id')
  const stepId = own(named, 'step_id')
  let last: CallContext | undefined
  let ofRun: CallContext | undefined
  for (const [, call] of calls) {
    last = call
    if (typeof runId !== 'string' || !names.isNameOf(runId, call.runId)) continue
    if (call.stepId === stepId) return call
    ofRun = call
  }
  // A call that has ended lends its name to nothing.
  return typeof runId === 'string' ? ofRun : last
}
