// The processes that work on the store, and how much each has in hand.

import type { NodeList } from '@stepflow/api'
import { useQuery } from '@tanstack/react-query'
import { createLazyRoute } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { queries } from '../../api/queries.ts'
import { Command } from '../../parts/command.tsx'
import { ManagePage } from '../../parts/manage-page.tsx'
import { type Column, Rows } from '../../parts/rows.tsx'
import { Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { useTitle } from '../../shell/title.ts'

type Row = NodeList['nodes'][number]

export const nodesPage = createLazyRoute('/nodes')({ component: NodesPage })

// ---

function NodesPage(): ReactElement {
  useTitle('Nodes')
  const query = useQuery(queries.nodes())
  return (
    <ManagePage title="Nodes" query={query}>
      {({ nodes }) => (
        <Rows
          label="Nodes"
          columns={COLUMNS}
          rows={nodes}
          keyOf={({ id }) => id}
          empty={
            <div className="empty">
              <p>This server alone works on its store. Several nodes share a store in PostgreSQL.</p>
              <Command text="stepflow worker --store postgres://…" />
            </div>
          }
        />
      )}
    </ManagePage>
  )
}

const SHAPES = { active: 'success', draining: 'waiting', silent: 'failed' } as const

const COLUMNS: readonly Column<Row>[] = [
  { name: 'Name', cell: ({ name, id }) => <span title={id}>{name}</span> },
  {
    name: 'State',
    width: '112px',
    cell: ({ status }) => <Status status={SHAPES[status]} word={status} />,
  },
  { name: 'Host', isExtra: true, cell: ({ host }) => <span className="ink-2">{host}</span> },
  { name: 'Shards', width: '128px', cell: ({ shards, capacity }) => `${shards} of ${capacity}` },
  { name: 'Version', width: '96px', isExtra: true, cell: ({ version }) => version },
  { name: 'Started', width: '128px', isExtra: true, cell: ({ startedAt }) => <Ago at={startedAt} /> },
  { name: 'Seen', width: '128px', isRight: true, cell: ({ seenAt }) => <Ago at={seenAt} /> },
]
