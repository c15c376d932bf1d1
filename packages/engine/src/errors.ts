// The one error class and the one table of codes. What a code means for retry, HTTP and the exit status is a column here.

import { isRecord, type Json } from './json.ts'

/** What went wrong, for programs; a component may have codes of its own. */
export type ErrorCode =
  | 'INVALID_FLOW'
  | 'INVALID_INPUT'
  | 'NOT_FOUND'
  | 'EXPRESSION_FAILURE'
  | 'COMPONENT_NOT_FOUND'
  | 'COMPONENT_FAILED'
  | 'RESOURCE_UNAVAILABLE'
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'CANCELLED'
  | 'CONFLICT'
  | 'INTERNAL'
  // What a server answers, and no step fails with.
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'METHOD_NOT_ALLOWED'
  | 'TOO_LARGE'
  | 'UNSUPPORTED_TYPE'

/** `step`: retried if the step's `retry` says so; `transport`: retried by the engine's own budget. */
export type RetryClass = 'never' | 'step' | 'transport'

export interface CodeFacts {
  readonly retry: RetryClass
  readonly http: number
  readonly exit: number
}

export const codes: Readonly<Record<ErrorCode, CodeFacts>> = {
  INVALID_FLOW: { retry: 'never', http: 422, exit: 2 },
  INVALID_INPUT: { retry: 'never', http: 422, exit: 2 },
  NOT_FOUND: { retry: 'never', http: 404, exit: 3 },
  COMPONENT_NOT_FOUND: { retry: 'never', http: 404, exit: 3 },
  COMPONENT_FAILED: { retry: 'step', http: 500, exit: 1 },
  RESOURCE_UNAVAILABLE: { retry: 'step', http: 503, exit: 1 },
  TIMEOUT: { retry: 'step', http: 504, exit: 1 },
  UNREACHABLE: { retry: 'transport', http: 502, exit: 1 },
  EXPRESSION_FAILURE: { retry: 'never', http: 500, exit: 1 },
  CANCELLED: { retry: 'never', http: 409, exit: 130 },
  CONFLICT: { retry: 'never', http: 409, exit: 1 },
  INTERNAL: { retry: 'never', http: 500, exit: 70 },
  UNAUTHENTICATED: { retry: 'never', http: 401, exit: 2 },
  FORBIDDEN: { retry: 'never', http: 403, exit: 2 },
  METHOD_NOT_ALLOWED: { retry: 'never', http: 405, exit: 2 },
  TOO_LARGE: { retry: 'never', http: 413, exit: 2 },
  UNSUPPORTED_TYPE: { retry: 'never', http: 415, exit: 2 },
}

/** An error as data: what stands in an outcome and in the journal. `code` is one of ours or a component's own. */
export interface ErrorValue {
  readonly code: string
  readonly message: string
  readonly data?: Json
  /** The step that failed first, by id. */
  readonly step?: string
}

const BRAND = Symbol.for('stepflow.FlowError')

/** Options of an error. */
export interface FlowErrorOptions {
  readonly data?: Json
  readonly cause?: unknown
  /** Overrides the code's retry class: `false` is never retried. */
  readonly retryable?: boolean
  /** Milliseconds that the other side asked us to wait before the next attempt. */
  readonly retryAfterMs?: number
  /** Of a transport error: how often it is tried in all, if that is less than usual. */
  readonly tries?: number
  /** The HTTP status that a service answered with. One that would come again (400-499) is not retried. */
  readonly status?: number
}

/**
 * The only error class. A component throws it to fail with a code of its choice.
 *
 * ```ts
 * const check = component('check', {}, (form: { mail?: string }) => {
 *   if (!form.mail) throw new FlowError('COMPONENT_FAILED', 'the form has no field "mail"', { retryable: false })
 *   return form.mail
 * })
 * console.log(await check({}).catch((error) => `${error.code}: ${error.message}`)) // COMPONENT_FAILED: the form has no field "mail"
 * ```
 */
export class FlowError extends Error {
  readonly code: ErrorCode
  readonly data: Json | undefined
  readonly retryable: boolean | undefined
  readonly retryAfterMs: number | undefined
  readonly tries: number | undefined
  readonly status: number | undefined
  readonly [BRAND] = true

  constructor(code: ErrorCode, message: string, options: FlowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'FlowError'
    this.code = code
    this.data = options.data
    this.retryable = options.retryable
    this.retryAfterMs = options.retryAfterMs
    this.tries = options.tries
    this.status = options.status
  }

  /** True for a FlowError of any copy of this package. */
  static is(value: unknown): value is FlowError {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}

/** What was thrown, as data. A stack trace never gets in. */
export function errorValue(thrown: unknown): ErrorValue {
  if (FlowError.is(thrown)) {
    return thrown.data === undefined
      ? { code: thrown.code, message: thrown.message }
      : { code: thrown.code, message: thrown.message, data: thrown.data }
  }
  return { code: 'COMPONENT_FAILED', message: thrownMessage(thrown) }
}

/** The HTTP status that stands behind what was thrown; libraries, too, put it in a field "status". */
export function statusOf(thrown: unknown): number | undefined {
  const status: unknown = isRecord(thrown) ? thrown.status : undefined
  return typeof status === 'number' && status >= 100 && status <= 599 ? status : undefined
}

/** The retry class of what was thrown. */
export function retryClass(thrown: unknown): RetryClass {
  const status = statusOf(thrown)
  if (status !== undefined && status >= 400 && status <= 499 && !MAY_PASS.has(status)) return 'never'
  if (!FlowError.is(thrown)) return 'step'
  if (thrown.retryable === false) return 'never'
  // A component's own code is not in the table.
  return (codes as Readonly<Record<string, CodeFacts>>)[thrown.code]?.retry ?? 'step'
}

// ---

/** Refusals that the same request may not meet again: a timeout, too early, too many. */
const MAY_PASS: ReadonlySet<number> = new Set([408, 425, 429])

/** Anything can be thrown, also what cannot be turned into text; that must not become a failure of ours. */
function thrownMessage(thrown: unknown): string {
  try {
    if (typeof thrown === 'string') return thrown
    // Not by its class: an error of another realm is an error.
    if (isRecord(thrown) && typeof thrown.message === 'string') return thrown.message || String(thrown.name ?? 'Error')
    return jsonOf(thrown) ?? String(thrown)
  } catch {
    return 'something was thrown that has no text'
  }
}

function jsonOf(thrown: unknown): string | undefined {
  try {
    return JSON.stringify(thrown)
  } catch {
    return undefined
  }
}
