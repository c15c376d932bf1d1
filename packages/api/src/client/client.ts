// A typed client of the HTTP API: for programs, for the command line, for a page. Needs nothing but fetch.

import type { ItemResult, Outcome, ResultOrder } from '@stepflow/engine'
import type { BlobIdShape } from '../shapes/blob.ts'
import type { Run, RunList, StartedRun, StartRun } from '../shapes/run.ts'
import type { Info } from '../shapes/server.ts'
import { Http, type HttpOptions } from './http.ts'
import { keptAlive } from './keep-alive.ts'
import { Patience, type PatienceOptions } from './patience.ts'
import { readLines } from './read-lines.ts'

/** Where the server is, and who asks. */
export interface ClientOptions extends HttpOptions {}

/** Which runs are listed. */
export interface ListRuns {
  /** One, or several with commas; `waiting` too. */
  readonly status?: string
  /** A name or an id. */
  readonly flow?: string
  /** `name:value`; all of them. */
  readonly label?: readonly string[]
  readonly kind?: 'run' | 'test' | 'all'
  /** ISO times. */
  readonly since?: string
  readonly until?: string
  readonly limit?: number
  /** The `nextCursor` of the page before. */
  readonly cursor?: string
}

/** How results are read. */
export interface ReadResults extends PatienceOptions {
  readonly order?: ResultOrder
  /** Leaves out so many. */
  readonly from?: number
}

/** A run whose inputs are sent as lines. */
export interface SendLines extends PatienceOptions {
  /** What else belongs to the run. */
  readonly run: Omit<StartRun, 'input' | 'inputs' | 'wait' | 'timeout' | 'idempotencyKey'>
  /** All lines, from the first on; asked for again after a connection that broke off. */
  readonly lines: () => AsyncIterable<Uint8Array>
  /** The same key is the same run: what was taken is not taken again. */
  readonly key: string
  /** Told once which run it is, while lines are still sent. */
  readonly onRun?: (runId: string) => void
}

/**
 * A client of a Stepflow server. What the server refuses is thrown as a FlowError with its code, or UNREACHABLE if there is no
 * answer.
 *
 * ```ts
 * const info = { version: '1.0.0', now: '2026-11-30T08:00:00Z', role: 'viewer', store: 'sqlite', canWriteFlows: false }
 * const client = new StepflowClient({ url: 'http://127.0.0.1:7837', fetch: async () => Response.json(info) })
 * console.log((await client.info()).version) // 1.0.0
 * ```
 *
 * @param options where the server is, and a token
 */
export class StepflowClient {
  readonly #http: Http

  constructor(options: ClientOptions) {
    this.#http = new Http(options)
  }

  /** Where the server's pages are; without a slash at the end. */
  get url(): string {
    return this.#http.base.replace(/\/api\/v1$/, '')
  }

  info(): Promise<Info> {
    return this.#http.json('/info')
  }

  startRun(run: StartRun, signal?: AbortSignal): Promise<StartedRun> {
    return this.#http.json('/runs', { method: 'POST', json: run, signal })
  }

  listRuns(query: ListRuns = {}): Promise<RunList> {
    return this.#http.json('/runs', { query: { ...query } })
  }

  getRun(runId: string, signal?: AbortSignal): Promise<Run> {
    return this.#http.json(pathOf(runId), { signal })
  }

  cancelRun(runId: string, reason?: string): Promise<Run> {
    const json = reason === undefined ? null : { reason }
    return this.#http.json(`${pathOf(runId)}/cancel`, { method: 'POST', json })
  }

  pauseRun(runId: string): Promise<Run> {
    return this.#http.json(`${pathOf(runId)}/pause`, { method: 'POST' })
  }

  resumeRun(runId: string): Promise<Run> {
    return this.#http.json(`${pathOf(runId)}/resume`, { method: 'POST' })
  }

  /** Keeps JSON, or bytes, and answers its id. */
  async putBlob(value: unknown): Promise<string> {
    const isBytes = value instanceof Uint8Array
    const content = isBytes ? { body: { type: 'application/octet-stream', content: value } } : { json: { data: value } }
    const { blobId } = await this.#http.json<BlobIdShape>('/blobs', { method: 'POST', ...content })
    return blobId
  }

  /**
   * The results of a run as they are there, some at a time, until it has ended. A stream that breaks off is taken up where it
   * was.
   */
  async *results(runId: string, options: ReadResults = {}): AsyncGenerator<readonly ItemResult[]> {
    const { order = 'input', from = 0, signal } = options
    const patience = new Patience(options)
    let next = from
    for (;;) {
      try {
        const query = { order, from: next }
        const answer = await this.#http.send(`${pathOf(runId)}/results`, { query, signal })
        for await (const lines of readLines(this.#http.chunks(answer))) {
          const first = next
          next += lines.length
          patience.reset()
          yield lines.map((line, i) => resultOf(line, order, first + i))
        }
        return
      } catch (thrown) {
        await patience.after(thrown)
      }
    }
  }

  /** Starts a run and sends its inputs, again as often as the connection breaks off; resolves when all are taken. */
  async sendLines({ run, lines, key, onRun, ...options }: SendLines): Promise<StartedRun> {
    const { signal } = options
    const patience = new Patience(options)
    const request = await patience.ask(() => this.putBlob(run))
    let isTold = false
    for (;;) {
      try {
        const answer = await this.#http.send('/runs', {
          method: 'POST',
          query: { request },
          body: { type: 'application/x-ndjson', content: keptAlive(lines()) },
          key,
          signal,
        })
        const runId = decodeURIComponent(answer.headers.get('location')?.split('/').at(-1) ?? '')
        if (runId !== '' && !isTold) {
          isTold = true
          onRun?.(runId)
        }
        let text = ''
        const decoder = new TextDecoder()
        for await (const chunk of this.#http.chunks(answer)) text += decoder.decode(chunk, { stream: true })
        return JSON.parse(text) as StartedRun // what the server answers there
      } catch (thrown) {
        await patience.after(thrown)
      }
    }
  }
}

// ---

function pathOf(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`
}

function resultOf(line: string, order: ResultOrder, index: number): ItemResult {
  if (order === 'input') return { index, outcome: JSON.parse(line) as Outcome }
  const { index: own, ...outcome } = JSON.parse(line) as Outcome & { readonly index: number }
  return { index: own, outcome }
}
