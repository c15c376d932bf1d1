// Sends one HTTP request and gives the whole answer: guarded, bounded, abortable. It judges no status and parses no body.

import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Readable } from 'node:stream'
import { type Clock, FlowError, systemClock } from '@stepflow/engine'
import type { HostRates } from './host-rates.ts'
import { codeOf, httpFault, shownUrl } from './http-faults.ts'
import { createNetGuard, type NetGuard } from './net-guard.ts'

export interface HttpRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
  /** From the call to the last byte of the answer; 5 minutes if absent. */
  readonly timeoutMs?: number
  /** How many redirects are followed; none if absent. */
  readonly redirects?: number
  /** The address was chosen by who runs the engine, not by a step's data: any may be connected to. */
  readonly trusted?: boolean
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly url: URL
  readonly status: number
  readonly statusText: string
  /** Names in lower case; `set-cookie` is a list. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Buffer
}

export interface HttpClient {
  /** Throws UNREACHABLE, TIMEOUT, CANCELLED, or INVALID_INPUT for what cannot be sent or may not be reached. */
  send(request: HttpRequest): Promise<HttpAnswer>
  /** Closes idle connections. */
  close(): void
}

export interface HttpClientOptions {
  readonly guard?: NetGuard
  readonly clock?: Clock
  readonly rates?: HostRates
  /** Of an answer, decompressed; 64 MiB if absent. */
  readonly maxBytes?: number
}

export const DEFAULT_TIMEOUT_MS = 300_000
const MAX_BYTES = 64 * 1024 * 1024

export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const guard = options.guard ?? createNetGuard()
  const clock = options.clock ?? systemClock
  const { maxBytes = MAX_BYTES, rates } = options
  // A connection is kept for whom it was opened: a trusted one must not serve a request that has to be guarded.
  const agents = new Map<string, Agent>()

  return { send, close: () => agents.forEach((agent) => void agent.destroy()) }

  async function send(request: HttpRequest): Promise<HttpAnswer> {
    // Before its time counts.
    if (rates) await rates.take(parseUrl(request.url), request.signal, request.signal)
    const stop = new AbortController()
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const abort = () => stop.abort(new FlowError('CANCELLED', 'the request was aborted'))
    const cancelTimer = clock.timer(timeoutMs, () => {
      stop.abort(new FlowError('TIMEOUT', `${shownUrl(request.url)} did not answer within ${timeoutMs / 1000} s`))
    })
    if (request.signal.aborted) abort()
    else request.signal.addEventListener('abort', abort, { once: true })
    try {
      return await follow(request, stop.signal)
    } finally {
      cancelTimer()
      request.signal.removeEventListener('abort', abort)
    }
  }

  async function follow(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    let next: Hop = { ...request, url: parseUrl(request.url) }
    for (let left = request.redirects ?? 0; ; left--) {
      const answer = await exchangeOnce(next, signal)
      const location = REDIRECTS.has(answer.status) ? answer.headers.location : undefined
      if (typeof location !== 'string' || !request.redirects) return answer
      if (left === 0) {
        throw new FlowError(
          'COMPONENT_FAILED',
          `${shownUrl(request.url)} redirects more than ${request.redirects} times`,
        )
      }
      next = redirected(next, answer, location)
      if (rates) await rates.take(next.url, request.signal, signal)
    }
  }

  async function exchangeOnce(hop: Hop, signal: AbortSignal): Promise<HttpAnswer> {
    if (!hop.trusted) guard.check(hop.url)
    const secure = hop.url.protocol === 'https:'
    const { Agent, request } = secure ? await import('node:https') : await import('node:http')
    const agentKey = `${secure} ${hop.trusted === true}`
    const agent = agents.get(agentKey) ?? new Agent({ keepAlive: true })
    agents.set(agentKey, agent)
    const settings: RequestOptions = {
      agent,
      method: hop.method ?? 'GET',
      headers: headersOf(hop),
      ...(hop.trusted ? {} : { lookup: guard.lookup(hop.url) }),
    }
    return exchange(hop, () => request(hop.url, settings), signal, maxBytes)
  }
}

/** When the other side wants to be asked again: `Retry-After` in seconds or as a date. */
export function retryAfterMs(answer: HttpAnswer, now: number): number | undefined {
  const header = answer.headers['retry-after']
  if (typeof header !== 'string') return undefined
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Math.round(Number(header) * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

// ---

type Hop = Omit<HttpRequest, 'url'> & { readonly url: URL }

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
const REDIRECTS = new Set([301, 302, 303, 307, 308])

function parseUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) {
    throw new FlowError(
      'INVALID_INPUT',
      `${JSON.stringify(text.slice(0, 200))} is not a URL such as https://example.com/a`,
    )
  }
  const url = new URL(text, base?.href)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FlowError('INVALID_INPUT', `${url.protocol}// cannot be requested: only http:// and https:// can`)
  }
  return url
}

