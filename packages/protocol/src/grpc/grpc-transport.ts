// Workers that pull their tasks over gRPC, behind the port of every component server: each call is a task, what a worker asks
// is a request of the server. Starts the worker if it has a command, else waits for those that others start.
//
// 1. It is ready once a worker has said what components it has; the handshake waits for that.
// 2. A worker that we started and that does not show a sign of life any more ends the transport; one that others started
//    only loses its tasks.

import { type Clock, type ComponentInfo, systemClock } from '@stepflow/engine'
import { type ChildOptions, childTransport } from '../stdio.ts'
import type { Transport, TransportEvents } from '../transport.ts'
import { bytesText, isObject, type Message, type MessageId, PROTOCOL_VERSION, RpcError, rpcCode } from '../wire.ts'
import type { Listener } from './listener.ts'
import { type Ended, TaskBoard } from './task-board.ts'
import { writeValue } from './write-value.ts'

export interface WorkerOptions {
  /** The worker that is started; absent: others start them. */
  readonly child?: ChildOptions
  /** Where workers ask; any port of the loopback unless told. */
  readonly listen?: { readonly host: string; readonly port: number }
  /** What workers that others start have to know. */
  readonly token?: string
  readonly queue: string
  /** How long a call may wait while no worker takes any. */
  readonly queueTimeoutMs: number
  /** How long a worker may work on a call; as long as it likes if absent. */
  readonly executionTimeoutMs?: number
  /** How often a worker says that it works on a task. */
  readonly heartbeatMs: number
  readonly clock?: Clock
}

export function workerTransport(options: WorkerOptions): Transport {
  return new WorkerTransport(options)
}

// ---

/** Of a message to a worker: what the libraries take that they are made with. */
const MAX_TASK_BYTES = 4 * 1024 * 1024
/** Left of it for what stands around the input. */
const ROOM_BYTES = 64 * 1024
/** We bound what a worker has in flight ourselves: calls that wait for runs of their own must not fill it. */
const UNBOUNDED = '10000'

