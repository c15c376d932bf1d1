// What the steps of an item answered, as it is: for runs that go on from there. Whoever shows it takes the other door.

import { authorsId, FlowError, type Json, type RunId, type Store, secretsInside } from '@stepflow/engine'
import { secretValues } from '@stepflow/schema'
import { findRun } from './find-run.ts'
import { inputsIn, shardOf } from './item-entries.ts'
import { readCreated } from './read-created.ts'
import { secretsOfRun } from './run-secrets.ts'

export interface Outputs {
  /** Of the steps that succeeded, by the author's names; of a step that ran several times, the last. */
  readonly outputs: ReadonlyMap<string, Json>
  /** What is secret in them by the schemas of their flow, which whoever has them need not have. */
  readonly secrets: readonly unknown[]
}

/** Throws NOT_FOUND. */
export async function outputsOf(store: Store, run: RunId, item = 0): Promise<Outputs> {
  const row = await findRun(store, run)
  const created = await readCreated(store, row.id)
  const { plan } = created
  const shard = shardOf(await store.runs.shards(row.id), item)
  if (!shard) throw new FlowError('NOT_FOUND', `run ${run} has no item ${item}`)
  const outputs = new Map<string, Json>()
  const rows = await store.read(shard.journal)
  for (const { entries } of rows) {
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
  const ofInput = plan.schemas?.input
  const secrets = [
    ...secretsOfRun(created),
    ...(ofInput === undefined ? [] : secretValues(ofInput, inputsIn(rows)[item - shard.first])),
    ...rows.flatMap(({ entries }) => secretsInside(entries)),
  ]
  return { outputs, secrets }
}
