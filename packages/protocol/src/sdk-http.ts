// The server's end of streamable HTTP: a POST is a message, and what belongs to a request goes back as its answer: as JSON,
// or as a stream of events once the component asks for something or says something. Whatever else the program prints goes
// to stderr.
//
// 1. Requests have ids of our own inside: several runtimes may use the same ones.
// 2. A connection that is closed before its answer is a request that nobody wants any more.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseJson } from './parse-json.ts'
import { readBody } from './request-body.ts'
import type { Transport, TransportEvents } from './transport.ts'
import {
  bytesText,
  MAX_MESSAGE_BYTES,
  type Message,
  type MessageId,
  type Request,
  readMessage,
  rpcCode,
  writeLine,
} from './wire.ts'

export interface HttpAddress {
  /** 0: any that is free. */
  readonly port: number
  readonly host: string
}

/** What the command line says: `--http`, `--http PORT` or `--http=PORT`, and `--host HOST`. */
export function addressIn(args: readonly string[]): HttpAddress | string | undefined {
  const port = optionIn(args, '--http')
  if (port === undefined) return undefined
  const number = port === '' ? 0 : Number(port)
  if (!Number.isInteger(number) || number < 0 || number > 65_535) return `--http takes a port, not "${port}"`
  return { port: number, host: optionIn(args, '--host') || '127.0.0.1' }
}

export function httpServing(name: string, address: HttpAddress): Transport {
  return new HttpServing(name, address)
}

// ---

/** A request that is not answered yet. */
interface Open {
  /** As the runtime named it. */
  readonly id: MessageId
  readonly response: ServerResponse
}

class HttpServing implements Transport {
  readonly #name: string
  readonly #address: HttpAddress
  readonly #instance = process.getBuiltinModule('node:crypto').randomUUID()
  readonly #open = new Map<MessageId, Open>()
  #events: TransportEvents | undefined
  #server: Server | undefined
  #count = 0

  constructor(name: string, address: HttpAddress) {
    this.#name = name
    this.#address = address
  }

  start(events: TransportEvents): void {
    this.#events = events
    const { createServer } = process.getBuiltinModule('node:http')
    const write = process.stdout.write.bind(process.stdout)
    // The first line on stdout says where we are.
    process.stdout.write = process.stderr.write.bind(process.stderr)
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error) => refuse(response, 500, rpcCode.internal, String(error)))
    })
    this.#server = server
    // Work may take longer than a browser's patience.
    server.requestTimeout = 0
    server.once('error', (error) => events.close({ why: `cannot listen: ${error.message}` }))
    server.listen(this.#address.port, this.#address.host, () => {
      write(`{"port": ${(server.address() as AddressInfo).port}}\n`)
    })
    this.#endWithParent()
  }

  send(message: Message): undefined {
    const key = 'method' in message ? message.call : message.id
    const open = key === undefined || key === null ? undefined : this.#open.get(key)
    // Nobody listens any more.
    if (!open || key === undefined || key === null) return
    if ('method' in message) {
      const text = writeLine(message, MAX_MESSAGE_BYTES).trimEnd()
      this.#beginStream(open)
      open.response.write(`data: ${text}\n\n`)
      return
    }
    const text = writeLine({ ...message, id: open.id }, MAX_MESSAGE_BYTES).trimEnd()
    this.#open.delete(key)
    if (open.response.headersSent) open.response.end(`data: ${text}\n\n`)
    else open.response.writeHead(200, { 'content-type': 'application/json' }).end(text)
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections()
    this.#server?.close()
  }

  // ---

  /** An engine that started us holds our stdin; it may be gone without a word. */
  #endWithParent(): void {
    if (!process.getBuiltinModule('node:fs').fstatSync(0).isSocket()) return
    process.stdin.once('end', () => {
      void this.close()
      this.#events?.close({ why: 'closed the connection' })
    })
    process.stdin.resume()
  }

  #beginStream({ response }: Open): void {
    if (response.headersSent) return
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'stepflow-instance-id': this.#instance,
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0]
    if (request.method === 'GET' && path === '/health') return this.#tellHealth(response)
    if (request.method !== 'POST') return refuse(response, 405, rpcCode.invalidRequest, 'messages come as POST')
    const { accept = '', 'content-type': type = '', origin, 'sec-fetch-site': site } = request.headers
    // Whoever has a page open in a browser on this machine has not allowed that page to call components.
    if (origin !== undefined || site !== undefined) {
      return refuse(response, 403, rpcCode.invalidRequest, 'pages in a browser are not served')
    }
    if (!type.includes('application/json')) {
      return refuse(response, 415, rpcCode.invalidRequest, 'Content-Type must be application/json')
    }
    if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
      return refuse(response, 406, rpcCode.invalidRequest, 'Accept must have application/json and text/event-stream')
    }
    const { body } = await readBody(request, MAX_MESSAGE_BYTES)
    if (body === undefined) {
      const bound = bytesText(MAX_MESSAGE_BYTES)
      return refuse(response, 413, rpcCode.invalidRequest, `a message has at most ${bound}`)
    }
    const message = readMessage(parseJson(body.toString('utf8')))
    if (!message) return refuse(response, 400, rpcCode.invalidRequest, 'the body is not a JSON-RPC message')
    if ('method' in message && 'id' in message) return this.#begin(message, response)
    response.writeHead(202).end()
    this.#events!.message(message)
  }

  #begin(message: Request, response: ServerResponse): void {
    const key = `${this.#instance}/${++this.#count}`
    this.#open.set(key, { id: message.id, response })
    response.once('close', () => {
      if (!this.#open.delete(key)) return
      this.#events!.message({ jsonrpc: '2.0', method: 'components/cancel', params: { id: key } })
    })
    this.#events!.message({ ...message, id: key, call: message.id })
  }

  #tellHealth(response: ServerResponse): void {
    const health = {
      status: 'healthy',
      instanceId: this.#instance,
      timestamp: new Date().toISOString(),
      service: this.#name,
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(health))
  }
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  if (response.headersSent) response.destroy()
  else {
    const text = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } })
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  }
}

/** The value of `--name VALUE` or `--name=VALUE`; empty if it stands alone. */
function optionIn(args: readonly string[], name: string): string | undefined {
  for (const [i, arg] of args.entries()) {
    if (arg.startsWith(`${name}=`)) return arg.slice(name.length + 1)
    if (arg !== name) continue
    const next = args[i + 1]
    return next === undefined || next.startsWith('-') ? '' : next
  }
  return undefined
}
