// Waits for signals: lists the open ones, shows one, decides one; and signals to a run.

import { runSchema, time, waitListSchema, waitSchema } from '@stepflow/api'
import { FlowError, type Json } from '@stepflow/engine'
import {
  checkSignal,
  type EndedWait,
  type RecordedRun,
  summaryOf,
  type Wait,
  type WaitState,
} from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { inOrder, pageOf } from '../app/pages.ts'
import { MOST_IN_LIST, MOST_OF_ONE, preview } from '../app/preview.ts'
import { unreadable } from '../app/problem.ts'
import { contextOf, decide, decidedShape, findWait, waitId } from '../runs/decide.ts'
import { endedWaitsOf, type FoundEnd } from '../runs/ended-waits.ts'
import { openIfThere } from '../runs/open-if-there.ts'
import { type OpenWait, OpenWaits, openIn } from '../runs/open-waits.ts'
import type { Services } from '../services.ts'
import { timeOf } from './run-filter.ts'

export function waitRoutes(app: App, { runs, engine, store, clock }: Services): void {
  const openWaits = new OpenWaits({ store, runs, clock })
  app.addHook('onClose', async () => openWaits.stop())
  const endedWaits = endedWaitsOf(runs)

  app.get(
    '/waits',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listWaits',
        summary: 'List the waits for signals: the open ones, or those that are over',
        description:
          'The open ones, the oldest first. With `state=over` those that ended since `since` (7 days ago, unless told), the last one first: of the 1,000 runs at most that ended last among those that may have waited.',
        tags: ['waits'],
        querystring: {
          type: 'object',
          properties: {
            state: { enum: ['open', 'over'], description: '`open`, unless told.' },
            since: { ...time, description: 'Of those that are over: ended at that time or later.' },
            runId: { type: 'string', description: 'Of one run.' },
            item: { type: 'integer', minimum: 0, description: 'Of one item of it.' },
            name: { type: 'string', description: 'Of the signal.' },
            q: {
              type: 'string',
              minLength: 1,
              maxLength: 1000,
              description: 'Part of title, description, flow, step or run, in any case.',
            },
            limit: { type: 'integer', minimum: 1, maximum: 1000 },
            cursor: { type: 'string' },
          },
        } as const,
        response: { 200: waitListSchema },
      },
    },
    async ({ query: { state = 'open', since, runId, item, name, q, limit = 100, cursor } }) => {
      if (item !== undefined && runId === undefined) throw unreadable('"item" is one of a run: give its "runId"')
      if (state === 'over') {
        const ended: FoundEnd[] = []
        for await (const one of endedWaits(timeOf('since', since) ?? clock.now() - SINCE_MS, runId)) {
          const { wait } = one.state
          if (name !== undefined && wait.name !== name) continue
          if (item !== undefined && wait.item !== item) continue
          if (hasText(q, { ...one, wait })) ended.push(one)
        }
        const { page, next } = pageOf('waits over', ended, placeOfEnd, { limit, cursor })
        const waits = await Promise.all(page.map(({ recorded, state }) => shown(recorded, state, MOST_IN_LIST)))
        return { waits, total: ended.length, ...next }
      }
      if (since !== undefined) throw unreadable('"since" is of waits that are over: ask for "state=over", too')
      const open = runId === undefined ? await openWaits.all() : await openIn(await runs.open(runId), item)
      const named = open.filter((wait) => name === undefined || wait.name === name)
      const find = finder()
      const found = q === undefined ? named : await withText(q, named, find)
      const { page, next } = pageOf('waits', found, placeOf, { limit, cursor })
      return { waits: await shownPage(page, find), total: found.length, ...next }
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
        querystring: {
          type: 'object',
          properties: { full: { type: 'boolean', description: 'A large context, too.' } },
        } as const,
        response: { 200: waitSchema },
      },
    },
    async ({ params, query: { full } }) => {
      const { recorded, state } = await findWait(runs, params.waitId)
      return shown(recorded, state, full ? Number.POSITIVE_INFINITY : MOST_OF_ONE)
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

  /** Without those that ended a moment ago. */
  async function shownPage(page: readonly OpenWait[], find: Find) {
    const shownOnes = []
    for (const one of page) {
      const found = await find(one)
      if (found) shownOnes.push(await shown(found.recorded, { wait: found.wait }, MOST_IN_LIST))
    }
    return shownOnes
  }

  async function withText(q: string, waits: readonly OpenWait[], find: Find): Promise<OpenWait[]> {
    const fitting: OpenWait[] = []
    for (const one of waits) {
      const found = await find(one)
      if (found && hasText(q, found)) fitting.push(one)
    }
    return fitting
  }

  /** For one request: reads each run once. */
  function finder(): Find {
    const byRun = new Map<string, ReadonlyMap<string, Found>>()
    return async ({ runId, path }) => {
      let found = byRun.get(runId)
      if (!found) {
        found = await waitsOf(runId)
        byRun.set(runId, found)
      }
      return found.get(path)
    }
  }

  async function waitsOf(runId: string): Promise<ReadonlyMap<string, Found>> {
    const found = new Map<string, Found>()
    const recorded = await openIfThere(runs, runId)
    if (!recorded) return found
    for await (const wait of recorded.waits.open()) found.set(wait.path, { recorded, wait })
    return found
  }
}

// ---

interface Found {
  readonly recorded: RecordedRun
  readonly wait: Wait
}

type Find = (wait: OpenWait) => Promise<Found | undefined>

/** The oldest first. */
function placeOf({ since, runId, path }: OpenWait): string {
  return `${inOrder(since)} ${waitId(runId, path)}`
}

/** The last one first: the later, the less. */
function placeOfEnd({ recorded, state }: FoundEnd): string {
  return `${inOrder(LAST_MS - state.endedAt)} ${waitId(recorded.row.id, state.wait.path)}`
}

function hasText(q: string | undefined, { recorded: { row }, wait }: Found): boolean {
  if (q === undefined) return true
  const sought = q.toLowerCase()
  const texts = [wait.title ?? wait.name, wait.description, wait.step, row.flow, row.id]
  return texts.some((text) => text?.toLowerCase().includes(sought))
}

const SINCE_MS = 7 * 24 * 3_600_000
/** The last time that a date can have. */
const LAST_MS = 8_640_000_000_000_000

const waitParams = { type: 'object', properties: { waitId: { type: 'string' } }, required: ['waitId'] } as const

async function shown(
  recorded: RecordedRun,
  { wait, decided, isExpired, isOver, endedAt }: Pick<WaitState, 'wait'> & Partial<EndedWait>,
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
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
    ...(isExpired ? { expired: true } : isOver && !decided ? { over: true } : {}),
  }
}
