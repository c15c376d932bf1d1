// The beginning of a run's own journal, and the run's row: what a process needs to take the run up.

import { FlowError } from '../../errors.ts'
import type { RunId, RunOptions } from '../../journal/events.ts'
import type { Plan } from '../../plan/plan.ts'
import type { JournalRow, RunRow, Store } from '../../store/store.ts'

/** What a run is. */
export interface Beginning {
  readonly plan: Plan
  readonly options: RunOptions | undefined
}

/** Reads how a run began; throws INTERNAL if its journal does not say. */
export function beginningOf(id: RunId, rows: readonly JournalRow[]): Beginning {
  const [first] = rows[0]?.entries ?? []
  if (first?.type === 'created' && first.plan) return { plan: first.plan, options: first.options }
  const message = `the journal of run ${id} does not begin with its plan: it is damaged; remove the run, or restore the file`
  throw new FlowError('INTERNAL', message, { data: { journal: `${id}/0` } })
}

/** The run's row; throws NOT_FOUND. */
export async function rowOf(store: Store, id: RunId): Promise<RunRow> {
  const row = await store.runs.get(id)
  if (!row) throw new FlowError('NOT_FOUND', `there is no run ${id} in this store`)
  return row
}
