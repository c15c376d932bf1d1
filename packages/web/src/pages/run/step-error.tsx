// What went wrong in a step, which answers alone: its message, its line of the source, and how often it was tried.

import type { RunFlow } from '@stepflow/api'
import type { ReactElement } from 'react'
import type { StepDetail } from '../../api/client.ts'
import { durationText } from '../../model/format.ts'
import type { StepRow } from '../../model/run-graph.ts'
import { Copy } from '../../parts/copy.tsx'
import { Shape } from '../../parts/status.tsx'
import { ClockTime } from '../../parts/time.tsx'
import { Value } from '../../parts/value.tsx'
import { Source } from './source-view.tsx'

export function StepError(props: {
  data: StepDetail
  flow: RunFlow | undefined
  step: string
  row: StepRow | undefined
  onSource: () => void
}): ReactElement | null {
  const { data, flow, step, row, onSource } = props
  const { error } = data
  if (!error) return null
  return (
    <>
      <div className="fault">
        <div className="row">
          <span className="code fill">{error.code}</span>
          <Copy text={`${error.code}: ${error.message}`} what="error" word="Copy error" />
        </div>
        <p>{error.message}</p>
      </div>
      {error.data === undefined || error.data === null ? null : (
        <div className="within">
          <h3>Data</h3>
          <Value value={error.data} what="data" />
        </div>
      )}
      {flow?.text === undefined ? null : (
        <div className="within">
          <h3>
            Source <span className="fill" />
            {error.file === undefined ? null : (
              <button type="button" className="link as-text" onClick={onSource}>
                {error.file}:{error.line}
              </button>
            )}
          </h3>
          <Source flow={flow} step={step} around={3} mark={error.line} />
        </div>
      )}
      {row && row.attempts.length > 1 ? (
        <div className="within">
          <h3>Attempts</h3>
          <Attempts row={row} />
        </div>
      ) : null}
    </>
  )
}

export function Attempts({ row }: { row: StepRow }): ReactElement {
  if (row.attempts.length === 0) return <p className="ink-3">It was not tried.</p>
  return (
    <ol className="attempts">
      {row.attempts.map(({ startedAt, endedAt, error }, i) => (
        <li key={startedAt + String(i)}>
          <Shape status={error ? 'failed' : endedAt === undefined ? row.status : 'success'} />
          <ClockTime at={startedAt} />
          <span className="fill cut ink-2" title={error?.message}>
            {error ? `${error.code}: ${error.message}` : ''}
          </span>
          <span>{endedAt === undefined ? '' : durationText(Date.parse(endedAt) - Date.parse(startedAt))}</span>
        </li>
      ))}
    </ol>
  )
}
