// A typed client of the HTTP API, a method for each route: for programs, for the command line, for a page. Needs nothing but
// fetch.

import type { ItemResult } from '@stepflow/engine'
import type { ListedSecret, NewToken, SecretList, Session, Token, TokenList } from '../shapes/access.ts'
import type { Blob, BlobIdShape } from '../shapes/blob.ts'
import type { ComponentList } from '../shapes/component.ts'
import type {
  AddedFlow,
  CheckedFlow,
  CheckFlow,
  FlowDetail,
  FlowList,
  NewFlow,
  PastInputs,
  Samples,
  SaveFlow,
  TestedFlow,
  TestFlow,
  VersionList,
} from '../shapes/flow.ts'
import type { FailureList, Item, ItemList, Step, StepList } from '../shapes/item.ts'
import type { LogList } from '../shapes/log.ts'
import type { BulkResult, Prune, Pruned, Rerun, RerunPreview } from '../shapes/rerun.ts'
import type { Run, RunFlow, RunList, RunsSummary, StartedRun, StartRun } from '../shapes/run.ts'
import type { NewSchedule, NextTimes, Schedule, ScheduleList } from '../shapes/schedule.ts'
import type { Health, Info, NodeList } from '../shapes/server.ts'
import type { Wait, WaitList } from '../shapes/wait.ts'
import {
  type BulkRuns,
  type FilterRuns,
  type FindLogs,
  type FindStep,
  type FindSteps,
  filterQuery,
  type ListItems,
  type ListPage,
  type ListRuns,
} from './asked.ts'
import { everyPage, type Paged } from './every-page.ts'
import { type FollowEvents, followEvents, type ServerEvent } from './follow-events.ts'
import { Http, type HttpOptions } from './http.ts'
import { readLines } from './read-lines.ts'
import { type SendLines, sendLines } from './send-lines.ts'
import { type ReadResults, streamResults } from './stream-results.ts'

/** Where the server is, and who asks. */
export interface ClientOptions extends HttpOptions {}

/** A run as one document; what is in it, `importRun` knows. */
export type ExportedRun = Readonly<Record<string, unknown>>

/** A run that was brought in. */
export interface ImportedRun {
  readonly run: Run
  /** `false` where it was there before, with the same content. */
  readonly isNew: boolean
}

/** A row of one of a run's journals, without values. */
export interface JournalLine {
  readonly journal: string
  readonly seq: number
  readonly entries: readonly { readonly type: string; readonly at: number }[]
}

