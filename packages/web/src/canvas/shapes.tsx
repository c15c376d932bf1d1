// The steps of a graph that are in sight, as buttons. Where they stand is the graph's own: moving and zooming it moves what holds
// them, and renders none of them again.

import { Maximize2 } from 'lucide-react'
import { memo, type ReactElement } from 'react'
import { middleCut } from '../model/format.ts'
import { Shape } from '../parts/status.tsx'
import { MARKS, nameOfStep } from './graph-node.ts'
import type { GraphProps } from './graph-props.ts'
import { Port } from './port.tsx'

export interface ShapesProps extends Pick<GraphProps, 'graph' | 'nodes' | 'selected' | 'onSelect'> {
  readonly seen: readonly number[]
  readonly isPlain: boolean
  readonly isFaded: GraphProps['isFaded'] | undefined
  readonly onOpen: GraphProps['onOpen'] | undefined
  readonly onConnect: GraphProps['onConnect'] | undefined
}

/** Letters of a name that fit into a box; of a longer one the middle is left out. */
const MOST_NAME = 16

export const Shapes = memo(function Shapes(props: ShapesProps): ReactElement {
  const { graph, nodes, seen, selected, isPlain, isFaded, onSelect, onOpen, onConnect } = props
  return (
    <>
      {seen.map((shape) => {
        const id = graph.steps[shape]
        const at = graph.layout.boxes[shape]
        const { kind, label } = graph.drawing.shapes[shape] ?? {}
        if (!at) return null
        const place = { transform: `translate(${at.x}px, ${at.y}px)`, width: at.width, height: at.height }
        if (id === undefined) {
          return (
            <span key={shape} className="end" style={place} aria-hidden="true">
              {label}
            </span>
          )
        }
        const node = nodes.get(id)
        const status = node?.status ?? 'pending'
        return (
          <div
            key={shape}
            data-step={id}
            className={`node ${node?.mark ?? status}${kind === 'step' ? '' : ' sheets'}${node?.before === undefined ? '' : ' two'}${selected === id ? ' selected' : ''}${isFaded?.(id) ? ' faded' : ''}`}
            style={place}
          >
            {node?.before === undefined ? null : <Shape status={node.before} />}
            {node?.mark === undefined ? (
              <Shape status={status} recovered={node?.recovered ?? false} />
            ) : (
              <span className="mark">{MARKS[node.mark]}</span>
            )}
            <span className="cut name">
              {middleCut(id, node?.before === undefined && !node?.canOpen ? MOST_NAME : MOST_NAME - 3)}
            </span>
            <small className="cut">{node?.detail}</small>
            {/* Its name is what everybody hears; what is seen lies below it. */}
            <button
              type="button"
              tabIndex={-1}
              className="cover"
              aria-label={isPlain && node?.mark === undefined ? id : nameOfStep(id, node)}
              aria-description={node?.description}
              title={id.length > MOST_NAME ? id : undefined}
              aria-pressed={selected === id}
              onClick={() => onSelect(id)}
            />
            {node?.canOpen && onOpen ? (
              <button type="button" className="open-inside" aria-label={`Open ${id}`} onClick={() => onOpen(id)}>
                <Maximize2 size={12} />
              </button>
            ) : null}
            {onConnect ? <Port from={id} onConnect={onConnect} /> : null}
          </div>
        )
      })}
    </>
  )
})
