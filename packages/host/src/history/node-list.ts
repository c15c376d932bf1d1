// The processes that work on a store, as the API and the command line show them.

import type { StoreNode } from '@stepflow/engine'

export interface ShownNode extends Omit<StoreNode, 'startedAt' | 'seenAt'> {
  /** ISO 8601. */
  readonly startedAt: string
  readonly seenAt: string
}

/** Of a store that one process has, none. */
export function nodeList(nodes: readonly StoreNode[] = []): { readonly nodes: ShownNode[] } {
  const shown = (ms: number) => new Date(ms).toISOString()
  return { nodes: nodes.map((one) => ({ ...one, startedAt: shown(one.startedAt), seenAt: shown(one.seenAt) })) }
}
