// Where servers over HTTP keep blobs: a small listener on the loopback, for whoever knows the secret in its address. Knows
// no store: it reaches what the last call could.

import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BlobAccess, FlowError, isRecord } from '@stepflow/engine'
import { parseJson } from './parse-json.ts'
import { readBody } from './request-body.ts'
import { bytesText, MAX_MESSAGE_BYTES } from './wire.ts'

export interface BlobListenerOptions {
  /** Undefined: nothing has been called yet. */
  readonly blobs: () => BlobAccess | undefined
  readonly maxBytes?: number
}

export class BlobListener {
  readonly #options: BlobListenerOptions
  readonly #secret = randomBytes(24).toString('base64url')
  #server: Server | undefined
  #opening: Promise<string> | undefined

  constructor(options: BlobListenerOptions) {
    this.#options = options
  }

  /** Its address; opens it when it is first asked for. */
  url(): Promise<string> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    const server = this.#server
    if (!server) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  // ---

  #open(): Promise<string> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error) => refuse(response, 500, messageOf(error)))
    })
    this.#server = server
    // It is no reason to go on living.
    server.unref()
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${this.#secret}`)
      })
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [secret, id, ...rest] = (request.url ?? '').split('?')[0]!.slice(1).split('/')
    if (secret !== this.#secret || rest.length > 0) return refuse(response, 404, 'there is nothing at this address')
    const blobs = this.#options.blobs()
    if (!blobs) return refuse(response, 503, 'no component has been called yet: whose blobs these are is not known')
    if (request.method === 'GET' && id) return this.#get(blobs, id, request, response)
    if (request.method === 'POST' && !id) return this.#put(blobs, request, response)
    refuse(response, 405, 'there are: POST to this address, and GET of ADDRESS/ID')
  }

  async #get(blobs: BlobAccess, id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let value: unknown
    try {
      value = await blobs.get(id)
    } catch (error) {
      if (!FlowError.is(error) || error.code !== 'NOT_FOUND') throw error
      return refuse(response, 404, error.message)
    }
    if (!(value instanceof Uint8Array)) return answer(response, 200, { data: value, blobType: 'data' })
    if (!(request.headers.accept ?? '').includes('application/octet-stream')) {
      return answer(response, 200, { data: Buffer.from(value).toString('base64'), blobType: 'binary' })
    }
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': value.length }).end(value)
  }

  async #put(blobs: BlobAccess, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const maxBytes = this.#options.maxBytes ?? MAX_MESSAGE_BYTES
    const { bytes, body: content } = await readBody(request, maxBytes)
    if (!content)
      return refuse(response, 413, `a blob has at most ${bytesText(maxBytes)}; this has ${bytesText(bytes)}`)
    if ((request.headers['content-type'] ?? '').startsWith('application/octet-stream')) {
      return answer(response, 200, { blobId: await blobs.put(new Uint8Array(content)) })
    }
    const body = parseJson(content.toString('utf8'))
    if (!isRecord(body) || body.data === undefined) return refuse(response, 400, 'the body is not JSON with "data"')
    if (body.blobType !== 'binary') return answer(response, 200, { blobId: await blobs.put(body.data) })
    if (typeof body.data !== 'string') return refuse(response, 400, '"data" of a binary blob is base64')
    answer(response, 200, { blobId: await blobs.put(new Uint8Array(Buffer.from(body.data, 'base64'))) })
  }
}

// ---

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) response.destroy()
  else answer(response, status, { error: { message } })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
