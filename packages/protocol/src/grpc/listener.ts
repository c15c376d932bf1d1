// The gRPC server that workers talk to: pulls tasks from the board into their streams, and hands on what they report and ask.
// Released workers send nothing that says who they are but the name of their queue and ids that they were given, so a task
// is reached by its id alone, and blobs from where a worker has come from.

import { createHash, timingSafeEqual } from 'node:crypto'
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js'
import { bytesText, MAX_MESSAGE_BYTES, type MessageId, RpcError, rpcCode, type WireError } from '../wire.ts'
import type { ListedComponent } from './component-paths.ts'
import { Connections } from './connections.ts'
import { readValue } from './read-value.ts'
import { readServices } from './services.ts'
import type { Ended } from './task-board.ts'
import { grpcStatus, readTaskError, type TaskError } from './task-errors.ts'
import { type Asking, getBlob, getRun, type Message, noTask, putBlob, submitRun } from './worker-requests.ts'
import type { Worker } from './workers.ts'

// It would write to stderr what is reported by the log already.
setLogVerbosity(logVerbosity.NONE)

export interface ListenerOptions extends Asking {
  readonly host: string
  /** 0: whichever is free. */
  readonly port: number
  /** What a worker has to ask for as its queue. */
  readonly queue: string
  /** Of the loopback, for the process that we start: other users of this machine are not served. */
  readonly isPrivate: boolean
  readonly heartbeatMs: number
  /** A worker reports how far a task has got. */
  progress(call: MessageId, done: number | undefined, message: string | undefined): void
  /** A worker was turned away that asked for that, which a token may be part of; undefined: it is another user's. */
  refused(queue: string | undefined): void
  left(): void
}

export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server
  readonly #connections: Connections
  /** From which workers have come; some may just be coming again. */
  readonly #addresses = new Set<string>()
  readonly #streams = new Map<Pulling, Worker>()

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#server = new Server({
      // What is longer than we take is read, so that its task can be told so.
      'grpc.max_receive_message_length': 2 * MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
    })
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure())
    this.#connections = new Connections({
      host: options.host,
      port: options.port,
      isPrivate: options.isPrivate,
      opened: (socket) => injector.injectConnection(socket),
      refused: () => options.refused(undefined),
    })
    const { TasksService, OrchestratorService, BlobService } = readServices()
    this.#server.addService(TasksService, {
      PullTasks: (call: Pulling) => this.#pull(call),
      GetOrchestratorForRun: this.#unary(async (_, host) => ({ orchestrator_service_url: host })),
    })
    this.#server.addService(OrchestratorService, {
      TaskHeartbeat: this.#unary(async (request) => this.#beat(request as unknown as Heartbeat)),
      CompleteTask: this.#unary(async (request) => this.#complete(request as unknown as Completion)),
      SubmitRun: this.#unary((request) => submitRun(request, this.#options)),
      GetRun: this.#unary((request) => getRun(request, this.#options)),
    })
    this.#server.addService(BlobService, {
      PutBlob: this.#unary((request, _, from) => this.#serveBlob(putBlob, request, from)),
      GetBlob: this.#unary((request, _, from) => this.#serveBlob(getBlob, request, from)),
    })
  }

  /** Its port; rejects if there is none to be had. */
  listen(): Promise<number> {
    return this.#connections.listen()
  }

  /** Workers are told that nothing more comes. */
  endStreams(): void {
    for (const stream of this.#streams.keys()) stream.end()
  }

  /** The worker may ask again. */
  drop(worker: Worker): void {
    for (const [stream, member] of this.#streams) {
      if (member !== worker) continue
      stream.emit('error', { code: status.DEADLINE_EXCEEDED, details: 'three heartbeats were missed' })
    }
  }

  close(): void {
    this.#server.forceShutdown()
    this.#connections.close()
  }

  // --- tasks

  #pull(call: Pulling): void {
    const { board, queue, heartbeatMs, refused } = this.#options
    const { queue_name, worker_id } = call.request
    if (!isSame(queue_name, queue)) {
      refused(queue_name)
      call.emit('error', { code: status.PERMISSION_DENIED, details: WRONG_QUEUE })
      return
    }
    this.#addresses.add(addressOf(call.getPeer()))
    const context = { orchestrator_service_url: call.getHost() }
    const worker: Worker = {
      id: worker_id,
      give(task_id, task) {
        const what = task === 'list' ? { list_components: {} } : { execute: executionOf(task.found, task.said) }
        call.write({
          task_id,
          ...what,
          // Requests that belong to the task name it as their root run.
          context: { ...context, root_run_id: task_id },
          heartbeat_interval_secs: Math.ceil(heartbeatMs / 1000),
        })
      },
    }
    this.#streams.set(call, worker)
    const leave = () => {
      if (!this.#streams.delete(call)) return
      board.leave(worker)
      this.#options.left()
    }
    for (const end of ['cancelled', 'close', 'error', 'finish']) call.on(end, leave)
    board.join(worker)
  }

  #beat({ task_id, worker_id, progress, status_message }: Heartbeat): object {
    const { board } = this.#options
    const beat = board.beat(task_id, worker_id)
    // Nobody waits for it: it was completed, cancelled, or is of another life of ours.
    if (!beat) return { should_abort: true }
    const call = board.callOf(task_id)
    if (call !== undefined && !beat.shouldAbort && (hasValue(progress) || hasValue(status_message))) {
      this.#options.progress(call, progress ?? undefined, status_message ?? undefined)
    }
    return { should_abort: beat.shouldAbort, status: beat.isTakenByAnother ? TAKEN_BY_ANOTHER : IN_PROGRESS }
  }

  #complete(request: Completion): object {
    const { board } = this.#options
    const { task_id, response, error, list_components } = request
    if (list_components) {
      if (!board.list(task_id, list_components.components)) throw noTask(task_id)
    } else if (!board.complete(task_id, endOf(response, error))) throw noTask(task_id)
    return {}
  }

  // ---

  async #serveBlob(serve: typeof putBlob, request: Message, from: string): Promise<object> {
    if (this.#addresses.has(from)) return serve(request, this.#options)
    throw new RpcError(rpcCode.invalidRequest, `no worker has come from ${from}: blobs are for workers`)
  }

  /** A method with one answer. Whatever goes wrong becomes a status, never an exception. */
  #unary(serve: (request: Message, host: string, from: string) => Promise<object>) {
    return (call: ServerUnaryCall<Message, object>, answer: sendUnaryData<object>): void => {
      const host = call.getHost()
      serve(call.request, host, addressOf(call.getPeer())).then(
        (message) => answer(null, message),
        (thrown) => answer(grpcStatus(wireErrorOf(thrown))),
      )
    }
  }
}

