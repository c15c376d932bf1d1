// /http, /http/request and one name for each method. Everything about the wire is http-client.ts.

import { type Clock, type Component, FlowError, type Json, kindOf } from '@stepflow/engine'
import { define } from './define.ts'
import { type HttpAnswer, type HttpClient, retryAfterMs } from './http-client.ts'
import { shownUrl } from './http-faults.ts'
import { anything, count, custom, duration, type InputOf, object, optional, text } from './input.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const ANY_STATUS = ['1xx', '2xx', '3xx', '4xx', '5xx']
const MAX_REDIRECTS = 10

const fields = {
  url: text('Where to send the request'),
  method: optional(text('GET if absent; POST if there is something to send')),
  headers: optional(object('Names and values; a value may be a list')),
  query: optional(object('Appended to the URL; a list repeats its name')),
  body: optional(anything('Sent as JSON')),
  text: optional(text('Sent as it is')),
  form: optional(object('Sent as a form (application/x-www-form-urlencoded)')),
  timeout: optional(duration('Of the whole request; 5 minutes if absent')),
  follow_redirects: optional(
    custom('true, false or a number', { type: ['boolean', 'integer'] }, (value) => {
      if (typeof value === 'boolean') return value ? MAX_REDIRECTS : 0
      return count('').read(value) === value ? (value as number) : undefined // count reads numbers only
    }),
  ),
  expect: optional(
    custom('a list of statuses (200) or groups ("2xx")', { type: ['array', 'integer', 'string'] }, readExpected),
  ),
}

const output = {
  type: 'object',
  properties: {
    status: { type: 'integer' },
    headers: { type: 'object' },
    body: { description: 'The parsed value if the answer is JSON; else its text; base64 if it is no text' },
    text: { type: 'string', description: 'The text, if the answer is not JSON' },
    encoding: { enum: ['base64'], description: 'Present if the answer is not text' },
  },
  required: ['status', 'headers', 'body'],
} satisfies Json

const requestOutput: Json = {
  ...output,
  properties: { ...output.properties, status_code: { type: 'integer' } },
  required: [...output.required, 'status_code'],
}

/** `/http` and its variants, each a component of its own. */
export function http(client: HttpClient, clock: Clock): Component[] {
  const component = (name: string, method?: string) =>
    define({
      name,
      description: `Sends an HTTP ${method ?? ''} request`.replace('  ', ' '),
      fields,
      output,
      primary: 'body',
      call: (input, context) => send(`/builtin/${name}`, client, clock, input, method, ['2xx'], context.signal),
    })
  return [component('http'), request(client, clock), ...METHODS.map((m) => component(`http/${m.toLowerCase()}`, m))]
}

/** For flows that look at the status themselves: every answer is one, and its status has a second name. */
function request(client: HttpClient, clock: Clock): Component {
  return define({
    name: 'http/request',
    description: 'Sends an HTTP request; any status is an answer unless "expect" says otherwise',
    fields,
    output: requestOutput,
    primary: 'body',
    async call(input, context) {
      const answer = await send('/builtin/http/request', client, clock, input, undefined, ANY_STATUS, context.signal)
      return { ...answer, status_code: answer.status }
    },
  })
}

// ---

async function send(
  name: string,
  client: HttpClient,
  clock: Clock,
  input: InputOf<typeof fields>,
  fixedMethod: string | undefined,
  otherwise: readonly string[],
  signal: AbortSignal,
): Promise<Answer> {
  const payload = payloadOf(name, input)
  const method = methodOf(name, input.method, fixedMethod, payload !== undefined)
  const answer = await client.send({
    url: withQuery(name, input.url, input.query),
    method,
    headers: { ...payload?.headers, ...readHeaders(name, input.headers) },
    redirects: input.follow_redirects ?? MAX_REDIRECTS,
    signal,
    ...(payload ? { body: payload.body } : {}),
    ...(input.timeout === undefined ? {} : { timeoutMs: input.timeout }),
  })
  const result = read(answer)
  const expected = input.expect ?? otherwise
  if (expected.some((e) => e === answer.status || e === `${Math.floor(answer.status / 100)}xx`)) return result
  const wait = retryAfterMs(answer, clock.now())
  throw new FlowError(
    'COMPONENT_FAILED',
    `${method} ${shownUrl(answer.url)} answered ${answer.status} ${answer.statusText}`.trimEnd(),
    { data: result, status: answer.status, ...(wait === undefined ? {} : { retryAfterMs: wait }) },
  )
}

