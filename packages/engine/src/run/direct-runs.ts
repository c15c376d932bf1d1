// Runs that are kept nowhere: one input, one outcome, no row, no journal. All those of a plan are items of one driver that
// lasts, so that a run costs a slot in it instead of a driver of its own.

import type { DirectRunOptions, RunSignal } from '../engine.ts'
import { FlowError } from '../errors.ts'
import type { JournalEntry, RunId } from '../journal/events.ts'
import { type CachedOutput, project } from '../journal/project.ts'
import { Redactor } from '../redact.ts'
import type { CallServices } from './attempt.ts'
import type { DriverOptions, ItemGate } from './drive.ts'
import { Driver } from './driver.ts'
import type { LinkedPlan } from './link.ts'
import { failed, type Outcome } from './outcome.ts'
import { checkedVariables } from './run-options.ts'
import { signalEntry } from './signals.ts'
import type { DirectItem } from './state.ts'

export interface DirectTools extends Pick<DriverOptions, 'link' | 'cached' | 'clock' | 'random'> {
  readonly secret: (name: string) => string | undefined
  readonly services: (redactor: Redactor) => CallServices
  readonly newId: () => RunId
}

export class DirectRuns {
  readonly #tools: DirectTools
  readonly #drivers = new WeakMap<LinkedPlan, Driver>()
  readonly #live = new Set<DirectRun>()
  /** Outputs that later calls may use. */
  readonly #kept = new Map<string, CachedOutput>()

  constructor(tools: DirectTools) {
    this.#tools = tools
  }

  /** Resolves when the run has ended; rejects only if something is wrong with us. */
  run(plan: LinkedPlan, input: unknown, { id, signal, local }: DirectRunOptions): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const driver = this.#driver(plan)
      const run = new DirectRun(id ?? this.#tools.newId(), input, local, driver, this.#live, { resolve, reject })
      if (signal) run.heed(signal)
      driver.add(run)
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

  close(): void {
    for (const run of this.#live) {
      run.driver.leave()
      run.end(failed({ code: 'CANCELLED', message: 'the engine was closed' }))
    }
  }

  #driver(plan: LinkedPlan): Driver {
    const known = this.#drivers.get(plan)
    if (known && !known.isWorn) return known
    known?.retire()
    const driver = this.#newDriver(plan)
    this.#drivers.set(plan, driver)
    return driver
  }

  #newDriver(plan: LinkedPlan): Driver {
    const { link, clock, random, cached } = this.#tools
    const redactor = new Redactor()
    const secret = (name: string) => {
      const value = this.#tools.secret(name)
      if (value !== undefined) redactor.add(value)
      return value
    }
    const driver: Driver = new Driver({
      ...NOT_KEPT,
      plan,
      facts: { id: '', variables: checkedVariables(plan, {}), secret },
      append: ({ entries }) => this.#keep(entries),
      services: this.#tools.services(redactor),
      link,
      cached: (key, now) => this.#cached(key, now) ?? cached(key, now),
      clock,
      random,
      onBug: (error) => {
        this.#drivers.delete(plan)
        for (const run of this.#live) if (run.driver === driver) run.fail(error)
      },
    })
    return driver
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

/** There is no run in a store around these, and so no limit to how many of them are at work. */
const UNLIMITED: ItemGate = { tryTake: () => true, take: () => {}, release: () => {} }

const NOT_KEPT = {
  journal: 'direct',
  driver: 'direct',
  from: 0,
  inputs: [],
  isLasting: true,
  gate: UNLIMITED,
  read: () => [],
  preamble: [],
  rows: [],
  isDurable: false,
  isRecording: false,
  mayPutDown: () => false,
  redactError: (_sources, error) => error,
  redact: (_plan, _input, outcome) => outcome,
  onIdle: () => {},
} satisfies Partial<DriverOptions>

/** What a promise of an outcome is settled with. */
interface Settlers {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (why: unknown) => void
}

class DirectRun implements DirectItem {
  readonly id: RunId
  readonly input: unknown
  readonly local: unknown
  readonly driver: Driver
  readonly #live: Set<DirectRun>
  readonly #settlers: Settlers
  #unheed: (() => void) | undefined

  constructor(id: RunId, input: unknown, local: unknown, driver: Driver, live: Set<DirectRun>, settlers: Settlers) {
    this.id = id
    this.input = input
    this.local = local
    this.driver = driver
    this.#live = live
    this.#settlers = settlers
    live.add(this)
  }

  end(outcome: Outcome): void {
    this.#over()
    this.#settlers.resolve(outcome)
  }

  fail(why: unknown): void {
    this.#over()
    this.#settlers.reject(why)
  }

  /** Ends when the signal says so. */
  heed(signal: AbortSignal): void {
    const stop = () => this.tell({ name: 'cancel', reason: 'the run was stopped by its signal' }, 0)
    signal.addEventListener('abort', stop, { once: true })
    this.#unheed = () => signal.removeEventListener('abort', stop)
  }

  tell(signal: RunSignal, at: number): void {
    switch (signal.name) {
      case 'cancel':
        this.driver.end(this, { code: 'CANCELLED', message: signal.reason ?? 'the run was cancelled' })
        return
      case 'signal':
        this.driver.signalItem(this, signalEntry(signal, at))
        return
      default:
        throw new FlowError('CONFLICT', `run ${this.id} is kept nowhere, so it cannot be paused`)
    }
  }

  #over(): void {
    this.#live.delete(this)
    this.#unheed?.()
  }
}
