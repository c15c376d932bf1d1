// Runs that are kept nowhere: one input, one outcome, no row, no journal. Their drivers are used again, one run after the
// other, so that a run costs no driver of its own; runs at the same time have each its own.

import type { DirectRunOptions, RunSignal } from '../../engine.ts'
import { type ErrorValue, FlowError } from '../../errors.ts'
import type { JournalEntry, RunId } from '../../journal/events.ts'
import { type CachedOutput, project } from '../../journal/project.ts'
import type { KnownSecrets } from '../../secrets/known-secrets.ts'
import { keysOf } from '../../secrets/own-words.ts'
import { Redactor } from '../../secrets/redactor.ts'
import { signalEntry } from '../calls/signals.ts'
import { checkedVariables } from '../check-variables.ts'
import { Driver } from '../driver/driver.ts'
import type { CallFacts, CallServices } from '../in-flight/attempt.ts'
import { secretsOf } from '../in-flight/attempt-place.ts'
import type { DrivenJournal, DrivenRun, DriverTools, ItemGate, ItemInput } from '../in-flight/drive.ts'
import type { LinkedPlan } from '../link.ts'
import { failed, type Outcome } from '../outcome.ts'
import type { RedactingRun } from './local-run.ts'
import { Resting } from './resting.ts'

export interface DirectTools extends Pick<DriverTools, 'link' | 'cached' | 'clock' | 'random' | 'patience'> {
  readonly secret: (name: string) => string | undefined
  readonly known: KnownSecrets
  readonly services: (of: RedactingRun) => CallServices
  readonly newId: () => RunId
}

export class DirectRuns {
  readonly #tools: DirectTools
  readonly #driverTools: DriverTools
  readonly #resting = new Resting<DirectRun>()
  readonly #live = new Set<DirectRun>()
  #onEnd: (() => void)[] = []
  /** Outputs that later calls may use. */
  readonly #kept = new Map<string, CachedOutput>()

  constructor(tools: DirectTools) {
    this.#tools = tools
    const { link, cached, clock, random, patience } = tools
    this.#driverTools = {
      ...NOT_KEPT,
      append: (_, { entries }) => this.#keep(entries),
      heldUp: () => {},
      cached: (key, now) => this.#cached(key, now) ?? cached(key, now),
      ...{ link, clock, random, patience },
    }
  }

  /** Resolves when the run has ended; rejects only if something is wrong with us. */
  run(plan: LinkedPlan, input: unknown, options: DirectRunOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const run = this.#resting.take(plan) ?? this.#newRun(plan)
      this.#live.add(run)
      run.begin(input, options, resolve, reject)
    })
  }

  /** Tells a run what it is sent; false if there is none of that id. */
  signal(id: RunId, signal: RunSignal): boolean {
    for (const run of this.#live) {
      if (run.id !== id) continue
      run.tell(signal, this.#tools.clock.now())
      return true
    }
    return false
  }

  /** Resolves when none is under way. */
  async ended(): Promise<void> {
    while (this.#live.size > 0) await new Promise<void>((resolve) => this.#onEnd.push(resolve))
  }

  close(): void {
    for (const run of this.#live) run.leave('the engine was closed')
  }

  #newRun(plan: LinkedPlan): DirectRun {
    const { known, newId, secret, services } = this.#tools
    const variables = checkedVariables(plan, {})
    const ofVariables = plan.checkVariables?.secretsIn?.(variables) ?? []
    const ofRun = new Redactor([], [known.named, new Redactor(ofVariables)], () => keysOf(plan.plan))
    const redactorOf = (inputs: readonly ItemInput[]) => {
      const secrets = secretsOf(inputs)
      return secrets.length === 0 ? ofRun : new Redactor([], [ofRun, known.of(secrets)])
    }
    const facts = { plan, variables, secret, services: services({ redactorOf }) }
    return new DirectRun(this.#driverTools, facts, newId, (run) => {
      this.#live.delete(run)
      if (this.#onEnd.length > 0) for (const then of this.#onEnd.splice(0)) then()
      if (!run.canReuse) return false
      this.#resting.put(plan, run)
      return true
    })
  }

  #keep(entries: readonly JournalEntry[]): void {
    for (const output of project(entries).cached) this.#kept.set(output.key, output)
  }

  #cached(key: string, now: number): CachedOutput | undefined {
    const kept = this.#kept.get(key)
    if (kept?.until === undefined || kept.until > now) return kept
    this.#kept.delete(key)
    return undefined
  }
}

