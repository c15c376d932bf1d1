// Flows: stored, listed, read, saved as versions, published and removed.

import {
  addedFlowSchema,
  checkedFlowSchema,
  checkFlowSchema,
  flowListSchema,
  flowSchema,
  newFlowSchema,
  pastInputsSchema,
  publishSchema,
  samplesSchema,
  saveFlowSchema,
  testedFlowSchema,
  testFlowSchema,
  versionListSchema,
} from '@stepflow/api'
import type { Json } from '@stepflow/engine'
import type { WhichVersion } from '@stepflow/host/named-flows'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app/app.ts'
import { NOTHING } from '../app/nothing.ts'
import { inOrder, pageOf, pageQuery } from '../app/pages.ts'
import { unreadable } from '../app/problem.ts'
import { checkFlow } from '../flows/check-flow.ts'
import { pastInputs, pastOutputs } from '../flows/past-values.ts'
import { flowDetail, flowRow } from '../flows/show-flow.ts'
import { testFlow } from '../flows/test-flow.ts'
import type { Services } from '../services.ts'

export function flowRoutes(app: App, services: Services): void {
  const { namedFlows, runs, schedules, secrets } = services
  const detail = async (name: string, which: WhichVersion = 'newest') => {
    const found = await namedFlows.get(name, which)
    await secrets.refresh()
    return flowDetail(found, services)
  }

  app.post(
    '/flows',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'addFlow',
        summary: 'Store a flow',
        description:
          'With a name, its own or a given one, it is a version that is not published, unless it equals the newest. As `application/yaml`, the body is the text.',
        tags: ['flows'],
        querystring: { type: 'object', properties: { name: { type: 'string', minLength: 1 } } } as const,
        body: {
          content: {
            'application/json': { schema: newFlowSchema },
            'application/yaml': { schema: { type: 'string', minLength: 1, description: 'The text of the flow.' } },
          },
        } as const,
        response: { 201: addedFlowSchema },
      },
    },
    async (request, reply) => {
      const { flow, name } = newFlow(request)
      return reply.code(201).send(await namedFlows.add({ flow, name, by: request.caller?.name }))
    },
  )

  app.get(
    '/flows',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listFlows',
        summary: 'List the flows that have names',
        tags: ['flows'],
        querystring: pageQuery,
        response: { 200: flowListSchema },
      },
    },
    async ({ query }) => {
      const { page, next } = pageOf('flows', await namedFlows.list(), ({ name = '' }) => name, query)
      await secrets.refresh()
      return { flows: await Promise.all(page.map((flow) => flowRow(flow, services))), ...next }
    },
  )

  app.post(
    '/flows/check',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'checkFlow',
        summary: 'Check the text of a flow; stores nothing',
        tags: ['flows'],
        body: checkFlowSchema,
        response: { 200: checkedFlowSchema },
      },
    },
    ({ body }) => checkFlow(services, body),
  )

  app.get(
    '/flows/:flow',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getFlow',
        summary: 'Read a flow by its name or its id',
        tags: ['flows'],
        params: flowParams,
        querystring: {
          type: 'object',
          properties: { version: { type: 'string', description: 'A number, or `published`; else the newest.' } },
        } as const,
        response: { 200: flowSchema },
      },
    },
    ({ params, query }) => detail(params.flow, versionIn(query.version)),
  )

  app.put(
    '/flows/:flow',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'saveFlow',
        summary: 'Save a new version of a flow, or a new flow',
        description: 'Of a flow of the folder, the file is written, and the version is published.',
        tags: ['flows'],
        params: flowParams,
        body: saveFlowSchema,
        response: { 200: flowSchema },
      },
    },
    async ({ params, body, caller }) => {
      await namedFlows.save({ name: params.flow, ...body, by: caller?.name })
      return detail(params.flow)
    },
  )

  app.delete(
    '/flows/:flow',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'removeFlow',
        summary: 'Remove a flow with its versions and triggers, and its file; not its runs',
        tags: ['flows'],
        params: flowParams,
        response: { 204: NOTHING },
      },
    },
    async ({ params }, reply) => {
      await namedFlows.remove(params.flow)
      await schedules.removeOf(params.flow)
      return reply.code(204).send()
    },
  )

  app.get(
    '/flows/:flow/versions',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listVersions',
        summary: 'List the versions of a flow, the newest first',
        tags: ['flows'],
        params: flowParams,
        querystring: pageQuery,
        response: { 200: versionListSchema },
      },
    },
    async ({ params, query }) => {
      const { publishedVersion } = await namedFlows.get(params.flow)
      const versions = await namedFlows.versions(params.flow)
      const newestFirst = ({ version }: { readonly version: number }) => inOrder(Number.MAX_SAFE_INTEGER - version)
      const { page, next } = pageOf('versions', versions, newestFirst, query)
      return {
        versions: page.map(({ version, flowId, createdAt, by }) => ({
          version,
          flowId,
          published: version === publishedVersion,
          createdAt: new Date(createdAt).toISOString(),
          ...(by === undefined ? {} : { by }),
        })),
        ...next,
      }
    },
  )

  app.get(
    '/flows/:flow/versions/:version',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getVersion',
        summary: 'Read a version of a flow',
        tags: ['flows'],
        params: {
          type: 'object',
          properties: { flow: flowParams.properties.flow, version: { type: 'integer', minimum: 1 } },
          required: ['flow', 'version'],
        } as const,
        response: { 200: flowSchema },
      },
    },
    ({ params }) => detail(params.flow, params.version),
  )

  app.post(
    '/flows/:flow/test',
    {
      config: { access: 'operator' },
      schema: {
        operationId: 'testFlow',
        summary: 'Run the cases of a flow, and compare',
        description: 'Nothing of it is kept. What the flow brings for its tests may be mocks and builtin components.',
        tags: ['flows'],
        params: flowParams,
        body: testFlowSchema,
        response: { 200: testedFlowSchema },
      },
    },
    async ({ params, body }) => testFlow(services, params.flow, body ?? {}),
  )

  app.get(
    '/flows/:flow/inputs',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listInputs',
        summary: 'The last different inputs of a flow',
        tags: ['flows'],
        params: flowParams,
        response: { 200: pastInputsSchema },
      },
    },
    async ({ params }) => {
      const { name = '' } = await namedFlows.get(params.flow)
      return { inputs: await pastInputs(name, runs) }
    },
  )

  app.get(
    '/flows/:flow/samples',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listSamples',
        summary: 'What the steps of a flow answered last',
        tags: ['flows'],
        params: flowParams,
        response: { 200: samplesSchema },
      },
    },
    async ({ params }) => {
      const { name = '' } = await namedFlows.get(params.flow)
      return { steps: await pastOutputs(name, runs) }
    },
  )

  app.post(
    '/flows/:flow/publish',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'publishFlow',
        summary: 'Publish a version of a flow: it is what runs from then on',
        tags: ['flows'],
        params: flowParams,
        body: publishSchema,
        response: { 200: flowSchema },
      },
    },
    async ({ params, body }) => {
      await namedFlows.publish(params.flow, body?.version)
      return detail(params.flow)
    },
  )
}

// ---

const flowParams = {
  type: 'object',
  properties: { flow: { type: 'string', minLength: 1, description: 'A name or an id.' } },
  required: ['flow'],
} as const

/** The body was checked against its schema. */
function newFlow({ body, query, mediaType }: FastifyRequest) {
  const { name: ofQuery } = query as { readonly name?: string }
  if (mediaType !== undefined && mediaType !== 'application/json') return { flow: body as string, name: ofQuery }
  const { flow, name = ofQuery } = body as { readonly flow: string | Json; readonly name?: string }
  return { flow, name }
}

function versionIn(text: string | undefined): WhichVersion {
  if (text === undefined) return 'newest'
  if (text === 'published') return text
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw unreadable(`"version" is "${text}", but must be a number from 1, or "published"`)
}
