// A run as our wire describes it, as workers over gRPC read it.

import { isRecord, own } from '@stepflow/engine'
import { taskCodeOf } from './task-errors.ts'
import { writeValue } from './write-value.ts'

/** An OrchestratorRunStatus of what `runs/submit` and `runs/get` answer. */
export function runStatus(run: unknown, rootRunId: string): object {
  const items = own(run, 'items')
  const results = own(run, 'results')
  const [flowName, completedAt] = [own(run, 'flowName'), own(run, 'completedAt')]
  return {
    run_id: own(run, 'runId'),
    flow_id: own(run, 'flowId'),
    ...(flowName === undefined ? {} : { flow_name: flowName }),
    status: statusOf(own(run, 'status')),
    items,
    created_at: timestamp(own(run, 'createdAt')),
    ...(completedAt === undefined ? {} : { completed_at: timestamp(completedAt) }),
    results: Array.isArray(results) ? results.map(itemResult) : [],
    root_run_id: rootRunId,
  }
}

// ---

const STATUS: Readonly<Record<string, number>> = { running: 1, completed: 2, failed: 3, cancelled: 4, paused: 5 }

function statusOf(status: unknown): number {
  return STATUS[String(status)] ?? 0
}

function itemResult(item: unknown): object {
  const outcome = own(item, 'result')
  const shared = { item_index: own(item, 'itemIndex'), status: statusOf(own(item, 'status')) }
  // A skipped item has no value, which is null where nothing else can be said.
  if (!isRecord(outcome) || outcome.outcome !== 'failed') {
    return { ...shared, output: writeValue(own(outcome, 'result') ?? null) }
  }
  const [code, message] = [own(outcome.error, 'code'), own(outcome.error, 'message')]
  return { ...shared, error_message: message, error_code: taskCodeOf(String(code)) }
}

function timestamp(iso: unknown): object {
  const ms = Date.parse(String(iso))
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 }
}
