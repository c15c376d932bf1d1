// A run as this process has it: its places for items, its drivers, its results on their way out.

import type { ErrorValue } from '../../errors.ts'
import type { JournalId, RunId } from '../../journal/events.ts'
import { Redactor } from '../../redact.ts'
import type { SignalEntry } from '../calls/signals.ts'
import type { Driver } from '../driver/driver.ts'
import type { ItemGate, ItemInput } from '../in-flight/drive.ts'
import type { LinkedPlan } from '../link.ts'
import type { Outcome } from '../outcome.ts'
import type { RunFacts } from '../scheduler/state.ts'
import { ResultStream } from './result-stream.ts'

export interface LocalRunOptions {
  readonly id: RunId
  readonly plan: LinkedPlan
  readonly variables: Readonly<Record<string, unknown>>
  readonly secret: (name: string) => string | undefined
  readonly maxConcurrent: number
  readonly isRedacting: boolean
}

export class LocalRun {
  readonly id: RunId
  readonly plan: LinkedPlan
  readonly facts: RunFacts
  readonly results = new ResultStream()
  readonly redactor = new Redactor()
  /** Items at once. */
  readonly limit: number
  /** Those who wait for its end. */
  handles = 0
  /** Stops listening for what the run is sent. */
  unwatch: () => void = () => {}
  /** What went wrong on our side, if anything did. */
  bug: unknown
  /** Resolves when the run takes no further inputs. */
  readonly closed: Promise<void>
  #close!: () => void
  #isClosed = false

  readonly #isRedacting: boolean
  readonly #secrets = new Set<unknown>()
  /** Journals whose items have not all ended, and who drives them here; undefined: nobody, for now. */
  readonly #open = new Map<JournalId, Driver | undefined>()
  readonly #raw = new Map<number, Outcome>()
  /** What the run was sent, by its row in the run's journal. */
  readonly #signals = new Map<number, readonly SignalEntry[]>()
  #free: number
  #onChange: (() => void)[] = []

  constructor(options: LocalRunOptions) {
    const { id, variables, plan } = options
    this.closed = new Promise((resolve) => {
      this.#close = resolve
    })
    this.id = id
    this.plan = plan
    this.facts = {
      id,
      variables,
      secret: (name) => {
        const value = options.secret(name)
        if (value !== undefined) this.keepSecret(value)
        return value
      },
    }
    this.limit = options.maxConcurrent
    this.#free = this.limit
    this.#isRedacting = options.isRedacting
    for (const value of plan.checkVariables?.secretsIn?.(variables) ?? []) this.keepSecret(value)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** From now on the value is redacted wherever it could be seen. */
  keepSecret(value: unknown): void {
    if (this.#secrets.has(value)) return
    this.#secrets.add(value)
    this.redactor.add(value)
  }

  readonly gate: ItemGate = {
    tryTake: () => {
      if (this.#free <= 0) return false
      this.#free--
      return true
    },
    take: () => {
      this.#free--
    },
    release: () => {
      this.#free++
      // Earlier shards first: what came first should end first.
      for (const driver of this.#open.values()) driver?.onFree()
    },
  }

  open(journal: JournalId): void {
    if (!this.#open.has(journal)) this.#open.set(journal, undefined)
  }

  get openCount(): number {
    return this.#open.size
  }

  /** True while a driver of this process has the journal. */
  isDriven(journal: JournalId): boolean {
    return this.#open.get(journal) !== undefined
  }

  /** True if the journal is open, and nobody drives it here. */
  isLeft(journal: JournalId): boolean {
    return this.#open.has(journal) && this.#open.get(journal) === undefined
  }

  drives(journal: JournalId, driver: Driver): void {
    this.#open.set(journal, driver)
    if (this.isClosed) driver.drain()
    for (const row of [...this.#signals.keys()].sort((a, b) => a - b)) {
      for (const entry of this.#signals.get(row) ?? []) driver.signal(entry)
    }
  }

  /** The driver has put the journal down; it is still open. */
  putDown(journal: JournalId): void {
    this.#open.set(journal, undefined)
  }

  close(journal: JournalId): void {
    this.#open.delete(journal)
    for (const changed of this.#onChange.splice(0)) changed()
  }

  /** Resolves once fewer than `busy` journals are at work, and fewer than `idle` are held though they only wait. */
  async shardRoom(busy: number, idle: number): Promise<void> {
    while (!this.#hasShardRoom(busy, idle) && !this.isClosed) await this.#change()
  }

  /** A journal only waits from now on. */
  idled(): void {
    for (const changed of this.#onChange.splice(0)) changed()
  }

  /** Resolves once no journal is open. */
  async drained(): Promise<void> {
    while (this.#open.size > 0) await this.#change()
  }

  drain(): void {
    this.#takeNoMore()
    for (const driver of this.#open.values()) driver?.drain()
    // What nobody drives only waits; it is left as it is.
    for (const [journal, driver] of this.#open) if (!driver) this.close(journal)
  }

  /** The process goes: its drivers stop where they are. */
  leave(): void {
    for (const driver of this.#open.values()) driver?.leave()
  }

  /** Row `row` of the run's journal holds signals; each row counts once, however it comes to be known. */
  signalled(row: number, entries: readonly SignalEntry[]): void {
    if (entries.length === 0 || this.#signals.has(row)) return
    this.#signals.set(row, entries)
    if (entries.some((entry) => entry.name === 'cancel')) this.#takeNoMore()
    for (const driver of this.#open.values()) for (const entry of entries) driver?.signal(entry)
  }

  fail(bug: unknown): void {
    this.bug ??= bug
    this.#takeNoMore()
  }

  /** What an exit may see of an outcome. */
  redact(plan: LinkedPlan, input: unknown, outcome: Outcome, item: number): Outcome {
    const secrets = plan.checkInput?.secretsIn?.(input) ?? []
    if (secrets.length === 0 && this.redactor.isEmpty) return outcome
    if (!this.#isRedacting) this.#raw.set(item, outcome)
    if (secrets.length === 0) return this.redactor.value(outcome)
    return new Redactor([...this.#secrets, ...secrets]).value(outcome)
  }

  /** What may be seen of a failure: messages carry what the component was given. */
  redactError(sources: readonly ItemInput[], error: ErrorValue): ErrorValue {
    const secrets = sources.flatMap(({ plan, input }) => [...(plan.checkInput?.secretsIn?.(input) ?? [])])
    if (secrets.length === 0) return this.redactor.isEmpty || !this.#isRedacting ? error : this.redactor.value(error)
    return this.#isRedacting ? new Redactor([...this.#secrets, ...secrets]).value(error) : error
  }

  /** The outcome as it is, for the program that asked not to have it redacted. Given once. */
  rawOutcome(item: number): Outcome | undefined {
    if (this.#raw.size === 0) return undefined
    const outcome = this.#raw.get(item)
    this.#raw.delete(item)
    return outcome
  }

  #hasShardRoom(busy: number, idle: number): boolean {
    for (const driver of this.#open.values()) {
      if (driver?.isIdle) idle--
      else if (driver) busy--
    }
    return busy > 0 && idle > 0
  }

  #takeNoMore(): void {
    this.#isClosed = true
    this.#close()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange.push(resolve)
    })
  }
}
