// Why a step stands as it does: what decided it, with the values that were read.

import type { RunFlow } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { queries } from '../../api/queries.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { Ago, WholeTime } from '../../parts/time.tsx'
import type { RunPlace } from './run-place.ts'
import { lineOf } from './source-view.tsx'

export interface StepWhyProps {
  readonly runId: string
  readonly row: Pick<StepRow, 'stepId' | 'status' | 'why'>
  readonly flow: RunFlow | undefined
  readonly place: RunPlace
}

export function StepWhy({ runId, row, flow, place }: StepWhyProps): ReactElement {
  const { why } = row
  if (!why) return <p className="ink-3">It ran since all that it needs was there.</p>
  const values = Object.entries(why.values ?? {})
  const { step, at, until } = why
  const isOwnLine = at === undefined || at.line === lineOf(flow, row.stepId)
  return (
    <>
      <p className="sentence">{why.text}</p>
      {until === undefined ? null : (
        <p className="ink-2">
          until <WholeTime at={until} />, <Ago at={until} />
        </p>
      )}
      {values.length > 0 ? (
        <dl className="pairs within">
          {values.map(([reference, value]) => (
            <div className="pair" key={reference}>
              <dt className="mono cut" title={reference}>
                {reference}
              </dt>
              <dd>
                <span className="mono">{JSON.stringify(value)}</span>
                <Giver reference={reference} flow={flow} onSelect={place.select} />
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
      {step === undefined && isOwnLine ? null : (
        <p className="row padded">
          {step === undefined ? null : (
            <button type="button" className="link as-text" onClick={() => place.select(step)}>
              Show {step}
            </button>
          )}
          {isOwnLine ? null : (
            <button type="button" className="link as-text" onClick={() => place.show('source')}>
              line {at?.line}
            </button>
          )}
        </p>
      )}
      {row.status === 'waiting' ? <Question runId={runId} item={place.item} step={row.stepId} /> : null}
    </>
  )
}

// ---

/** What a person is asked there. */
function Question(props: { runId: string; item: number | undefined; step: string }): ReactElement | null {
  const { runId, item, step } = props
  const { data } = useQuery(queries.waitsOf(runId, item))
  const wait = data?.find((one) => one.step === step)
  if (!wait) return null
  return (
    <div className="within">
      <h3>Asks</h3>
      <p>
        <Link to="/approvals/$waitId" params={{ waitId: wait.id }} className="link">
          {wait.title ?? wait.name}
        </Link>
      </p>
      <p className="ink-2">{wait.description}</p>
    </div>
  )
}

/** ` of score (line 22)`: the step that gave a value that was read. */
function Giver(props: {
  reference: string
  flow: RunFlow | undefined
  onSelect: (step: string) => void
}): ReactElement | null {
  const { reference, flow, onSelect } = props
  const step = /^(?:steps\.)?([^.[]+)/.exec(reference)?.[1]
  const line = lineOf(flow, step)
  if (step === undefined || line === undefined) return null
  return (
    <span className="ink-2">
      {' '}
      of{' '}
      <button type="button" className="link as-text" onClick={() => onSelect(step)}>
        {step}
      </button>{' '}
      (line {line})
    </span>
  )
}