/**
 * A client of a Stepflow server. What the server refuses is thrown as a FlowError with its code, or UNREACHABLE if there is no
 * answer.
 *
 * ```ts
 * const info = { version: '1.0.0', now: '2026-11-30T08:00:00Z', role: 'viewer', store: 'sqlite', canWriteFlows: false }
 * const client = new StepflowClient({ url: 'http://127.0.0.1:7837', fetch: async () => Response.json(info) })
 * console.log((await client.getInfo()).version) // 1.0.0
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

  // The server

  getInfo(): Promise<Info> {
    return this.#http.json('/info', 'version')
  }

  /** The processes that work on the server's store, where there may be several. */
  listNodes(page?: ListPage): Promise<NodeList> {
    return this.#list('/nodes', 'nodes', page)
  }

  getHealth(): Promise<Health> {
    return this.#http.json('/health', 'version')
  }

  /** Throws RESOURCE_UNAVAILABLE while the server starts or ends. */
  getReady(): Promise<Health> {
    return this.#http.json('/ready', 'version')
  }

  /** Counts, as Prometheus reads them. */
  getMetrics(): Promise<string> {
    return this.#http.text('/metrics', 'text/plain')
  }

  /** The document of the API. */
  getOpenApi(): Promise<Readonly<Record<string, unknown>>> {
    return this.#http.json('/openapi.json', 'openapi')
  }

  listComponents(page?: ListPage): Promise<ComponentList> {
    return this.#list('/components', 'components', page)
  }

  // Flows

  /** All of them unless a page is asked for, as in the other lists that are not of runs. */
  listFlows(page?: ListPage): Promise<FlowList> {
    return this.#list('/flows', 'flows', page)
  }

  /** `version`: a number, or `published`; else the newest. */
  getFlow(flow: string, version?: number | 'published'): Promise<FlowDetail> {
    return this.#http.json(path('flows', flow), 'flowId', { query: { version } })
  }

  addFlow(flow: NewFlow): Promise<AddedFlow> {
    return this.#http.json('/flows', 'flowId', { method: 'POST', json: flow })
  }

  saveFlow(name: string, flow: SaveFlow): Promise<FlowDetail> {
    return this.#http.json(path('flows', name), 'flowId', { method: 'PUT', json: flow })
  }

  removeFlow(name: string): Promise<void> {
    return this.#http.done(path('flows', name), { method: 'DELETE' })
  }

  listVersions(name: string, page?: ListPage): Promise<VersionList> {
    return this.#list(path('flows', name, 'versions'), 'versions', page)
  }

  getVersion(name: string, version: number): Promise<FlowDetail> {
    return this.#http.json(path('flows', name, 'versions', version), 'flowId')
  }

  /** The newest unless told. */
  publishFlow(name: string, version?: number): Promise<FlowDetail> {
    const json = version === undefined ? null : { version }
    return this.#http.json(path('flows', name, 'publish'), 'flowId', { method: 'POST', json })
  }

  checkFlow(flow: CheckFlow): Promise<CheckedFlow> {
    return this.#http.json('/flows/check', 'diagnostics', { method: 'POST', json: flow })
  }

  testFlow(name: string, test: TestFlow = {}): Promise<TestedFlow> {
    return this.#http.json(path('flows', name, 'test'), 'cases', { method: 'POST', json: test })
  }

  /** The last different inputs. */
  listInputs(name: string): Promise<PastInputs> {
    return this.#http.json(path('flows', name, 'inputs'), 'inputs')
  }

  /** What the steps answered last. */
  listSamples(name: string): Promise<Samples> {
    return this.#http.json(path('flows', name, 'samples'), 'steps')
  }

  // Runs

  startRun(run: StartRun, signal?: AbortSignal): Promise<StartedRun> {
    return this.#http.json('/runs', 'runId', { method: 'POST', json: run, signal })
  }

  /** Starts a run and sends its inputs, again as often as the connection breaks off; resolves when all are taken. */
  sendLines(lines: SendLines): Promise<StartedRun> {
    return sendLines(this.#http, lines)
  }

  listRuns({ sort, limit, cursor, ...filter }: ListRuns = {}): Promise<RunList> {
    return this.#http.json('/runs', 'runs', { query: { ...filterQuery(filter), sort, limit, cursor } })
  }

  /** How many stand how, by when they were created. */
  getRunsSummary({ buckets, ...filter }: FilterRuns & { readonly buckets?: number } = {}): Promise<RunsSummary> {
    return this.#http.json('/runs/summary', 'buckets', { query: { ...filterQuery(filter), buckets } })
  }

  getRun(runId: string, signal?: AbortSignal): Promise<Run> {
    return this.#http.json(path('runs', runId), 'runId', { signal })
  }

  /** What it runs: its flow as it was written, and the plan. */
  getRunFlow(runId: string): Promise<RunFlow> {
    return this.#http.json(path('runs', runId, 'flow'), 'plan')
  }

  cancelRun(runId: string, reason?: string): Promise<Run> {
    const json = reason === undefined ? null : { reason }
    return this.#http.json(path('runs', runId, 'cancel'), 'runId', { method: 'POST', json })
  }

  pauseRun(runId: string): Promise<Run> {
    return this.#http.json(path('runs', runId, 'pause'), 'runId', { method: 'POST' })
  }

  resumeRun(runId: string): Promise<Run> {
    return this.#http.json(path('runs', runId, 'resume'), 'runId', { method: 'POST' })
  }

  /** Repeats a run that has ended, as a new run. The same key is the same new run. */
  rerun(runId: string, rerun: Omit<Rerun, 'dryRun'> = {}, key?: string): Promise<Run> {
    return this.#http.json(path('runs', runId, 'rerun'), 'runId', { method: 'POST', json: rerun, key })
  }

  /** What that would repeat; nothing is begun. */
  previewRerun(runId: string, rerun: Omit<Rerun, 'dryRun'> = {}): Promise<RerunPreview> {
    const json = { ...rerun, dryRun: true }
    return this.#http.json(path('runs', runId, 'rerun'), 'items', { method: 'POST', json })
  }

  exportRun(runId: string): Promise<ExportedRun> {
    return this.#http.json(path('runs', runId, 'export'), 'journals')
  }

  /** `exported`: what `exportRun` answered, or its text. */
  async importRun(exported: ExportedRun | string): Promise<ImportedRun> {
    const content = new TextEncoder().encode(typeof exported === 'string' ? exported : JSON.stringify(exported))
    const body = { type: 'application/json', content }
    const answer = await this.#http.send('/runs/import', { method: 'POST', body })
    return { run: await this.#http.document<Run>(answer, 'runId'), isNew: answer.status === 201 }
  }

  deleteRun(runId: string): Promise<void> {
    return this.#http.done(path('runs', runId), { method: 'DELETE' })
  }

  /** Deletes runs that ended long ago, and what only they refer to. */
  pruneRuns(which: Prune): Promise<Pruned> {
    return this.#http.json('/runs/prune', 'runs', { method: 'POST', json: which })
  }

  /** One thing to many runs. With a key, runs are repeated once, however often it is asked for. */
  bulk({ action, ids, filter }: BulkRuns, key?: string): Promise<BulkResult> {
    const json = { action, ids, filter: filter && filterQuery(filter) }
    return this.#http.json('/runs/bulk', 'done', { method: 'POST', json, key })
  }

  /**
   * The results of a run as they are there, some at a time, until it has ended. A stream that breaks off is taken up where it
   * was.
   */
  getResults(runId: string, options: ReadResults = {}): AsyncGenerator<readonly ItemResult[]> {
    return streamResults(this.#http, path('runs', runId), options)
  }

  listItems(runId: string, query: ListItems = {}): Promise<ItemList> {
    return this.#http.json(path('runs', runId, 'items'), 'items', { query: { ...query } })
  }

  /** `size`: `full` gives large values too. */
  getItem(runId: string, item: number, size?: 'full'): Promise<Item> {
    return this.#http.json(path('runs', runId, 'items', item), 'itemIndex', { query: { full: size && true } })
  }

  /** A byte for each item: 0 pending, 1 running, 2 waiting, 3 success, 4 skipped, 5 failed, 6 cancelled. */
  async getItemStatuses(runId: string): Promise<Uint8Array> {
    const answer = await this.#http.stream(path('runs', runId, 'items', 'statuses'), 'application/octet-stream')
    return new Uint8Array(await this.#http.read(() => answer.arrayBuffer()))
  }

  /** By their cause. */
  listFailures(runId: string): Promise<FailureList> {
    return this.#http.json(path('runs', runId, 'items', 'failures'), 'failures')
  }

  /** A row for each visit. */
  listSteps(runId: string, { item, inside }: FindSteps = {}): Promise<StepList> {
    return this.#http.json(stepsOf(runId, item), 'steps', { query: { inside } })
  }

  /** One visit, with its values. */
  getStep(runId: string, step: string, { item, ...query }: FindStep = {}): Promise<Step> {
    return this.#http.json(`${stepsOf(runId, item)}${path(step)}`, 'stepId', { query })
  }

  /** What was logged in it, in the order of writing. */
  listLogs(runId: string, query: FindLogs = {}): Promise<LogList> {
    return this.#http.json(path('runs', runId, 'logs'), 'logs', { query: { ...query } })
  }

  /** What was written to its journals, some rows at a time. `item`: what concerns this one only. */
  async *getJournal(runId: string, { item }: { readonly item?: number } = {}): AsyncGenerator<readonly JournalLine[]> {
    const answer = await this.#http.stream(path('runs', runId, 'journal'), 'application/x-ndjson', { query: { item } })
    for await (const lines of readLines(this.#http.chunks(answer))) yield lines.map((line) => JSON.parse(line))
  }

  // Events

  /** Of one run, from its beginning on unless told; ends with the run. */
  getRunEvents(
    runId: string,
    { item, ...options }: FollowEvents & { readonly item?: number } = {},
  ): AsyncGenerator<ServerEvent> {
    return followEvents(this.#http, path('runs', runId, 'events'), options, { item })
  }

  /** Of all runs that a filter finds, from now on unless told. */
  getEvents(options: FollowEvents = {}, filter: FilterRuns = {}): AsyncGenerator<ServerEvent> {
    return followEvents(this.#http, '/events', options, filterQuery(filter))
  }

  // Waits

  /** Sends a signal to a run. `item`: to this one only; signals with the same `id` count once. */
  sendSignal(
    runId: string,
    name: string,
    payload: unknown = null,
    query: { readonly item?: number; readonly id?: string } = {},
  ): Promise<Run> {
    return this.#http.json(path('runs', runId, 'signals', name), 'runId', { method: 'POST', json: payload, query })
  }

  /** The open ones, the oldest first; with `state: 'over'` those that ended since a time, the last one first. */
  listWaits(
    query: {
      readonly state?: 'open' | 'over'
      readonly since?: string
      readonly runId?: string
      readonly item?: number
      readonly name?: string
      readonly q?: string
      readonly limit?: number
      readonly cursor?: string
    } = {},
  ): Promise<WaitList> {
    return this.#http.json('/waits', 'waits', { query })
  }

  /** `full`: a large context, too. */
  getWait(waitId: string, size?: 'full'): Promise<Wait> {
    return this.#http.json(path('waits', waitId), 'id', { query: { full: size && true } })
  }

  /** Once: if it is past, CONFLICT. */
  decideWait(waitId: string, payload: unknown = null): Promise<Wait> {
    return this.#http.json(path('waits', waitId), 'id', { method: 'POST', json: payload })
  }

  // Schedules

  listSchedules(page?: ListPage): Promise<ScheduleList> {
    return this.#list('/schedules', 'schedules', page)
  }

  getSchedule(scheduleId: string): Promise<Schedule> {
    return this.#http.json(path('schedules', scheduleId), 'id')
  }

  createSchedule(schedule: NewSchedule): Promise<Schedule> {
    return this.#http.json('/schedules', 'id', { method: 'POST', json: schedule })
  }

  /** Turns it on or off. */
  changeSchedule(scheduleId: string, change: { readonly enabled: boolean }): Promise<Schedule> {
    return this.#http.json(path('schedules', scheduleId), 'id', { method: 'PATCH', json: change })
  }

  deleteSchedule(scheduleId: string): Promise<void> {
    return this.#http.done(path('schedules', scheduleId), { method: 'DELETE' })
  }

  /** Starts now what it starts. The same key is the same run. */
  runSchedule(scheduleId: string, key?: string): Promise<StartedRun> {
    return this.#http.json(path('schedules', scheduleId, 'run'), 'runId', { method: 'POST', key })
  }

  /** What a cron expression means, and its next times. */
  previewSchedule(cron: string, timezone?: string): Promise<NextTimes> {
    return this.#http.json('/schedules/next', 'next', { query: { cron, timezone } })
  }

  // Blobs

  /** Keeps JSON, or bytes, and answers its id. */
  async putBlob(value: unknown): Promise<string> {
    const isBytes = value instanceof Uint8Array
    const content = isBytes ? { body: { type: 'application/octet-stream', content: value } } : { json: { data: value } }
    const { blobId } = await this.#http.json<BlobIdShape>('/blobs', 'blobId', { method: 'POST', ...content })
    return blobId
  }

  getBlob(blobId: string): Promise<Blob> {
    return this.#http.json(path('blobs', blobId), 'blobId')
  }

  // Secrets, and who may use the server

  listSecrets(page?: ListPage): Promise<SecretList> {
    return this.#list('/secrets', 'secrets', page)
  }

  setSecret(name: string, value: string): Promise<ListedSecret> {
    return this.#http.json(path('secrets', name), 'name', { method: 'PUT', json: { value } })
  }

  removeSecret(name: string): Promise<void> {
    return this.#http.done(path('secrets', name), { method: 'DELETE' })
  }

  listTokens(page?: ListPage): Promise<TokenList> {
    return this.#list('/tokens', 'tokens', page)
  }

  /** The token is in this answer, and nowhere else. */
  createToken(token: NewToken): Promise<Token> {
    return this.#http.json('/tokens', 'token', { method: 'POST', json: token })
  }

  revokeToken(tokenId: string): Promise<void> {
    return this.#http.done(path('tokens', tokenId), { method: 'DELETE' })
  }

  /** Who the caller is. */
  getSession(): Promise<Session> {
    return this.#http.json('/session', 'role')
  }

  /** In a page: a cookie stands for the token from then on. */
  beginSession(token: string): Promise<Session> {
    return this.#http.json('/session', 'role', { method: 'POST', json: { token } })
  }

  endSession(): Promise<void> {
    return this.#http.done('/session', { method: 'DELETE' })
  }

  #list<K extends string, L extends Paged<K>>(where: string, name: K, page: ListPage | undefined): Promise<L> {
    const read = (asked: ListPage): Promise<L> => this.#http.json(where, name, { query: { ...asked } })
    return page ? read(page) : everyPage(name, read)
  }
}

// ---

function path(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join('')
}

function stepsOf(runId: string, item: number | undefined): string {
  return item === undefined ? path('runs', runId, 'steps') : path('runs', runId, 'items', item, 'steps')
}
