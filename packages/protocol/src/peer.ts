// One end of a JSON-RPC conversation: numbers requests, matches answers, serves the other end's requests. Does not know
// what the methods are, and loads no engine: both the plugin and the SDK are a Peer with handlers.

import { InFlight } from './in-flight.ts'
import type { Closed, Transport } from './transport.ts'
import { type Answer, type Message, type MessageId, type Request, RpcError, rpcCode, type WireError } from './wire.ts'

export interface PeerHandlers {
  /** Serves a request; throws an RpcError, or anything `toError` understands, to refuse. */
  request(method: string, params: unknown, id: MessageId, call: MessageId | undefined): unknown
  notification(method: string, params: unknown): void
  toError(thrown: unknown): WireError
  /** The other end may still answer requests that nobody waits for any more. */
  hasOthers?(): boolean
  /** An answer that nobody waits for (any more), or of which nobody knows who does. */
  stray(answer: Answer): void
  noise(line: string, from: 'stdout' | 'stderr'): void
  lost(): void
  overHttp?(): void
  stale?(): void
  close(closed: Closed): void
}

/** Whom an answer goes to. */
export interface Waiting {
  resolve(result: unknown): void
  /** With an RpcError, or with what `fail` or `abandon` was given. */
  reject(error: unknown): void
}

export class Peer {
  /** How many messages have come from the other end: a sign of life. */
  heard = 0
  readonly #transport: Transport
  readonly #handlers: PeerHandlers
  readonly #waiting = new InFlight<Waiting>()
  #nextId = 1
  #room: Promise<void> | undefined

  constructor(transport: Transport, handlers: PeerHandlers) {
    this.#transport = transport
    this.#handlers = handlers
  }

  start(): void {
    this.#transport.start({
      message: (message) => this.#receive(message),
      noise: (line, from) => this.#handlers.noise(line, from),
      lost: () => this.#handlers.lost(),
      overHttp: () => this.#handlers.overHttp?.(),
      stale: () => this.#handlers.stale?.(),
      close: (closed) => this.#handlers.close(closed),
    })
  }

  /** Requests without an answer. */
  get waiting(): number {
    return this.#waiting.size
  }

  nextId(): number {
    return this.#nextId++
  }

  /** Rejects with an RpcError, or with what `fail` or `abandon` was given. */
  request(method: string, params: unknown, id: number = this.nextId(), call?: MessageId): Promise<unknown> {
    return new Promise((resolve, reject) => this.ask(method, params, id, { resolve, reject }, call))
  }

  /** The same for whoever has many: the answer goes to `waiting`. Throws an RpcError if the request cannot be sent. */
  ask(method: string, params: unknown, id: number, waiting: Waiting, call?: MessageId): void {
    // Sent first: a message that cannot be sent is not waited for.
    const room = this.#transport.send(
      call === undefined ? { jsonrpc: '2.0', id, method, params } : { jsonrpc: '2.0', id, method, params, call },
    )
    this.#waiting.set(id, waiting)
    if (room && room !== this.#room) this.#awaitRoom(room)
  }

  /** A promise if the other end does not keep up: to be waited for before the next request. */
  get room(): Promise<void> | undefined {
    return this.#room
  }

  notify(method: string, params: unknown, call?: MessageId): void {
    void this.#transport.send({ jsonrpc: '2.0', method, params, ...(call === undefined ? {} : { call }) })
  }

  /** Gives up waiting for this answer. */
  abandon(id: MessageId, error: unknown): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.reject(error)
  }

  /** All that wait get this error. */
  fail(error: unknown): void {
    const waiting = this.#waiting.entries()
    this.#waiting.clear()
    for (const [, each] of waiting) each.reject(error)
  }

  // ---

  #awaitRoom(room: Promise<void>): void {
    this.#room = room
    void room.then(() => {
      if (this.#room === room) this.#room = undefined
    })
  }

  #receive(message: Message): void {
    this.heard++
    if (!('method' in message)) return this.#settle(message)
    if ('id' in message) this.#serve(message)
    else this.#handlers.notification(message.method, message.params)
  }

  #settle(answer: Answer): void {
    const id = ownId(answer.id) ?? this.#onlyFor(answer)
    const waiting = id === null ? undefined : this.#waiting.get(id)
    if (!waiting) return this.#handlers.stray({ ...answer, id })
    this.#waiting.delete(id as MessageId) // just found
    if (answer.error) waiting.reject(new RpcError(answer.error.code, answer.error.message, answer.error.data))
    else waiting.resolve(answer.result)
  }

  /** Whose an error without an id is, if only one request can be meant. That a method is unknown is said of notifications. */
  #onlyFor({ error }: Answer): MessageId | null {
    if (!error || error.code === rpcCode.methodNotFound) return null
    if (this.#waiting.size !== 1 || this.#handlers.hasOthers?.()) return null
    return this.#waiting.entries()[0]?.[0] ?? null
  }

  #serve({ method, params, id, call }: Request): void {
    try {
      const result = this.#handlers.request(method, params, id, call)
      if (result instanceof Promise) {
        result.then(
          (value) => this.#answer(id, value),
          (thrown) => this.#refuse(id, thrown),
        )
      } else this.#answer(id, result)
    } catch (thrown) {
      this.#refuse(id, thrown)
    }
  }

  #answer(id: MessageId, result: unknown): void {
    try {
      // A result of undefined would leave the field out, and with it the answer.
      void this.#transport.send({ jsonrpc: '2.0', id, result: result ?? null })
    } catch (thrown) {
      this.#refuse(id, new RpcError(rpcCode.executionFailed, (thrown as Error).message, { retryable: false }))
    }
  }

  #refuse(id: MessageId, thrown: unknown): void {
    try {
      void this.#transport.send({ jsonrpc: '2.0', id, error: this.#handlers.toError(thrown) })
    } catch {
      const error = {
        code: rpcCode.internal,
        message: 'the error itself cannot be sent: its data is too large or not JSON',
      }
      void this.#transport.send({ jsonrpc: '2.0', id, error })
    }
  }
}

// ---

/** Our ids are numbers; some servers send them back as text. */
function ownId(id: MessageId | null): MessageId | null {
  return typeof id === 'string' && /^[1-9]\d{0,15}$/.test(id) ? Number(id) : id
}
