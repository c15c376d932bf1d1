// /mcp: the tools over streamable HTTP. The library, and what answers by it, is loaded with the first request: most servers
// are never asked, and all of them would start later.

import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app/app.ts'
import { gone } from '../app/gone.ts'
import type { Services } from '../services.ts'
import type { McpAnswers } from './answers.ts'

export function mcpRoutes(app: App, services: Services): void {
  const { config, life } = services
  let loading: Promise<McpAnswers> | undefined
  const load = async () => {
    const { McpAnswers } = await import('./answers.ts')
    return new McpAnswers(services)
  }
  app.addHook('onClose', async () => (await loading)?.close())
  // Streams would keep a server that drains from ending.
  const forget = life.onDrain(() => void loading?.then((answers) => answers.endSessions()))
  app.addHook('onClose', async () => forget())

  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: `${config.basePath}/mcp`,
    config: { access: 'viewer' },
    schema: { hide: true },
    handler: async (request, reply) => {
      const asked = webRequest(request, gone(reply, life))
      loading ??= load()
      return send(reply, await (await loading).answer(asked, request.body, request.caller))
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
