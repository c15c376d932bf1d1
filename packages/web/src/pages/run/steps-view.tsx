// All visits of all steps, as a table.

import type { ReactElement } from 'react'
import { durationText } from '../../model/format.ts'
import { ranFor, type StepRow, waitedFor } from '../../model/run-graph.ts'
import { type Column, Rows } from '../../parts/rows.tsx'
import { Status } from '../../parts/status.tsx'
import { ClockTime, useNow } from '../../parts/time.tsx'

export interface StepsViewProps {
  readonly rows: readonly StepRow[]
  readonly selected: string | undefined
  readonly matches: ReadonlySet<string> | undefined
  readonly onSelect: (step: string) => void
}

export function StepsView({ rows, selected, matches, onSelect }: StepsViewProps): ReactElement {
  const now = useNow()
  const shown = matches ? rows.filter(({ stepId }) => matches.has(stepId)) : rows
  const last = shown.findLast(({ stepId }) => stepId === selected)
  const columns: Column<StepRow>[] = [
    {
      name: 'Status',
      width: '140px',
      cell: ({ status, recovered }) => <Status status={status} recovered={recovered !== undefined} />,
    },
    {
      name: 'Step',
      isName: true,
      cell: ({ stepId, visit }) => (
        <button
          type="button"
          className="as-text cut"
          aria-label={stepId}
          title={stepId}
          onClick={() => onSelect(stepId)}
        >
          {stepId}
          {visit > 1 ? <span className="ink-3"> visit {visit}</span> : null}
        </button>
      ),
    },
    { name: 'Detail', isExtra: true, cell: (row) => <span className="ink-2">{detail(row)}</span> },
    {
      name: 'Started',
      width: '96px',
      isExtra: true,
      cell: ({ startedAt }) => (startedAt === undefined ? null : <ClockTime at={startedAt} />),
    },
    {
      name: 'Waited',
      width: '96px',
      isRight: true,
      isExtra: true,
      cell: (row) => {
        const ms = waitedFor(row)
        return ms === undefined || ms < 1 ? null : <span className="ink-2">{durationText(ms)}</span>
      },
    },
    {
      name: 'Ran',
      width: '96px',
      isRight: true,
      cell: (row) => {
        const ms = ranFor(row, now)
        return ms === undefined ? null : durationText(ms)
      },
    },
  ]
  return (
    <Rows
      label="Steps"
      columns={columns}
      rows={shown}
      keyOf={keyOf}
      selected={last && keyOf(last)}
      onOpen={({ stepId }) => onSelect(stepId)}
      empty={<p className="empty">{rows.length === 0 ? 'No step has begun yet.' : 'No step fits.'}</p>}
    />
  )
}

// ---

const keyOf = ({ stepId, visit, element }: StepRow) => `${stepId} ${visit} ${element ?? ''}`

function detail({ why, recovered, attempts, done, total, cached, reused }: StepRow): string {
  if (total !== undefined) return `${done ?? 0} of ${total}`
  if (recovered) return `recovered from ${recovered.code}: ${recovered.message}`
  const error = attempts.at(-1)?.error
  if (error) return `${error.code}: ${error.message}`
  return why?.text ?? (cached ? 'from cache' : reused ? 'reused' : '')
}
