// Requests to a server, and what it refuses as errors with our codes. Knows no route.

import { type ErrorCode, FlowError, isRecord, type Json, own } from '@stepflow/engine'

/** Where a server is, and who asks. */
export interface HttpOptions {
  /** Where the server is; it may end in /api/v1. */
  readonly url: string
  readonly token?: string | undefined
  readonly fetch?: typeof fetch | undefined
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Undefined parts are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it comes. */
  readonly body?: { readonly type: string; readonly content: AsyncIterable<Uint8Array> | Uint8Array }
  readonly accept?: string
  readonly key?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export class Http {
  /** `https://host/x/api/v1` */
  readonly base: string
  readonly #token: string | undefined
  readonly #fetch: typeof fetch

  constructor({ url, token, fetch: own = fetch }: HttpOptions) {
    this.base = baseOf(url)
    this.#token = token === undefined ? undefined : checkedToken(token)
    // In a browser it is a function of the page's, not of this object's.
    this.#fetch = (...words) => own(...words)
  }

  /** `has`: what every such answer has; one without it is another server's. */
  async json<T>(path: string, has: keyof T & string, request?: HttpRequest): Promise<T> {
    return this.document(await this.send(path, request), has)
  }

  /** The JSON of an answer. */
  async document<T>(answer: Response, has: keyof T & string): Promise<T> {
    const text = await this.read(() => answer.text())
    let document: unknown
    try {
      document = JSON.parse(text)
    } catch {
      throw notOurs('NOT_FOUND', answer, 'with what is not JSON')
    }
    if (own(document, has) === undefined) throw notOurs('NOT_FOUND', answer, `with JSON that has no "${has}"`)
    return document as T // the server's schemas hold for it
  }

  async text(path: string, type: string): Promise<string> {
    const answer = await this.stream(path, type)
    return this.read(() => answer.text())
  }

  /** An answer whose body is read as it comes. There is none if nothing follows. */
  async stream(path: string, type: string, request?: HttpRequest): Promise<Response> {
    const answer = await this.send(path, { accept: type, ...request })
    const sent = answer.headers.get('content-type') ?? 'no type'
    if (answer.status !== 204 && !sent.startsWith(type)) throw notOurs('NOT_FOUND', answer, `with ${sent}, not ${type}`)
    return answer
  }

  /** Of what is answered without a body. */
  async done(path: string, request?: HttpRequest): Promise<void> {
    const answer = await this.send(path, request)
    await this.read(() => answer.arrayBuffer())
    if (answer.status !== 204) throw notOurs('NOT_FOUND', answer, 'where nothing is to be answered')
  }

  /** Throws what the server refuses, by its code; UNREACHABLE if there is no answer. */
  async send(path: string, request: HttpRequest = {}): Promise<Response> {
    const { method = 'GET', query = {}, json, body, accept, key, signal } = request
    const params = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) {
      if (Array.isArray(value)) for (const one of value) params.append(name, one)
      else if (value !== undefined) params.set(name, String(value))
    }
    const search = params.size === 0 ? '' : `?${params}`
    const type = json === undefined ? body?.type : 'application/json'
    const answer = await this.read(() =>
      this.#fetch(`${this.base}${path}${search}`, {
        method,
        // One that is followed loses its body and its token, and the error would be about that.
        redirect: 'manual',
        headers: {
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(accept === undefined ? {} : { accept }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(body === undefined ? {} : streamed(body.content)),
        ...(signal === undefined ? {} : { signal }),
      } as RequestInit),
    )
    if (answer.ok && !isPage(answer)) return answer
    if (answer.ok) throw notOurs('NOT_FOUND', answer, 'with a page')
    if (isRedirect(answer)) throw redirected(this.base, answer)
    throw await problemOf(answer)
  }

  /** Chunks of a body as they come; throws UNREACHABLE if it breaks off, or if nothing has come for `silentMs`. */
  async *chunks(answer: Response, silentMs?: number): AsyncGenerator<Uint8Array> {
    const reader = answer.body?.getReader()
    if (!reader) return
    try {
      for (;;) {
        const { done, value } = await this.read(() => within(reader.read(), silentMs))
        if (done) return
        yield value
      }
    } finally {
      await reader.cancel().catch(() => {})
    }
  }

  /** Throws UNREACHABLE for what breaks off. */
  async read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (thrown) {
      if (FlowError.is(thrown)) throw thrown
      if (isRecord(thrown) && thrown.name === 'AbortError') throw new FlowError('CANCELLED', 'the request was given up')
      const insecure = whyNoTls(thrown)
      if (insecure !== undefined) throw new FlowError('NOT_FOUND', `${this.base} ${insecure}`, { cause: thrown })
      throw new FlowError('UNREACHABLE', `${this.base} cannot be reached: ${reasonOf(thrown)}`, { cause: thrown })
    }
  }
}

