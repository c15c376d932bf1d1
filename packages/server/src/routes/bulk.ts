// One action on many runs: those that are named, or those that a filter finds.

import { type BulkAction, bulkActionSchema, bulkResultSchema } from '@stepflow/api'
import { FlowError, isEnded } from '@stepflow/engine'
import type { Caller } from '../access/access.ts'
import type { App } from '../app/app.ts'
import { requestKey } from '../runs/request-key.ts'
import { rerunRun } from '../runs/rerun-run.ts'
import { type RequestKey, requestHash, runIdOf } from '../runs/start-run.ts'
import type { Services } from '../services.ts'
import { filterOf, jsonFilterProperties } from './run-filter.ts'
import { steer } from './runs.ts'

export function bulkRoutes(app: App, services: Services): void {
  const { runs, store, life } = services
  app.post(
    '/runs/bulk',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'bulk',
        summary: 'Do one thing to many runs',
        description:
          'To delete takes an admin. `done` is how many; the others are `refused`, each with the reason. With a key, to repeat runs is the same runs, however often it is sent.',
        tags: ['runs'],
        body: bulkActionSchema(jsonFilterProperties),
        response: { 200: bulkResultSchema },
      },
    },
    async (request) => {
      const { caller } = request
      const body = request.body as BulkAction // checked against its schema
      if (body.action === 'delete' && caller?.role !== 'admin') {
        throw new FlowError('FORBIDDEN', 'to delete runs needs the role admin')
      }
      if (body.action === 'rerun') life.checkReady()
      const key = body.action === 'rerun' ? requestKey(request) : undefined
      const keyed = key === undefined ? undefined : { key, hash: requestHash(['POST /runs/bulk', body]) }
      let done = 0
      const refused: { runId: string; code: string; detail: string }[] = []
      for (const runId of await idsOf(body)) {
        try {
          if (await act(runId, { action: body.action, caller, keyed })) done++
        } catch (thrown) {
          if (!FlowError.is(thrown) || thrown.code === 'INTERNAL') throw thrown
          refused.push({ runId, code: thrown.code, detail: thrown.message })
        }
      }
      return { done, refused }
    },
  )

  async function idsOf({ ids, filter }: BulkAction): Promise<readonly string[]> {
    if ((ids === undefined) === (filter === undefined)) {
      throw new FlowError('INVALID_INPUT', 'give either "ids" or "filter"')
    }
    if (ids) return [...new Set(ids)]
    if (Object.keys(filter ?? {}).length === 0) {
      throw new FlowError('INVALID_INPUT', '"filter" is empty: it would mean every run')
    }
    const { rows, next } = await runs.list({ ...filterOf(filter ?? {}), limit: MOST })
    if (next !== undefined)
      throw new FlowError('INVALID_INPUT', `"filter" finds more than ${MOST} runs: narrow it, with "until"`)
    return rows.map(({ id }) => id)
  }

  /** False for a run that this very request has begun before: a filter finds it, too. */
  async function act(runId: string, { action, caller, keyed }: Act): Promise<boolean> {
    const { row } = await runs.open(runId)
    if (action === 'rerun') {
      const { origin } = row
      if (keyed && origin && runIdOf(keyFor(origin.runId, keyed).key) === row.id) return false
      const key = keyed && keyFor(row.id, keyed)
      await rerunRun(services, { runId: row.id, asked: {}, by: caller?.name, ...(key ? { key } : {}) })
    } else if (action === 'delete') {
      if (!isEnded(row.status)) throw new FlowError('CONFLICT', `run ${row.id} has not ended (${row.status})`)
      await store.runs.remove(row.id)
    } else await steer(services, row, action, undefined, caller)
    return true
  }
}

// ---

const MOST = 9_999

interface Act {
  readonly action: BulkAction['action']
  readonly caller: Caller | undefined
  readonly keyed: RequestKey | undefined
}

/** Of the run that repeats one of those that are meant. */
function keyFor(runId: string, { key, hash }: RequestKey): RequestKey {
  return { key: `bulk ${key} ${runId}`, hash }
}
