// The list of runs.

import { runListSchema, type Shape, time } from '@stepflow/api'
import { ASKED_STATUSES, type AskedStatus, type RunFilter, selectRuns, summaryOf } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { cursorAfter, readCursor } from '../app/cursor.ts'
import { unreadable } from '../app/problem.ts'
import type { Services } from '../services.ts'
import { labelsOf } from './start-query.ts'

export function runListRoutes(app: App, { runs, store }: Services): void {
  app.get(
    '/runs',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listRuns',
        summary: 'List runs, the newest first',
        tags: ['runs'],
        querystring: listQuery,
        response: { 200: runListSchema },
      },
    },
    async ({ query }) => {
      const cursor = await store.cursor()
      const { limit = 100 } = query
      const filter = filterOf(query)
      const { rows, total, hasMore } = await selectRuns(runs, { ...filter, limit, after: readCursor(query.cursor) })
      const last = rows.at(-1)
      return {
        runs: rows.map((row) => summaryOf(row)),
        ...(hasMore && last ? { nextCursor: cursorAfter(last.id) } : {}),
        total,
        cursor,
      }
    },
  )
}

// ---

/** What runs are asked for by, in lists and events. */
export const filterProperties = {
  status: { type: 'string', description: 'One, or several with commas; `waiting` too.' },
  flow: { type: 'string', description: 'A name or an id; one, or several with commas.' },
  label: { type: 'array', items: { type: 'string' }, description: '`k:v`; all of several.' },
  trigger: { type: 'string', description: 'The type of what started it; one, or several with commas.' },
  kind: { enum: ['run', 'test', 'all'] },
  since: { ...time, description: 'Created at that time or later.' },
  until: { ...time, description: 'Created before.' },
  q: { type: 'string', minLength: 1, maxLength: 1000, description: 'Part of id, flow, label or error, in any case.' },
} as const

type RunFilterQuery = Partial<Shape<{ readonly type: 'object'; readonly properties: typeof filterProperties }>>

/** Throws INVALID_INPUT for a status or a label that cannot be read. */
export function filterOf(query: RunFilterQuery): Omit<RunFilter, 'limit'> {
  const { status, flow, label = [], trigger, kind = 'run', q } = query
  return {
    statuses: statusesOf(status),
    flows: flow?.split(','),
    labels: labelsOf(label),
    triggers: trigger?.split(','),
    q,
    ...(kind === 'all' ? {} : { kind }),
    ...timesOf(query),
  }
}

const listQuery = {
  type: 'object',
  properties: {
    ...filterProperties,
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    cursor: { type: 'string' },
  },
} as const

function statusesOf(text: string | undefined): AskedStatus[] | undefined {
  return text?.split(',').map((one) => {
    const status = ASKED_STATUSES.find((known) => known === one)
    if (status) return status
    throw unreadable(`"status" is "${one}", but must be of: ${ASKED_STATUSES.join(', ')}`)
  })
}

function timesOf({ since, until }: { readonly since?: string; readonly until?: string }) {
  return {
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    ...(until === undefined ? {} : { until: Date.parse(until) }),
  }
}
