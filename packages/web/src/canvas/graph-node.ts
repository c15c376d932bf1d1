// A step of a graph, as it is shown and as it is called.

import type { Mark } from '../model/flow-diff.ts'
import type { ShownStatus } from '../model/run-words.ts'

export interface GraphNode {
  readonly id: string
  readonly status: ShownStatus
  /** Of the run that this one is compared with. */
  readonly before?: ShownStatus
  readonly recovered: boolean
  /** Of two versions: what became of it. */
  readonly mark?: Mark
  /** Something ran inside it, which has a graph of its own. */
  readonly canOpen?: boolean
  /** Below its name: what matters now. */
  readonly detail: string
  /** Read out after its name: `needs score, feeds notify`. */
  readonly description: string
}

/** What a graph of two versions shows in place of a status. */
export const MARKS: { readonly [Of in Mark]: string } = { added: '+', removed: '\u2212', changed: '~' }

/** `enrich, failed`; of two runs: `enrich, failed to success`. */
export function nameOfStep(id: string, node: GraphNode | undefined): string {
  const status = node?.status ?? 'pending'
  if (node?.mark !== undefined) return `${id}, ${node.mark}`
  return node?.before === undefined || node.before === status
    ? `${id}, ${status}`
    : `${id}, ${node.before} to ${status}`
}
