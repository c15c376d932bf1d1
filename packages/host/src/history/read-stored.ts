// What a run has taken in, and what somebody has stored for a request, for whoever acts on it. Nothing of it may be shown: it
// is not redacted.

import { bareId, type RunId, type Store } from '@stepflow/engine'

/** The inputs of a run, from the first on: a RefusedInput in the place of one that could not be read. */
export async function* readInputs(store: Store, run: RunId): AsyncGenerator<unknown> {
  for (const { journal } of await store.runs.shards(run)) {
    const [first] = (await store.read(journal))[0]?.entries ?? []
    if (first?.type === 'created') yield* first.inputs
  }
}

/** Throws NOT_FOUND. */
export async function readBlob(store: Store, id: string): Promise<unknown> {
  return store.blobs.get(bareId(id))
}
