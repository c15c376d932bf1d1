// What a handler is told and may ask for: the `ctx` of the SDK, one per call.

import type { Outcome } from '@stepflow/engine'
import type { Peer } from './peer.ts'
import { type Capabilities, isObject, type MessageId, RpcError } from './wire.ts'

/** Options of a run that a component starts. */
export interface SubmitOptions {
  readonly wait?: boolean
  readonly maxConcurrency?: number
  readonly overrides?: unknown
}

/** A run as the runtime describes it; `results` are there once it was waited for. */
export interface Run {
  readonly runId: string
  readonly flowId: string
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled' | 'paused'
  readonly items: {
    readonly total: number
    readonly completed: number
    readonly running: number
    readonly failed: number
    readonly cancelled: number
  }
  /** ISO 8601. */
  readonly createdAt: string
  readonly completedAt?: string
  readonly results?: readonly { readonly itemIndex: number; readonly status: string; readonly result?: Outcome }[]
}

type LogLevel = 'debug' | 'info' | 'warning' | 'error'
/** Messages by level. */
export type ContextLog = Readonly<Record<LogLevel, (message: string, data?: unknown) => void>>

/**
 * The context of a call: what a handler knows about it, and what it may ask of the runtime; made by the server, one for each call.
 *
 * ```ts
 * const server = createServer({ name: 'files' })
 * server.component('keep', {}, async (text: string, ctx) => {
 *   ctx.log.info(`attempt ${ctx.attempt}`)
 *   return { blob: await ctx.putBlob(text) }
 * })
 * await server.listen()
 * ```
 */
export class Context {
  /** From 1; retries count on. */
  readonly attempt: number
  readonly runId: string | undefined
  readonly stepId: string | undefined
  /** Stable over retries and crashes; undefined if the runtime gives none. */
  readonly idempotencyKey: string | undefined
  readonly #peer: Peer
  readonly #can: Capabilities
  /** Of its request, for the transport; and as the runtime named it. */
  readonly #call: MessageId
  readonly #id: MessageId
  readonly #observability: unknown
  #abort: AbortController | undefined

  constructor(
    peer: Peer,
    can: Capabilities,
    request: { readonly call: MessageId; readonly id: MessageId },
    params: Record<string, unknown>,
  ) {
    const about = isObject(params.observability) ? params.observability : {}
    this.#peer = peer
    this.#can = can
    this.#call = request.call
    this.#id = request.id
    this.#observability = params.observability
    this.attempt = typeof params.attempt === 'number' ? params.attempt : 1
    this.runId = textOf(about.run_id)
    this.stepId = textOf(about.step_id)
    this.idempotencyKey = textOf(params.idempotency_key)
  }

  /** Aborted when the answer is no longer wanted. Made on first use: most handlers never ask. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    return this.#abort.signal
  }

  /** For the server: aborts `signal`. */
  cancel(): void {
    this.#abort ??= new AbortController()
    this.#abort.abort()
  }

  /** Stores JSON, or bytes; resolves to its id. */
  async putBlob(data: unknown): Promise<string> {
    const isBytes = data instanceof Uint8Array
    const content = isBytes ? Buffer.from(data).toString('base64') : data
    const result = await this.#ask('blobs/put', { data: content, blob_type: isBytes ? 'binary' : 'data' })
    return String(isObject(result) ? result.blob_id : undefined)
  }

  async getBlob(id: string): Promise<unknown> {
    const result = await this.#ask('blobs/get', { blob_id: id })
    if (!isObject(result)) throw new Error('the runtime answered blobs/get with no object')
    return result.blob_type === 'binary' ? Buffer.from(String(result.data), 'base64') : result.data
  }

  /** Runs a flow, inline or by its id, once for each input. */
  async submitRun(flow: unknown, inputs: readonly unknown[], options: SubmitOptions = {}): Promise<Run> {
    const { wait = false, maxConcurrency, overrides } = options
    // Flows travel as blobs: that is the one form that every runtime takes.
    const flowId = typeof flow === 'string' ? flow : await this.#putFlow(flow)
    const params = { flowId, inputs, wait, maxConcurrency, overrides }
    return (await this.#ask('runs/submit', params)) as Run // the protocol's shape
  }

  async getRun(runId: string, options: { wait?: boolean; includeResults?: boolean } = {}): Promise<Run> {
    const { wait = false, includeResults = false } = options
    return (await this.#ask('runs/get', { runId, wait, includeResults })) as Run // the protocol's shape
  }

  /** The output of a flow for one input; throws what the flow failed with. */
  async evaluate(flow: unknown, input: unknown): Promise<unknown> {
    const run = await this.submitRun(flow, [input], { wait: true })
    const outcome = run.results?.[0]?.result
    if (outcome?.outcome === 'success') return outcome.result
    if (outcome?.outcome === 'skipped') throw new Error(`the flow was skipped: ${outcome.reason}`)
    if (!outcome) throw new Error(`run ${run.runId} ended without a result`)
    const { code, message, data } = outcome.error
    throw Object.assign(new Error(message), { code, data })
  }

  progress(done: number, total?: number, message?: string): void {
    if (this.#can.progress) this.#peer.notify('progress', { id: this.#id, done, total, message }, this.#call)
  }

  /** Into the run's log; to stderr if the runtime takes no logs. */
  get log(): ContextLog {
    const write = (level: LogLevel) => (message: string, data?: unknown) => {
      if (this.#can.log) return this.#peer.notify('log', { id: this.#id, level, message, data }, this.#call)
      process.stderr.write(`${level}: ${message}${data === undefined ? '' : ` ${JSON.stringify(data)}`}\n`)
    }
    return { debug: write('debug'), info: write('info'), warning: write('warning'), error: write('error') }
  }

  // ---

  async #putFlow(flow: unknown): Promise<string> {
    const result = await this.#ask('blobs/put', { data: flow, blob_type: 'flow' })
    return String(isObject(result) ? result.blob_id : undefined)
  }

  async #ask(method: string, params: Record<string, unknown>): Promise<unknown> {
    try {
      const asked = { ...params, observability: this.#observability }
      return await this.#peer.request(method, asked, this.#peer.nextId(), this.#call)
    } catch (error) {
      // As an error of the component's own: the number is about this request, not about the call that made it.
      if (!(error instanceof RpcError)) throw error
      const { code, data } = isObject(error.data) ? error.data : {}
      throw Object.assign(new Error(error.message), { code: code ?? method, data })
    }
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
