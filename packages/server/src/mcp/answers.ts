// Answers the requests of MCP clients. Those of protocol 2026-07-28 ask request by request; older ones have sessions. Knows no
// application: http.ts has the route.

import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server'
import type { Caller } from '../access/access.ts'
import type { Services } from '../services.ts'
import { McpSessions } from './sessions.ts'
import { ToolServers } from './tool-server.ts'

export class McpAnswers {
  readonly #servers: ToolServers
  readonly #sessions: McpSessions
  readonly #modern: ReturnType<typeof createMcpHandler>
  /** The caller of each request that is being answered. */
  readonly #callers = new WeakMap<Request, Caller | undefined>()
  readonly #stop: () => void

  constructor(services: Services) {
    const { clock, config, log } = services
    const servers = new ToolServers(services, config.mcpTools)
    this.#servers = servers
    this.#sessions = new McpSessions(servers, clock)
    const modern = createMcpHandler(
      ({ requestInfo }) => servers.create(requestInfo && this.#callers.get(requestInfo)),
      { legacy: 'reject', onerror: (error) => log('debug', `MCP: ${error.message}`) },
    )
    this.#modern = modern
    this.#stop = servers.onChange(() => modern.notify.toolsChanged())
  }

  async answer(request: Request, parsedBody: unknown, caller: Caller | undefined): Promise<Response> {
    this.#callers.set(request, caller)
    const isOld = await isLegacyRequest(request, parsedBody)
    return isOld ? this.#sessions.handle(request, parsedBody, caller) : this.#modern.fetch(request, { parsedBody })
  }

  async endSessions(): Promise<void> {
    await this.#sessions.close()
  }

  async close(): Promise<void> {
    this.#stop()
    this.#servers.close()
    await this.#sessions.close()
    await this.#modern.close()
  }
}
