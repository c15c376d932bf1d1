// A component server over streamable HTTP: each message is a POST, and what the server has to say comes as the answer to
// one, as JSON or as a stream of events. Bounds all that the server can make us hold. Knows no method; starts nothing.
//
// 1. Every request that is sent ends: with its answer, or with an error in its place. A stream that ends early is one.
// 2. An answer of ours that the server does not take ends the request whose stream had asked.
// 3. What goes wrong with one request harms no other. Only a remote server that cannot be connected to is gone.

import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestOverHttp,
} from 'node:http'
import { request as requestOverHttps, Agent as SecureAgent } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { HttpAnswer } from './http-answer.ts'
import type { Transport, TransportEvents } from './transport.ts'
import { MAX_MESSAGE_BYTES, type Message, type MessageId, rpcCode, type WireError, writeLine } from './wire.ts'

export interface HttpOptions {
  readonly url: string
  /** `remote`: nobody starts it for us, and it may be started anew without our seeing it. */
  readonly place: 'child' | 'remote'
  /** Of a request, to the end of its answer; none if absent. */
  readonly timeoutMs?: number
  readonly maxMessageBytes?: number
  /** A connection that has been idle for so long is not used again: 4 s, for many servers close it after 5. */
  readonly idleMs?: number
}

export function httpTransport(options: HttpOptions): Transport {
  return new HttpTransport(options)
}

// ---

const IDLE_MS = 4000
const MOST_IDLE = 256
const TAKEN = 202
/** What a server may take to say that it has an answer or a notification of ours. */
const TAKE_MS = 30_000

interface Asked {
  readonly request: ClientRequest
  readonly answer: HttpAnswer
  readonly stopTimer: () => void
}

class HttpTransport implements Transport {
  readonly #options: HttpOptions
  readonly #url: URL
  readonly #agent: Agent
  readonly #send: typeof requestOverHttp
  /** The address taken apart once. */
  readonly #place: RequestOptions
  readonly #maxBytes: number
  readonly #asked = new Map<MessageId, Asked>()
  /** Requests of the server that we have not answered, and with which of ours they came. */
  readonly #owed = new Map<MessageId, MessageId>()
  #events: TransportEvents | undefined
  /** Names the instance that answers, where several stand behind one address. */
  #instanceOf = new Map<MessageId, string>()
  #ended = false

  constructor(options: HttpOptions) {
    this.#options = options
    this.#url = new URL(options.url)
    const pool = { keepAlive: true, timeout: options.idleMs ?? IDLE_MS, maxFreeSockets: MOST_IDLE }
    const isSecure = this.#url.protocol === 'https:'
    this.#agent = isSecure ? new SecureAgent(pool) : new Agent(pool)
    this.#send = isSecure ? requestOverHttps : requestOverHttp
    this.#place = { ...urlToHttpOptions(this.#url), method: 'POST', agent: this.#agent }
    this.#maxBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES
  }

  start(events: TransportEvents): void {
    this.#events = events
    events.overHttp?.()
  }

