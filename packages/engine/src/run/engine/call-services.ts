// What calls ask of the engine around them: blobs, a log without secrets, flows that a step has made, runs of their own.

import type {
  BlobAccess,
  GetRunOptions,
  Log,
  LogLevel,
  Printed,
  ReportedRun,
  SubmitRunOptions,
  SubmittedRun,
} from '../../component/plugin.ts'
import type { PlanEngine, PlanEngineOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import { type RunId, visitOfPath } from '../../journal/events.ts'
import type { Json, MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import { noteSecrets, type SecretsOf } from '../../secrets/blob-secrets.ts'
import type { Redactor } from '../../secrets/redactor.ts'
import type { Patience } from '../../store/patience.ts'
import type { Attempt, CallServices } from '../in-flight/attempt.ts'
import { markedInputsOf, rootItem } from '../in-flight/attempt-place.ts'
import { CallFlows } from './call-flows.ts'
import { CallRuns } from './call-runs.ts'
import type { RedactingRun } from './local-run.ts'
import { AttemptLog, type LogKeeper, type LogPlace } from './log-keeper.ts'

/** What the calls of all runs share. */
export class CallTools {
  readonly options: PlanEngineOptions
  readonly blobs: BlobAccess
  readonly flows: CallFlows
  readonly runs: CallRuns
  readonly logs: LogKeeper
  readonly #patience: Patience

  constructor(engine: PlanEngine, options: PlanEngineOptions, patience: Patience, logs: LogKeeper) {
    const { store } = options
    this.options = options
    this.logs = logs
    // A store that is away is no failure of the step that asks: it waits, as its run does.
    this.blobs = {
      put: (value) => patience.ask(() => store.blobs.put(value), Number.POSITIVE_INFINITY),
      get: (id) => patience.ask(() => store.blobs.get(id), Number.POSITIVE_INFINITY),
    }
    this.flows = new CallFlows(options.flowOf, this.blobs)
    this.runs = new CallRuns(engine, store, patience)
    this.#patience = patience
  }

  async putWithSecrets(value: unknown, redactor: Redactor, of: SecretsOf): Promise<string> {
    const { records } = this.options.store
    const blobId = await this.blobs.put(value)
    await this.#patience.ask(() => noteSecrets(records, { blobId, value, redactor, of }), Number.POSITIVE_INFINITY)
    return blobId
  }
}

/** Few fields on purpose: one is made for every run. */
export class RunServices implements CallServices {
  readonly #tools: CallTools
  readonly #of: RedactingRun
  /** Whose log is kept. */
  readonly #run: RunId | undefined

  constructor(tools: CallTools, of: RedactingRun, run: RunId | undefined) {
    this.#tools = tools
    this.#of = of
    this.#run = run
  }

  blobs(attempt: Attempt): BlobAccess {
    const { blobs } = this.#tools
    const run = this.#run
    if (run === undefined) return blobs
    const redactor = this.#of.redactorOf(markedInputsOf(attempt))
    if (redactor.isEmpty) return blobs
    const of = { run, item: rootItem(attempt) }
    return { ...blobs, put: (value) => this.#tools.putWithSecrets(value, redactor, of) }
  }

  redaction(attempt: Attempt): <T>(value: T) => T {
    return this.#of.redactorOf(markedInputsOf(attempt)).redaction
  }

  log(attempt: Attempt): Log {
    const { log } = this.#tools.options
    const kept = this.#logOf(attempt)
    return (level, message, data) => {
      if (!log && !kept) return
      const redactor = this.#of.redactorOf(markedInputsOf(attempt))
      const [shown, shownData] = [redactor.text(message), redactor.value(data)]
      log?.(level, `step "${attempt.stepId}": ${shown}`, shownData)
      kept?.keep(level, shown, shownData)
    }
  }

  printed(attempt: Attempt): Printed | undefined {
    const kept = this.#logOf(attempt)
    const run = this.#run
    if (run === undefined || !kept) return undefined
    const redactor = this.#of.redactorOf(markedInputsOf(attempt))
    return (level, message, data, whose) => {
      const [shown, shownData] = [redactor.text(message), redactor.value(data)]
      if (whose === 'call') kept.keep(level, shown, shownData)
      else this.#tools.logs.keep(run, level, shown, shownData)
    }
  }

  report(attempt: Attempt, level: LogLevel, message: string, event: Json): void {
    const shown = this.redaction(attempt)(message)
    this.#tools.options.log?.(level, `step "${attempt.stepId}": ${shown}`, event)
    if (this.#run !== undefined) this.#tools.logs.keep(this.#run, level, shown, event, placeOf(attempt))
  }

  warn(message: string): void {
    this.#tools.options.log?.('warning', message)
    if (this.#run !== undefined) this.#tools.logs.keep(this.#run, 'warning', message, undefined)
  }

  /** Made while the attempt is there: later its place may be another's. */
  #logOf(attempt: Attempt): AttemptLog | undefined {
    if (this.#run === undefined) return undefined
    attempt.logged ??= new AttemptLog(this.#tools.logs, this.#run, placeOf(attempt))
    return attempt.logged as AttemptLog // nobody else sets it
  }

  flowId(attempt: Attempt): MaybePromise<string> {
    return this.#tools.flows.idOf(attempt)
  }

  plan(ref: unknown, overrides?: Json): MaybePromise<Plan> {
    const { plan } = this.#tools.options
    if (!plan) throw new FlowError('INVALID_FLOW', 'this engine has no compiler for flows that a step makes')
    return plan(ref, overrides)
  }

  submit(attempt: Attempt, plan: Plan, inputs: readonly unknown[], options?: SubmitRunOptions): Promise<SubmittedRun> {
    return this.#tools.runs.submit(attempt, plan, inputs, options)
  }

  getRun(attempt: Attempt, runId: string, options?: GetRunOptions): Promise<ReportedRun> {
    return this.#tools.runs.get(attempt.signal, runId, options)
  }
}

// ---

/** As the rows of visits have it. */
function placeOf({ path, stepId, attempt }: Attempt): LogPlace {
  const { sub, item, visit } = visitOfPath(path)
  if (sub === undefined) return { item, step: stepId, visit, attempt }
  // A step that runs one plan after the other counts them: `.2` behind its key.
  const [, inside = sub, run = '1'] = /^(.*)\.(\d+)$/.exec(sub) ?? []
  return { item: Number.parseInt(sub, 10), step: stepId, visit, attempt, inside, element: item + Number(run) - 1 }
}
