// The flows that have names.

import type { FlowList } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link, useNavigate } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { type ReactElement, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { middleCut } from '../../model/format.ts'
import { statusOf } from '../../model/run-words.ts'
import { buttonClass } from '../../parts/button.tsx'
import { Command } from '../../parts/command.tsx'
import { Fault } from '../../parts/fault.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { Outlines } from '../../parts/waiting.tsx'
import { useTitle } from '../../shell/title.ts'

type Row = FlowList['flows'][number]

export const flowsPage = createLazyRoute('/flows')({ component: FlowsPage })

// ---

function FlowsPage(): ReactElement {
  useTitle('Flows')
  const [text, setText] = useState('')
  const { data, error, refetch } = useQuery(queries.flows())
  const { data: info } = useQuery(queries.info())
  const navigate = useNavigate()
  const words = text.toLowerCase()
  const rows = (data?.flows ?? []).filter(({ name, description }) =>
    `${name} ${description ?? ''}`.toLowerCase().includes(words),
  )
  return (
    <>
      <header className="head">
        <h1>Flows</h1>
        <span className="fill" />
        {info?.role === 'admin' ? (
          <Link to="/flows/new" className={buttonClass('primary')}>
            <Plus size={16} />
            New flow
          </Link>
        ) : null}
      </header>
      <div className="filter-bar">
        <SearchField label="Filter flows" placeholder="Name or description" value={text} onChange={setText}>
          <kbd>/</kbd>
        </SearchField>
      </div>
      {error ? <Fault error={error} retry={() => void refetch()} /> : null}
      {data ? (
        <Rows
          label="Flows"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ name }) => name}
          onOpen={({ name }) => void navigate({ to: '/flows/$name', params: { name } })}
          empty={
            <div className="empty">
              <p>{data.flows.length === 0 ? 'There is no flow here yet.' : 'No flow is called that.'}</p>
              <Command text="stepflow serve --flows DIR" />
            </div>
          }
        />
      ) : error ? null : (
        <Outlines rows={8} />
      )}
    </>
  )
}

/** As many letters as the column holds. */
const MOST_NAME = 30

const COLUMNS: readonly Column<Row>[] = [
  {
    name: 'Flow',
    width: '240px',
    cell: ({ name }) => (
      <Link to="/flows/$name" params={{ name }} aria-label={name} title={name.length > MOST_NAME ? name : undefined}>
        {middleCut(name, MOST_NAME)}
      </Link>
    ),
  },
  { name: 'Description', isExtra: true, cell: ({ description }) => <span className="ink-2">{description}</span> },
  { name: 'Published', width: '96px', isExtra: true, isWide: true, cell: (row) => publishedText(row) },
  {
    name: 'Problems',
    width: '120px',
    cell: ({ errors, warnings }) =>
      errors > 0 ? (
        <span className="failed">
          {errors} {errors === 1 ? 'error' : 'errors'}
        </span>
      ) : warnings > 0 ? (
        <span className="waiting">
          {warnings} {warnings === 1 ? 'warning' : 'warnings'}
        </span>
      ) : null,
  },
  { name: 'Last run', width: '140px', cell: ({ lastRun }) => (lastRun ? <Status status={statusOf(lastRun)} /> : null) },
  {
    name: 'Changed',
    width: '128px',
    isRight: true,
    isExtra: true,
    isWide: true,
    cell: ({ updatedAt }) => (
      <span className="ink-2">
        <Ago at={updatedAt} />
      </span>
    ),
  },
]

function publishedText({ publishedVersion, version, file }: Row): string {
  if (publishedVersion === undefined) return 'not yet'
  if (file !== undefined) return 'the file'
  return publishedVersion === version ? `v${publishedVersion}` : `v${publishedVersion} of ${version}`
}
