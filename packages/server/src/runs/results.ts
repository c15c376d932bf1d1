// The results of a run as lines, the ones that `stepflow run` writes: those that are there, then those that are still to come.

import type { Outcome, PlanEngine, ResultOrder } from '@stepflow/engine'
import type { RecordedRun } from '@stepflow/host/history'

export interface ResultLines {
  readonly engine: PlanEngine
  readonly recorded: RecordedRun
  readonly order: ResultOrder
  /** Without the first so many. */
  readonly from: number
  readonly signal: AbortSignal
}

/** Some lines at a time; ends when the run has ended. */
export async function* resultLines({ engine, recorded, order, from, signal }: ResultLines): AsyncGenerator<string> {
  const followed = await engine.follow(recorded.row.id, { signal })
  for await (const batch of followed.batches(order, from)) {
    let text = ''
    for (const { index, outcome } of await recorded.shown(batch)) {
      const line = lineOf(outcome)
      text += order === 'completion' ? `{"index":${index},${line.slice(1)}\n` : `${line}\n`
    }
    yield text
  }
}

// ---

/** A function that returned nothing has returned null. */
function lineOf(outcome: Outcome): string {
  return JSON.stringify(
    outcome.outcome === 'success' && outcome.result === undefined ? { ...outcome, result: null } : outcome,
  )
}
