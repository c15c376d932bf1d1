// A graph as a tree: what it shows, in words, and one selection for both.

import type { KeyboardEvent, ReactElement } from 'react'
import { nameOfStep } from './graph-node.ts'
import type { GraphProps } from './graph-props.ts'

/** The same as the graph, for whoever does not see it. */
export function Outline(props: Pick<GraphProps, 'graph' | 'nodes' | 'selected' | 'onSelect'>): ReactElement {
  const { graph, nodes, selected, onSelect } = props
  const steps = graph.steps.filter((id) => id !== undefined)
  const at = Math.max(0, steps.indexOf(selected ?? ''))
  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: steps.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const id = steps[Math.min(steps.length - 1, Math.max(0, to))]
    if (id !== undefined) onSelect(id)
  }
  // Around the selection only: a reader moves step by step, and a browser need not hold ten thousand.
  const from = Math.max(0, at - 100)
  return (
    <ul
      role="tree"
      aria-label="Outline"
      className="hidden"
      tabIndex={0}
      onKeyDown={onKey}
      aria-activedescendant={`outline-${at}`}
    >
      {steps.slice(from, at + 100).map((id, i) => (
        <li
          key={id}
          id={`outline-${from + i}`}
          role="treeitem"
          aria-selected={id === selected}
          aria-posinset={from + i + 1}
          aria-setsize={steps.length}
          aria-label={nameOfStep(id, nodes.get(id))}
          aria-description={nodes.get(id)?.description}
          onClick={() => onSelect(id)}
        />
      ))}
    </ul>
  )
}
