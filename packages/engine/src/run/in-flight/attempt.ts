// One call of a component, from the call to its answer, parks in between included. What the component sees as its context.

import type {
  BlobAccess,
  CallContext,
  GetRunOptions,
  Log,
  LogLevel,
  Printed,
  ReportedRun,
  SubmitRunOptions,
  SubmittedRun,
  TraceContext,
  Woken,
} from '../../component/plugin.ts'
import type { ErrorValue } from '../../errors.ts'
import type { Json, MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Outcome } from '../outcome.ts'
import { DONE, FAILED, type RunFacts, SKIPPED, type SkipFact } from '../scheduler/state.ts'
import type { ActiveRun } from './active-run.ts'

/** What calls need from the engine around them. */
export interface CallServices {
  /** What holds a secret of the attempt's item is known by it: whoever shows the blob hides it there, too. */
  blobs(attempt: Attempt): BlobAccess
  log(attempt: Attempt): Log
  /** Undefined where no log is kept. */
  printed(attempt: Attempt): Printed | undefined
  /** The same function for all calls that have no secrets but those of their run. */
  redaction(attempt: Attempt): <T>(value: T) => T
  /** The same, for the engine: the data is its own, and nobody's secret. */
  report(attempt: Attempt, level: LogLevel, message: string, event: Json): void
  warn(message: string): void
  flowId(attempt: Attempt): MaybePromise<string>
  plan(ref: unknown, overrides?: Json): MaybePromise<Plan>
  submit(attempt: Attempt, plan: Plan, inputs: readonly unknown[], options?: SubmitRunOptions): Promise<SubmittedRun>
  getRun(attempt: Attempt, runId: string, options?: GetRunOptions): Promise<ReportedRun>
}

/** What the calls of a run know. */
export interface CallFacts extends RunFacts {
  readonly services: CallServices
}

/** Few fields on purpose: one is made for every call, and most calls answer at once. */
export class Attempt implements CallContext {
  readonly run: ActiveRun
  /** Of its own run, also when another is driven in its place. */
  readonly facts: CallFacts
  readonly key: number
  /** Parts of the key, taken apart once: that is a division. */
  readonly slot: number
  readonly step: number
  /** From 1. */
  readonly attempt: number
  woken: Woken | undefined = undefined
  /** False once its answer is no longer wanted. */
  isLive = true
  /** What only a call that does not answer at once has. */
  later: Later | undefined = undefined

  constructor(run: ActiveRun, key: number, attempt: number) {
    this.run = run
    this.facts = run.facts
    this.key = key
    this.slot = run.state.slotOf(key)
    this.step = key - this.slot * run.state.stepCount
    this.attempt = attempt
  }

  get itemIndex(): number {
    return this.later?.was?.itemIndex ?? (this.run.state.item[this.slot] as number)
  }

  /** Of its item. */
  get input(): unknown {
    return this.later?.was ? this.later.was.input : this.run.state.input[this.slot]
  }

  /** Set while parked. */
  get park(): AttemptPark | undefined {
    return this.later?.park
  }

  set park(park: AttemptPark | undefined) {
    laterOf(this).park = park
  }

  get hasTimer(): boolean {
    return this.later?.cancelTimer !== undefined
  }

  /** When its time limit began, if it has one; epoch milliseconds. */
  get since(): number | undefined {
    return this.later?.since
  }

  set since(at: number | undefined) {
    laterOf(this).since = at
  }

  /** Keeps the way to take the attempt's timer back. */
  set cancelTimer(cancel: (() => void) | undefined) {
    laterOf(this).cancelTimer = cancel
  }

  /** Where a success of this call is kept for others. */
  get cacheKey(): string | undefined {
    return this.later?.cacheKey
  }

  set cacheKey(key: string | undefined) {
    laterOf(this).cacheKey = key
  }

  /** Its answer is that of an earlier call. */
  set isFromCache(isFromCache: boolean) {
    laterOf(this).isFromCache = isFromCache
  }

  /** So many items of the sub-run that it waited for have failed. */
  set lost(count: number) {
    if (count > 0 || this.later?.lost) laterOf(this).lost = count
  }

  /** The turn that it has waited for. */
  get turn(): unknown {
    return this.later?.turn
  }

  set turn(turn: unknown) {
    laterOf(this).turn = turn
  }

  set took(signal: number) {
    laterOf(this).took = signal
  }

  get visit(): number {
    return (this.run.state.visit[this.key] as number) + 1
  }

  /** `item/step/visit`, prefixed by those of the runs around it. */
  get path(): string {
    if (this.later?.was) return this.later.was.path
    const own = `${this.itemIndex}/${this.step}/${this.visit}`
    return this.run.key === '' ? own : `${this.run.key}/${own}`
  }

  get timeoutMs(): number | undefined {
    return this.run.plan.plan.steps[this.step]?.timeoutMs
  }

  /** The key of the next sub-run that it waits for: each has its own. */
  nextSubRunKey(): string {
    const count = ++laterOf(this).subRuns
    return count === 1 ? this.path : `${this.path}.${count}`
  }

  get signal(): AbortSignal {
    const later = laterOf(this)
    if (later.controller === undefined) {
      later.controller = new AbortController()
      if (later.was) later.controller.abort(later.was.reason)
    }
    return later.controller.signal
  }

  get isAbandoned(): boolean {
    return this.later?.was !== undefined
  }

  onAbandoned(callback: (() => void) | undefined): void {
    laterOf(this).onAbandoned = callback
  }

  get idempotencyKey(): string {
    return `${this.runId}/${this.path}`
  }

  get runId(): string {
    return this.later?.was?.runId ?? this.facts.id
  }

  get local(): unknown {
    return this.facts.local
  }

