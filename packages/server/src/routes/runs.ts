// Runs: lists them, reads and steers them.

import { Readable } from 'node:stream'
import { reasonSchema, runListSchema, runSchema, time } from '@stepflow/api'
import { isEnded, type RunRow, type RunSignal, type RunStatus } from '@stepflow/engine'
import { selectRuns, summaryOf } from '@stepflow/host/history'
import type { Caller } from '../access/access.ts'
import type { App } from '../app/app.ts'
import { gone } from '../app/gone.ts'
import { unreadable } from '../app/problem.ts'
import { resultLines } from '../runs/results.ts'
import type { Services } from '../services.ts'
import { labelsOf } from './start-query.ts'

export function runRoutes(app: App, services: Services): void {
  const { engine, runs, store, life } = services

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
      const { limit = 100, flow } = query
      const filter = {
        statuses: statusesOf(query.status),
        flow: flow === undefined ? undefined : { name: flow, file: flow },
        labels: labelsOf(query.label ?? []),
        ...(query.kind === 'all' ? {} : { kind: query.kind ?? ('run' as const) }),
        ...timesOf(query),
      }
      const { rows, total, hasMore } = await selectRuns(runs, { ...filter, limit, after: cursorOf(query.cursor) })
      const last = rows.at(-1)
      return {
        runs: rows.map((row) => summaryOf(row)),
        ...(hasMore && last ? { nextCursor: Buffer.from(last.id).toString('base64url') } : {}),
        total,
        cursor,
      }
    },
  )

  app.get(
    '/runs/:runId',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getRun',
        summary: 'Read a run',
        tags: ['runs'],
        params: runParams,
        response: { 200: runSchema },
      },
    },
    ({ params }) => summary(services, params.runId),
  )

  app.get(
    '/runs/:runId/results',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getResults',
        summary: 'Read the results as lines, those to come too',
        description: 'Follows the run to its end. A stream that breaks off before is taken up with `from`.',
        tags: ['runs'],
        params: runParams,
        querystring: {
          type: 'object',
          properties: {
            order: { enum: ['input', 'completion'], default: 'input' },
            from: { type: 'integer', minimum: 0, default: 0, description: 'Leaves out so many results of that order.' },
          },
        } as const,
        produces: ['application/x-ndjson'],
        response: { 200: { description: 'A line for each item.', type: 'string' } },
      },
    },
    async ({ params, query }, reply) => {
      const recorded = await runs.open(params.runId)
      const { order = 'input', from = 0 } = query
      const lines = resultLines({ engine, recorded, order, from, signal: gone(reply, life) })
      return reply.type('application/x-ndjson').send(Readable.from(lines))
    },
  )

  for (const verb of ['cancel', 'pause', 'resume'] as const) {
    app.post(
      `/runs/:runId/${verb}`,
      {
        config: { access: 'operator' },
        schema: {
          operationId: `${verb}Run`,
          summary: SUMMARIES[verb],
          tags: ['runs'],
          params: runParams,
          body: reasonSchema,
          response: { 200: runSchema },
        },
      },
      async ({ params, body, caller }) => {
        const { row } = await runs.open(params.runId)
        if (!isDone(row, verb)) await engine.signal(row.id, signalOf(verb, body?.reason, caller))
        return summary(services, row.id)
      },
    )
  }
}

// ---

const SUMMARIES = {
  cancel: 'Cancel a run',
  pause: 'Pause a run: what runs ends, nothing new starts',
  resume: 'Let a paused run go on',
} as const

const runParams = {
  type: 'object',
  properties: { runId: { type: 'string' } },
  required: ['runId'],
} as const

const listQuery = {
  type: 'object',
  properties: {
    status: { type: 'string', description: 'One, or several with commas; `waiting` too.' },
    flow: { type: 'string', description: 'A name or an id.' },
    label: { type: 'array', items: { type: 'string' }, description: '`k:v`; all of several.' },
    kind: { enum: ['run', 'test', 'all'] },
    since: { ...time, description: 'Created at that time or later.' },
    until: { ...time, description: 'Created before.' },
    limit: { type: 'integer', minimum: 1, maximum: 1000 },
    cursor: { type: 'string' },
  },
} as const

async function summary({ runs, store }: Services, id: string) {
  // In this order: what happens in between comes twice rather than never.
  const cursor = await store.cursor()
  const recorded = await runs.open(id)
  return { ...summaryOf(recorded.row, await recorded.waiting()), cursor }
}

/** Again is no error. */
function isDone({ status }: RunRow, verb: keyof typeof SUMMARIES): boolean {
  if (verb === 'cancel') return status === 'cancelled'
  if (verb === 'pause') return status === 'paused'
  return !isEnded(status) && status !== 'paused'
}

function signalOf(verb: keyof typeof SUMMARIES, reason: string | undefined, caller: Caller | undefined): RunSignal {
  const by = caller?.name === undefined ? {} : { by: caller.name }
  return verb === 'cancel' ? { name: verb, ...by, ...(reason === undefined ? {} : { reason }) } : { name: verb, ...by }
}

const STATUSES = ['queued', 'running', 'waiting', 'paused', 'completed', 'failed', 'cancelled'] as const

function statusesOf(text: string | undefined): (RunStatus | 'waiting')[] | undefined {
  return text?.split(',').map((one) => {
    const status = STATUSES.find((known) => known === one)
    if (status) return status
    throw unreadable(`"status" is "${one}", but must be of: ${STATUSES.join(', ')}`)
  })
}

function timesOf({ since, until }: { readonly since?: string; readonly until?: string }) {
  return {
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    ...(until === undefined ? {} : { until: Date.parse(until) }),
  }
}

function cursorOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const id = Buffer.from(text, 'base64url').toString()
  if (id !== '' && Buffer.from(id).toString('base64url') === text) return id
  throw unreadable('"cursor" is none of ours: take the nextCursor of an answer')
}
