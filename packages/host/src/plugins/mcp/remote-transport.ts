// An MCP server that others run: the official client's streamable HTTP over a bounded fetch. Sees to it that every request
// ends: where the server closes a stream, or answers something else, the client alone would wait for ever.

import type { JSONRPCMessage, StreamableHTTPClientTransport, Transport } from '@modelcontextprotocol/client'
import type { Clock } from '@stepflow/engine'
import { rpcCode } from '@stepflow/protocol'
import { createHttpFetch, type HttpFetch, isEventStream } from './http-fetch.ts'

export interface RemoteOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly maxMessageBytes: number
  readonly clock: Clock
  /** Any message, before the client sees it; as the client may see it. */
  readonly heard: (message: JSONRPCMessage) => JSONRPCMessage
}

type Streamable = typeof StreamableHTTPClientTransport
/** Ends a request in place of its answer. */
type Fail = (why: string, code?: number) => void
type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1]

/** `Streamable`: the client's class, which is loaded when it is needed. */
export function createRemoteTransport(Streamable: Streamable, options: RemoteOptions): Transport {
  return new RemoteClientTransport(Streamable, options)
}

// ---

/** Tells our fetch which request it sends; never leaves this process. */
const CALL = 'stepflow-call'
/** A server must not make us ask in a loop. */
const MIN_RECONNECT_MS = 100
const MAX_RECONNECT_MS = 30_000
const TERMINATE_MS = 2000

class RemoteClientTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  /** A request is cancelled by closing its stream, where the protocol's version has it so. */
  readonly hasPerRequestStream = true
  readonly #inner: StreamableHTTPClientTransport
  readonly #clock: Clock
  readonly #close: () => void
  /** Requests without an answer and what ends them, and those of them that are about to be answered by a stream. */
  readonly #pending = new Map<string, Fail>()
  readonly #streams = new Set<string>()
  readonly #timers = new Set<() => void>()
  /** The last thing that went wrong, for messages. */
  #trouble: string | undefined

  constructor(Streamable: Streamable, { url, headers, maxMessageBytes, clock, heard }: RemoteOptions) {
    const { fetch, close } = createHttpFetch(maxMessageBytes)
    this.#close = close
    this.#clock = clock
    this.#inner = new Streamable(new URL(url), {
      requestInit: { headers: { ...headers } },
      fetch: (input, init) => this.#fetch(fetch, input, init),
      reconnectionScheduler: (reconnect, delayMs) => this.#later(delayMs, reconnect),
    })
    this.#inner.onmessage = (received: JSONRPCMessage) => {
      const message = heard(received)
      if (!('method' in message)) this.#pending.delete(String(message.id))
      this.onmessage?.(message)
    }
    this.#inner.onerror = (error) => {
      this.#trouble = error.message
      this.onerror?.(error)
    }
    this.#inner.onclose = () => this.onclose?.()
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version)
  }

  start(): Promise<void> {
    return this.#inner.start()
  }

  async send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (!('method' in message && 'id' in message)) return this.#inner.send(message, options)
    const id = String(message.id)
    const fail: Fail = (why, code = rpcCode.unreachable) => {
      if (this.#pending.delete(id)) this.onmessage?.({ jsonrpc: '2.0', id: message.id, error: { code, message: why } })
    }
    this.#pending.set(id, fail)
    try {
      await this.#inner.send(message, {
        ...options,
        headers: { ...options?.headers, [CALL]: id },
        onRequestStreamEnd: () => {
          const trouble = this.#trouble === undefined ? '' : ` (${this.#trouble})`
          fail(`the stream of its answer ended before the result came${trouble}`)
        },
      })
      if (!this.#streams.delete(id)) fail('what it sent is not the answer to this request')
    } catch (error) {
      this.#pending.delete(id)
      throw error
    }
  }

  /** Says goodbye to a server that keeps a session for us, but does not wait for it long. */
  async close(): Promise<void> {
    const ended = this.#inner.sessionId === undefined ? undefined : this.#inner.terminateSession().catch(() => {})
    if (ended) {
      let stopTimer = () => {}
      const patience = new Promise<void>((resolve) => {
        stopTimer = this.#clock.timer(TERMINATE_MS, resolve)
      })
      await Promise.race([ended, patience])
      stopTimer()
    }
    for (const stopTimer of this.#timers) stopTimer()
    await this.#inner.close()
    this.#close()
  }

  async #fetch(fetch: HttpFetch['fetch'], url: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const call = headers.get(CALL)
    headers.delete(CALL)
    const tooLarge = (why: string) => this.#pending.get(call ?? '')?.(why, rpcCode.answerTooLarge)
    const response = await fetch(url, { ...init, headers }, tooLarge)
    if (call === null || !response.ok) return response
    if (isEventStream(response.headers.get('content-type'))) this.#streams.add(call)
    else if (response.status !== 200)
      throw new Error(`the server took a request with HTTP ${response.status} and no answer`)
    return response
  }

  #later(delayMs: number, reconnect: () => void): () => void {
    const stopTimer = this.#clock.timer(Math.min(MAX_RECONNECT_MS, Math.max(MIN_RECONNECT_MS, delayMs)), () => {
      this.#timers.delete(stopTimer)
      reconnect()
    })
    this.#timers.add(stopTimer)
    return stopTimer
  }
}
