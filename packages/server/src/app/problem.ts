// What was thrown, as application/problem+json. Nothing that a client can send is a fault of ours; what is one is logged, and
// its text stays here.

import { STATUS_CODES } from 'node:http'
import type { Problem } from '@stepflow/api'
import { codes, type ErrorCode, FlowError, isAway, isRecord, type Log } from '@stepflow/engine'
import type { FastifyReply, FastifyRequest } from 'fastify'

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** A request that cannot be read: 400, where what can be read and is wrong is 422. */
export function unreadable(message: string, data?: FlowError['data']): FlowError {
  return new FlowError('INVALID_INPUT', message, { status: 400, ...(data === undefined ? {} : { data }) })
}

export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const error = asFlowError(thrown)
  const status = error.status ?? codes[error.code].http
  if (error.code === 'INTERNAL') {
    const { message, stack } = (thrown ?? {}) as Error
    log('error', `request ${request.id} (${request.method} ${request.routeOptions.url}) failed: ${stack ?? message}`)
  }
  const detail =
    error.code === 'INTERNAL' ? 'a fault of this server; its log says more, by the requestId' : error.message
  const problem = problemOf({ status, code: error.code, detail, requestId: request.id, ...more(error) })
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer')
  if (status === 503) reply.header('Retry-After', Math.ceil((error.retryAfterMs ?? 5_000) / 1000))
  return reply.code(status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem)
}

export function problemOf(facts: Omit<Problem, 'type' | 'title'>): Problem {
  return { type: 'about:blank', title: STATUS_CODES[facts.status] ?? 'Error', ...facts }
}

// ---

/** What fastify refuses by itself, by its codes. */
const REFUSALS: Readonly<Record<string, readonly [ErrorCode, string, status?: number]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_TYPE', 'this route does not take a body of this Content-Type'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['TOO_LARGE', 'the body is larger than 16 MiB; large inputs are sent as lines'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['INVALID_INPUT', 'the body is not as long as Content-Length says', 400],
  FST_ERR_BAD_URL: ['INVALID_INPUT', 'the path cannot be read: it has a wrong % in it', 400],
  FST_ERR_ASYNC_CONSTRAINT: ['INVALID_INPUT', 'the request cannot be read', 400],
}

function asFlowError(thrown: unknown): FlowError {
  if (FlowError.is(thrown)) return isAway(thrown) ? away(thrown) : thrown
  if (isRecord(thrown)) {
    const refusal = REFUSALS[String(thrown.code)]
    if (refusal) {
      const [code, message, status] = refusal
      return new FlowError(code, message, status === undefined ? {} : { status })
    }
    // Node itself: a body that broke off, headers that cannot be read.
    const { statusCode } = thrown
    if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
      return new FlowError('INVALID_INPUT', String(thrown.message), { status: statusCode })
    }
    if (thrown.code === 'ECONNRESET') return unreadable('the body broke off')
  }
  return new FlowError('INTERNAL', 'a fault of this server', { cause: thrown })
}

/** A store that is away comes back. */
function away(error: FlowError): FlowError {
  return new FlowError('RESOURCE_UNAVAILABLE', error.message, { cause: error })
}

/** Findings are a list of their own. */
function more({ code, data }: FlowError): Pick<Problem, 'diagnostics' | 'data'> {
  if (data === undefined || code === 'INTERNAL') return {}
  const isList = Array.isArray(data) && data.every((one) => isRecord(one) && 'level' in one && 'message' in one)
  return isList ? { diagnostics: data as unknown as NonNullable<Problem['diagnostics']> } : { data }
}