  get stepId(): string {
    const { authorsIds, stepIds } = this.run.plan
    return authorsIds[this.step] ?? (stepIds[this.step] as string)
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.facts.variables
  }

  get flowFile(): string | undefined {
    let { run } = this
    while (run.parent) run = run.parent.attempt.run
    return run.plan.plan.file
  }

  get around(): CallContext | undefined {
    return this.run.parent?.attempt
  }

  get trace(): TraceContext | undefined {
    return this.later?.trace
  }

  set trace(trace: TraceContext | undefined) {
    laterOf(this).trace = trace
  }

  get blobs(): BlobAccess {
    return this.facts.services.blobs(this)
  }

  putBlob(value: unknown): MaybePromise<string> {
    return this.blobs.put(value)
  }

  getBlob(id: string): MaybePromise<unknown> {
    return this.blobs.get(id)
  }

  get log(): Log {
    return this.facts.services.log(this)
  }

  get printed(): Printed | undefined {
    return this.facts.services.printed(this)
  }

  /** What it logs; absent as long as it has not. */
  get logged(): { end(): void } | undefined {
    return this.later?.logged
  }

  set logged(logged: { end(): void } | undefined) {
    laterOf(this).logged = logged
  }

  get redaction(): <T>(value: T) => T {
    return this.facts.services.redaction(this)
  }

  flowId(): MaybePromise<string> {
    return this.facts.services.flowId(this)
  }

  plan(ref: unknown, overrides?: Json): MaybePromise<Plan> {
    return this.facts.services.plan(ref, overrides)
  }

  submit(plan: Plan, inputs: readonly unknown[], options?: SubmitRunOptions): Promise<SubmittedRun> {
    return this.facts.services.submit(this, plan, inputs, options)
  }

  getRun(runId: string, options?: GetRunOptions): Promise<ReportedRun> {
    return this.facts.services.getRun(this, runId, options)
  }

  /** Calls back once the component says that it has started. */
  set onStarted(callback: (attempt: Attempt) => void) {
    laterOf(this).onStarted = callback
  }

  /** False of a component that announces its start, and has not. */
  get hasStarted(): boolean {
    return this.later?.onStarted === undefined
  }

  started(): void {
    const later = laterOf(this)
    const { onStarted } = later
    later.onStarted = undefined
    if (this.isLive) onStarted?.(this)
  }

  outcomes(): Record<string, Outcome> {
    const { state, plan } = this.run
    const base = this.slot * state.stepCount
    const outcomes: Record<string, Outcome> = {}
    if (this.later?.was) return outcomes
    for (let step = 0; step < state.stepCount; step++) {
      const outcome = outcomeAt(state.status[base + step] as number, state.value[base + step])
      if (outcome && plan.plan.steps[step]?.hidden !== true) outcomes[plan.stepIds[step] as string] = outcome
    }
    return outcomes
  }

  /** The answer is no longer wanted: tells the component, and drops what it still says. */
  abandon(reason: Error): void {
    // It may still run and ask who it is, when its place has gone to another item.
    const { runId, itemIndex, path, input } = this
    const later = laterOf(this)
    later.was = { runId, itemIndex, path, input, reason }
    this.close()
    later.controller?.abort(reason)
    later.onAbandoned?.()
  }

  /** The answer is here. */
  close(): void {
    this.isLive = false
    if (this.later === undefined) return
    this.later.logged?.end()
    this.stopTimer()
  }

  /** What has passed of its time limit does not count. */
  restartTime(): void {
    this.stopTimer()
    if (this.later) this.later.since = undefined
  }

  stopTimer(): void {
    if (this.later?.cancelTimer === undefined) return
    this.later.cancelTimer()
    this.later.cancelTimer = undefined
  }
}

interface Later {
  /** How often it was parked on a sub-run. */
  subRuns: number
  controller: AbortController | undefined
  onAbandoned: (() => void) | undefined
  park: AttemptPark | undefined
  cancelTimer: (() => void) | undefined
  since: number | undefined
  onStarted: ((attempt: Attempt) => void) | undefined
  cacheKey: string | undefined
  isFromCache: boolean
  lost: number
  trace: TraceContext | undefined
  turn: unknown
  logged: { end(): void } | undefined
  /** The number of the last signal that it used up. */
  took: number | undefined
  /** Who it was when it was abandoned. */
  was:
    | {
        readonly runId: string
        readonly itemIndex: number
        readonly path: string
        readonly input: unknown
        readonly reason: Error
      }
    | undefined
}

export interface AttemptPark {
  readonly by: 'time' | 'signal' | 'run' | 'retry' | 'turn'
  readonly state: unknown
  readonly turn?: unknown
  /** The name of the signal that it waits for. */
  readonly signal?: string | undefined
  /** When it is woken at the latest; epoch milliseconds. */
  readonly until?: number | undefined
  /** The sub-run that it waits for. */
  child?: ActiveRun
}

// ---

/** Not a private method: those cost every instance a brand. */
function laterOf(attempt: Attempt): Later {
  attempt.later ??= {
    subRuns: 0,
    controller: undefined,
    onAbandoned: undefined,
    park: undefined,
    cancelTimer: undefined,
    since: undefined,
    onStarted: undefined,
    cacheKey: undefined,
    isFromCache: false,
    lost: 0,
    trace: undefined,
    turn: undefined,
    logged: undefined,
    took: undefined,
    was: undefined,
  }
  return attempt.later
}

function outcomeAt(status: number, value: unknown): Outcome | undefined {
  switch (status) {
    case DONE:
      return { outcome: 'success', result: value }
    case SKIPPED:
      return { outcome: 'skipped', reason: (value as SkipFact).reason }
    case FAILED:
      return { outcome: 'failed', error: value as ErrorValue }
    default:
      return undefined
  }
}
