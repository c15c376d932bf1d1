// What a recorded run says its flow is, by the ids of blobs: the flow, its text as it was written, and what patched it.

import type { Json, RunOptions, Store } from '@stepflow/engine'
import { flowIdOf } from './flow-id.ts'
import type { Project } from './open-project.ts'

/** Stores text and overrides; of a flow in code, and of a text that cannot be read, nothing is known. */
export async function recordFlow(
  store: Store,
  project: Pick<Project, 'document' | 'text'>,
  overrides: readonly unknown[],
): Promise<Pick<RunOptions, 'flowId' | 'textId' | 'overridesId'>> {
  const flowId = await flowIdOf(project)
  if (flowId === undefined) return {}
  const textId = await store.blobs.put(project.text)
  return overrides.length === 0
    ? { flowId, textId }
    : { flowId, textId, overridesId: await putOverrides(store, overrides) }
}

/** One of them stands for itself, several as a list. */
export function putOverrides(store: Store, overrides: readonly unknown[]): Promise<string> {
  const [first, ...others] = overrides as readonly [Json, ...Json[]] // read from JSON or YAML
  return Promise.resolve(store.blobs.put(others.length === 0 ? first : overrides))
}

export interface RecordedFlow {
  /** As it was written. */
  readonly text?: string
  /** In order: later ones win. */
  readonly overrides: readonly unknown[]
}

/** What was stored of a run's flow; what is gone is left out. */
export async function readRecordedFlow(store: Store, options: RunOptions | undefined): Promise<RecordedFlow> {
  const get = async (id: string | undefined) => (id === undefined ? undefined : await store.blobs.get(id))
  const [text, overrides] = [await get(options?.textId), await get(options?.overridesId)]
  return {
    ...(typeof text === 'string' ? { text } : {}),
    overrides: overrides === undefined ? [] : Array.isArray(overrides) ? overrides : [overrides],
  }
}
