// What is secret in a run that is repeated, and would not be known to be so in the new one: by a schema, an input or variables
// that it does not have any more.

import { type RunOptions, secretsInside } from '../../journal/events.ts'
import type { ShardRow, Store } from '../../store/store.ts'
import type { LinkedPlan } from '../link.ts'

export interface SecretsLeft {
  readonly before: { readonly linked: LinkedPlan; readonly options?: RunOptions | undefined }
  readonly next: { readonly linked: LinkedPlan; readonly variables: Readonly<Record<string, unknown>> }
  /** In place of the recorded ones. */
  readonly inputs: readonly unknown[] | undefined
}

export async function secretsLeft(
  store: Store,
  shards: readonly ShardRow[],
  { before, next, inputs }: SecretsLeft,
): Promise<readonly unknown[]> {
  const { linked, options } = before
  const left = new Set(options?.secrets)
  const known = new Set(next.linked.checkVariables?.secretsIn?.(next.variables) ?? [])
  for (const secret of linked.checkVariables?.secretsIn?.(options?.variables ?? {}) ?? []) {
    if (!known.has(secret)) left.add(secret)
  }
  const inOld = linked.checkInput?.secretsIn
  const inNew = next.linked.checkInput?.secretsIn
  // The same schema marks the same in the same inputs.
  const isSame = JSON.stringify(linked.plan.schemas?.input) === JSON.stringify(next.linked.plan.schemas?.input)
  for (const { journal } of shards) {
    const rows = await store.read(journal)
    // What is taken over of a step is its output, not what ran inside it.
    for (const { entries } of rows) for (const secret of secretsInside(entries)) left.add(secret)
    const [created] = rows[0]?.entries ?? []
    if (created?.type !== 'created' || !inOld || (isSame && !inputs)) continue
    for (const [i, input] of created.inputs.entries()) {
      const taken = inputs?.[created.from + i] ?? input
      if (isSame && taken === input) continue
      const own = new Set(inNew?.(taken) ?? [])
      for (const secret of inOld(input)) if (!own.has(secret)) left.add(secret)
    }
  }
  return [...left]
}
