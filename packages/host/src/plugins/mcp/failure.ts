// What a call of an MCP tool fails with: the errors of the server, of the official client and of HTTP as ours.

import { type ErrorCode, FlowError, isRecord, type Json, own } from '@stepflow/engine'
import { rpcCode } from '@stepflow/protocol'
import { needsSomebody } from './output.ts'

export interface Failed {
  /** `MCP server "files"` */
  readonly who: string
  readonly tool: string
  /** The address of a remote server, without what may be secret in it. */
  readonly at?: string
}

/** The connection is of no use any more: the next call begins with a new one. */
export function isLost(error: unknown): boolean {
  const status = httpStatus(error)
  return status === undefined ? isUnconnected(error) : isSessionLost(status, error)
}

/** The tools have changed since they were listed. */
export function isOutdated(error: unknown): boolean {
  return own(error, 'code') === HEADER_MISMATCH
}

/** What was thrown by the client for a call. */
export function callFailure(error: unknown, failed: Failed): FlowError {
  if (FlowError.is(error)) return error
  const status = httpStatus(error)
  if (status !== undefined) return httpFailure(status, error, failed)
  const code = own(error, 'code')
  const message = messageOf(error)
  if (typeof code === 'number') return rpcFailure(code, message, own(error, 'data'), failed)
  if (isUnconnected(error)) return unreachable(error, failed)
  // The client's own words for an answer that is not what the protocol says, or a connection that has ended.
  if (code === 'CONNECTION_CLOSED' || code === 'NOT_CONNECTED')
    return new FlowError('UNREACHABLE', `${failed.who}: ${message}`)
  return new FlowError('COMPONENT_FAILED', `${failed.who}: ${message}`)
}

/** What was thrown while the connection was made: why there is none. */
export function connectFailure(error: unknown, { who, at }: Omit<Failed, 'tool'>): FlowError {
  if (FlowError.is(error)) return error
  const status = httpStatus(error)
  if (status !== undefined) return httpFailure(status, error, { who, tool: 'handshake', ...(at && { at }) })
  const cause = rootOf(error)
  if (isUnconnected(cause)) return unreachable(cause, { who, tool: 'handshake', ...(at && { at }) })
  const message = messageOf(cause)
  // What an answer lacks that is not of this protocol.
  const hint = /protocolVersion|serverInfo/.test(message) ? OTHER_PROTOCOL : ''
  return new FlowError('UNREACHABLE', `${who} did not finish the handshake: ${message}${hint}`)
}

/** Whether a server refused the handshake of the older versions because it speaks a newer one. */
export function isNewerOnly(error: unknown): boolean {
  return own(rootOf(error), 'code') === UNSUPPORTED_VERSION
}

// ---

const OTHER_PROTOCOL = ' (if it is a component server of Stepflow, its "type" is stepflow)'

/** Of the protocol: what a server says when a client lacks a capability, asks in a version that it does not speak, or must send somebody to a page. */
const MISSING_CAPABILITY = -32021
const UNSUPPORTED_VERSION = -32022
const URL_ELICITATION = -32042
/** Of the protocol: headers that repeat arguments do not fit a tool that has changed. */
const HEADER_MISMATCH = -32020

function rpcFailure(code: number, message: string, data: unknown, { who, tool }: Failed): FlowError {
  if (code === MISSING_CAPABILITY || code === URL_ELICITATION) return needsSomebody(tool, undefined)
  const options = {
    ...(isRecord(data) && Object.keys(data).length > 0 ? { data: data as Json } : {}), // from JSON
    ...(code === rpcCode.answerTooLarge || code === rpcCode.unsendable ? { retryable: false } : {}),
  }
  // What our transports say in place of an answer says nothing of the server by itself.
  return new FlowError(codes[code] ?? 'COMPONENT_FAILED', OURS.has(code) ? `${who}: ${message}` : message, options)
}

