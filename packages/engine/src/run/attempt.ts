// One call of a component, from the call to its answer, parks in between included. What the component sees as its context.

import type { BlobAccess, CallContext, Log, SubmitRunOptions, SubmittedRun, Woken } from '../component/plugin.ts'
import type { ErrorValue } from '../errors.ts'
import type { MaybePromise } from '../json.ts'
import type { Plan } from '../plan/plan.ts'
import type { ActiveRun } from './active-run.ts'
import type { Outcome } from './outcome.ts'
import { DONE, FAILED, SKIPPED, type SkipFact } from './state.ts'

/** What calls need from the engine around them. */
export interface CallServices {
  readonly blobs: BlobAccess
  readonly log: (attempt: Attempt) => Log
  readonly plan: (ref: unknown) => MaybePromise<Plan>
  readonly submit: (
    attempt: Attempt,
    plan: Plan,
    inputs: readonly unknown[],
    options?: SubmitRunOptions,
  ) => Promise<SubmittedRun>
}

export class Attempt implements CallContext {
  readonly run: ActiveRun
  readonly slot: number
  readonly step: number
  /** From 1. */
  readonly attempt: number
  readonly itemIndex: number
  woken: Woken | undefined = undefined
  /** False once its answer is no longer wanted. */
  isLive = true
  /** Set while parked. */
  park: AttemptPark | undefined = undefined
  cancelTimer: (() => void) | undefined = undefined

  readonly #services: CallServices
  #controller: AbortController | undefined

  constructor(services: CallServices, run: ActiveRun, slot: number, step: number, attempt: number) {
    this.#services = services
    this.run = run
    this.slot = slot
    this.step = step
    this.attempt = attempt
    this.itemIndex = run.state.item[slot] as number
  }

  get key(): number {
    return this.slot * this.run.state.stepCount + this.step
  }

  get visit(): number {
    return (this.run.state.visit[this.key] as number) + 1
  }

  /** `item/step/visit`, prefixed by those of the runs around it. */
  get path(): string {
    const own = `${this.itemIndex}/${this.step}/${this.visit}`
    return this.run.key === '' ? own : `${this.run.key}/${own}`
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  get idempotencyKey(): string {
    return `${this.runId}/${this.path}`
  }

  get runId(): string {
    return this.run.state.facts.id
  }

  get stepId(): string {
    return this.run.plan.stepIds[this.step] as string
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.run.state.facts.variables
  }

  get blobs(): BlobAccess {
    return this.#services.blobs
  }

  get log(): Log {
    return this.#services.log(this)
  }

  plan(ref: unknown): MaybePromise<Plan> {
    return this.#services.plan(ref)
  }

  submit(plan: Plan, inputs: readonly unknown[], options?: SubmitRunOptions): Promise<SubmittedRun> {
    return this.#services.submit(this, plan, inputs, options)
  }

  outcomes(): Record<string, Outcome> {
    const { state, plan } = this.run
    const base = this.slot * state.stepCount
    const outcomes: Record<string, Outcome> = {}
    for (let step = 0; step < state.stepCount; step++) {
      const outcome = outcomeAt(state.status[base + step] as number, state.value[base + step])
      if (outcome && plan.plan.steps[step]?.hidden !== true) outcomes[plan.stepIds[step] as string] = outcome
    }
    return outcomes
  }

  /** The answer is no longer wanted: tells the component, and drops what it still says. */
  abandon(reason: Error): void {
    this.isLive = false
    this.cancelTimer?.()
    this.cancelTimer = undefined
    this.#controller?.abort(reason)
  }

  /** The answer is here. */
  close(): void {
    this.isLive = false
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}

export interface AttemptPark {
  readonly by: 'time' | 'signal' | 'run' | 'retry'
  readonly state: unknown
  /** The sub-run that it waits for. */
  child?: ActiveRun
}

// ---

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
