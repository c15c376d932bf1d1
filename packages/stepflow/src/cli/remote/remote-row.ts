// A run as a server describes it -> as a store has it, so that both are drawn by the same.

import type { Run, StepflowClient } from '@stepflow/api/client'
import type { Plan, RunRow } from '@stepflow/engine'
import type { ShownRun } from '../runs/draw-runs.ts'

export function rowOf(run: Run): RunRow {
  const { runId, flowName, flowId, status, kind, items, createdAt, startedAt, completedAt, error, recovered = 0 } = run
  const { total, completed, skipped, failed, cancelled, running, waiting } = items
  return {
    id: runId,
    ...(flowName === undefined ? {} : { flow: flowName }),
    ...(flowId === undefined ? {} : { flowId }),
    status,
    kind,
    createdAt: Date.parse(createdAt),
    ...(startedAt === undefined ? {} : { startedAt: Date.parse(startedAt) }),
    ...(completedAt === undefined ? {} : { endedAt: Date.parse(completedAt) }),
    items: { total: total ?? -1, success: completed - skipped, skipped, failed, cancelled },
    atWork: { running, waiting },
    recovered,
    ...(error === undefined ? {} : { error }),
    labels: run.labels,
    ...(run.origin === undefined ? {} : { origin: run.origin as NonNullable<RunRow['origin']> }), // `failed` is true, or absent,
  }
}

/** What the engine runs. */
export async function planAt(client: StepflowClient, runId: string): Promise<Plan> {
  const { plan } = (await client.getRunFlow(runId)) as unknown as { readonly plan: Plan } // of a server, that is all of it
  return plan
}

/** As a store's run is printed: a place in a server's events is not of the run. */
export function summaryIn({ cursor: _, ...run }: Run): Run {
  return run
}

/** The server sees to it that it goes on. */
export function shownOf(run: Run): ShownRun {
  return { row: rowOf(run), isHeld: true, waiting: run.waiting?.text }
}
