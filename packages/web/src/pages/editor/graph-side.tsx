// The graph beside the text, and the palette above it. Rendered again only when what it shows is another: not for each key.

import type { Operation } from '@stepflow/dialects/edit'
import { memo, type ReactElement } from 'react'
import { Graph } from '../../canvas/graph.tsx'
import type { GraphNode } from '../../canvas/graph-node.ts'
import type { RunGraph } from '../../model/run-graph.ts'
import { Pane } from '../../parts/fault.tsx'
import { type Component, Palette } from './palette.tsx'

export interface GraphSideProps {
  readonly graph: RunGraph | undefined
  /** The text has none now: this is the last one that there was. */
  readonly isStale: boolean
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly components: readonly Component[]
  readonly selected: string | undefined
  /** Of a flow, not of a run. */
  readonly isPlain: boolean
  readonly isReadOnly: boolean
  readonly onSelect: (step: string | undefined) => void
  readonly onAdd: (component: Component) => void
  readonly onChange: (operation: Operation) => void
}

export const GraphSide = memo(function GraphSide(props: GraphSideProps): ReactElement {
  const { graph, isStale, nodes, components, selected, isPlain, isReadOnly, onSelect, onAdd, onChange } = props
  return (
    <div className={isStale ? 'graph-pane stale' : 'graph-pane'}>
      {isReadOnly ? null : (
        <div className="graph-tools">
          <Palette components={components} onAdd={onAdd} />
        </div>
      )}
      <Pane>
        {graph ? (
          <Graph
            graph={graph}
            nodes={nodes}
            selected={selected}
            onSelect={onSelect}
            isPlain={isPlain}
            isEdited
            {...(isReadOnly ? {} : { onConnect: (from: string, to: string) => onChange({ op: 'connect', from, to }) })}
          />
        ) : isStale ? (
          <p className="empty">The graph appears when the text can be read.</p>
        ) : null}
      </Pane>
    </div>
  )
})
