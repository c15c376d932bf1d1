// What calls ask of the engine around them: blobs, a log without secrets, flows that a step has made, runs of their own.

import type {
  BlobAccess,
  GetRunOptions,
  Log,
  LogLevel,
  ReportedRun,
  SubmitRunOptions,
  SubmittedRun,
} from '../../component/plugin.ts'
import type { PlanEngine, PlanEngineOptions } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { Json, MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Redactor } from '../../secrets/redactor.ts'
import type { Patience } from '../../store/patience.ts'
import type { Attempt, CallServices } from '../in-flight/attempt.ts'
import { inputsOf } from '../in-flight/attempt-place.ts'
import type { ItemInput } from '../in-flight/drive.ts'
import { CallFlows } from './call-flows.ts'
import { CallRuns } from './call-runs.ts'

/** What takes out the secrets of a run, and of these inputs in it. */
export type RedactorOf = (inputs: readonly ItemInput[]) => Redactor

/** What the calls of all runs share. */
export class CallTools {
  readonly options: PlanEngineOptions
  readonly blobs: BlobAccess
  readonly flows: CallFlows
  readonly runs: CallRuns

  constructor(engine: PlanEngine, options: PlanEngineOptions, patience: Patience) {
    const { store } = options
    this.options = options
    // A store that is away is no failure of the step that asks: it waits, as its run does.
    this.blobs = {
      put: (value) => patience.ask(() => store.blobs.put(value), Number.POSITIVE_INFINITY),
      get: (id) => patience.ask(() => store.blobs.get(id), Number.POSITIVE_INFINITY),
    }
    this.flows = new CallFlows(options.flowOf, this.blobs)
    this.runs = new CallRuns(engine, store, patience)
  }
}

/** Few fields on purpose: one is made for every run. */
export class RunServices implements CallServices {
  readonly #tools: CallTools
  readonly #redactorOf: RedactorOf

  constructor(tools: CallTools, redactorOf: RedactorOf) {
    this.#tools = tools
    this.#redactorOf = redactorOf
  }

  get blobs(): BlobAccess {
    return this.#tools.blobs
  }

  redaction(attempt: Attempt): <T>(value: T) => T {
    return this.#redactorOf(inputsOf(attempt)).redaction
  }

  log(attempt: Attempt): Log {
    const { log } = this.#tools.options
    return (level, message, data) => {
      if (!log) return
      const redactor = this.#redactorOf(inputsOf(attempt))
      log(level, `step "${attempt.stepId}": ${redactor.text(message)}`, redactor.value(data))
    }
  }

  report(attempt: Attempt, level: LogLevel, message: string, event: Json): void {
    this.#tools.options.log?.(level, `step "${attempt.stepId}": ${this.redaction(attempt)(message)}`, event)
  }

  warn(message: string): void {
    this.#tools.options.log?.('warning', message)
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
