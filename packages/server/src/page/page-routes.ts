// The web interface: each of its addresses answers the one page, which finds out by itself what it shows there.

import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { FlowError } from '@stepflow/engine'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app/app.ts'
import { type Asset, newNonce, type PageFiles } from './page-files.ts'

/** Addresses of the page. What is none of them is not found, and answers the page that says so. */
export const PAGES = [
  '/',
  '/runs',
  '/runs/*',
  '/compare/*',
  '/flows',
  '/flows/*',
  '/approvals',
  '/approvals/*',
  '/schedules',
  '/components',
  '/secrets',
  '/tokens',
  '/nodes',
  '/login',
]

export function pageRoutes(app: App, files: PageFiles, basePath: string): void {
  const open = { config: { access: 'none' }, schema: { hide: true } } as const
  for (const path of PAGES) {
    app.get(`${basePath}${path}`, open, (_request, reply) => sendPage(reply, files, basePath))
  }
  app.get(
    `${basePath}/assets/:name`,
    {
      ...open,
      schema: {
        hide: true,
        params: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const,
      },
    },
    (request, reply) => sendAsset(request, reply, files, request.params.name),
  )
}

/** True of what a browser asks for when somebody follows a link, outside of what programs ask for. */
export function wantsPage(request: FastifyRequest, basePath: string): boolean {
  const path = request.url.split('?')[0] as string // split gives at least one
  if (request.method !== 'GET' || !request.headers.accept?.includes('text/html')) return false
  return !['/api', '/assets', '/hooks', '/mcp'].some((room) => `${path}/`.startsWith(`${basePath}${room}/`))
}

export function sendPage(reply: FastifyReply, files: PageFiles, basePath: string): FastifyReply {
  const nonce = newNonce()
  return reply
    .type('text/html; charset=utf-8')
    .header('Content-Security-Policy', policyWith(nonce))
    .send(files.page(basePath, nonce))
}

// ---

function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "connect-src 'self'",
    "font-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** A worker keeps to the policy of its own script: it may load its other parts; one asks the server for what happens. */
function workerPolicy(name: string): string {
  const connect = name.startsWith('events.worker-') ? " connect-src 'self';" : ''
  return `default-src 'none'; script-src 'self';${connect} base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

/** Its name changes with its content: whoever has it need not ask again. */
async function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  files: PageFiles,
  name: string,
): Promise<FastifyReply> {
  const asset = files.asset(name)
  const content = asset && (await contentOf(asset))
  if (!content)
    throw new FlowError('NOT_FOUND', `there is no asset ${name}: the page may be of another version; reload it`)
  reply
    .type(asset.type)
    .header('Cache-Control', 'public, max-age=31536000, immutable')
    .header('Vary', 'Accept-Encoding')
    .header('Content-Security-Policy', workerPolicy(name))
  if (!asset.isCompressed) return reply.send(content)
  if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    return reply.header('Content-Encoding', 'gzip').send(content)
  }
  return reply.send(gunzipSync(content))
}

/** Undefined once another version has taken its place on the disk. */
async function contentOf({ path }: Asset): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}
