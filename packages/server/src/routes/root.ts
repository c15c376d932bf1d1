// What lies beside the API: the page, the docs page, and health at the root, where probes look for it.

import { healthSchema } from '@stepflow/api'
import type { App } from '../app/app.ts'
import { DOCS_POLICY, DOCS_SCRIPT, type DocsFile, docsFiles, docsPage, readDocsFile } from '../app/docs-page.ts'
import { inTime } from '../app/in-time.ts'
import type { PageFiles } from '../page/page-files.ts'
import { pageRoutes } from '../page/page-routes.ts'
import type { Services } from '../services.ts'
import { metricsRoutes } from './metrics.ts'

export function rootRoutes(app: App, services: Services, page: PageFiles | undefined): void {
  const { basePath } = services.config
  for (const base of new Set(['', basePath])) {
    healthRoutes(app, services, base, 'hidden')
    metricsRoutes(app, services, base, 'hidden')
  }
  const open = { config: { access: 'none' }, schema: { hide: true } } as const
  if (page) pageRoutes(app, page, basePath)
  // From the sources, without a build, whoever looks for the page finds the API.
  else app.get(`${basePath}/`, open, (_request, reply) => reply.redirect(`${basePath}/api/docs`))
  app.get(`${basePath}/api/docs`, open, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('Content-Security-Policy', DOCS_POLICY).send(docsPage(basePath)),
  )
  app.get(`${basePath}/api/docs/docs.js`, open, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(DOCS_SCRIPT),
  )
  for (const [name, type] of Object.entries(docsFiles)) {
    app.get(`${basePath}/api/docs/${name}`, open, async (_request, reply) =>
      reply
        .type(type)
        .header('Cache-Control', 'public, max-age=86400')
        .send(await readDocsFile(name as DocsFile)),
    )
  }
}

/** Whether the server lives, and whether it takes requests; for probes, without a token. */
export function healthRoutes(app: App, services: Services, base: string, inDocument: 'described' | 'hidden'): void {
  const { config, life } = services
  const hide = inDocument === 'hidden'
  app.get(
    `${base}/health`,
    {
      config: { access: 'none' },
      schema: {
        operationId: 'getHealth',
        summary: 'Whether the server lives',
        tags: ['server'],
        hide,
        response: { 200: healthSchema },
      },
    },
    async () => ({ status: 'healthy', version: config.version }),
  )
  app.get(
    `${base}/ready`,
    {
      config: { access: 'none' },
      schema: {
        operationId: 'getReady',
        summary: 'Whether the server takes requests',
        tags: ['server'],
        hide,
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const state = life.state === 'ready' && !(await answers(services)) ? 'starting' : life.state
      if (state !== 'ready') reply.code(503).header('Retry-After', 2)
      return { status: state === 'ready' ? 'healthy' : state, version: config.version }
    },
  )
}

// ---

const ANSWER_MS = 2_000

/** A store of which this process is one of several nodes may be away. */
async function answers({ store, clock }: Services): Promise<boolean> {
  if (store.capacity === undefined) return true
  const asked = async () => {
    await store.records.get('ready', 'ready')
    return true
  }
  const isThere = asked().catch(() => false)
  return (await inTime(isThere, clock, ANSWER_MS)) ?? false
}
