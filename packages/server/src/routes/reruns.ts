// Repeats runs, takes them out as a file and brings them in, deletes them.

import { prunedSchema, pruneSchema, type Rerun, rerunPreviewSchema, rerunSchema, runSchema } from '@stepflow/api'
import { FlowError, isEnded } from '@stepflow/engine'
import { exportRun, importRun, pruneRuns, summaryOf } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { durationOf } from '../app/duration.ts'
import { NOTHING } from '../app/nothing.ts'
import { requestKey } from '../runs/request-key.ts'
import { prepareRerun, rerunRun } from '../runs/rerun-run.ts'
import { requestHash } from '../runs/start-run.ts'
import type { Services } from '../services.ts'

export function rerunRoutes(app: App, services: Services): void {
  const { config, runs, store, life } = services
  app.post(
    '/runs/:runId/rerun',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'rerun',
        summary: 'Repeat a run that has ended, as a new run',
        description: 'With `dryRun`, 200 with what would be repeated, and nothing is begun.',
        tags: ['runs'],
        params: runParams,
        body: rerunSchema,
        response: { 200: rerunPreviewSchema, 202: runSchema },
      },
    },
    async (request, reply) => {
      const { params, caller } = request
      const { dryRun, ...asked } = (request.body ?? {}) as Rerun // checked against its schema
      const { row } = await runs.open(params.runId)
      const by = caller?.name
      if (dryRun) return (await prepareRerun(services, { runId: row.id, asked, by })).preview
      life.checkReady()
      const key = requestKey(request)
      const hash = () => requestHash(['POST /runs/rerun', row.id, asked])
      const again = { runId: row.id, asked, by, ...(key === undefined ? {} : { key: { key, hash: hash() } }) }
      const id = await rerunRun(services, again)
      const cursor = await store.cursor()
      const begun = await runs.open(id)
      reply.header('Location', `${config.basePath}/api/v1/runs/${id}`)
      return reply.code(202).send({ ...summaryOf(begun.row, await begun.waiting()), cursor })
    },
  )

  app.get(
    '/runs/:runId/export',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'exportRun',
        summary: 'A run as one JSON document, without secrets',
        tags: ['runs'],
        params: runParams,
        response: { 200: exported },
      },
    },
    async ({ params }) => {
      const recorded = await runs.open(params.runId)
      if (recorded.damage !== undefined) throw new FlowError('RESOURCE_UNAVAILABLE', recorded.damage)
      return exportRun(recorded, config.version)
    },
  )

  app.post(
    '/runs/import',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'importRun',
        summary: 'Bring in a run that was exported, under its id',
        description: 'One that is there with the same content is no error.',
        tags: ['runs'],
        body: exported,
        response: { 200: runSchema, 201: runSchema },
      },
    },
    async ({ body }, reply) => {
      life.checkReady()
      const { run, isNew } = await importRun(store, runs, JSON.stringify(body), 'the body')
      const cursor = await store.cursor()
      return reply.code(isNew ? 201 : 200).send({ ...summaryOf((await runs.open(run)).row), cursor })
    },
  )

  app.delete(
    '/runs/:runId',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'deleteRun',
        summary: 'Delete a run that has ended, with everything that is recorded of it',
        tags: ['runs'],
        params: runParams,
        response: { 204: NOTHING },
      },
    },
    async ({ params }, reply) => {
      const { row } = await runs.open(params.runId)
      if (!isEnded(row.status)) {
        throw new FlowError('CONFLICT', `run ${row.id} has not ended (${row.status}): wait for it, or cancel it first`)
      }
      await store.runs.remove(row.id)
      return reply.code(204).send()
    },
  )

  app.post(
    '/runs/prune',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'pruneRuns',
        summary: 'Delete runs that ended long ago, and blobs that nothing refers to any more',
        tags: ['runs'],
        body: pruneSchema,
        response: { 200: prunedSchema },
      },
    },
    async ({ body: { maxAge, maxRuns } }) => {
      if (maxAge === undefined && maxRuns === undefined) {
        throw new FlowError('INVALID_INPUT', 'give "maxAge", "maxRuns" or both: without, every run would be meant')
      }
      return pruneRuns(store.runs, {
        ...(maxAge === undefined ? {} : { maxAgeMs: durationOf('maxAge', maxAge, '30d') }),
        ...(maxRuns === undefined ? {} : { maxRuns }),
      })
    },
  )
}

// ---

const runParams = { type: 'object', properties: { runId: { type: 'string' } }, required: ['runId'] } as const

const exported = { type: 'object', description: 'An exported run.', additionalProperties: true } as const
