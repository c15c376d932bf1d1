// Runs that are kept nowhere: one input, one outcome, no row, no journal. Their drivers are used again, one run after the
// other, so that a run costs no driver of its own; runs at the same time have each its own.

import type { DirectRunOptions, RunSignal } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, RunId } from '../../journal/events.ts'
import { type CachedOutput, project } from '../../journal/project.ts'
import type { KnownSecrets } from '../../secrets/known-secrets.ts'
import { keysOf } from '../../secrets/own-words.ts'
import { Redactor } from '../../secrets/redactor.ts'
import { signalEntry } from '../calls/signals.ts'
import { checkedVariables } from '../check-variables.ts'
import { Driver } from '../driver/driver.ts'
import type { CallServices } from '../in-flight/attempt.ts'
import { secretsOf } from '../in-flight/attempt-place.ts'
import type { DriverOptions, ItemGate } from '../in-flight/drive.ts'
import type { LinkedPlan } from '../link.ts'
import { failed, type Outcome } from '../outcome.ts'
import type { RunFacts } from '../scheduler/state.ts'
import type { RedactorOf } from './call-services.ts'

/** Of one plan, so many drivers wait for their next run. */
const RESTING = 64

export interface DirectTools extends Pick<DriverOptions, 'link' | 'cached' | 'clock' | 'random' | 'patience'> {
  readonly secret: (name: string) => string | undefined
  readonly known: KnownSecrets
  readonly services: (redactorOf: RedactorOf) => CallServices
  readonly newId: () => RunId
}

export class DirectRuns {
  readonly #tools: DirectTools
  readonly #resting = new WeakMap<LinkedPlan, DirectRun[]>()
  readonly #live = new Set<DirectRun>()
  #onEnd: (() => void)[] = []
  /** Outputs that later calls may use. */
  readonly #kept = new Map<string, CachedOutput>()

  constructor(tools: DirectTools) {
    this.#tools = tools
  }

  /** Resolves when the run has ended; rejects only if something is wrong with us. */
  run(plan: LinkedPlan, input: unknown, options: DirectRunOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const run = this.#resting.get(plan)?.pop() ?? this.#newRun(plan)
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
    const { link, clock, random, patience, cached, newId, known, secret } = this.#tools
    const variables = checkedVariables(plan, {})
    const ofVariables = plan.checkVariables?.secretsIn?.(variables) ?? []
    const ofRun = new Redactor([], [known.named, new Redactor(ofVariables)], () => keysOf(plan.plan))
    const redactorOf: RedactorOf = (inputs) => {
      const secrets = secretsOf(inputs)
      return secrets.length === 0 ? ofRun : new Redactor([], [ofRun, known.of(secrets)])
    }
    const resting = this.#resting.get(plan) ?? []
    this.#resting.set(plan, resting)
    const run = new DirectRun(variables, secret, newId, () => {
      this.#live.delete(run)
      if (this.#onEnd.length > 0) for (const then of this.#onEnd.splice(0)) then()
      if (resting.length >= RESTING || !run.driver.canReuse) return false
      resting.push(run)
      return true
    })
    run.driver = new Driver({
      ...NOT_KEPT,
      plan,
      facts: run,
      append: ({ entries }) => this.#keep(entries),
      services: this.#tools.services(redactorOf),
      link,
      cached: (key, now) => this.#cached(key, now) ?? cached(key, now),
      onFinished: (outcome) => run.end(outcome),
      onBug: (error) => run.fail(error),
      clock,
      random,
      patience,
    })
    return run
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
  journal: 'direct/0',
  driver: 'direct',
  from: 0,
  inputs: [],
  gate: UNLIMITED,
  read: () => [],
  preamble: [],
  rows: [],
  isDurable: false,
  records: 'nothing',
  mayPutDown: () => false,
  redactError: (_sources, error) => error,
  redactReason: (_sources, reason) => reason,
  redact: (_input, outcome) => outcome,
  onIdle: () => {},
} satisfies Partial<DriverOptions>

type Resolve = (outcome: Outcome) => void
type Reject = (why: unknown) => void

/** A driver, and the run that it has now. */
class DirectRun implements RunFacts {
  readonly variables: Readonly<Record<string, unknown>>
  readonly secret: (name: string) => string | undefined
  driver!: Driver
  local: unknown
  readonly #newId: () => RunId
  /** Takes it back, when its run has ended, for another; false if that cannot be. */
  readonly #rest: () => boolean
  #id: RunId | undefined
  #resolve: Resolve | undefined
  #reject: Reject | undefined
  #unheed: (() => void) | undefined

  constructor(variables: RunFacts['variables'], secret: RunFacts['secret'], newId: () => RunId, rest: () => boolean) {
    this.variables = variables
    this.secret = secret
    this.#newId = newId
    this.#rest = rest
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
    this.driver.reuse(input)
    if (signal) this.#heed(signal)
  }

  end(outcome: Outcome): void {
    const resolve = this.#resolve
    if (!this.#over()) this.driver.leave()
    resolve?.(outcome)
  }

  fail(why: unknown): void {
    const reject = this.#reject
    this.#over()
    reject?.(why)
  }

  /** Ends it from outside. */
  leave(why: string): void {
    this.driver.leave(why)
    this.end(failed({ code: 'CANCELLED', message: why }))
  }

  tell(signal: RunSignal, at: number): void {
    if (signal.name === 'pause' || signal.name === 'resume') {
      throw new FlowError('CONFLICT', `run ${this.id} is kept nowhere: it can be neither paused nor resumed`)
    }
    if (signal.name === 'cancel') this.leave(signal.reason ?? 'the run was cancelled')
    else this.driver.signal(signalEntry(signal, at))
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
    return this.#rest()
  }
}
