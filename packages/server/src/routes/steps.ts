// The steps of an item: a row for each visit, and one visit with its values.

import { stepListSchema, stepSchema } from '@stepflow/api'
import { FlowError, stepSummary, visitOfPath } from '@stepflow/engine'
import { logLine, type RecordedRun } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { MOST_OF_ONE, preview } from '../app/preview.ts'
import { unreadable } from '../app/problem.ts'
import type { Services } from '../services.ts'

export function stepRoutes(app: App, { runs, store }: Services): void {
  for (const { path, of, params } of PLACES) {
    app.get(
      path,
      {
        config: { access: 'viewer' },
        schema: {
          operationId: `list${of}Steps`,
          summary: `List the steps of ${WHOSE[of]}, a row for each visit`,
          tags: ['runs'],
          params,
          querystring: { type: 'object', properties: { inside: insideParam } } as const,
          response: { 200: stepListSchema },
        },
      },
      async ({ params, query: { inside } }) => {
        const cursor = await store.cursor()
        const { recorded, item } = await opened(params, inside)
        const steps = (await recorded.visitsOf(item, inside)).map(stepSummary)
        const plan = inside === undefined ? undefined : await recorded.planInside(item, inside)
        return { steps, ...(plan ? { plan: { ...plan } } : {}), cursor }
      },
    )

    app.get(
      `${path}/:step`,
      {
        config: { access: 'viewer' },
        schema: {
          operationId: `get${of}Step`,
          summary: `Read a step of ${WHOSE[of]}, with its values`,
          tags: ['runs'],
          params: {
            ...params,
            properties: { ...params.properties, step: { type: 'string' } },
            required: [...params.required, 'step'],
          } as const,
          querystring: {
            type: 'object',
            properties: {
              visit: { type: 'integer', minimum: 1, description: 'The last unless told.' },
              inside: insideParam,
              element: { type: 'integer', minimum: 0, description: 'Of those inside; the last unless told.' },
              full: { type: 'boolean', description: 'Large values too.' },
            },
          } as const,
          response: { 200: stepSchema },
        },
      },
      async ({ params, query: { visit, inside, element, full } }) => {
        const { recorded, item } = await opened(params, inside)
        const { row, error, ...values } = await recorded.visit(item, { stepId: params.step, visit, element }, inside)
        const logs = await recorded.logOf(item, row, inside)
        const most = full ? Number.POSITIVE_INFINITY : MOST_OF_ONE
        return {
          ...stepSummary(row),
          ...('input' in values ? { input: preview(values.input, most) } : {}),
          ...('output' in values ? { output: preview(values.output ?? null, most) } : {}),
          ...(error === undefined ? {} : { error }),
          logs: logs.map(logLine),
        }
      },
    )
  }

  async function opened({ runId, item }: { runId: string; item?: number }, inside: string | undefined) {
    const recorded = await runs.open(runId)
    await checkPlace(recorded, item, inside)
    return { recorded, item: item ?? 0 }
  }
}

// ---

const WHOSE = { Run: 'a run of one item', Item: 'an item' } as const

const runId = { type: 'string' } as const
const PLACES = [
  { path: '/runs/:runId/steps', of: 'Run', params: { type: 'object', properties: { runId }, required: ['runId'] } },
  {
    path: '/runs/:runId/items/:item/steps',
    of: 'Item',
    params: {
      type: 'object',
      properties: { runId, item: { type: 'integer', minimum: 0 } },
      required: ['runId', 'item'],
    },
  },
] as const

const insideParam = {
  type: 'string',
  maxLength: 1000,
  description: 'What runs inside a step, by the `inside` of its row.',
} as const

/** Throws NOT_FOUND for an item that is not there, INVALID_INPUT for a key that is none of a row of this item. */
async function checkPlace(recorded: RecordedRun, item: number | undefined, inside: string | undefined): Promise<void> {
  const { row } = recorded
  if (item === undefined && row.items.total !== 1) {
    throw new FlowError('INVALID_INPUT', `run ${row.id} is a batch: its steps are in /items/N/steps`)
  }
  const [found] = await recorded.listItems({ from: item ?? 0, limit: 1 })
  if (found?.item !== (item ?? 0)) throw new FlowError('NOT_FOUND', `run ${row.id} has no item ${item ?? 0}`)
  if (inside === undefined) return
  const isKey = /^(\d{1,9}\/\d{1,9}\/\d{1,9}(\.\d{1,9})?)(\/\d{1,9}\/\d{1,9}\/\d{1,9}(\.\d{1,9})?)*$/.test(inside)
  if (!isKey || Number.parseInt(inside, 10) !== (item ?? 0)) {
    throw unreadable('"inside" must be that of a row of this item')
  }
  // Up to the step that it names, each must be there.
  const { sub, step } = visitOfPath(inside)
  const rows = await recorded.visitsOf(item ?? 0, sub)
  if (!rows.some((one) => one.step === step))
    throw new FlowError('NOT_FOUND', `there is no step with "inside" ${inside}`)
}