// ---

type Pulling = ServerWritableStream<{ readonly queue_name: string; readonly worker_id: string }, object>
interface Heartbeat {
  readonly task_id: string
  readonly worker_id: string
  readonly progress?: number | null
  readonly status_message?: string | null
}

interface Completion {
  readonly task_id: string
  readonly response?: { readonly output: Uint8Array } | null
  readonly error?: TaskError | null
  readonly list_components?: { readonly components: readonly ListedComponent[] } | null
}

const IN_PROGRESS = 1
const TAKEN_BY_ANOTHER = 2
const WRONG_QUEUE = 'there is no such queue here: a worker takes its name from STEPFLOW_QUEUE_NAME, as it was given'

function executionOf({ id, params }: { id: string; params: object }, said: object): object {
  return { ...said, component_id: id, path_params: params }
}

/** A task ends, whatever it was completed with. */
function endOf(response: Completion['response'], error: Completion['error']): Ended {
  try {
    if (error) return { error: readTaskError(error) }
    if (!response) return { error: { code: rpcCode.malformed, message: 'it was completed without a result' } }
    const { length } = response.output
    if (length <= MAX_MESSAGE_BYTES) return { result: { output: readValue(response.output) } }
    const message = `the answer has ${bytesText(length)}, more than the ${bytesText(MAX_MESSAGE_BYTES)} that are taken`
    return {
      error: { code: rpcCode.answerTooLarge, message: `${message}: keep large values as blobs and pass their ids` },
    }
  } catch (thrown) {
    return { error: wireErrorOf(thrown) }
  }
}

function wireErrorOf(thrown: unknown): WireError {
  if (thrown instanceof RpcError) return { code: thrown.code, message: thrown.message, data: thrown.data }
  return { code: rpcCode.internal, message: thrown instanceof Error ? thrown.message : String(thrown) }
}

function hasValue(field: unknown): boolean {
  return field !== undefined && field !== null && field !== ''
}

/** In a time that says nothing of where they differ. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(a as Buffer, b as Buffer)
}

/** `127.0.0.1:40312` and `[::1]:40312` without the port. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '')
}
