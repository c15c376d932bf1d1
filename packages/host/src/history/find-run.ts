// A run by its id, or a message that helps to find the right one.

import { FlowError, type RunRow, type Store, suggest } from '@stepflow/engine'

export async function findRun(store: Store, id: string): Promise<RunRow> {
  const row = await store.runs.get(id)
  if (!row) throw await unknownRun(store, id)
  return row
}

/** NOT_FOUND, with the ids that are most like it, or the newest. */
export async function unknownRun(store: Store, id: string): Promise<FlowError> {
  const newest = (await store.runs.list({ limit: MOST_COMPARED })).rows.map((row) => row.id)
  if (newest.length === 0) return new FlowError('NOT_FOUND', `there is no run ${id}: this store has no runs`)
  const begun = newest.filter((one) => one.startsWith(id))
  const near = begun.length > 0 ? begun.slice(0, 3) : [suggest(id, newest)].filter((one) => one !== undefined)
  const hint =
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `The newest are: ${newest.slice(0, 3).join(', ')}`
  return new FlowError('NOT_FOUND', `there is no run ${id} in this store. ${hint}`)
}

// ---

const MOST_COMPARED = 1000
