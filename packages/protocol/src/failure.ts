// Wire errors as our errors and back: the one table of what a server's code means. Keeps the component's own words.

import { type ErrorCode, FlowError, isRecord, type Json, own } from '@stepflow/engine'
import { RpcError, rpcCode, type WireError } from './wire.ts'

/** What a call fails with when the server answered it with an error. */
export function failureOf(error: unknown, component: string): unknown {
  if (!(error instanceof RpcError)) return error
  const retryable = own(error.data, 'retryable')
  const retryAfterMs = own(error.data, 'retry_after_ms')
  const isFinal = retryable === false || error.code === rpcCode.answerTooLarge
  const isOurs = OURS.has(error.code)
  const message = isOurs ? `component ${component}: ${error.message}` : error.message
  const data = restOf(error.data)
  return new FlowError(codeOf(error), message, {
    ...(isEmpty(data) ? {} : { data: data as Json }), // JSON by its origin
    ...(isFinal ? { retryable: false } : {}),
    ...(typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? { retryAfterMs } : {}),
  })
}

/** What a server is told when its own request failed. */
export function refusalOf(thrown: unknown): WireError {
  if (thrown instanceof RpcError) {
    return thrown.data === undefined
      ? { code: thrown.code, message: thrown.message }
      : { code: thrown.code, message: thrown.message, data: thrown.data }
  }
  if (FlowError.is(thrown)) {
    const data = thrown.data === undefined ? { code: thrown.code } : { code: thrown.code, data: thrown.data }
    return { code: refusals[thrown.code] ?? rpcCode.internal, message: thrown.message, data }
  }
  return { code: rpcCode.internal, message: thrown instanceof Error ? thrown.message : String(thrown) }
}

/** A start that fails is tried three times in all: these are the call's transport retries. */
export function startFailure(error: unknown): unknown {
  if (!FlowError.is(error) || error.code !== 'UNREACHABLE') return error
  return new FlowError('UNREACHABLE', error.message, {
    cause: error,
    tries: 3,
    ...(error.data === undefined ? {} : { data: error.data }),
    ...(error.retryable === undefined ? {} : { retryable: error.retryable }),
  })
}

// ---

/** What our transports say of an answer, in place of one. */
const OURS: ReadonlySet<number> = new Set([rpcCode.unreadable, rpcCode.malformed, rpcCode.unreachable])

const refusals: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: rpcCode.notFound,
  INVALID_INPUT: rpcCode.invalidParams,
  INVALID_FLOW: rpcCode.invalidParams,
  COMPONENT_NOT_FOUND: rpcCode.invalidParams,
}

/** The codes that a component may choose, by `data.code`; the others are for the engine to say. */
const chosen: ReadonlySet<string> = new Set<ErrorCode>([
  'COMPONENT_FAILED',
  'INVALID_INPUT',
  'NOT_FOUND',
  'RESOURCE_UNAVAILABLE',
  'TIMEOUT',
])

function codeOf(error: RpcError): ErrorCode {
  const code = own(error.data, 'code')
  if (typeof code === 'string' && chosen.has(code)) return code as ErrorCode // just looked up
  switch (error.code) {
    case rpcCode.methodNotFound:
      return 'COMPONENT_NOT_FOUND'
    case rpcCode.componentError:
      // The Python SDK's code for several things; only "not found" names the component.
      return typeof own(error.data, 'component') === 'string' ? 'COMPONENT_NOT_FOUND' : 'COMPONENT_FAILED'
    case rpcCode.invalidParams:
    case rpcCode.invalidInput:
    case rpcCode.unsendable:
      return 'INVALID_INPUT'
    case rpcCode.timeout:
      return 'TIMEOUT'
    case rpcCode.unavailable:
      return 'RESOURCE_UNAVAILABLE'
    case rpcCode.unreadable:
    case rpcCode.unreachable:
      return 'UNREACHABLE'
    default:
      return 'COMPONENT_FAILED'
  }
}

/** Without what has become the failure's own: its code, and whether and when to try again. */
function restOf(data: unknown): unknown {
  if (!isRecord(data)) return data
  const isOwn = (key: string, value: unknown) =>
    key === 'code' ? chosen.has(value as string) : key === 'retryable' || key === 'retry_after_ms'
  return Object.fromEntries(Object.entries(data).filter(([key, value]) => !isOwn(key, value)))
}

function isEmpty(data: unknown): boolean {
  return data === undefined || data === null || (typeof data === 'object' && Object.keys(data).length === 0)
}
