// Sessions of clients that speak a version before 2026-07-28 over HTTP: each has a server of its own, by which it hears of
// changed tools and cancels calls. They hold nothing that a client could not begin anew.

import { randomUUID } from 'node:crypto'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import type { Clock } from '@stepflow/engine'
import type { Caller } from '../access/access.ts'
import type { ToolServers } from './tool-server.ts'

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport
  /** Whose it is: another token must not use it. */
  readonly tokenId: string | undefined
  readonly close: () => void
  usedAt: number
}

const MOST_SESSIONS = 1000
const IDLE_MS = 60 * 60 * 1000

export class McpSessions {
  readonly #servers: ToolServers
  readonly #clock: Clock
  /** In the order of their last use. */
  readonly #sessions = new Map<string, Session>()

  constructor(servers: ToolServers, clock: Clock) {
    this.#servers = servers
    this.#clock = clock
  }

  async handle(request: Request, parsedBody: unknown, caller: Caller | undefined): Promise<Response> {
    this.#forgetIdle()
    const id = request.headers.get('mcp-session-id')
    const session = id === null ? undefined : this.#sessions.get(id)
    if (id !== null && session?.tokenId === caller?.tokenId && session) {
      this.#use(id, session)
      return session.transport.handleRequest(request, { parsedBody })
    }
    if (id !== null) return refuse(404, -32001, 'there is no such session: initialize a new one')
    return this.#open(request, parsedBody, caller)
  }

  async close(): Promise<void> {
    for (const { close, transport } of this.#sessions.values()) {
      close()
      await transport.close().catch(() => {})
    }
    this.#sessions.clear()
  }

  // ---

  async #open(request: Request, parsedBody: unknown, caller: Caller | undefined): Promise<Response> {
    const server = this.#servers.create(caller)
    const stop = this.#servers.onChange(() => void server.sendToolListChanged().catch(() => {}))
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        const session = { transport, tokenId: caller?.tokenId, close: stop, usedAt: this.#clock.now() }
        this.#sessions.set(id, session)
        if (this.#sessions.size > MOST_SESSIONS) this.#forget(this.#sessions.keys().next().value as string) // there is one
      },
      onsessionclosed: (id) => this.#forget(id),
    })
    await server.connect(transport)
    const response = await transport.handleRequest(request, { parsedBody })
    if (transport.sessionId === undefined) stop()
    return response
  }

  #use(id: string, session: Session): void {
    session.usedAt = this.#clock.now()
    this.#sessions.delete(id)
    this.#sessions.set(id, session)
  }

  #forgetIdle(): void {
    const now = this.#clock.now()
    for (const [id, { usedAt }] of this.#sessions) {
      if (now - usedAt < IDLE_MS) return
      this.#forget(id)
    }
  }

  #forget(id: string): void {
    const session = this.#sessions.get(id)
    if (!session) return
    this.#sessions.delete(id)
    session.close()
    void session.transport.close().catch(() => {})
  }
}

// ---

function refuse(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', id: null, error: { code, message } }, { status })
}
