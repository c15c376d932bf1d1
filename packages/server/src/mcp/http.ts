// /mcp: the tools over streamable HTTP. Clients of protocol 2026-07-28 ask request by request; older ones have sessions.

import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app/app.ts'
import { gone } from '../app/gone.ts'
import type { Services } from '../services.ts'
import { McpSessions } from './sessions.ts'
import { ToolServers } from './tool-server.ts'

export function mcpRoutes(app: App, services: Services): void {
  const { clock, config, life, log } = services
  const servers = new ToolServers(services, config.mcpTools)
  const sessions = new McpSessions(servers, clock)
  /** The caller of each request that is being answered. */
  const callers = new WeakMap<Request, FastifyRequest['caller']>()
  const modern = createMcpHandler(({ requestInfo }) => servers.create(requestInfo && callers.get(requestInfo)), {
    legacy: 'reject',
    onerror: (error) => log('debug', `MCP: ${error.message}`),
  })
  const stop = servers.onChange(() => modern.notify.toolsChanged())
  app.addHook('onClose', async () => {
    stop()
    servers.close()
    await sessions.close()
    await modern.close()
  })
  // Streams would keep a server that drains from ending.
  const forget = life.onDrain(() => void sessions.close())
  app.addHook('onClose', async () => forget())

  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: `${config.basePath}/mcp`,
    config: { access: 'viewer' },
    schema: { hide: true },
    handler: async (request, reply) => {
      const asked = webRequest(request, gone(reply, life))
      callers.set(asked, request.caller)
      const parsedBody = request.body
      const isOld = await isLegacyRequest(asked, parsedBody)
      const response = isOld
        ? await sessions.handle(asked, parsedBody, request.caller)
        : await modern.fetch(asked, { parsedBody })
      return send(reply, response)
    },
  })
}

// ---

/** Its body has been parsed: it is handed on as it is. */
function webRequest({ method, headers, url }: FastifyRequest, signal: AbortSignal): Request {
  const copied = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) copied.append(name, one)
  }
  return new Request(new URL(url, 'http://localhost'), { method, headers: copied, signal })
}

function send(reply: FastifyReply, response: Response): FastifyReply {
  reply.code(response.status)
  for (const [name, value] of response.headers) reply.header(name, value)
  if (!response.body) return reply.send()
  return reply.send(Readable.fromWeb(response.body as ReadableStream)) // Node's own, by another name
}
