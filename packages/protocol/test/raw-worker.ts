// A gRPC worker whose every message a test decides. It has no habits: it neither claims, nor beats, nor completes by itself.

import {
  type Client,
  type ClientReadableStream,
  credentials,
  makeClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js'
import { readValue } from '../src/grpc/read-value.ts'
import { readServices } from '../src/grpc/services.ts'
import { writeValue } from '../src/grpc/write-value.ts'

export interface Task {
  readonly task_id: string
  readonly execute?: {
    readonly component_id: string
    readonly input: unknown
    readonly attempt: number
    readonly observability: Readonly<Record<string, string>>
    readonly path_params: Readonly<Record<string, string>>
  }
  readonly context: { readonly orchestrator_service_url: string; readonly root_run_id: string }
  readonly heartbeat_interval_secs: number
}

export interface Listed {
  readonly component_id: string
  readonly path?: string
  readonly description?: string
  readonly input_schema?: string
}

export class RawWorker {
  readonly id: string
  /** Why the stream ended; undefined: we or the runtime ended it in order. */
  readonly ended: Promise<ServiceError | undefined>
  readonly #clients: Record<keyof ReturnType<typeof readServices>, Client>
  readonly #stream: ClientReadableStream<Task>
  readonly #tasks: Task[] = []
  #wanted: ((task: Task) => void)[] = []

  constructor(
    place: string,
    queue: string,
    id = 'worker-1',
    components: readonly Listed[] | 'mute' = [{ component_id: '/echo' }],
  ) {
    this.id = id
    const services = readServices()
    const options = { 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': 4 * 1024 * 1024 }
    const clientOf = (name: keyof typeof services) =>
      new (makeClientConstructor(services[name], name))(place, credentials.createInsecure(), options)
    this.#clients = {
      TasksService: clientOf('TasksService'),
      OrchestratorService: clientOf('OrchestratorService'),
      BlobService: clientOf('BlobService'),
    }
    const request = { queue_name: queue, worker_id: id }
    this.#stream = methodsOf(this.#clients.TasksService).PullTasks?.(request) as ClientReadableStream<Task> // it streams
    this.#stream.on('data', (task: Task & { list_components?: object }) => {
      if (!task.list_components) return this.#arrive(task)
      if (components === 'mute') console.log('I was asked what I have')
      else void this.send('OrchestratorService', 'CompleteTask', listOf(task, components))
    })
    this.ended = new Promise((resolve) => {
      this.#stream.on('error', resolve)
      this.#stream.on('end', () => resolve(undefined))
    })
  }

  /** The next one that is not a question for components. */
  next(): Promise<Task> {
    const task = this.#tasks.shift()
    return task ? Promise.resolve(task) : new Promise((resolve) => this.#wanted.push(resolve))
  }

  /** How many have arrived and were not asked for. */
  get unread(): number {
    return this.#tasks.length
  }

  /** Rejects with the ServiceError. */
  send(
    service: keyof ReturnType<typeof readServices>,
    method: string,
    request: object,
  ): Promise<Record<string, unknown>> {
    const client = this.#clients[service]
    return new Promise((resolve, reject) => {
      methodsOf(client)[method]?.(request, (error: ServiceError | null, answer: Record<string, unknown>) =>
        error ? reject(error) : resolve(answer),
      )
    })
  }

  beat(task: Task, said: object = {}): Promise<Record<string, unknown>> {
    return this.send('OrchestratorService', 'TaskHeartbeat', { task_id: task.task_id, worker_id: this.id, ...said })
  }

  complete(task: Task, output: unknown): Promise<unknown> {
    return this.completeWith(task, { response: { output: output instanceof Uint8Array ? output : writeValue(output) } })
  }

  completeWith(task: Task, result: object): Promise<unknown> {
    return this.send('OrchestratorService', 'CompleteTask', { task_id: task.task_id, ...result })
  }

  /** As a connection that breaks off. */
  leave(): void {
    this.#stream.cancel()
    this.#stream.on('error', () => {})
  }

  close(): void {
    this.leave()
    for (const client of Object.values(this.#clients)) client.close()
  }

  // ---

  #arrive(raw: Task): void {
    const { execute } = raw
    const task = execute ? { ...raw, execute: { ...execute, input: readValue(execute.input as Uint8Array) } } : raw
    const wanted = this.#wanted.shift()
    if (wanted) wanted(task)
    else this.#tasks.push(task)
  }
}

function listOf({ task_id }: { task_id: string }, components: readonly Listed[]) {
  return { task_id, list_components: { components } }
}

/** Which a client has by their names, bound to it. */
function methodsOf(client: Client): Record<string, (...args: unknown[]) => unknown> {
  return client as never
}
