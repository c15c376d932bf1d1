// POST /api/v2/external/flows/{flow}/published-run: how the platform of manifests runs a published flow. Beside the API, and
// not in its document.

import { FlowError } from '@stepflow/engine'
import { isFlowId } from '@stepflow/host/named-flows'
import type { App } from '../app/app.ts'
import { whenGone } from '../app/gone.ts'
import { type Arg, inputOf, publishedResult } from '../flows/published-run.ts'
import { requestKey } from '../runs/request-key.ts'
import { requestHash } from '../runs/start-run.ts'
import { waitForEnd } from '../runs/wait-for-end.ts'
import type { Services } from '../services.ts'

export function publishedRunRoutes(app: App, services: Services): void {
  const { clock, config, flows, life, runs, starter, store } = services
  app.post(
    `${config.basePath}/api/v2/external/flows/:flow/published-run`,
    {
      config: { access: 'operator' },
      schema: {
        hide: true,
        params: { type: 'object', properties: { flow: { type: 'string', minLength: 1 } }, required: ['flow'] } as const,
        body: bodySchema,
      },
    },
    async (request, reply) => {
      const { params, body, caller } = request
      life.checkReady()
      const flow = await flows.compile(isFlowId(params.flow) ? { flowId: params.flow } : { flowName: params.flow })
      const args: readonly Arg[] = body.args ?? []
      const key = requestKey(request)
      const begun = await starter.start({
        flow,
        inputs: [inputOf(args, flow.plan)],
        isSingle: true,
        trigger: { type: 'api', ...(caller?.name === undefined ? {} : { by: caller.name }) },
        ...(key === undefined ? {} : { key: { key, hash: requestHash(['published-run', params.flow, args]) } }),
      })
      const runId = begun.run.id
      if (body.mode === 'async') return reply.code(202).send({ runId, status: 'running' })
      const end = await waitForEnd(begun, { clock, store, runs, timeoutMs: MOST_MS, whenGone: whenGone(reply, life) })
      if (!end) throw new FlowError('NOT_FOUND', `run ${runId} was removed while it ran`)
      if (!end.isEnded || !end.outcome) return reply.code(202).send({ runId, status: 'running' })
      const recorded = await runs.open(runId)
      return { ...publishedResult(end.outcome, await recorded.entriesOf(0), recorded.plan), runId }
    },
  )
}

// ---

const MOST_MS = 5 * 60_000

const bodySchema = {
  type: 'object',
  properties: {
    args: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string', minLength: 1 }, value: {} },
        required: ['name'],
        additionalProperties: false,
      },
    },
    mode: { enum: ['sync', 'async'] },
  },
  additionalProperties: false,
} as const
