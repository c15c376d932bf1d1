// What the flow was given and what its steps gave last, as a tree: each part of it can be dragged into a field of a step, or into
// the text, where it stands for itself.

import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { shortId } from '../../model/format.ts'
import { inLine, type Root, written } from '../../model/written-reference.ts'
import { Value } from '../../parts/value.tsx'
import type { Compiled } from './use-compiled.ts'
import type { LastValues } from './use-last-values.ts'

/** What is dragged: the reference, as a value; and the step that it reads. */
export const DRAGGED = 'application/x-stepflow-reference'

export function Values({ last, compiled }: { last: LastValues; compiled: Compiled }): ReactElement {
  const { graph, about } = compiled
  const steps = (graph?.steps ?? []).filter((id) => id !== undefined && last.steps.has(id)) as readonly string[]
  const all = Object.fromEntries([
    ...(last.input === undefined ? [] : [[INPUT, last.input] as const]),
    ...steps.map((id) => [id, last.steps.get(id)?.value] as const),
  ])
  if (Object.keys(all).length === 0) {
    return <p className="empty">What the steps give is shown here, once the flow has run.</p>
  }
  return (
    <div className="padded-block">
      <p className="small ink-3">
        Drag a value into a field of a step, or into the text.
        {last.runId === undefined ? null : (
          <>
            {' '}
            From{' '}
            <Link to="/runs/$runId" params={{ runId: last.runId }} search={{}} className="link mono">
              {shortId(last.runId)}
            </Link>
          </>
        )}
      </p>
      <Value
        value={all}
        what="values"
        dragOf={([first, ...keys]) => {
          const root: Root = first === INPUT ? { of: 'input' } : { of: 'step', name: String(first) }
          const { value } = written(root, keys, about.isManifest)
          return { [DRAGGED]: JSON.stringify(value), 'text/plain': inLine(value) }
        }}
      />
    </div>
  )
}

// ---

const INPUT = 'input'
