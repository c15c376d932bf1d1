// What a recorded run was begun with, for whoever goes on with it. Nothing of it may be shown: it is not redacted.

import { FlowError, type JournalEntry, type Plan, type RunId, type Store } from '@stepflow/engine'

export type Created = Extract<JournalEntry, { type: 'created' }> & { readonly plan: Plan }

/** The first entry of a run. */
export async function readCreated(store: Store, run: RunId): Promise<Created> {
  const [first] = (await store.read(`${run}/0`))[0]?.entries ?? []
  if (first?.type === 'created' && first.plan) return { ...first, plan: first.plan }
  throw new FlowError('RESOURCE_UNAVAILABLE', `the journal of run ${run} does not begin with its plan: it is damaged`)
}
