// Waits for signals: lists the open ones, shows one, decides one; and signals to a run.

import { runSchema, waitListSchema, waitSchema } from '@stepflow/api'
import { FlowError, type Json } from '@stepflow/engine'
import { checkSignal, eachRun, type RecordedRun, summaryOf, type Wait, type WaitState } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { cursorAfter, readCursor } from '../app/cursor.ts'
import { MOST_IN_LIST, MOST_OF_ONE, preview } from '../app/preview.ts'
import { unreadable } from '../app/problem.ts'
import { contextOf, decide, decidedShape, findWait, waitId } from '../runs/decide.ts'
import { openIfThere } from '../runs/open-if-there.ts'
import type { Services } from '../services.ts'

export function waitRoutes(app: App, { runs, engine, store, clock }: Services): void {
  app.get(
    '/waits',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listWaits',
        summary: 'List the open waits for signals, the oldest first',
        tags: ['waits'],
        querystring: {
          type: 'object',
          properties: {
            runId: { type: 'string', description: 'Of one run.' },
            item: { type: 'integer', minimum: 0, description: 'Of one item of it.' },
            name: { type: 'string', description: 'Of the signal.' },
            limit: { type: 'integer', minimum: 1, maximum: 1000 },
            cursor: { type: 'string' },
          },
        } as const,
        response: { 200: waitListSchema },
      },
    },
    async ({ query: { runId, item, name, limit = 100, cursor } }) => {
      if (item !== undefined && runId === undefined) throw unreadable('"item" is one of a run: give its "runId"')
      const behind = readCursor(cursor)
      const found: Open[] = []
      let total = 0
      const add = async (recorded: RecordedRun) => {
        for await (const wait of recorded.waits.open(item)) {
          const id = waitId(recorded.row.id, wait.path)
          const place = `${String(wait.since).padStart(16, '0')} ${id}`
          if (name !== undefined && wait.name !== name) continue
          total++
          if (behind === undefined || place > behind) found.push({ recorded, wait, place })
        }
      }
      if (runId !== undefined) await add(await runs.open(runId))
      else for await (const recorded of openRuns()) await add(recorded)
      found.sort((a, b) => (a.place < b.place ? -1 : 1))
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return {
        waits: await Promise.all(page.map(({ recorded, wait }) => shown(recorded, { wait }, MOST_IN_LIST))),
        total,
        ...(found.length > limit && last ? { nextCursor: cursorAfter(last.place) } : {}),
      }
    },
  )

  app.get(
    '/waits/:waitId',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getWait',
        summary: 'Read a wait, one that was decided too',
        tags: ['waits'],
        params: waitParams,
        response: { 200: waitSchema },
      },
    },
    async ({ params }) => {
      const { recorded, state } = await findWait(runs, params.waitId)
      return shown(recorded, state, MOST_OF_ONE)
    },
  )

  app.post(
    '/waits/:waitId',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'decideWait',
        summary: 'Decide a wait, once: the body is what the step answers',
        description: 'If it is past, 409 with what was decided in `data`.',
        tags: ['waits'],
        params: waitParams,
        body: { description: 'The payload; none is null.' } as const,
        response: { 200: waitSchema },
      },
    },
    async ({ params, body, caller }) => {
      const payload = (body ?? null) as Json // a body is JSON
      const decided = await decide({ engine, store, clock, runs, id: params.waitId, payload, by: caller?.name })
      return shown(decided.recorded, decided.state, MOST_OF_ONE)
    },
  )

  app.post(
    '/runs/:runId/signals/:name',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'sendSignal',
        summary: 'Send a signal to a run: the body is the payload',
        description: 'It is kept if no step waits for it yet, and refused if none of those that do would take it.',
        tags: ['waits'],
        params: {
          type: 'object',
          properties: { runId: { type: 'string' }, name: { type: 'string', minLength: 1 } },
          required: ['runId', 'name'],
        } as const,
        querystring: {
          type: 'object',
          properties: {
            item: { type: 'integer', minimum: 0, description: 'For this item only.' },
            id: { type: 'string', minLength: 1, maxLength: 255, description: 'Signals with the same id count once.' },
          },
        } as const,
        body: { description: 'The payload; none is null.' } as const,
        response: { 200: runSchema },
      },
    },
    async ({ params: { runId, name }, query: { item, id }, body, caller }) => {
      const before = await runs.open(runId)
      const { row } = before
      if (item !== undefined && row.items.total >= 0 && item >= row.items.total) {
        throw new FlowError('NOT_FOUND', `run ${runId} has no item ${item}`)
      }
      await checkSignal(before, { name, item, payload: body ?? null })
      await engine.signal(row.id, {
        name: 'signal',
        signal: name,
        payload: body ?? null,
        ...(item === undefined ? {} : { item }),
        ...(id === undefined ? {} : { id }),
        ...(caller?.name === undefined ? {} : { by: caller.name }),
      })
      const cursor = await store.cursor()
      const recorded = await runs.open(row.id)
      return { ...summaryOf(recorded.row, await recorded.waiting()), cursor }
    },
  )

  async function* openRuns(): AsyncGenerator<RecordedRun> {
    const status = ['queued', 'running', 'paused'] as const
    for await (const { id } of eachRun(runs, { status })) {
      const recorded = await openIfThere(runs, id)
      if (recorded) yield recorded
    }
  }
}

// ---

interface Open {
  readonly recorded: RecordedRun
  readonly wait: Wait
  /** By it they are sorted. */
  readonly place: string
}

const waitParams = { type: 'object', properties: { waitId: { type: 'string' } }, required: ['waitId'] } as const

async function shown(
  recorded: RecordedRun,
  { wait, decided, isExpired, isOver }: Pick<WaitState, 'wait'> & Partial<WaitState>,
  most: number,
) {
  const { path, since, expiresAt, ...rest } = wait
  const { id, flow } = recorded.row
  const context = await contextOf(recorded, path)
  return {
    id: waitId(id, path),
    runId: id,
    ...(flow === undefined ? {} : { flowName: flow }),
    ...rest,
    ...(context === undefined ? {} : { context: preview(context, most) }),
    since: new Date(since).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    ...(decided ? { decided: decidedShape(decided) } : {}),
    ...(isExpired ? { expired: true } : isOver && !decided ? { over: true } : {}),
  }
}
