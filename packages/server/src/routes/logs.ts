// What was logged in a run.

import { logLevels, logListSchema } from '@stepflow/api'
import { logLine } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { cursorAfter, readCursor } from '../app/cursor.ts'
import { unreadable } from '../app/problem.ts'
import type { Services } from '../services.ts'

export function logRoutes(app: App, { runs, store }: Services): void {
  app.get(
    '/runs/:runId/logs',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getLogs',
        summary: 'What was logged in a run',
        description:
          'What components log and servers print, and what the engine says of the run; in the order of writing.',
        tags: ['runs'],
        params: { type: 'object', properties: { runId: { type: 'string' } }, required: ['runId'] } as const,
        querystring: {
          type: 'object',
          properties: {
            item: { type: 'integer', minimum: 0 },
            step: { type: 'string' },
            level: { enum: logLevels, description: 'This one, or one that matters more.' },
            q: { type: 'string', minLength: 1, maxLength: 200, description: 'A part of the message, in any case.' },
            limit: { type: 'integer', minimum: 1, maximum: 1000 },
            cursor: { type: 'string' },
          },
        } as const,
        response: { 200: logListSchema },
      },
    },
    async ({ params, query: { item, step, level, q, limit = 100, cursor } }) => {
      const recorded = await runs.open(params.runId)
      const place = readCursor(cursor)
      const now = await store.cursor()
      const page = await recorded.log({
        limit,
        ...(place === undefined ? {} : { after: place }),
        ...(item === undefined ? {} : { item }),
        ...(step === undefined ? {} : { step }),
        ...(level === undefined ? {} : { level }),
        ...(q === undefined ? {} : { text: q }),
      })
      if (!page) throw unreadable('"cursor" is of another list: take the nextCursor of an answer')
      return {
        logs: page.lines.map(logLine),
        ...(page.next === undefined ? {} : { nextCursor: cursorAfter(page.next) }),
        cursor: now,
      }
    },
  )
}
