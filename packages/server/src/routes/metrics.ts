// The counts of this process, for Prometheus, which reads them as text.

import { openRuns } from '@stepflow/host/observability'
import type { App } from '../app/app.ts'
import type { Services } from '../services.ts'

/** Measures every answer, in all routes that are added afterwards. */
export function measureAnswers(app: App, { observation, config: { basePath } }: Services): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { url = 'none' } = request.routeOptions
    const route = basePath !== '' && url.startsWith(basePath) ? url.slice(basePath.length) : url
    observation.observer.answered(route, reply.statusCode, reply.elapsedTime / 1000)
    done()
  })
}

export function metricsRoutes(app: App, services: Services, base: string, inDocument: 'described' | 'hidden'): void {
  const { observation, store } = services
  app.get(
    `${base}/metrics`,
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getMetrics',
        summary: 'Counts of this server, as Prometheus reads them',
        tags: ['server'],
        hide: inDocument === 'hidden',
        response: { 200: { description: 'Text, version 0.0.4.', content: { [TYPE]: { schema: { type: 'string' } } } } },
      },
    },
    async (_request, reply) => {
      await observation.ends.look()
      return reply.type(TYPE).send(observation.metrics.text(await openRuns(store)))
    },
  )
}

// ---

const TYPE = 'text/plain; version=0.0.4; charset=utf-8'
