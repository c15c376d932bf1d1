// Which requests come in at all, whoever sends them: to a name of this server, and not from a page of somebody else.
//
// A page of another origin may send requests to a server on its reader's machine. If its own name leads there (DNS
// rebinding), the Host header has that name; else the Origin header has its own.

import { isIP } from 'node:net'
import { FlowError } from '@stepflow/engine'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app/app.ts'
import { unreadable } from '../app/problem.ts'

export interface DoorConfig {
  /** Names of the server besides addresses and `localhost`. */
  readonly hosts: readonly string[]
  /** Origins whose pages may use the API. */
  readonly origins: readonly string[]
}

export function guardDoor(app: App, config: DoorConfig): void {
  const hosts = new Set(config.hosts.map((name) => name.toLowerCase()))
  const origins = new Set(config.origins)
  let admitted: string | undefined
  app.addHook('onRequest', (request, reply, done) => {
    const { origin, host } = request.headers
    // Nearly all requests name the same.
    if (host === undefined) {
      // Whoever leaves it out speaks no HTTP/1.1: what comes behind it may be anything.
      reply.header('Connection', 'close')
      throw unreadable('the request has no Host header')
    }
    if (host !== admitted) checkHost(host, hosts)
    admitted = host
    if (origin !== undefined && origins.has(origin)) {
      const isAnswered = admit(request, reply, origin) !== undefined
      return isAnswered ? undefined : done()
    }
    if (origin === undefined || isOwn(origin, host)) return done()
    throw new FlowError(
      'FORBIDDEN',
      `pages of ${shown(origin)} may not use this server: --cors ${shown(origin)} permits it`,
    )
  })
}

/** Throws INVALID_INPUT for what no browser sends as its origin. */
export function checkedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '')) return url.origin
  throw new FlowError('INVALID_INPUT', `the origin is "${text}", but must be like https://example.org`)
}

/** Throws INVALID_INPUT for what is no name. */
export function checkedHost(text: string): string {
  const name = text.toLowerCase()
  if (/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name)) return name
  throw new FlowError('INVALID_INPUT', `the host is "${text}", but must be a name without port, like flows.example.org`)
}

// ---

const API_HEADERS = ['Authorization', 'Content-Type', 'Accept', 'Idempotency-Key', 'Last-Event-ID']

/** An address cannot be somebody else's name; `localhost` never leads anywhere else in a browser. */
function checkHost(host: string, hosts: ReadonlySet<string>): void {
  const name = host.replace(/:\d*$/, '').toLowerCase()
  const bare = name.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) !== 0 || bare === 'localhost' || bare.endsWith('.localhost') || hosts.has(bare)) return
  throw new FlowError(
    'FORBIDDEN',
    `this server is not called ${shown(host)}: --allow-host names what else it is called`,
    {
      status: 421,
    },
  )
}

/** Behind a proxy the scheme may be another. */
function isOwn(origin: string, host: string | undefined): boolean {
  return (
    host !== undefined &&
    /^https?:\/\//.test(origin) &&
    origin.replace(/^https?:\/\//, '') === withoutDefault(host, origin)
  )
}

/** A browser leaves out the port that goes without saying; a proxy may not. */
function withoutDefault(host: string, origin: string): string {
  return host.toLowerCase().replace(origin.startsWith('https:') ? /:443$/ : /:80$/, '')
}

/** Bearer tokens only: cookies are never sent along. */
function admit(request: FastifyRequest, reply: FastifyReply, origin: string): FastifyReply | undefined {
  reply
    .header('Access-Control-Allow-Origin', origin)
    .header('Access-Control-Expose-Headers', 'Location, X-Request-Id, X-Stepflow-Cursor, Retry-After, Mcp-Session-Id')
    .header('Vary', 'Origin')
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return undefined
  return reply
    .code(204)
    .header('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE')
    .header('Access-Control-Allow-Headers', allowedHeaders(request.headers['access-control-request-headers']))
    .header('Access-Control-Max-Age', 600)
    .send()
}

/** Those of the API, and those of MCP that are asked for: their names follow from what tools take. */
function allowedHeaders(asked = ''): string {
  const ofMcp = asked.split(',').map((name) => name.trim())
  return [...API_HEADERS, ...ofMcp.filter((name) => /^mcp-[a-z0-9-]{1,100}$/i.test(name)).slice(0, 20)].join(', ')
}

/** What a stranger sent, short and without what a terminal would take for its own. */
function shown(text: string): string {
  return text === '' ? '(nothing)' : text.replace(/[^\x21-\x7e]/g, '?').slice(0, 200)
}
