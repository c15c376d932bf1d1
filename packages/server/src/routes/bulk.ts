// One action on many runs: those that are named, or those that a filter finds.

import { type BulkAction, bulkActionSchema, bulkResultSchema } from '@stepflow/api'
import { FlowError, isEnded } from '@stepflow/engine'
import type { Caller } from '../access/access.ts'
import type { App } from '../app/app.ts'
import { rerunRun } from '../runs/rerun-run.ts'
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
        description: 'To delete takes an admin. `done` is how many; the others are `refused`, each with the reason.',
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
      let done = 0
      const refused: { runId: string; code: string; detail: string }[] = []
      for (const runId of await idsOf(body)) {
        try {
          await act(runId, body.action, caller)
          done++
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

  async function act(runId: string, action: BulkAction['action'], caller: Caller | undefined): Promise<void> {
    const { row } = await runs.open(runId)
    if (action === 'rerun') {
      await rerunRun(services, { runId: row.id, asked: {}, by: caller?.name })
    } else if (action === 'delete') {
      if (!isEnded(row.status)) throw new FlowError('CONFLICT', `run ${row.id} has not ended (${row.status})`)
      await store.runs.remove(row.id)
    } else await steer(services, row, action, undefined, caller)
  }
}

// ---

const MOST = 9_999