function redirected(hop: Hop, answer: HttpAnswer, location: string): Hop {
  const url = parseUrl(location, hop.url)
  const headers = { ...hop.headers }
  const drop = (names: RegExp) => {
    for (const name of Object.keys(headers)) if (names.test(name)) delete headers[name]
  }
  drop(/^host$/i)
  const isOtherOrigin = url.origin !== hop.url.origin
  if (isOtherOrigin) drop(/auth|cookie|token|secret|api-?key/i)
  // As browsers do: after a POST, 301 and 302 are fetched; 303 always is; 307 and 308 repeat the request.
  const method = hop.method ?? 'GET'
  const becomesGet =
    (answer.status === 303 && method !== 'HEAD') ||
    ((answer.status === 301 || answer.status === 302) && method === 'POST')
  // Where a redirect leads was not chosen by who is trusted.
  const { body, ...rest } = hop
  const next = { ...rest, url, headers, trusted: hop.trusted === true && !isOtherOrigin }
  if (!becomesGet) return body === undefined ? next : { ...next, body }
  drop(/^content-/i)
  return { ...next, method: 'GET' }
}

/** Our own headers first, so that the request's may replace them. */
function headersOf(hop: Hop): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    'user-agent': 'stepflow',
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
  }
  for (const [name, value] of Object.entries(hop.headers ?? {})) {
    headers[name.toLowerCase()] = typeof value === 'string' ? value : [...value]
  }
  const { username, password } = hop.url
  if (username && !headers.authorization) {
    const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    headers.authorization = `Basic ${Buffer.from(user).toString('base64')}`
  }
  if (hop.body !== undefined) headers['content-length'] = String(Buffer.byteLength(hop.body))
  return headers
}

async function exchange(
  hop: Hop,
  open: () => ClientRequest,
  signal: AbortSignal,
  maxBytes: number,
  retry = true,
): Promise<HttpAnswer> {
  signal.throwIfAborted()
  const request = openRequest(open)
  const abort = () => request.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const response = await responseTo(request, hop.body)
    const body = await collect(await decoded(response), maxBytes, hop.url)
    return {
      url: hop.url,
      status: response.statusCode ?? 0,
      statusText: response.statusMessage ?? '',
      headers: response.headers as Record<string, string | string[]>, // absent ones are not enumerated
      body,
    }
  } catch (error) {
    request.destroy()
    if (signal.aborted) throw signal.reason
    // A kept connection that the server had just closed says nothing about the server; but whether it had read the request
    // first, nobody knows.
    if (retry && isIdempotent(hop) && request.reusedSocket && codeOf(error) === 'ECONNRESET')
      return exchange(hop, open, signal, maxBytes, false)
    throw httpFault(error, hop.url, isIdempotent(hop) ? 'harmless' : 'noticed')
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Sent twice, it does what it does sent once. */
function isIdempotent({ method = 'GET' }: Hop): boolean {
  return IDEMPOTENT.has(method)
}

function openRequest(open: () => ClientRequest): ClientRequest {
  try {
    return open()
  } catch (error) {
    // Node's own checks of method, header names and header values; their messages do not quote the values.
    throw new FlowError(
      'INVALID_INPUT',
      `the request cannot be sent: ${error instanceof Error ? error.message : error}`,
    )
  }
}

function responseTo(request: ClientRequest, body: string | Uint8Array | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    // Stays for the whole exchange: an error after the response must not become an uncaught one.
    request.on('error', reject)
    // An answer of 101 would hand us the bare socket.
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new FlowError('COMPONENT_FAILED', 'the server switched to a protocol that was not asked for'))
    })
    request.end(body)
  })
}

async function decoded(response: IncomingMessage): Promise<Readable> {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase()
  if (!encoding || encoding === 'identity' || response.statusCode === 204 || response.statusCode === 304)
    return response
  const zlib = await import('node:zlib')
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? zlib.createGunzip()
      : encoding === 'deflate'
        ? zlib.createInflate()
        : encoding === 'br'
          ? zlib.createBrotliDecompress()
          : undefined
  if (!decoder) return response
  response.on('error', (error) => decoder.destroy(error))
  response.on('aborted', () => decoder.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
  return response.pipe(decoder)
}

async function collect(stream: Readable, maxBytes: number, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) {
      throw new FlowError(
        'COMPONENT_FAILED',
        `the answer of ${shownUrl(url)} is larger than ${maxBytes / 2 ** 20} MiB`,
        {
          retryable: false,
        },
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
