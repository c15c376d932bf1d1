// What a step logged, the oldest first.

import type { Run } from '@stepflow/api'
import { type ReactElement, useEffect } from 'react'
import type { StepDetail } from '../../api/client.ts'
import { events } from '../../api/events.ts'
import { isOver } from '../../model/run-words.ts'
import { ClockTime } from '../../parts/time.tsx'
import { LOG_LOOKS } from './logs-view.tsx'

export interface StepLogsProps {
  readonly run: Run
  readonly lines: StepDetail['logs']
  /** To the log of the whole run. */
  readonly onShow: () => void
}

/** The server answers so many of one step, and no more. */
const MOST_LINES = 1_000

export function StepLogs({ run, lines, onShow }: StepLogsProps): ReactElement {
  const isLive = !isOver(run)
  useEffect(() => (isLive ? events.wantLogs() : undefined), [isLive])
  if (lines.length === 0) return <p className="ink-3">It has logged nothing.</p>
  return (
    <>
      <ol className="log-lines" aria-label="Log">
        {lines.map(({ at, level, message, data }, i) => (
          <li key={at + String(i)}>
            <span className="row small ink-3">
              <ClockTime at={at} />
              <span className={LOG_LOOKS[level]}>{level}</span>
            </span>
            <pre>
              {message}
              {data === undefined ? null : <span className="ink-3"> {JSON.stringify(data)}</span>}
            </pre>
          </li>
        ))}
      </ol>
      <p className="row small ink-3">
        <span className="fill">{lines.length < MOST_LINES ? '' : 'The last 1,000 lines'}</span>
        <button type="button" className="link as-text" onClick={onShow}>
          Show in Logs
        </button>
      </p>
    </>
  )
}
