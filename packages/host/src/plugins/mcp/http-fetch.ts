// What the official client calls `fetch`, over Node's own HTTP: it gives up on no answer that takes long (the built-in one
// does after five minutes), says in plain words what went wrong, and bounds what an answer can make us hold. Follows no
// redirect.

import { Agent, type IncomingMessage, request as requestOverHttp } from 'node:http'
import { request as requestOverHttps, Agent as SecureAgent } from 'node:https'
import { bytesText, rpcCode } from '@stepflow/protocol'

export interface HttpFetch {
  /** `tooLarge`: called with a message when the answer is over the bound, before reading it fails. */
  readonly fetch: (url: string | URL, init?: RequestInit, tooLarge?: (why: string) => void) => Promise<Response>
  /** Closes idle connections. */
  close(): void
}

/** `maxBytes`: of an answer, or of each event in a stream of them. */
export function createHttpFetch(maxBytes: number): HttpFetch {
  const pool = { keepAlive: true, timeout: IDLE_MS }
  const agents = { 'http:': new Agent(pool), 'https:': new SecureAgent(pool) }
  return {
    fetch: (url, init = {}, tooLarge = () => {}) => send(new URL(url), init, agents, { maxBytes, tooLarge }),
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

export function isEventStream(contentType: string | null | undefined): boolean {
  return /^text\/event-stream\b/i.test(contentType ?? '')
}

// ---

/** Many servers close a connection that was idle for 5 s. */
const IDLE_MS = 4000
const WITHOUT_BODY = new Set([204, 205, 304])

interface Agents {
  readonly 'http:': Agent
  readonly 'https:': SecureAgent
}

interface Bound {
  readonly maxBytes: number
  readonly tooLarge: (why: string) => void
}

function send(url: URL, init: RequestInit, agents: Agents, bound: Bound): Promise<Response> {
  const { method = 'GET', signal, body } = init
  const isSecure = url.protocol === 'https:'
  const settings = {
    method,
    headers: Object.fromEntries(new Headers(init.headers)),
    agent: isSecure ? agents['https:'] : agents['http:'],
  }
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const request = (isSecure ? requestOverHttps : requestOverHttp)(url, settings)
    const abort = () => request.destroy(new Error('aborted'))
    signal?.addEventListener('abort', abort, { once: true })
    request.on('close', () => signal?.removeEventListener('abort', abort))
    request.on('error', reject)
    request.on('response', (response) => {
      try {
        resolve(responseOf(response, bound))
      } catch (error) {
        request.destroy()
        reject(error)
      }
    })
    // The client sends text.
    request.end(body as string | undefined)
  })
}

function responseOf(response: IncomingMessage, bound: Bound): Response {
  const { statusCode: status = 0, statusMessage: statusText = '' } = response
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(response.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  if (!WITHOUT_BODY.has(status)) return new Response(bodyOf(response, bound), { status, statusText, headers })
  response.resume()
  return new Response(null, { status, statusText, headers })
}

function bodyOf(response: IncomingMessage, { maxBytes, tooLarge }: Bound): ReadableStream<Uint8Array> {
  const isStream = isEventStream(response.headers['content-type'])
  let size = 0
  let isEnded = false
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const end = (error?: Error) => {
        if (isEnded) return
        isEnded = true
        if (error) controller.error(error)
        else controller.close()
      }
      response.on('data', (chunk: Buffer) => {
        if (isEnded) return
        size = isStream ? unfinished(size, chunk) : size + chunk.length
        if (size > maxBytes) {
          const why = `the answer is more than the ${bytesText(maxBytes)} that are taken`
          tooLarge(why)
          end(Object.assign(new Error(why), { code: rpcCode.answerTooLarge }))
          return response.destroy()
        }
        controller.enqueue(chunk)
        if ((controller.desiredSize ?? 0) <= 0) response.pause()
      })
      response.on('end', () => end())
      response.on('error', end)
      response.on('close', () => end(brokeOff()))
    },
    pull() {
      response.resume()
    },
    cancel() {
      isEnded = true
      response.destroy()
    },
  })
}

function brokeOff(): Error {
  return Object.assign(new Error('the connection broke off'), { code: 'ECONNRESET' })
}

/** How much of an event has come that is not complete: an empty line ends one. */
function unfinished(before: number, chunk: Buffer): number {
  const end = Math.max(chunk.lastIndexOf('\n\n'), chunk.lastIndexOf('\r\n\r\n'), chunk.lastIndexOf('\r\r'))
  if (end >= 0) return chunk.length - end
  // The empty line may be cut in two.
  return chunk[0] === NEWLINE || chunk[0] === RETURN ? chunk.length : before + chunk.length
}

const NEWLINE = 10
const RETURN = 13
