// Sends a request with a key to a JSON service: what the chat components and other services have in common. Keys stay out
// of errors.

import { type Clock, FlowError, isRecord, type Json, own, Redactor } from '@stepflow/engine'
import { type HttpAnswer, type HttpClient, retryAfterMs } from './http-client.ts'

export interface ServiceCall {
  /** How a message names it: `OpenAI`. */
  readonly service: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** Nothing of these is seen in an error. */
  readonly secrets: readonly string[]
  /** The base URL comes from the environment or the configuration. */
  readonly trusted: boolean
  readonly timeoutMs?: number
  readonly signal: AbortSignal
}

/** Models take their time; a service that is silent for longer hangs. */
const TIMEOUT_MS = 600_000

/** The answer, parsed. 408, 429 and 5xx are RESOURCE_UNAVAILABLE; other refusals would come again and are not retried. */
export async function askService(
  client: HttpClient,
  clock: Clock,
  call: ServiceCall,
): Promise<Record<string, unknown>> {
  const redactor = new Redactor(call.secrets)
  try {
    const answer = await client.send({
      url: call.url,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...call.headers },
      body: JSON.stringify(call.body),
      timeoutMs: call.timeoutMs ?? TIMEOUT_MS,
      trusted: call.trusted,
      signal: call.signal,
    })
    return judged(call.service, answer, clock.now())
  } catch (error) {
    throw FlowError.is(error) ? cleaned(error, redactor) : error
  }
}

// ---

function judged(service: string, answer: HttpAnswer, now: number): Record<string, unknown> {
  const content = answer.body.toString('utf8')
  const parsed = parse(content)
  if (answer.status >= 200 && answer.status < 300) {
    if (isRecord(parsed)) return parsed
    throw new FlowError('COMPONENT_FAILED', `${service} did not answer with a JSON object: ${excerpt(content)}`)
  }
  const said = messageOf(parsed) ?? excerpt(content)
  const message = `${service} answered ${answer.status}${said === '' ? '' : `: ${said}`}`
  const data = { status: answer.status, body: (parsed as Json | undefined) ?? excerpt(content) } // parsed from JSON
  const wait = retryAfterMs(answer, now)
  const retryAfter = wait === undefined ? {} : { retryAfterMs: wait }
  if (answer.status === 401 || answer.status === 403) {
    throw new FlowError('COMPONENT_FAILED', `${message} (is the key right?)`, { data, status: answer.status })
  }
  if (answer.status === 408 || answer.status === 429 || answer.status >= 500) {
    throw new FlowError('RESOURCE_UNAVAILABLE', message, { data, status: answer.status, ...retryAfter })
  }
  const redirects = answer.status >= 300 && answer.status < 400
  const why = redirects ? ' (it redirects, which is not followed with a key: is the base URL right?)' : ''
  throw new FlowError('COMPONENT_FAILED', `${message}${why}`, {
    data,
    status: answer.status,
    ...(redirects ? { retryable: false } : {}),
  })
}

function cleaned(error: FlowError, redactor: Redactor): FlowError {
  if (redactor.isEmpty) return error
  return new FlowError(error.code, redactor.text(error.message), {
    ...(error.data === undefined ? {} : { data: redactor.value(error.data) }),
    ...(error.retryable === undefined ? {} : { retryable: error.retryable }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.tries === undefined ? {} : { tries: error.tries }),
  })
}

/** `{error: {message}}`, `{error: "..."}` or `{message}`: services differ. */
function messageOf(body: unknown): string | undefined {
  const error = own(body, 'error')
  return [own(error, 'message'), error, own(body, 'message')].find((text): text is string => typeof text === 'string')
}

function excerpt(content: string): string {
  const line = content.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}...` : line
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
