// The items of a run: page by page, one with its input, all as bytes, and the failures by their cause.

import { Readable } from 'node:stream'
import { failureListSchema, itemListSchema, itemSchema, itemStatuses } from '@stepflow/api'
import { FlowError } from '@stepflow/engine'
import type { ListedItem, RecordedRun } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { cursorAfter, readCursor } from '../app/cursor.ts'
import { MOST_IN_LIST, MOST_OF_ONE, preview, previewOutcome } from '../app/preview.ts'
import { unreadable } from '../app/problem.ts'
import type { Services } from '../services.ts'

export function itemRoutes(app: App, { runs, store }: Services): void {
  app.get(
    '/runs/:runId/items',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listItems',
        summary: 'List the items of a run',
        tags: ['runs'],
        params: runParams,
        querystring: {
          type: 'object',
          properties: {
            status: { type: 'string', description: `One, or several with commas: ${itemStatuses.join(', ')}.` },
            code: { type: 'string', description: 'Of the failure; one, or several with commas.' },
            step: { type: 'string', description: 'That failed first; one, or several with commas.' },
            limit: { type: 'integer', minimum: 1, maximum: 1000 },
            cursor: { type: 'string' },
          },
        } as const,
        response: { 200: itemListSchema },
      },
    },
    async ({ params, query }) => {
      const { limit = 100, status, code, step, cursor } = query
      const recorded = await runs.open(params.runId)
      const found = await recorded.listItems({
        from: placeOf(cursor),
        limit,
        statuses: statusesOf(status),
        codes: code?.split(','),
        steps: step?.split(','),
      })
      const next = found[limit]
      return {
        items: found.slice(0, limit).map((item) => shown(item, MOST_IN_LIST)),
        ...(next ? { nextCursor: cursorAfter(`item ${next.item}`) } : {}),
      }
    },
  )

  app.get(
    '/runs/:runId/items/statuses',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getItemStatuses',
        summary: 'How the items of a run stand, a byte each',
        description: `${itemStatuses.map((status, byte) => `${byte} ${status}`).join(', ')}. The header X-Stepflow-Cursor is a place in the event stream: what follows it continues this answer.`,
        tags: ['runs'],
        params: runParams,
        produces: ['application/octet-stream'],
        response: { 200: { description: 'A byte for each item that was taken in.', type: 'string' } },
      },
    },
    async ({ params }, reply) => {
      const cursor = await store.cursor()
      const recorded = await runs.open(params.runId)
      return reply
        .header('X-Stepflow-Cursor', cursor)
        .type('application/octet-stream')
        .send(Readable.from(bytesOf(recorded)))
    },
  )

  app.get(
    '/runs/:runId/items/failures',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listFailures',
        summary: 'The failures of a run, by their cause',
        tags: ['runs'],
        params: runParams,
        response: { 200: failureListSchema },
      },
    },
    async ({ params }) => ({ failures: await (await runs.open(params.runId)).failures() }),
  )

  app.get(
    '/runs/:runId/items/:item',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getItem',
        summary: 'Read one item of a run, with its input',
        tags: ['runs'],
        params: {
          type: 'object',
          properties: { runId: { type: 'string' }, item: { type: 'integer', minimum: 0 } },
          required: ['runId', 'item'],
        } as const,
        querystring: {
          type: 'object',
          properties: { full: { type: 'boolean', description: 'Large values too.' } },
        } as const,
        response: { 200: itemSchema },
      },
    },
    async ({ params: { runId, item }, query: { full } }) => {
      const recorded = await runs.open(runId)
      const [found] = await recorded.listItems({ from: item, limit: 1 })
      if (found?.item !== item) throw new FlowError('NOT_FOUND', `run ${runId} has no item ${item}`)
      const most = full ? Number.POSITIVE_INFINITY : MOST_OF_ONE
      const hasEnded = found.outcome !== undefined
      const waiting = hasEnded ? undefined : await recorded.itemWaiting(item)
      return {
        ...shown(found, most),
        input: preview(await recorded.inputOf(item), most),
        ...(waiting ? { waiting } : {}),
      }
    },
  )
}

// ---

const runParams = {
  type: 'object',
  properties: { runId: { type: 'string' } },
  required: ['runId'],
} as const

function shown({ item, status, outcome, startedAt, endedAt }: ListedItem, most: number) {
  return {
    itemIndex: item,
    status,
    ...(outcome === undefined ? {} : { result: previewOutcome(outcome, most) }),
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt).toISOString() }),
    ...(endedAt === undefined ? {} : { completedAt: new Date(endedAt).toISOString() }),
  }
}

async function* bytesOf(recorded: RecordedRun): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of recorded.itemBytes()) yield bytes
}

function placeOf(cursor: string | undefined): number {
  const place = readCursor(cursor)
  if (place === undefined) return 0
  const found = /^item (\d{1,15})$/.exec(place)
  if (found) return Number(found[1])
  throw unreadable('"cursor" is of another list: take the nextCursor of an answer')
}

function statusesOf(text: string | undefined) {
  return text?.split(',').map((one) => {
    const status = itemStatuses.find((known) => known === one)
    if (status) return status
    throw unreadable(`"status" is "${one}", but must be of: ${itemStatuses.join(', ')}`)
  })
}