class WorkerTransport implements Transport {
  readonly namesFlows = true
  readonly printsLog = true
  readonly #options: WorkerOptions
  readonly #clock: Clock
  readonly #board: TaskBoard
  #events: TransportEvents | undefined
  #listener: Listener | undefined
  #child: Transport | undefined
  /** The greeting that is to be answered. */
  #greeting: MessageId | undefined
  readonly #asked = new Map<MessageId, (answer: { result?: unknown; error?: RpcError }) => void>()
  #askedCount = 0
  #place = ''
  #refused = ''
  #stopAbsence: (() => void) | undefined
  #ended = false
  #closing: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const { queue, queueTimeoutMs, executionTimeoutMs, heartbeatMs } = options
    this.#board = new TaskBoard({
      clock: this.#clock,
      queue,
      queueTimeoutMs,
      executionTimeoutMs,
      heartbeatMs,
      settled: (id, ended) => this.#answer(id, ended),
      ready: () => this.#greet(),
      silent: (worker) => {
        if (!this.#child) return this.#listener?.drop(worker)
        this.#end(`has missed three heartbeats (${(3 * heartbeatMs) / 1000} s) and was stopped: ${MORE_TIME}`)
      },
      stuck: () => {
        if (this.#child) this.#events?.stale?.()
      },
    })
  }

  get waitsFor(): string | undefined {
    if (this.#board.isReady) return undefined
    if (this.#board.hasWorkers) return 'its worker has not said what components it has'
    return `no worker has asked for tasks of queue "${this.#options.queue}" at ${this.#place}${this.#refused}`
  }

  start(events: TransportEvents): void {
    this.#events = events
    this.#open().catch((error) => this.#end(reasonOf(error), false))
  }

  send(message: Message): undefined {
    if ('method' in message) {
      if ('id' in message) this.#request(message.id, message.method, message.params)
      return undefined
    }
    const { id, result, error } = message
    const answered = id === null ? undefined : this.#asked.get(id)
    if (id !== null) this.#asked.delete(id)
    answered?.(error ? { error: new RpcError(error.code, error.message, error.data) } : { result })
    return undefined
  }

  /** One that others started is not replaced for going on with a call. */
  abandon(id: MessageId): boolean {
    return this.#board.abandon(id) || !this.#child
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  // ---

  async #open(): Promise<void> {
    const { child, listen, token, queue, heartbeatMs } = this.#options
    const { host, port } = listen ?? { host: '127.0.0.1', port: 0 }
    const { Listener } = await import('./listener.ts')
    const listener = new Listener({
      host,
      port,
      queue: token === undefined ? queue : `${queue}:${token}`,
      isPrivate: child !== undefined,
      board: this.#board,
      heartbeatMs,
      ask: (method, params, call) => this.#ask(method, params, call),
      progress: (id, done, message) => {
        const params = { id, ...(done === undefined ? {} : { done }), ...(message === undefined ? {} : { message }) }
        this.#say({ jsonrpc: '2.0', method: 'progress', params })
      },
      refused: (asked) => {
        this.#refused = asked === undefined ? OTHER_USER : OTHER_QUEUE
        if (this.#child && asked !== undefined)
          this.#end(`asks for queue "${asked}", but its queue is "${queue}"`, false)
      },
      left: () => this.#watchAbsence(),
    })
    const bound = await listener.listen()
    this.#place = `${host}:${bound}`
    this.#listener = listener
    if (this.#ended || this.#closing) return listener.close()
    if (child) this.#startChild(child, this.#place)
  }

  #startChild(child: ChildOptions, place: string): void {
    this.#child = childTransport(
      {
        ...child,
        env: {
          STEPFLOW_TRANSPORT: 'grpc',
          STEPFLOW_MAX_CONCURRENT: UNBOUNDED,
          ...child.env,
          STEPFLOW_TASKS_URL: place,
          STEPFLOW_BLOB_URL: place,
          STEPFLOW_QUEUE_NAME: this.#options.queue,
        },
      },
      { speech: 'none' },
    )
    this.#child.start({
      message: () => {},
      noise: (line, from) => this.#events?.noise(line, from),
      lost: () => {},
      close: ({ why, retryable }) => this.#end(why, retryable),
    })
  }

  async #close(): Promise<void> {
    this.#ended = true
    this.#stopAbsence?.()
    this.#board.stop()
    const gone = this.#child?.close()
    // Others' workers take an orderly end for the end of all work, and do not come again.
    if (gone) this.#listener?.endStreams()
    await gone
    this.#listener?.close()
    for (const answered of this.#asked.values()) answered({ error: STOPPED })
    this.#asked.clear()
  }

  #end(why: string, retryable?: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopAbsence?.()
    this.#events?.close({ why, ...(retryable === undefined ? {} : { retryable }) })
  }

  /** Later, since whoever has asked is not waiting yet. */
  #answer(id: MessageId, ended: Ended): void {
    queueMicrotask(() => this.#say({ jsonrpc: '2.0', id, ...ended }))
  }

  #say(message: Message): void {
    if (!this.#ended) this.#events?.message(message)
  }

  // --- what the runtime asks

  #request(id: MessageId, method: string, params: unknown): void {
    switch (method) {
      case 'initialize':
        this.#greeting = id
        return this.#greet()
      case 'components/list':
        return this.#answer(id, { result: { components: this.#board.components.map(listed) } })
      case 'components/execute':
        return this.#offer(id, params)
      default:
        this.#answer(id, { error: { code: rpcCode.methodNotFound, message: `workers have no ${method}` } })
    }
  }

  #greet(): void {
    const id = this.#greeting
    if (id === undefined || !this.#board.isReady) return
    this.#greeting = undefined
    this.#answer(id, { result: { server_protocol_version: PROTOCOL_VERSION, capabilities: {} } })
  }

  #offer(call: MessageId, params: unknown): void {
    if (!isObject(params)) return
    const input = writeValue(params.input)
    if (input.length > MAX_TASK_BYTES - ROOM_BYTES) {
      const what = `an input of ${bytesText(input.length)} is more than gRPC workers take in one message`
      const bound = bytesText(MAX_TASK_BYTES)
      throw new RpcError(rpcCode.unsendable, `${what} (${bound}): keep large values as blobs and pass their ids`)
    }
    const { component, attempt, observability } = params
    this.#board.offer({ call, component: String(component), said: { input, attempt, observability } })
  }

  // --- what a worker asks

  #ask(method: string, params: object, call?: MessageId): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(STOPPED)
      const id = `worker-${++this.#askedCount}`
      this.#asked.set(id, ({ result, error }) => (error ? reject(error) : resolve(result)))
      this.#say({ jsonrpc: '2.0', id, method, params, ...(call === undefined ? {} : { call }) })
    })
  }

  /** A process of ours that does not ask for tasks any more is of no use. */
  #watchAbsence(): void {
    if (!this.#child || this.#board.hasWorkers || this.#ended || this.#stopAbsence) return
    const { queueTimeoutMs } = this.#options
    this.#stopAbsence = this.#clock.timer(queueTimeoutMs, () => {
      this.#stopAbsence = undefined
      if (this.#board.hasWorkers) return
      this.#end(`has not asked for tasks for ${queueTimeoutMs / 1000} s and was stopped`)
    })
  }
}

const OTHER_QUEUE = '; one was turned away that asked for another queue, or without the token'
const OTHER_USER = '; one was turned away that is a process of another user: such need "listen" and a token'
const MORE_TIME = 'if it computes for so long, a larger "heartbeat" gives it time'
const STOPPED = new RpcError(rpcCode.internal, 'the runtime has stopped')

function listed({ name, description, inputSchema, outputSchema }: ComponentInfo): object {
  return { component: name, description, input_schema: inputSchema, output_schema: outputSchema }
}

function reasonOf(error: unknown): string {
  return `cannot be waited for: ${error instanceof Error ? error.message : String(error)}`
}
