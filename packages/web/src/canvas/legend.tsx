// What the lines of a graph mean.

import type { Arrow } from '@stepflow/draw'
import type { ReactElement } from 'react'
import type { RunGraph } from '../model/run-graph.ts'

const WORDS: Partial<Record<Arrow['kind'], string>> = {
  data: 'data',
  maybe: 'if taken',
  order: 'order',
  next: 'next',
  branch: 'branch',
  failure: 'on failure',
}

export function Legend({ graph, hasCritical }: { graph: RunGraph; hasCritical: boolean }): ReactElement | null {
  const kinds = [...new Set(graph.drawing.arrows.map(({ kind }) => kind))].filter((kind) => WORDS[kind])
  if (kinds.length < 2 && !hasCritical) return null
  return (
    <ul className="legend small ink-3" aria-label="Legend">
      {kinds.map((kind) => (
        <li key={kind}>
          <svg width="20" height="8" aria-hidden="true">
            <path d="M0 4H20" className={`edge ${kind}`} />
          </svg>
          {WORDS[kind]}
        </li>
      ))}
      {hasCritical ? (
        <li>
          <svg width="20" height="8" aria-hidden="true">
            <path d="M0 4H20" className="edge critical" />
          </svg>
          critical
        </li>
      ) : null}
    </ul>
  )
}
