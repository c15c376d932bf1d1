// The steps in the data of a flow, and where each stands.

import { FlowError, isRecord, type Json } from '@stepflow/engine'

export type Path = readonly (string | number)[]

/** The keys of a step under which the steps stand that it waits for. */
export const NEEDS: ReadonlySet<string> = new Set(['needs', 'depends_on', 'dependsOn'])

/** The steps of a document: under `steps`, a list or a map, or the whole of a manifest that is a list. */
export function stepsOf(data: Json): {
  readonly path: Path
  readonly steps: readonly (readonly [string | number, Json])[]
} {
  const steps = isRecord(data) ? (data as Readonly<Record<string, Json>>).steps : data
  const path: Path = isRecord(data) ? ['steps'] : []
  if (Array.isArray(steps)) return { path, steps: [...(steps as readonly Json[]).entries()] }
  return { path, steps: isRecord(steps) ? Object.entries(steps as Readonly<Record<string, Json>>) : [] }
}

export function pathOfStep(data: Json, id: string): Path {
  const { path, steps } = stepsOf(data)
  const found = steps.find((step) => idOf(step) === id)
  if (!found) throw new FlowError('NOT_FOUND', `there is no step "${id}"`)
  return [...path, found[0]]
}

export function idsOf(data: Json): readonly string[] {
  return stepsOf(data).steps.flatMap((step) => idOf(step) ?? [])
}

export function valueAt(data: Json, path: Path): Json | undefined {
  let value: unknown = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[key]
  }
  return value as Json | undefined
}

/** What a step is called: its own id, or the key that it stands under. */
export function idOf([key, step]: readonly [string | number, Json]): string | undefined {
  if (!isRecord(step)) return undefined
  const { id } = step as { readonly id?: unknown }
  return typeof id === 'string' ? id : typeof key === 'string' ? key : undefined
}
