// What the lines of a graph mean.

import type { Arrow } from '@stepflow/draw'
import type { ReactElement } from 'react'
import type { RunGraph } from '../model/run-graph.ts'

const WORDS = {
  data: 'data',
  maybe: 'if taken',
  order: 'order',
  next: 'next',
  branch: 'branch',
  failure: 'on failure',
} satisfies Partial<Record<Arrow['kind'], string>>

/** Always in the same order, whatever the graph begins with. */
const KINDS = Object.keys(WORDS) as (keyof typeof WORDS)[] // of this object

export function Legend({ graph, hasCritical }: { graph: RunGraph; hasCritical: boolean }): ReactElement | null {
  const drawn = new Set<string>(graph.drawing.arrows.map(({ kind }) => kind))
  const kinds = KINDS.filter((kind) => drawn.has(kind))
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
