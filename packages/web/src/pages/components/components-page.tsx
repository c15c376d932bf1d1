// What steps can call, and how the plugins are doing that serve it.

import type { ComponentList } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute, Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { queries } from '../../api/queries.ts'
import { ManagePage } from '../../parts/manage-page.tsx'
import { PanelTitle } from '../../parts/panel-title.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
import { SearchField } from '../../parts/search-field.tsx'
import { Status } from '../../parts/status.tsx'
import { Value } from '../../parts/value.tsx'
import { useTitle } from '../../shell/title.ts'

type Row = ComponentList['components'][number]

export const componentsPage = createLazyRoute('/components')({ component: ComponentsPage })

// ---

function ComponentsPage(): ReactElement {
  useTitle('Components')
  const query = useQuery(queries.components())
  const [text, setText] = useState('')
  const [open, setOpen] = useState<string>()
  return (
    <ManagePage title="Components" query={query}>
      {({ components }) => {
        const words = text.toLowerCase()
        const rows = components.filter(({ path, description }) =>
          `${path} ${description ?? ''}`.toLowerCase().includes(words),
        )
        const chosen = components.find(({ path }) => path === open)
        return (
          <>
            <div className="filter-bar">
              <SearchField label="Find components" placeholder="Path or description" value={text} onChange={setText}>
                <kbd>/</kbd>
              </SearchField>
            </div>
            <div className={chosen ? 'split' : 'split alone'}>
              <Rows
                label="Components"
                columns={COLUMNS(setOpen)}
                rows={rows}
                keyOf={({ path }) => path}
                selected={open}
                onOpen={({ path }) => setOpen(path === open ? undefined : path)}
                empty={<p className="empty">No component is called that.</p>}
              />
              {chosen ? <Panel component={chosen} onClose={() => setOpen(undefined)} /> : null}
            </div>
          </>
        )
      }}
    </ManagePage>
  )
}

const SHAPES = { up: 'success', down: 'failed', stopped: 'pending' } as const

const COLUMNS = (open: (path: string) => void): readonly Column<Row>[] => [
  {
    name: 'State',
    width: '96px',
    cell: ({ plugin }) => <Status status={SHAPES[plugin.status]} word={plugin.status} />,
  },
  {
    name: 'Component',
    width: '232px',
    cell: ({ path }) => (
      <button type="button" className="as-text mono cut" onClick={() => open(path)}>
        {path}
      </button>
    ),
  },
  { name: 'Description', isExtra: true, cell: ({ description }) => <span className="ink-2">{description}</span> },
  { name: 'Plugin', width: '120px', isExtra: true, isWide: true, cell: ({ plugin }) => plugin.name },
  {
    name: 'In flight',
    width: '96px',
    isRight: true,
    isExtra: true,
    cell: ({ plugin: { inFlight, max } }) => (max === undefined ? inFlight || null : `${inFlight} / ${max}`),
  },
  { name: 'Used by', width: '88px', isRight: true, cell: ({ usedBy }) => usedBy.length || null },
]

function Panel({ component, onClose }: { component: Row; onClose: () => void }): ReactElement {
  const { path, description, plugin, inputSchema, outputSchema, usedBy } = component
  return (
    <aside className="panel" aria-label={`Component ${path}`}>
      <div className="top">
        <PanelTitle onClose={onClose}>{path}</PanelTitle>
        <p className="ink-2">{description}</p>
      </div>
      {plugin.lastError === undefined ? null : (
        <div className="section">
          <pre className="fault wraps-lines">{plugin.lastError}</pre>
        </div>
      )}
      <dl className="pairs section">
        <dt>Plugin</dt>
        <dd>{plugin.name}</dd>
        <dt>Type</dt>
        <dd>{plugin.type}</dd>
        <dt>Used by</dt>
        <dd>
          {usedBy.length === 0
            ? 'no flow'
            : usedBy.map((name) => (
                <div key={name}>
                  <Link to="/flows/$name" params={{ name }} className="link">
                    {name}
                  </Link>
                </div>
              ))}
        </dd>
      </dl>
      {inputSchema === undefined ? null : (
        <div className="section">
          <h3>Input</h3>
          <Value value={inputSchema} what="input schema" />
        </div>
      )}
      {outputSchema === undefined ? null : (
        <div className="section">
          <h3>Output</h3>
          <Value value={outputSchema} what="output schema" />
        </div>
      )}
    </aside>
  )
}
