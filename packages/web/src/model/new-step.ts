// A component as a new step of a flow: behind the selected one, with what it has to be given.

import type { Operation } from '@stepflow/dialects/edit'
import type { Json } from '@stepflow/engine'
import { emptyValue, type Schema } from './fields.ts'

/** How a flow is written. */
export interface Writing {
  readonly isManifest: boolean
  /** The whole is the list of its steps. */
  readonly isList: boolean
}

export function stepFrom(
  component: { readonly path: string; readonly inputSchema?: unknown },
  ids: readonly string[],
  after: string | undefined,
  { isManifest, isList }: Writing,
): Operation {
  const id = freeId(component.path, ids)
  const schema = (component.inputSchema ?? {}) as Schema
  const input = emptyValue(schema, schema)
  const hasInput = typeof input === 'object' && input !== null && Object.keys(input).length > 0
  const at = after === undefined ? -1 : ids.indexOf(after)
  return {
    op: 'insert',
    path: isList ? [] : ['steps'],
    ...(at < 0 ? {} : { at: at + 1 }),
    // A manifest's steps have tools; a component's path is one.
    value: { id, [isManifest ? 'tool' : 'component']: component.path, ...(hasInput ? { input: input as Json } : {}) },
  }
}

// ---

function freeId(path: string, ids: readonly string[]): string {
  const word = (path.split('/').at(-1) ?? '').replace(/[^A-Za-z0-9_-]/g, '_')
  const name = /^[A-Za-z_]/.test(word) ? word : `step_${word}`
  for (let i = 2; ; i++) {
    const id = i === 2 ? name : `${name}_${i - 1}`
    if (!ids.includes(id)) return id
  }
}
