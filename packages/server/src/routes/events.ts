// Events: what happens in one run, or in all of them, as server-sent events.

import { Readable } from 'node:stream'
import { createFit, FlowError } from '@stepflow/engine'
import { concerns, type RecordedRun } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { gone } from '../app/gone.ts'
import { unreadable } from '../app/problem.ts'
import { type Topic, topics } from '../events/chunk.ts'
import { placeOf, sendEvents } from '../events/sse.ts'
import { withoutValues } from '../events/without-values.ts'
import type { Services } from '../services.ts'
import { filterOf, filterProperties } from './run-filter.ts'

export function eventRoutes(app: App, { runs, events, life }: Services): void {
  app.get(
    '/runs/:runId/events',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getRunEvents',
        summary: 'Follow a run, as server-sent events',
        description: `${WHAT} A run's events begin at its beginning and end with the run; after the last one, 204.`,
        tags: ['events'],
        params: { type: 'object', properties: { runId: { type: 'string' } }, required: ['runId'] } as const,
        querystring: {
          type: 'object',
          properties: {
            ...place,
            item: { type: 'integer', minimum: 0, description: 'Of what happens: in one item only.' },
          },
        } as const,
        produces: ['text/event-stream'],
        response: {
          200: { description: 'Events.', type: 'string' },
          204: { description: 'Nothing follows.', type: 'null' },
        },
      },
    },
    async (request, reply) => {
      const { query, params } = request
      const asked = topicsOf(query.topics)
      const from = placeOf(request, query.after)
      const { row } = await runs.open(params.runId)
      if (await events.isOver({ run: row.id, from, topics: asked })) return reply.code(204).send()
      const signal = gone(reply, life)
      const isFlowAskedFor = (name: string) => name === row.flow
      const { item } = query
      return sendEvents(reply, events.stream({ signal, run: row.id, from, topics: asked, item, isFlowAskedFor }))
    },
  )

  app.get(
    '/runs/:runId/journal',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getJournal',
        summary: 'What was written to the journals of a run, as lines, without values',
        description: 'The lines are what the event `entries` carries.',
        tags: ['events'],
        params: { type: 'object', properties: { runId: { type: 'string' } }, required: ['runId'] } as const,
        querystring: {
          type: 'object',
          properties: { item: { type: 'integer', minimum: 0, description: 'What concerns this item only.' } },
        } as const,
        produces: ['application/x-ndjson'],
        response: { 200: { description: 'A line for each row.', type: 'string' } },
      },
    },
    async ({ params, query }, reply) => {
      const recorded = await runs.open(params.runId)
      if (recorded.damage !== undefined) throw new FlowError('RESOURCE_UNAVAILABLE', recorded.damage)
      return reply
        .type('application/x-ndjson')
        .send(Readable.from(journalLines(recorded, query.item), { highWaterMark: 1 }))
    },
  )

  app.get(
    '/events',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getEvents',
        summary: 'Follow all runs, as server-sent events',
        description: `${WHAT} Events begin now; of \`items\`, each says of which run they are.`,
        tags: ['events'],
        querystring: {
          type: 'object',
          properties: {
            ...place,
            ...filterProperties,
          },
        } as const,
        produces: ['text/event-stream'],
        response: { 200: { description: 'Events.', type: 'string' } },
      },
    },
    async (request, reply) => {
      const { topics: named, after, ...query } = request.query
      const isAskedFor = createFit(filterOf(query))
      const from = placeOf(request, after)
      const asked = topicsOf(named)
      const signal = gone(reply, life)
      const flows = query.flow?.split(',')
      const isFlowAskedFor = (name: string) => flows?.includes(name) ?? true
      const view = { topics: asked, isAskedFor, asked: JSON.stringify(query), isFlowAskedFor }
      return sendEvents(reply, events.stream({ signal, from, ...view }))
    },
  )
}

// ---

async function* journalLines(recorded: RecordedRun, item: number | undefined): AsyncGenerator<string> {
  for await (const { journal, rows } of recorded.journals(item)) {
    for (const [seq, all] of rows.entries()) {
      const entries = item === undefined ? all : all.filter((entry) => concerns(entry, item))
      if (entries.length > 0) yield `${JSON.stringify({ journal, seq, entries: entries.map(withoutValues) })}\n`
    }
  }
}

const WHAT = `\`run\` is a run as it stands, \`items\` a list of [number, byte], \`wait\` a wait that begins or ends, \`flow\` a named flow that has changed, \`entries\` what was written to a journal, without values, \`log\` a line of a log; \`reset\`: what is known is out of date, read again. \`Last-Event-ID\` or \`after\` goes on without a gap.`

const BY_DEFAULT = 'run,items,wait,flow'

const place = {
  topics: { type: 'string', description: `With commas: ${topics.join(', ')}; ${BY_DEFAULT} unless told.` },
  after: { type: 'string', minLength: 1, description: 'A `cursor` of an answer, or the id of an event.' },
} as const

function topicsOf(text: string | undefined): ReadonlySet<Topic> {
  const named = (text ?? BY_DEFAULT).split(',').map((one) => {
    const topic = topics.find((known) => known === one)
    if (topic) return topic
    throw unreadable(`"topics" has "${one}", but there are: ${topics.join(', ')}`)
  })
  return new Set(named)
}
