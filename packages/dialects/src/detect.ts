// Which front end a document is for: steps with `component` make a flow, steps with `tool` a manifest.

import type { Json } from '@stepflow/engine'
import { type Entry, entryOf, fromJson, get, type Node } from './source/node.ts'
import { withStepList } from './step-list.ts'

export type Dialect =
  | { readonly dialect: 'flow' | 'manifest' }
  /** One step of each kind, for the message. */
  | { readonly dialect: 'mixed'; readonly component: Entry; readonly tool: Entry }

export function detect(node: Node): Dialect {
  const steps = node.kind === 'list' ? node : get(node, 'steps')
  let component: Entry | undefined
  let tool: Entry | undefined
  if (steps?.kind === 'list') {
    for (const step of steps.items) {
      component ??= entryOf(step, 'component')
      tool ??= entryOf(step, 'tool')
    }
  }
  if (component && tool) return { dialect: 'mixed', component, tool }
  if (component) return { dialect: 'flow' }
  return { dialect: tool || node.kind === 'list' ? 'manifest' : 'flow' }
}

/** Of a document that is plain data; one that mixes both is no manifest. */
export function isManifest(document: Json): boolean {
  const node = fromJson(document)
  return node !== undefined && detect(withStepList(node)).dialect === 'manifest'
}