const codes: Readonly<Record<number, ErrorCode>> = {
  [rpcCode.invalidParams]: 'INVALID_INPUT',
  [rpcCode.unsendable]: 'INVALID_INPUT',
  [rpcCode.unreadable]: 'UNREACHABLE',
  [rpcCode.unreachable]: 'UNREACHABLE',
  [HEADER_MISMATCH]: 'UNREACHABLE',
}

const OURS: ReadonlySet<number> = new Set([
  rpcCode.unreadable,
  rpcCode.malformed,
  rpcCode.unreachable,
  rpcCode.answerTooLarge,
])

function httpFailure(status: number, error: unknown, { who, at }: Failed): FlowError {
  const place = at === undefined ? who : `${who} at ${at}`
  const text = own(own(error, 'data'), 'text')
  const said = typeof text === 'string' && text.trim() !== '' ? `: ${text.trim().slice(0, SHOWN_CHARACTERS)}` : ''
  if (status === 401) {
    const advice = 'give what it asks for in "headers" in the configuration, for example Authorization: "Bearer TOKEN"'
    return new FlowError('UNREACHABLE', `${place} wants authorization (HTTP 401)${said}; ${advice}`, {
      retryable: false,
    })
  }
  if (status === 403) {
    return new FlowError('UNREACHABLE', `${place} denies access (HTTP 403)${said}`, { retryable: false })
  }
  if (isSessionLost(status, error))
    return new FlowError('UNREACHABLE', `${place} has lost the session (HTTP ${status})`)
  if (status === 413) return new FlowError('INVALID_INPUT', `${place} takes no message of this size (HTTP 413)${said}`)
  if (status >= 300 && status < 400) {
    return new FlowError('UNREACHABLE', `${place} redirects elsewhere: ${messageOf(error)}`, { retryable: false })
  }
  const message = `${place} answered with HTTP ${status}${said}`
  if (status >= 500 || status === 429) return new FlowError('UNREACHABLE', message)
  return new FlowError('UNREACHABLE', message, { retryable: false })
}

function isSessionLost(status: number, error: unknown): boolean {
  if (status === 404) return true
  const text = own(own(error, 'data'), 'text')
  return status === 400 && typeof text === 'string' && /session/i.test(text)
}

function unreachable(error: unknown, { who, at }: Failed): FlowError {
  const code = String(own(error, 'code'))
  const isForGood = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code)
  const where = at === undefined ? '' : ` at ${at}`
  const message = `${who}${where} cannot be reached: ${messageOf(error)}`
  return new FlowError('UNREACHABLE', message, isForGood ? { retryable: false } : {})
}

/** An error of Node's: nothing came of the request. */
function isUnconnected(error: unknown): boolean {
  const code = own(error, 'code')
  return (
    typeof code === 'string' && /^(?:E[A-Z]{3,}|ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code)
  )
}

function httpStatus(error: unknown): number | undefined {
  const status = own(own(error, 'data'), 'status')
  return error instanceof Error && error.name === 'SdkHttpError' && typeof status === 'number' ? status : undefined
}

/** The client wraps what its first question met. */
function rootOf(error: unknown): unknown {
  const cause = own(error, 'cause') ?? own(own(error, 'data'), 'cause')
  return cause instanceof Error ? rootOf(cause) : error
}

function messageOf(error: unknown): string {
  const { message = '', errors } = error as { message?: string; errors?: readonly Error[] }
  const text = readable(message) || errors?.[0]?.message || String(error)
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text
}

/** The client appends its validator's findings to a message, as JSON over many lines. */
function readable(message: string): string {
  const at = message.indexOf('[')
  const issues = at < 0 ? undefined : parseJson(message.slice(at))
  if (!Array.isArray(issues)) return message
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => {
    const path = own(issue, 'path')
    return `${Array.isArray(path) && path.length > 0 ? `${path.join('.')}: ` : ''}${own(issue, 'message')}`
  })
  return `${message.slice(0, at)}${shown.join('; ')}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const SHOWN_ISSUES = 3
const SHOWN_CHARACTERS = 500
