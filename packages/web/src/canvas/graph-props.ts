// What a graph is drawn of, and what it reports.

import type { RunGraph } from '../model/run-graph.ts'
import type { GraphNode } from './graph-node.ts'

export interface GraphProps {
  readonly graph: RunGraph
  readonly nodes: ReadonlyMap<string, GraphNode>
  /** Steps of the critical path, in order; of a run. */
  readonly critical?: readonly string[]
  readonly selected: string | undefined
  /** Of a flow, not of a run: steps are named without a status. */
  readonly isPlain?: boolean
  /** It is being edited: where steps come and go, the others stay in place. */
  readonly isEdited?: boolean
  readonly isFaded?: (id: string) => boolean
  readonly onSelect: (id: string | undefined) => void
  /** Shows what runs inside a step. */
  readonly onOpen?: (id: string) => void
  /** A line was drawn from one step to another. */
  readonly onConnect?: (from: string, to: string) => void
}
