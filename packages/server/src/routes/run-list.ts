// The list of runs, and how many of them stand how.

import { runListSchema, runsSummarySchema } from '@stepflow/api'
import { FlowError, RUN_SORTS, type RunSort, readCursor as readPlace } from '@stepflow/engine'
import { MOST_COUNTED, summaryOf } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { cursorAfter, readCursor } from '../app/cursor.ts'
import { unreadable } from '../app/problem.ts'
import type { Services } from '../services.ts'
import { filterOf, filterProperties } from './run-filter.ts'

export function runListRoutes(app: App, { runs, store }: Services): void {
  app.get(
    '/runs',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listRuns',
        summary: 'List runs, the newest first unless told',
        tags: ['runs'],
        querystring: listQuery,
        response: { 200: runListSchema },
      },
    },
    async ({ query }) => {
      const cursor = await store.cursor()
      const { limit = 100, sort = '-createdAt' } = query
      const place = placeIn(readCursor(query.cursor), sort)
      const {
        rows,
        next,
        total = 0,
      } = await runs.list({
        ...filterOf(query),
        ...{ sort, limit, cursor: place, count: MOST_COUNTED },
      })
      const waiting = await runs.waiting(rows)
      return {
        runs: rows.map((row, i) => summaryOf(row, waiting[i])),
        ...(next === undefined ? {} : { nextCursor: cursorAfter(next) }),
        total,
        cursor,
      }
    },
  )

  app.get(
    '/runs/summary',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getRunsSummary',
        summary: 'Count runs by their status and by when they were created',
        description:
          'From `since` to `until`, or else what there is. `waiting` is counted as `running` too; a status that is absent has none.',
        tags: ['runs'],
        querystring: summaryQuery,
        response: { 200: runsSummarySchema },
      },
    },
    async ({ query: { buckets = 60, ...query } }) => {
      const { total, buckets: found } = await runs.summary({ ...filterOf(query), buckets })
      return { total, buckets: found.map(({ from, to, counts }) => ({ from: iso(from), to: iso(to), counts })) }
    },
  )
}

// ---

const listQuery = {
  type: 'object',
  properties: {
    ...filterProperties,
    sort: { enum: RUN_SORTS, description: 'Those without an end come last by `completedAt` and `duration`.' },
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    cursor: { type: 'string' },
  },
} as const

const summaryQuery = {
  type: 'object',
  properties: { ...filterProperties, buckets: { type: 'integer', minimum: 1, maximum: 1000, default: 60 } },
} as const

/** Throws INVALID_INPUT for a place in a list of another order. */
function placeIn(place: string | undefined, sort: RunSort): string | undefined {
  try {
    if (place !== undefined) readPlace(place, sort)
    return place
  } catch (thrown) {
    throw FlowError.is(thrown) ? unreadable(`"cursor" is of no list that is sorted by ${sort}`) : thrown
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
