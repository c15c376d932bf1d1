// The HTTP application over the services: limits, errors, access and routes. Listens to nothing yet.

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import fastify, { type FastifyInstance } from 'fastify'
import { guard } from './access/access.ts'
import { guardDoor } from './access/door.ts'
import { EndedTokens } from './access/ended-tokens.ts'
import type { App } from './app/app.ts'
import { acceptBodies, MOST_BYTES } from './app/body.ts'
import { refuseBroken } from './app/broken-request.ts'
import { boundConnections } from './app/crowd.ts'
import { refuseUnknown } from './app/not-found.ts'
import { sendProblem } from './app/problem.ts'
import { compilers } from './app/validate.ts'
import { mcpRoutes } from './mcp/http.ts'
import { openPageFiles } from './page/page-files.ts'
import { sendPage, wantsPage } from './page/page-routes.ts'
import { apiRoutes } from './routes/api.ts'
import { hookRoutes } from './routes/hooks.ts'
import { measureAnswers } from './routes/metrics.ts'
import { publishedRunRoutes } from './routes/published-run.ts'
import { rootRoutes } from './routes/root.ts'
import type { Services } from './services.ts'

export async function createApp(services: Services): Promise<FastifyInstance> {
  const { config, access, log } = services
  const app = fastify({
    bodyLimit: MOST_BYTES,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: false,
    return503OnClosing: false,
    forceCloseConnections: true,
    // For each address that a name like `localhost` has.
    serverFactory(answer) {
      const server = createServer(CONNECTIONS, answer)
      boundConnections(server)
      refuseBroken(server)
      return server
    },
    clientErrorHandler() {
      // Heard of by the server itself, whichever address it has.
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
    schemaController: compilers(),
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply, log),
  })
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log))
  const always = {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'content-security-policy': NOTHING_LOADS,
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': config.origins.length === 0 ? 'same-origin' : 'cross-origin',
  }
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(always).header('x-request-id', request.id)
    done()
  })
  const typed = app as unknown as App
  measureAnswers(typed, services)
  acceptBodies(typed, services.clock)
  guardDoor(typed, config)
  const page = openPageFiles()
  refuseUnknown(typed, (request, reply) =>
    page && wantsPage(request, config.basePath) ? sendPage(reply.code(404), page, config.basePath) : undefined,
  )
  const ended = new EndedTokens(services.tokens, services.clock)
  app.addHook('onClose', async () => ended.stop())
  guard(typed, access, { basePath: config.basePath, ended })
  rootRoutes(typed, services, page)
  publishedRunRoutes(typed, services)
  mcpRoutes(typed, services)
  await app.register(async (scope) => hookRoutes(scope as unknown as App, services))
  await app.register(async (scope) => apiRoutes(scope as unknown as App, services), {
    prefix: `${config.basePath}/api/v1`,
  })
  return app
}

// ---

/** A head has to come within 10 seconds; a client that is gone without a word is found out by its silence. */
const CONNECTIONS = {
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  // A stream of inputs takes as long as it takes; bodies that are held have a time of their own.
  requestTimeout: 0,
  keepAliveTimeout: 72_000,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  // Missed by us, in our words.
  requireHostHeader: false,
} as const

/** An answer of the API is no page: whoever takes it for one gets nothing out of it. */
const NOTHING_LOADS = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
