// Runs, batches and outcomes as messages show them. Older servers get what every version of the public SDK can read: one
// that cannot read an answer only logs it, and its component waits for ever.

import { type ErrorValue, endedOf, isRecord, type Json, type Outcome, type ReportedRun } from '@stepflow/engine'

/** How the server is spoken to: `short` if it has announced capabilities, else `long`. */
export type Form = 'short' | 'long'

/** A run as `runs/submit` and `runs/get` answer it. */
export function describeRun(run: ReportedRun, flowId: string, form: Form, withResults: boolean): Json {
  const { total, success, skipped, failed, cancelled } = run.items
  const ended = endedOf(run.items)
  const results = run.outcomes.flatMap((outcome, itemIndex) =>
    outcome ? [{ itemIndex, status: itemStatus(outcome), result: describeOutcome(outcome, form, 'runs') }] : [],
  )
  return {
    runId: run.runId,
    flowId,
    ...(run.flow === undefined ? {} : { flowName: run.flow }),
    status: runStatus(run),
    items: {
      total: Math.max(total, ended),
      completed: success + skipped,
      running: Math.max(0, total - ended),
      failed,
      cancelled,
    },
    createdAt: new Date(run.createdAt).toISOString(),
    ...(run.endedAt === undefined ? {} : { completedAt: new Date(run.endedAt).toISOString() }),
    ...(withResults ? { results: results as unknown as Json } : {}), // outcomes are JSON
  }
}

/** A run as `flows/get_batch` answers it. */
export function describeBatch(run: ReportedRun, flowId: string, form: Form, withResults: boolean): Json {
  const { total, success, skipped, failed, cancelled } = run.items
  const ended = endedOf(run.items)
  const outputs = run.outcomes.flatMap((outcome, index) =>
    outcome
      ? [{ batch_input_index: index, status: itemStatus(outcome), result: describeOutcome(outcome, form, 'flows') }]
      : [],
  )
  return {
    details: {
      batch_id: run.runId,
      flow_id: flowId,
      ...(run.flow === undefined ? {} : { flow_name: run.flow }),
      total_runs: Math.max(total, ended),
      status: run.status === 'cancelled' ? 'cancelled' : run.endedAt === undefined ? 'running' : 'completed',
      created_at: new Date(run.createdAt).toISOString(),
      completed_runs: success + skipped,
      running_runs: Math.max(0, total - ended),
      failed_runs: failed,
      cancelled_runs: cancelled,
      paused_runs: 0,
      ...(run.endedAt === undefined ? {} : { completed_at: new Date(run.endedAt).toISOString() }),
    },
    ...(withResults ? { outputs: outputs as unknown as Json } : {}), // outcomes are JSON
  }
}

/** What a flow ended with. To old servers that have the methods `runs/` nothing is skipped: it is null. */
export function describeOutcome(outcome: Outcome, form: Form, methods: 'flows' | 'runs'): Json {
  if (form === 'short' || outcome.outcome === 'success') return outcome as unknown as Json // outcomes are JSON
  if (outcome.outcome === 'failed') return { outcome: 'failed', error: numbered(outcome.error) }
  if (methods === 'runs') return { outcome: 'success', result: null }
  return { outcome: 'skipped', reason: outcome.reason }
}

// ---

/** Codes that are numbers; ours stands in the data. */
function numbered({ code, message, data }: ErrorValue): Json {
  const beside = isRecord(data) ? (data as Record<string, Json>) : data === undefined ? {} : { value: data }
  return { code: numberOf(code), message, data: { ...beside, code } }
}

function numberOf(code: string): number {
  switch (code) {
    case 'COMPONENT_FAILED':
      return 8
    case 'EXPRESSION_FAILURE':
      return 1
    case 'INVALID_INPUT':
      return 400
    default:
      return 500
  }
}

function itemStatus(outcome: Outcome): 'completed' | 'failed' | 'cancelled' {
  if (outcome.outcome !== 'failed') return 'completed'
  return outcome.error.code === 'CANCELLED' ? 'cancelled' : 'failed'
}

/** Those who read it know no `queued`. */
function runStatus({ status }: ReportedRun): string {
  return status === 'queued' ? 'running' : status
}
