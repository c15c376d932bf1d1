// The messages of the component protocol: JSON-RPC 2.0 and nothing else. Knows no transport and loads no engine, so that
// both ends read the same file.

export const PROTOCOL_VERSION = 1
/** The longest message that either side takes, in bytes. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024

export type MessageId = string | number

export interface Request {
  readonly jsonrpc: '2.0'
  readonly id: MessageId
  readonly method: string
  readonly params: unknown
  /** The request of the other side that it belongs to; for transports that give each a way of its own. Not on the wire. */
  readonly call?: MessageId
}

export interface Notification {
  readonly jsonrpc: '2.0'
  readonly method: string
  readonly params: unknown
  readonly call?: MessageId
}

export interface Answer {
  readonly jsonrpc: '2.0'
  /** Null: an error about something that could not be read. */
  readonly id: MessageId | null
  readonly result?: unknown
  /** With `error` there is no result, whatever else the message says. */
  readonly error?: WireError
}

export type Message = Request | Notification | Answer

export interface WireError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** Extensions, used only if both sides announce them. */
export interface Capabilities {
  readonly cancel: boolean
  readonly progress: boolean
  readonly log: boolean
  readonly idempotency_key: boolean
}

export const ALL_CAPABILITIES: Capabilities = { cancel: true, progress: true, log: true, idempotency_key: true }

/** The error codes that either side may send, and six that our transports give to the calls that they concern. */
export const rpcCode = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32000,
  componentError: -32001,
  invalidInput: -32002,
  executionFailed: -32003,
  timeout: -32006,
  notFound: -32011,
  unavailable: -32094,
  unreachable: -32095,
  malformed: -32096,
  unsendable: -32097,
  unreadable: -32098,
  answerTooLarge: -32099,
} as const

const BRAND = Symbol.for('stepflow.RpcError')

/** An error answer, thrown. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown
  readonly [BRAND] = true

  /** By brand: transports that are loaded when they are needed bring a copy of this file. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.name = 'RpcError'
    this.code = code
    this.data = data
  }
}

/** The message in a parsed line, or undefined if it is none. An answer that breaks the rules is an error answer that says so. */
export function readMessage(value: unknown): Message | undefined {
  if (!isObject(value)) return undefined
  const { id, method } = value
  if (value.jsonrpc !== '2.0') return isId(id) && looksLikeAnswer(value) ? malformed(id, NO_VERSION, value) : undefined
  if (typeof method === 'string') {
    if (id === undefined) return { jsonrpc: '2.0', method, params: value.params }
    return isId(id) ? { jsonrpc: '2.0', id, method, params: value.params } : undefined
  }
  if (method !== undefined || !(isId(id) || id === null)) return undefined
  // Null stands for "not there" in what many libraries write.
  const hasError = value.error !== undefined && value.error !== null
  if (hasError && value.result !== undefined && value.result !== null) return malformed(id, BOTH, value)
  if (hasError) return { jsonrpc: '2.0', id, error: readError(value.error) }
  return 'result' in value ? { jsonrpc: '2.0', id, result: value.result } : malformed(id, NEITHER, value)
}

export function readCapabilities(result: unknown): Capabilities {
  const said = isObject(result) && isObject(result.capabilities) ? result.capabilities : {}
  return {
    cancel: said.cancel === true,
    progress: said.progress === true,
    log: said.log === true,
    idempotency_key: said.idempotency_key === true,
  }
}

/** A message as its line. Throws an RpcError if the line would be longer than the other side takes. */
export function writeLine(message: Message, maxBytes: number): string {
  const line = stringify(message)
  // A UTF-16 unit is at most three bytes of UTF-8: most messages need no counting.
  if (line.length * 3 <= maxBytes) return `${line}\n`
  const bytes = Buffer.byteLength(line)
  if (bytes <= maxBytes) return `${line}\n`
  const what = `a message of ${bytesText(bytes)} is more than the ${bytesText(maxBytes)} that the protocol takes`
  throw new RpcError(rpcCode.unsendable, `${what}: keep large values as blobs and pass their ids`)
}

export function readError(error: unknown): WireError {
  if (typeof error === 'string' && error !== '') return { code: rpcCode.internal, message: error }
  if (!isObject(error)) return { code: rpcCode.internal, message: NO_MESSAGE }
  const code = typeof error.code === 'number' ? error.code : rpcCode.internal
  const message = typeof error.message === 'string' ? error.message : NO_MESSAGE
  return error.data === undefined ? { code, message } : { code, message, data: error.data }
}

/** `64 MiB`, `1,000 bytes` */
export function bytesText(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${(bytes / (1024 * 1024)).toFixed(1).replace('.0', '')} MiB`
  return `${bytes.toLocaleString('en-US')} bytes`
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// ---

function stringify(message: Message): string {
  try {
    return JSON.stringify('call' in message ? { ...message, call: undefined } : message)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const why = /call stack/.test(said) ? 'it is nested too deeply' : said
    throw new RpcError(rpcCode.unsendable, `a message cannot be written as JSON: ${why}`)
  }
}

const BOTH = 'the answer has both a result and an error'
const NEITHER = 'the answer has neither a result nor an error'
const NO_VERSION = 'the answer does not say "jsonrpc": "2.0"'
const NO_MESSAGE = 'an error without a message'
const QUOTED_CHARACTERS = 200

const ANSWER_KEYS: readonly string[] = ['jsonrpc', 'id', 'result', 'error']

/** Nothing else stands in it: what a server logs as JSON may have an id, too. */
function looksLikeAnswer(value: Record<string, unknown>): boolean {
  const hasOutcome = value.result !== undefined || value.error !== undefined
  return hasOutcome && Object.keys(value).every((key) => ANSWER_KEYS.includes(key))
}

function malformed(id: MessageId | null, why: string, value: unknown): Answer {
  const line = quotable(value)
  const quoted = line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS)}...` : line
  return { jsonrpc: '2.0', id, error: { code: rpcCode.malformed, message: `${why}: ${quoted}` } }
}

/** A text that was parsed may be deeper than can be written again. */
function quotable(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return '(it is nested too deeply)'
  }
}

function isId(id: unknown): id is MessageId {
  return typeof id === 'string' || typeof id === 'number'
}
