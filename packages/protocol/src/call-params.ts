// What a server is told with a call: briefly, or in the form that every released version of the public SDK takes.

import type { CallContext } from '@stepflow/engine'
import type { RunNames } from './run-names.ts'

export function shortParams(component: string, input: unknown, context: CallContext, hasKey: boolean): unknown {
  const { attempt, runId, stepId } = context
  const observability = { run_id: runId, step_id: stepId, ...traceOf(context) }
  return hasKey
    ? { component, input: input ?? null, attempt, observability, idempotency_key: context.idempotencyKey }
    : { component, input: input ?? null, attempt, observability }
}

/** Each version looks for what it needs in another place, and passes over what it does not know. None of it may be null. */
export function longParams(
  component: string,
  input: unknown,
  context: CallContext,
  flow_id: string,
  names: RunNames,
): unknown {
  const { attempt, stepId: step_id } = context
  const run_id = names.uuidOf(context.runId)
  const observability = { run_id, step_id, flow_id, ...traceOf(context) }
  return { component, input: input ?? null, attempt, observability, run_id, step_id, flow_id }
}

// ---

function traceOf({ trace }: CallContext): { readonly trace_id: string; readonly span_id: string } | undefined {
  return trace && { trace_id: trace.traceId, span_id: trace.spanId }
}