// ---

/** A connection whose other end is gone may never say so. */
async function within<T>(coming: Promise<T>, ms: number | undefined): Promise<T> {
  if (ms === undefined) return coming
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing has come for ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([coming, silence])
  } finally {
    clearTimeout(timer)
  }
}

function baseOf(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new FlowError(
      'INVALID_INPUT',
      `"${text}" is no address of a server: write, for example, http://127.0.0.1:7837`,
    )
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FlowError('INVALID_INPUT', `the address of a server begins with http:// or https://, not ${url.protocol}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new FlowError('INVALID_INPUT', 'the address of a server has no user and password in it: give a token')
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
  return `${url.origin}${path}/api/v1`
}

function streamed(content: AsyncIterable<Uint8Array> | Uint8Array) {
  if (content instanceof Uint8Array) return { body: content }
  const chunks = content[Symbol.asyncIterator]()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await chunks.return?.()
      },
    },
    { highWaterMark: 1 },
  )
  return { body, duplex: 'half' }
}

async function problemOf(answer: Response): Promise<FlowError> {
  const text = await answer.text().catch(() => '')
  let problem: unknown
  try {
    problem = JSON.parse(text)
  } catch {
    problem = undefined
  }
  const retryAfter = Number(answer.headers.get('retry-after'))
  const options = {
    status: answer.status,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  }
  if (isRecord(problem) && typeof problem.code === 'string' && typeof problem.detail === 'string') {
    const data = (problem.diagnostics ?? problem.data) as Json | undefined
    return new FlowError(problem.code as ErrorCode, problem.detail, data === undefined ? options : { ...options, data })
  }
  // Not ours: a proxy's, or another server's.
  const code = CODES[answer.status] ?? (answer.status >= 500 ? 'RESOURCE_UNAVAILABLE' : 'CONFLICT')
  return notOurs(code, answer, answer.statusText, options)
}

function notOurs(code: ErrorCode, answer: Response, how: string, options: { status?: number } = {}): FlowError {
  const what = `${answer.url} answered ${answer.status} ${how}`.trim()
  return new FlowError(code, `${what}: that is no Stepflow server, or something in front of one`, options)
}

/** The API answers none. */
function isPage(answer: Response): boolean {
  return /^text\/html\b/i.test(answer.headers.get('content-type') ?? '')
}

/** A browser does not show where to. */
function isRedirect({ type, status, headers }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400 && headers.has('location'))
}

function redirected(base: string, answer: Response): FlowError {
  const to = answer.headers.get('location') ?? ''
  const address = URL.canParse(to, answer.url) ? new URL(to, answer.url) : undefined
  const api = address?.href.match(/^[^?#]*(?=\/api\/v1\/)/)?.[0]
  if (api !== undefined) return new FlowError('NOT_FOUND', `${base} redirects to ${api}: give that address`)
  const where = address?.origin ?? 'another address'
  return new FlowError('NOT_FOUND', `${base} redirects to ${where}: give the address of the server itself`)
}

/** Other characters cannot be in a header. The token is not shown. */
function checkedToken(text: string): string {
  const token = text.trim()
  if (/^[\x21-\x7e]*$/.test(token)) return token
  throw new FlowError(
    'INVALID_INPUT',
    'the token has blanks, line breaks or other letters than a token has: copy it again',
  )
}

/** A failure that trying again does not mend. */
function whyNoTls(thrown: unknown): string | undefined {
  const cause = isRecord(thrown) ? thrown.cause : undefined
  const { code, message } = (isRecord(cause) ? cause : {}) as { code?: string; message?: string }
  if (code === undefined) return undefined
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return 'does not speak TLS: does its address begin with http://?'
  if (!/CERT|SIGNATURE|ISSUER/.test(code)) return undefined
  return `has a certificate that is not accepted: ${message}. NODE_EXTRA_CA_CERTS names a file of further authorities`
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'TOO_LARGE',
}

/** What Node's fetch fails with says nothing; its cause does. */
function reasonOf(thrown: unknown): string {
  const cause = isRecord(thrown) ? thrown.cause : undefined
  const { code, message } = (isRecord(cause) ? cause : thrown) as { code?: string; message?: string }
  if (code === 'ECONNREFUSED') return 'nothing listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host'
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'the connection broke off'
  return message ?? String(thrown)
}
