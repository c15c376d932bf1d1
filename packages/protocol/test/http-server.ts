// A server over HTTP whose every answer a test decides, and a plugin that finds it by its address.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach } from 'vitest'
import { pluginOf, type TestOptions, type TestPlugin } from './setup.ts'

export interface Said {
  readonly id?: number | string
  readonly method?: string
  readonly params?: { readonly component?: string; readonly input?: unknown }
  readonly result?: unknown
  readonly error?: unknown
}

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly message: Said
  /** Answers with the output. */
  done(output: unknown): void
  /** Sends an event. */
  event(value: unknown): void
}

export interface TestServer {
  readonly url: string
  /** All that was posted, handshake and all. */
  readonly heard: readonly Said[]
  /** Of all posts. */
  readonly headers: readonly IncomingMessage['headers'][]
  readonly sockets: ReadonlySet<Socket>
  plugin(over?: TestOptions): TestPlugin
  close(): Promise<void>
}

const open: Server[] = []
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** Components by name, beside `/echo`; `answered` gets what we say to the server's requests, to take or to refuse. */
export async function testServer(
  components: Record<string, (exchange: Exchange) => void>,
  answered: (exchange: Exchange) => void = ({ response }) => void response.writeHead(202).end(),
  { capabilities = {}, port = 0 }: { capabilities?: object | null; port?: number } = {},
): Promise<TestServer> {
  const heard: Said[] = []
  const headers: IncomingMessage['headers'][] = []
  const sockets = new Set<Socket>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const message = JSON.parse(body) as Said
    heard.push(message)
    headers.push(request.headers)
    const json = (result: unknown) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }))
    }
    const exchange: Exchange = {
      request,
      response,
      message,
      done: (output) =>
        response.headersSent
          ? void response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { output } })}\n\n`)
          : json({ output }),
      event(value) {
        if (!response.headersSent) {
          response.writeHead(200, { 'content-type': 'text/event-stream', 'stepflow-instance-id': 'one' })
        }
        response.write(`data: ${JSON.stringify(value)}\n\n`)
      },
    }
    switch (message.method) {
      case 'initialize':
        return json({ server_protocol_version: 1, ...(capabilities && { capabilities }) })
      case 'components/list':
        return json({ components: [{ component: '/echo' }] })
      case 'components/execute': {
        const component = String(message.params?.component)
        return component === '/echo' ? exchange.done(message.params?.input) : components[component]?.(exchange)
      }
      case undefined:
        return answered(exchange)
      default:
        return void response.writeHead(202).end()
    }
  })
  server.on('connection', (socket) => sockets.add(socket))
  open.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    url,
    heard,
    headers,
    sockets,
    plugin: (over = {}) => pluginOf({ url, ...over }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
