// The waits of all runs that are over since a time. Reads the journals of runs that may have waited, and of no others.

import type { Plan, RunId, RunRow } from '@stepflow/engine'
import { type EndedWait, eachRun, type RecordedRun, type RunReader } from '@stepflow/host/history'
import { openIfThere } from './open-if-there.ts'

export interface FoundEnd {
  readonly recorded: RecordedRun
  readonly state: EndedWait
}

/** So many runs are read at most: those that ended last. */
const MOST_RUNS_READ = 1_000

/** Finds them, or those of one run; remembers which flows never wait, so that their runs are not read. */
export function endedWaitsOf(runs: RunReader): (since: number, runId?: RunId) => AsyncGenerator<FoundEnd> {
  const waits = new Map<string, boolean>()
  return async function* (since, runId) {
    if (runId !== undefined) {
      const recorded = await runs.open(runId)
      for (const state of await recorded.waits.over(since)) yield { recorded, state }
      return
    }
    let read = 0
    for await (const row of runsSince(runs, since)) {
      const { id, flowId } = row
      const known = flowId === undefined ? undefined : waits.get(flowId)
      if (known === false) continue
      const recorded = await openIfThere(runs, id)
      if (!recorded?.plan) continue
      const may = known ?? mayWait(recorded.plan)
      if (flowId !== undefined) remember(waits, flowId, may)
      if (!may) continue
      for (const state of await recorded.waits.over(since)) yield { recorded, state }
      if (++read === MOST_RUNS_READ) return
    }
  }
}

// ---

/** Those that go on, and those that ended at that time or later. */
async function* runsSince(runs: RunReader, since: number): AsyncGenerator<RunRow> {
  yield* eachRun(runs, { status: ['queued', 'running', 'paused'] })
  for await (const row of eachRun(runs, { sort: '-completedAt' })) {
    // Those that go on come last.
    if (row.endedAt === undefined || row.endedAt < since) return
    yield row
  }
}

const MOST_FLOWS = 10_000

function remember(waits: Map<string, boolean>, flowId: string, may: boolean): void {
  if (waits.size >= MOST_FLOWS) waits.clear()
  waits.set(flowId, may)
}

/** Calls by name what waits, or runs a flow that is found or made while it runs. */
function mayWait(plan: Plan): boolean {
  return /wait_for_signal|\/(eval|flow|iterate|map)\b/.test(JSON.stringify(plan))
}
