// What the server says of itself: whether it lives, what it is, and the document of its API.

import { infoSchema, nodeListSchema } from '@stepflow/api'
import { nodeList } from '@stepflow/host/history'
import type { App } from '../app/app.ts'
import { pageOf, pageQuery } from '../app/pages.ts'
import type { Services } from '../services.ts'
import { metricsRoutes } from './metrics.ts'
import { healthRoutes } from './root.ts'

export function serverRoutes(app: App, services: Services, describe: () => Promise<object>): void {
  const { config, clock, namedFlows, store } = services
  healthRoutes(app, services, '', 'described')
  metricsRoutes(app, services, '', 'described')
  app.get(
    '/info',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getInfo',
        summary: 'What this server is',
        tags: ['server'],
        response: { 200: infoSchema },
      },
    },
    async ({ caller }) => ({
      version: config.version,
      now: new Date(clock.now()).toISOString(),
      role: caller?.role,
      ...(caller?.name === undefined ? {} : { name: caller.name }),
      store: config.storeKind,
      flowsDir: config.flowsDir,
      canWriteFlows: await namedFlows.canWriteFiles(),
    }),
  )
  app.get(
    '/nodes',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listNodes',
        summary: 'The processes that work on the store',
        tags: ['server'],
        querystring: pageQuery,
        response: { 200: nodeListSchema },
      },
    },
    async ({ query }) => {
      const { nodes } = nodeList(await store.nodes?.())
      const { page, next } = pageOf('nodes', nodes, ({ name, id }) => `${name} ${id}`, query)
      return { nodes: page, ...next }
    },
  )
  let described: Promise<object> | undefined
  app.get(
    '/openapi.json',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getOpenApi',
        summary: 'This document',
        tags: ['server'],
        response: { 200: { description: 'The document.', type: 'object', additionalProperties: true } },
      },
    },
    () => {
      described ??= describe()
      return described
    },
  )
}
