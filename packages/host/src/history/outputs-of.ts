// What the steps of an item answered, as it is: for runs that go on from there. Whoever shows it takes the other door.

import { authorsId, FlowError, type Json, type RunId, type Store } from '@stepflow/engine'
import { findRun } from './find-run.ts'
import { readCreated } from './read-created.ts'

/** Of those that succeeded, by the author's names; of a step that ran several times, the last. Throws NOT_FOUND. */
export async function outputsOf(store: Store, run: RunId, item = 0): Promise<ReadonlyMap<string, Json>> {
  const row = await findRun(store, run)
  const { plan } = await readCreated(store, row.id)
  let from = 0
  for (const { journal, items } of await store.runs.shards(row.id)) {
    const place = item - from
    from += items
    if (place < 0 || place >= items) continue
    const outputs = new Map<string, Json>()
    for (const { entries } of await store.read(journal)) {
      for (const entry of entries) {
        if (entry.type !== 'settled' || entry.sub !== undefined || entry.item !== item) continue
        const step = plan.steps[entry.step]
        const id = step && !step.hidden ? authorsId(step) : undefined
        if (id === undefined) continue
        const { outcome } = entry
        if (outcome.outcome === 'success')
          outputs.set(id, (outcome.result ?? null) as Json) // it was kept as JSON
        else outputs.delete(id)
      }
    }
    return outputs
  }
  throw new FlowError('NOT_FOUND', `run ${run} has no item ${item}`)
}