function methodOf(name: string, given: string | undefined, fixed: string | undefined, hasPayload: boolean): string {
  const method = given?.toUpperCase()
  if (fixed !== undefined && method !== undefined && method !== fixed) {
    throw new FlowError('INVALID_INPUT', `${name} sends ${fixed}, but "method" says ${method}: use /builtin/http`)
  }
  if (method !== undefined && !/^[A-Z-]+$/.test(method)) {
    throw new FlowError('INVALID_INPUT', `${name} needs "method" to be one of ${METHODS.join(', ')}`)
  }
  return fixed ?? method ?? (hasPayload ? 'POST' : 'GET')
}

/** `body` as JSON text, `text` as it is, `form` encoded; at most one of them. */
function payloadOf(name: string, input: InputOf<typeof fields>) {
  const given = (['body', 'text', 'form'] as const).filter((key) => input[key] !== undefined)
  if (given.length > 1) {
    throw new FlowError('INVALID_INPUT', `${name} can send only one of ${given.map((key) => `"${key}"`).join(' and ')}`)
  }
  if (input.body !== undefined) {
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(input.body) }
  }
  if (input.text !== undefined) {
    return { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: input.text }
  }
  if (input.form === undefined) return undefined
  const form = new URLSearchParams(pairs(name, 'form', input.form))
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() }
}

function withQuery(name: string, url: string, query: Readonly<Record<string, unknown>> | undefined): string {
  if (!query || !URL.canParse(url)) return url
  const target = new URL(url)
  for (const [key, value] of pairs(name, 'query', query)) target.searchParams.append(key, value)
  return target.href
}

/** A list repeats its name, null leaves it out, an object cannot be said. */
function pairs(name: string, field: string, record: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(record).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((element) => element !== null && element !== undefined)
      .map((element): [string, string] => [key, scalar(`${name} needs "${field}.${key}"`, element)]),
  )
}

/** Names in lower case, so that one given replaces the one that the payload brings. */
function readHeaders(name: string, headers: Readonly<Record<string, unknown>> | undefined) {
  const result: Record<string, string | string[]> = Object.create(null)
  for (const [key, value] of Object.entries(headers ?? {})) {
    if (value === null || value === undefined) continue
    if (/^(content-length|transfer-encoding|connection|upgrade|expect)$/i.test(key)) {
      throw new FlowError('INVALID_INPUT', `${name} sets the header "${key}" itself: leave it out`)
    }
    const what = `${name} needs the header "${key}"`
    result[key.toLowerCase()] = Array.isArray(value) ? value.map((v) => scalar(what, v)) : scalar(what, value)
  }
  return result
}

function scalar(what: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new FlowError('INVALID_INPUT', `${what} to be text, a number, true or false, got ${kindOf(value)}`)
}

function readExpected(value: unknown): (number | string)[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  const isStatus = (e: unknown) => typeof e === 'number' && Number.isInteger(e) && e >= 100 && e <= 599
  const isGroup = (e: unknown) => typeof e === 'string' && /^[1-5]xx$/i.test(e)
  if (list.length === 0 || !list.every((e) => isStatus(e) || isGroup(e))) return undefined
  return list.map((e) => (typeof e === 'string' ? e.toLowerCase() : (e as number))) // checked above
}

type Answer = { readonly [field: string]: Json; readonly status: number }

function read(answer: HttpAnswer): Answer {
  const { status, headers, body } = answer
  const base = { status, headers: headers as Json } // texts and lists of texts
  const type = String(headers['content-type'] ?? '')
  if (body.length === 0) return { ...base, body: null }
  const content = decode(body, type)
  if (content === undefined) return { ...base, body: body.toString('base64'), encoding: 'base64' }
  // Without a type it may be JSON; with another type it is not, however it looks.
  const parsed = /^$|[/+]json\b/i.test(type) ? parseJson(content) : undefined
  return parsed === undefined ? { ...base, body: content, text: content } : { ...base, body: parsed }
}

/** The text, or undefined if the bytes are no text in their own charset. */
function decode(body: Buffer, type: string): string | undefined {
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}

function parseJson(content: string): Json | undefined {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
