// Runs: reads and steers them.

import { reasonSchema, runSchema } from '@stepflow/api'
import { isEnded, type RunRow, type RunSignal } from '@stepflow/engine'
import { summaryOf } from '@stepflow/host/history'
import type { Caller } from '../access/access.ts'
import type { App } from '../app/app.ts'
import { gone } from '../app/gone.ts'
import { streamAnswer } from '../app/stream-answer.ts'
import { resultLines } from '../runs/results.ts'
import type { Services } from '../services.ts'

export function runRoutes(app: App, services: Services): void {
  const { engine, runs, life } = services

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
      return streamAnswer(reply, 'application/x-ndjson', lines)
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
        await steer(services, row, verb, body?.reason, caller)
        return summary(services, row.id)
      },
    )
  }
}

/** Again is no error; of an ended run, CONFLICT. */
export async function steer(
  { engine }: Pick<Services, 'engine'>,
  row: RunRow,
  verb: keyof typeof SUMMARIES,
  reason: string | undefined,
  caller: Caller | undefined,
): Promise<void> {
  if (!isDone(row, verb)) await engine.signal(row.id, signalOf(verb, reason, caller))
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
