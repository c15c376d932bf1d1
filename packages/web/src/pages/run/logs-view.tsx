// What was logged in a run, the oldest first; filtered by level, step and text.

import type { LogLine, Run } from '@stepflow/api'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactElement, useEffect, useMemo, useState } from 'react'
import { events } from '../../api/events.ts'
import { queries } from '../../api/queries.ts'
import { isOver } from '../../model/run-words.ts'
import { Chip } from '../../parts/button.tsx'
import { Fault } from '../../parts/fault.tsx'
import { useNextPage } from '../../parts/next-page.ts'
import { type Column, Rows } from '../../parts/rows.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { ClockTime } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'

export interface LogsViewProps {
  readonly run: Run
  readonly item: number | undefined
  /** The step that is selected. */
  readonly step: string | undefined
  readonly onSelect: (step: string) => void
}

const LEVELS = [
  { level: 'warning', name: 'Warnings' },
  { level: 'error', name: 'Errors' },
] as const

export function LogsView({ run, item, step, onSelect }: LogsViewProps): ReactElement {
  const [level, setLevel] = useState<'warning' | 'error'>()
  const [text, setText] = useState('')
  const [isOfStep, setOfStep] = useState(false)
  const isLive = !isOver(run)
  useEffect(() => (isLive ? events.wantLogs() : undefined), [isLive])
  const found = useInfiniteQuery(
    queries.logs(run.runId, {
      item,
      level,
      step: isOfStep ? step : undefined,
      q: text.trim() === '' ? undefined : text.trim(),
    }),
  )
  const lines = useMemo(() => found.data?.pages.flatMap(({ logs }) => logs) ?? [], [found.data])
  const onEnd = useNextPage(found)
  const columns = useMemo(() => columnsOf(onSelect), [onSelect])
  const numbered = useMemo(() => lines.map((line, i) => ({ ...line, key: String(i) })), [lines])
  return (
    <div className="items">
      <div className="filter-bar">
        <SearchField label="Filter logs" placeholder="Text of a line" value={text} onChange={setText} />
        {LEVELS.map(({ level: of, name }) => (
          <Chip key={of} label={name} isOn={level === of} onChange={(isOn) => setLevel(isOn ? of : undefined)}>
            {name}
          </Chip>
        ))}
        {step === undefined ? null : (
          <Chip label={`Only ${step}`} isOn={isOfStep} onChange={setOfStep}>
            <span className="cut">Only {step}</span>
          </Chip>
        )}
      </div>
      {found.error ? <Fault error={found.error} retry={() => void found.refetch()} /> : null}
      {found.isPending ? (
        <Outlines />
      ) : (
        <Rows
          label="Logs"
          columns={columns}
          rows={numbered}
          keyOf={({ key }) => key}
          onEnd={onEnd}
          empty={
            <p className="empty">
              {level === undefined && text === '' && !isOfStep
                ? 'Nothing was logged. What components log, and what servers print, stands here.'
                : 'No line fits.'}
            </p>
          }
        />
      )}
    </div>
  )
}

/** How the word of a level looks. */
export const LOG_LOOKS = { debug: 'ink-3', info: 'ink-2', warning: 'waiting', error: 'failed' } as const

// ---

function columnsOf(onSelect: (step: string) => void): Column<LogLine & { readonly key: string }>[] {
  return [
    {
      name: 'At',
      width: '100px',
      cell: ({ at }) => (
        <span className="ink-2">
          <ClockTime at={at} />
        </span>
      ),
    },
    { name: 'Level', width: '80px', cell: ({ level }) => <span className={LOG_LOOKS[level]}>{level}</span> },
    {
      name: 'Step',
      width: '140px',
      isExtra: true,
      cell: ({ step }) =>
        step === undefined ? null : (
          <button type="button" className="as-text cut" onClick={() => onSelect(step)}>
            {step}
          </button>
        ),
    },
    {
      name: 'Message',
      cell: ({ message, data }) => (
        <span className="mono" title={message}>
          {message}
          {data === undefined ? null : <span className="ink-3"> {JSON.stringify(data)}</span>}
        </span>
      ),
    },
  ]
}