// ---

const NOTHING: readonly never[] = []

/** Who calls says how many are at work at once. */
const UNLIMITED: ItemGate = {
  tryTake: () => true,
  take: () => {},
  release: () => {},
  ended: () => {},
  mayGrow: false,
  keepFew: () => {},
  weigh: () => {},
}

const NOT_KEPT = {
  driver: 'direct',
  isDurable: false,
  read: () => [],
  mayPutDown: () => false,
} satisfies Partial<DriverTools>

type Resolve = (outcome: Outcome) => void
type Reject = (why: unknown) => void

/** A driver, and the run that it has now: its own facts, and a journal that is none. */
class DirectRun implements CallFacts, DrivenRun, DrivenJournal {
  readonly plan: LinkedPlan
  readonly variables: Readonly<Record<string, unknown>>
  readonly secret: (name: string) => string | undefined
  readonly services: CallServices
  readonly records = 'nothing'
  readonly journal = 'direct/0'
  readonly gate = UNLIMITED
  readonly from = 0
  readonly preamble = NOTHING
  readonly rows = NOTHING
  inputs: readonly unknown[] = NOTHING
  local: unknown
  readonly #tools: DriverTools
  readonly #newId: () => RunId
  /** Takes it back, when its run has ended, for another; false if that cannot be. */
  readonly #rest: (run: DirectRun) => boolean
  #driver: Driver | undefined
  #id: RunId | undefined
  #resolve: Resolve | undefined
  #reject: Reject | undefined
  #unheed: (() => void) | undefined

  constructor(
    tools: DriverTools,
    { plan, variables, secret, services }: Pick<DirectRun, 'plan' | 'variables' | 'secret' | 'services'>,
    newId: () => RunId,
    rest: (run: DirectRun) => boolean,
  ) {
    this.plan = plan
    this.variables = variables
    this.secret = secret
    this.services = services
    this.#tools = tools
    this.#newId = newId
    this.#rest = rest
  }

  get run(): this {
    return this
  }

  get facts(): this {
    return this
  }

  get canReuse(): boolean {
    return this.#driver?.canReuse === true
  }

  /** Made when it is asked for, unless it was given. */
  get id(): RunId {
    this.#id ??= this.#newId()
    return this.#id
  }

  begin(input: unknown, { id, local, signal }: DirectRunOptions, resolve: Resolve, reject: Reject): void {
    this.#id = id
    this.local = local
    this.#resolve = resolve
    this.#reject = reject
    this.inputs = [input]
    if (this.#driver) this.#driver.reuse(this)
    else this.#driver = new Driver(this.#tools, this)
    if (signal) this.#heed(signal)
  }

  onFinished(outcome: Outcome): void {
    const resolve = this.#resolve
    if (!this.#over()) this.#driver?.leave()
    resolve?.(outcome)
  }

  redactError(_: readonly ItemInput[], error: ErrorValue): ErrorValue {
    return error
  }

  redactReason(_: readonly ItemInput[], reason: string): string {
    return reason
  }

  redact(_: ItemInput, outcome: Outcome): Outcome {
    return outcome
  }

  idled(): void {}

  fail(why: unknown): void {
    const reject = this.#reject
    this.#over()
    reject?.(why)
  }

  /** Ends it from outside. */
  leave(why: string): void {
    this.#driver?.leave(why)
    this.onFinished(failed({ code: 'CANCELLED', message: why }))
  }

  tell(signal: RunSignal, at: number): void {
    if (signal.name === 'pause' || signal.name === 'resume') {
      throw new FlowError('CONFLICT', `run ${this.id} is kept nowhere: it can be neither paused nor resumed`)
    }
    if (signal.name === 'cancel') this.leave(signal.reason ?? 'the run was cancelled')
    else this.#driver?.signal(signalEntry(signal, at))
  }

  #heed(signal: AbortSignal): void {
    const stop = () => this.leave('the run was stopped by its signal')
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    this.#unheed = () => signal.removeEventListener('abort', stop)
  }

  #over(): boolean {
    this.#unheed?.()
    this.#unheed = undefined
    this.#resolve = undefined
    this.#reject = undefined
    this.local = undefined
    return this.#rest(this)
  }
}
