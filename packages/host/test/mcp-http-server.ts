// An MCP server over HTTP in bare JSON-RPC, for tests: each tool answers in its own, mostly bad, way.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Asked {
  readonly id?: number | string
  readonly method: string
  readonly params?: {
    readonly name?: string
    readonly arguments?: Record<string, unknown>
    readonly _meta?: Record<string, unknown>
  }
}

export interface Exchange {
  readonly asked: Asked
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Answers as JSON. */
  answer(result: unknown): void
  /** Begins a stream of events. */
  stream(): (message: unknown) => void
}

export interface TestServer {
  readonly url: string
  /** All that was asked, in order: method, or method and tool. */
  readonly asked: string[]
  /** The headers of each request. */
  readonly headers: IncomingMessage['headers'][]
  /** Forgets its sessions, as if it had been started anew. */
  forget(): void
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly tools?: Readonly<Record<string, (exchange: Exchange) => void>>
  /** `modern`: protocol 2026-07-28, without sessions. */
  readonly era?: 'old' | 'modern'
  readonly capabilities?: Record<string, unknown>
  /** Sees every request first; true: it has answered. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly on?: (exchange: Exchange) => boolean
}

export async function httpServer(options: ServerOptions = {}): Promise<TestServer> {
  const { tools = {}, era = 'old', capabilities = { tools: { listChanged: true } } } = options
  const asked: string[] = []
  const headers: IncomingMessage['headers'][] = []
  const sessions = new Set<string>()
  let count = 0

  const handle = (exchange: Exchange, request: IncomingMessage, response: ServerResponse): void => {
    const { method, params } = exchange.asked
    if (options.on?.(exchange)) return
    if (exchange.asked.id === undefined) return void response.writeHead(202).end()
    if (method === 'server/discover') {
      if (era === 'old') return refuse(exchange, -32601, `no method ${method}`)
      return exchange.answer({
        resultType: 'complete',
        supportedVersions: ['2026-07-28'],
        capabilities,
        ttlMs: 0,
        cacheScope: 'private',
      })
    }
    if (method === 'initialize') {
      const session = `session-${++count}`
      sessions.add(session)
      response.setHeader('mcp-session-id', session)
      return exchange.answer({
        protocolVersion: '2025-11-25',
        capabilities,
        serverInfo: { name: 'http', version: '1' },
      })
    }
    if (era === 'old' && !sessions.has(String(request.headers['mcp-session-id'])))
      return void response.writeHead(404).end('no such session')
    if (method === 'tools/list') {
      const listed = ['echo', ...Object.keys(tools)].map((name) => ({ name, inputSchema: { type: 'object' } }))
      return exchange.answer({
        tools: listed,
        ...(era === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {}),
      })
    }
    if (method !== 'tools/call') return refuse(exchange, -32601, `no method ${method}`)
    const tool = tools[params?.name ?? '']
    if (tool) return tool(exchange)
    exchange.answer({
      content: [],
      structuredContent: params?.arguments,
      ...(era === 'modern' ? { resultType: 'complete' } : {}),
    })
  }

  const server = createServer((request, response) => {
    headers.push(request.headers)
    if (options.before?.(request, response)) return
    if (request.method === 'DELETE') {
      sessions.delete(String(request.headers['mcp-session-id']))
      asked.push('DELETE')
      return void response.writeHead(200).end()
    }
    if (request.method === 'GET') return void response.writeHead(405).end()
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const message = JSON.parse(body) as Asked
      asked.push([message.method, message.params?.name].join(' ').trim())
      const json = (answer: unknown) => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...(answer as object) }))
      }
      handle(
        {
          asked: message,
          request,
          response,
          answer: (result) => json({ result }),
          stream() {
            response.writeHead(200, { 'content-type': 'text/event-stream' })
            return (sent) => void response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...(sent as object) })}\n\n`)
          },
        },
        request,
        response,
      )
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  onTestFinished(stop)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    asked,
    headers,
    forget: () => sessions.clear(),
    stop,
  }
}

function refuse({ asked, response }: Exchange, code: number, message: string): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, error: { code, message } }))
}
