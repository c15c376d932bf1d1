// Finds steps: by name, by what they call, by how they stand, and all that lies before or after one.

import type { ReactElement } from 'react'
import { type lastVisits, type RunGraph, reachOf, type StepRow } from '../../model/run-graph.ts'
import { SearchField } from '../../parts/search-field.tsx'

export interface FindStepsProps {
  readonly words: string
  readonly onChange: (words: string) => void
  readonly matches: ReadonlySet<string> | undefined
  readonly onGo: (step: string) => void
}

export function FindSteps({ words, onChange, matches, onGo }: FindStepsProps): ReactElement {
  return (
    <SearchField
      label="Find steps"
      placeholder="Find steps, +score"
      value={words}
      onChange={onChange}
      onKeyDown={(event) => {
        const [first] = matches ?? []
        if (event.key === 'Enter' && first !== undefined) onGo(first)
        if (event.key === 'Escape') onChange('')
      }}
      size="small"
    >
      {matches ? <span className="small">{matches.size}</span> : null}
    </SearchField>
  )
}

/** `+x`: x and all before it; `x+`: and all after it; `failed`: how it stands; `component:/http`; else a part of the id. */
export function matchesOf(words: string, graph: RunGraph, last: ReturnType<typeof lastVisits>): ReadonlySet<string> {
  let found: Set<string> | undefined
  for (const word of words.trim().split(/\s+/)) {
    const fits = wordMatches(word, graph, last)
    found = found === undefined ? fits : new Set([...found].filter((id) => fits.has(id)))
  }
  return found ?? new Set()
}

// ---

const STATUSES: ReadonlySet<string> = new Set<StepRow['status']>([
  'pending',
  'running',
  'waiting',
  'success',
  'skipped',
  'failed',
  'cancelled',
])

function wordMatches(word: string, graph: RunGraph, last: ReturnType<typeof lastVisits>): Set<string> {
  const ids = graph.steps.filter((id) => id !== undefined)
  const name = word.replace(/^\+|\+$/g, '')
  if (name !== word && ids.includes(name)) {
    const found = new Set([name])
    if (word.startsWith('+')) for (const id of reachOf(graph, name, 'up')) found.add(id)
    if (word.endsWith('+')) for (const id of reachOf(graph, name, 'down')) found.add(id)
    return found
  }
  if (STATUSES.has(word)) return new Set(ids.filter((id) => (last.get(id)?.status ?? 'pending') === word))
  if (word.startsWith('component:')) {
    const part = word.slice('component:'.length).toLowerCase()
    return new Set(
      ids.filter((id) => graph.drawing.shapes[graph.shapeOf.get(id) ?? -1]?.detail.toLowerCase().includes(part)),
    )
  }
  return new Set(ids.filter((id) => id.toLowerCase().includes(name.toLowerCase())))
}