  send(message: Message): undefined {
    const body = writeLine(message, this.#maxBytes).trimEnd()
    if (this.#ended) return
    if (!('method' in message)) this.#answer(message.id, body)
    else if ('id' in message) this.#ask(message.id, body)
    else this.#hand(body, undefined, () => {})
  }

  abandon(id: MessageId): boolean {
    const asked = this.#asked.get(id)
    if (!asked) return true
    this.#forget(id)
    asked.request.destroy()
    return true
  }

  async close(): Promise<void> {
    this.#ended = true
    for (const [id, { request }] of this.#asked) {
      this.#forget(id)
      request.destroy()
    }
    this.#agent.destroy()
  }

  // --- our requests

  #ask(id: MessageId, body: string): void {
    const { timeoutMs } = this.#options
    const answer = new HttpAnswer(id, body.length, this.#maxBytes, {
      message: (message) => this.#receive(id, message),
      failed: (error) => this.#fail(id, error),
      brokeOff: (error) => this.#brokeOff(id, error),
    })
    const request = this.#post(body, undefined, (response) => {
      const instance = response.headers['stepflow-instance-id']
      if (typeof instance === 'string') this.#instanceOf.set(id, instance)
      answer.read(response)
    })
    request.on('error', (error) => this.#brokeOff(id, error))
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#expire(id, timeoutMs), timeoutMs)
    this.#asked.set(id, { request, answer, stopTimer: () => clearTimeout(timer) })
  }

  #receive(id: MessageId, message: Message): void {
    if (!this.#asked.has(id)) return
    if (!('method' in message)) {
      // The last that belongs to the request; the connection is used again once its end has been read.
      if (message.id === id) this.#forget(id)
      return this.#events!.message(message)
    }
    if (!('id' in message)) return this.#events!.message(message)
    this.#owed.set(message.id, id)
    this.#events!.message({ ...message, call: id })
  }

  #expire(id: MessageId, timeoutMs: number): void {
    this.#fail(id, {
      code: rpcCode.timeout,
      message: `${this.#url.origin} gave no answer within ${timeoutMs / 1000} s`,
    })
  }

  #fail(id: MessageId, error: WireError): void {
    const asked = this.#asked.get(id)
    if (!asked) return
    this.#forget(id)
    asked.request.destroy()
    this.#events!.message({ jsonrpc: '2.0', id, error })
  }

  #brokeOff(id: MessageId, error: NodeJS.ErrnoException | undefined): void {
    if (!this.#asked.has(id)) return
    const isRemote = this.#options.place === 'remote'
    const why = error ? reasonOf(error) : 'its answer ended before the result came'
    if (isRemote && error && isUnconnected(error)) {
      const retryable = !isForGood(error)
      this.#ended = true
      return this.#events!.close({ why: `at ${this.#url.origin} cannot be reached: ${why}`, retryable })
    }
    const failure = { code: rpcCode.unreachable, message: `the connection to ${this.#url.origin} broke off: ${why}` }
    if (isRemote) {
      this.#fail(id, failure)
      return this.#events!.stale?.()
    }
    // A child is usually about to end, and its exit says more than we can.
    setTimeout(() => this.#fail(id, failure), EXIT_MS).unref()
  }

  #forget(id: MessageId): void {
    this.#asked.get(id)?.stopTimer()
    this.#asked.delete(id)
    this.#instanceOf.delete(id)
    for (const [owed, call] of this.#owed) if (call === id) this.#owed.delete(owed)
  }

  // --- what we say to the server's

  #answer(id: MessageId | null, body: string): void {
    const call = id === null ? undefined : this.#owed.get(id)
    // Whose request has ended waits for nothing any more.
    if (call === undefined) return
    this.#owed.delete(id as MessageId) // just found
    this.#hand(body, this.#instanceOf.get(call), (why) => {
      const message = `the server did not take an answer that it had asked for: ${why}`
      this.#fail(call, { code: rpcCode.unreachable, message })
    })
  }

  /** Posts what gets no answer; `refused` says why it was not taken. */
  #hand(body: string, instance: string | undefined, refused: (why: string) => void): void {
    const request = this.#post(body, instance, (response) => {
      const { statusCode } = response
      let said = ''
      response.on('data', (chunk: Buffer) => {
        if (said.length < SHOWN_CHARACTERS) said += chunk.toString('utf8')
      })
      response.on('end', () => {
        if (statusCode !== TAKEN)
          refused(`HTTP ${statusCode}${said === '' ? '' : `, ${said.slice(0, SHOWN_CHARACTERS)}`}`)
      })
      response.on('error', (error) => refused(reasonOf(error)))
    })
    request.setTimeout(TAKE_MS, () => request.destroy(new Error(`no answer within ${TAKE_MS / 1000} s`)))
    request.on('error', (error) => refused(reasonOf(error)))
  }

  #post(body: string, instance: string | undefined, onResponse: (response: IncomingMessage) => void): ClientRequest {
    const length = Buffer.byteLength(body)
    const headers =
      instance === undefined
        ? { ...HEADERS, 'content-length': length }
        : { ...HEADERS, 'content-length': length, 'stepflow-instance-id': instance }
    const request = this.#send({ ...this.#place, headers }, onResponse)
    // As text: it goes out in one piece with what stands before it.
    request.end(body)
    return request
  }
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' } as const
const SHOWN_CHARACTERS = 300
const EXIT_MS = 500

/** Nobody has heard a word of what was sent. */
function isUnconnected({ code = '', syscall }: NodeJS.ErrnoException): boolean {
  return syscall === 'connect' || syscall === 'getaddrinfo' || isForGood({ code } as NodeJS.ErrnoException)
}

/** A certificate that is not trusted today will not be in a second. */
function isForGood({ code = '' }: NodeJS.ErrnoException): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code)
}

function reasonOf(error: NodeJS.ErrnoException): string {
  const inner = (error as unknown as AggregateError).errors?.[0] as Error | undefined
  return error.message || inner?.message || error.code || 'an unknown error'
}
