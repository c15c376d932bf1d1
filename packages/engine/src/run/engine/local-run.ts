// A run as this process has it: its places for items, and its drivers.

import type { ErrorValue } from '../../errors.ts'
import { FewMap } from '../../few-map.ts'
import type { JournalEntry, JournalId, RunId } from '../../journal/events.ts'
import { RareMap } from '../../rare-map.ts'
import type { KnownSecrets } from '../../secrets/known-secrets.ts'
import { redactError, redactOutcome } from '../../secrets/redact-shapes.ts'
import { Redactor } from '../../secrets/redactor.ts'
import type { JournalRow } from '../../store/store.ts'
import { cancelledError, type SignalEntry, signalsIn } from '../calls/signals.ts'
import type { Driver } from '../driver/driver.ts'
import type { CallFacts, CallServices } from '../in-flight/attempt.ts'
import { secretsOf } from '../in-flight/attempt-place.ts'
import type { DrivenRun, ItemGate, ItemInput } from '../in-flight/drive.ts'
import type { LinkedPlan } from '../link.ts'
import type { Outcome } from '../outcome.ts'
import type { Records } from '../scheduler/settled.ts'
import type { ItemPlaces } from './item-places.ts'

export interface LocalRunOptions {
  readonly id: RunId
  readonly plan: LinkedPlan
  readonly variables: Readonly<Record<string, unknown>>
  /** Of the runs from which it has values. */
  readonly secrets: readonly unknown[]
  readonly secret: (name: string) => string | undefined
  readonly known: KnownSecrets
  /** Of what all runs of the plan know. */
  readonly redactor: Redactor
  readonly places: ItemPlaces
  readonly isRedacting: boolean
  readonly services: (of: RedactingRun, run: RunId) => CallServices
  /** The store keeps the steps of its runs. */
  readonly keepsSteps: boolean
}

/** A run that knows what is secret in it. */
export interface RedactingRun {
  /** What takes out the secrets of the run, and of these inputs in it. */
  redactorOf(inputs: readonly ItemInput[]): Redactor
}

export class LocalRun implements ItemGate, DrivenRun, RedactingRun {
  readonly id: RunId
  readonly plan: LinkedPlan
  readonly facts: CallFacts
  readonly #places: ItemPlaces
  /** Those who wait for its end. */
  handles = 0
  /** Stops listening for what is written of the run. */
  unwatch: () => void = () => {}
  /** Somebody wants to hear of its steps, also where they are not kept. */
  isWatched = false
  /** Nobody here drives it or awaits its end: whoever still listens does so until he has had enough. */
  isForgotten = false
  /** What went wrong on our side, if anything did. */
  bug: unknown
  #isClosed = false
  #isRetiring = false

  readonly #isRedacting: boolean
  readonly #keepsSteps: boolean
  readonly #known: KnownSecrets
  /** Of what the whole run knows: secrets of the workspace, and of its variables. */
  readonly #redactor: Redactor
  /** The same beside that of an input, the one that was asked for last. */
  #latest: { readonly own: Redactor; readonly both: Redactor } | undefined
  /** Journals whose items have not all ended, and who drives them here; undefined: nobody, for now. */
  readonly #open = new FewMap<JournalId, Driver | undefined>()
  readonly #raw = new RareMap<number, Outcome>()
  /** What the run was sent, by its row in the run's journal. */
  readonly #signals = new RareMap<number, readonly SignalEntry[]>()
  /** So many rows of the run's journal are known here, from the first on. */
  #headRows = 0
  #cancelled: ErrorValue | undefined
  readonly #followers: ((row: JournalRow) => void)[] = []
  #onChange: (() => void)[] = []
  #onClosed: (() => void)[] = []

  constructor(options: LocalRunOptions) {
    const { id, variables, plan, known } = options
    this.id = id
    this.plan = plan
    const { secret, secrets } = options
    this.facts = { id, variables, secret, secrets, services: options.services(this, id) }
    this.#keepsSteps = options.keepsSteps
    this.#places = options.places
    this.#isRedacting = options.isRedacting
    this.#known = known
    const own = [...(plan.checkVariables?.secretsIn?.(variables) ?? []), ...options.secrets]
    this.#redactor = own.length === 0 ? options.redactor : new Redactor([], [options.redactor, known.of(own)])
  }

  get records(): Records {
    return this.#keepsSteps || this.isWatched ? 'steps' : 'recoveries'
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Resolves when the run takes no further inputs. */
  async closed(): Promise<void> {
    if (!this.#isClosed) await new Promise<void>((resolve) => this.#onClosed.push(resolve))
  }

  // --- places for items

  tryTake(): boolean {
    return this.#places.tryTake()
  }

  take(): void {
    this.#places.take()
  }

  release(): void {
    this.#places.give()
    // Earlier shards first: what came first should end first.
    if (this.#places.isFree) for (const driver of this.#open.values()) driver?.onFree()
  }

  ended(): void {
    this.#places.ended()
    this.release()
  }

  get mayGrow(): boolean {
    return this.#places.mayGrow
  }

  weigh(entries: readonly JournalEntry[], steps: number): void {
    this.#places.weigh(entries, steps)
  }

  keepFew(): void {
    this.#places.keepFew()
  }

  /** Items at once, as it is now. */
  get limit(): number {
    return this.#places.limit
  }

  // --- its journals

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
    if (this.#isRetiring) driver.retire()
    if (this.#signals.size === 0) return
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
    this.#tellOfChange()
  }

  /** Resolves once fewer than `busy` journals are at work, and fewer than `idle` are held though they only wait. */
  async shardRoom(busy: number, idle: number): Promise<void> {
    while (!this.#hasShardRoom(busy, idle) && !this.isClosed) await this.#change()
  }

  /** A journal only waits from now on. */
  idled(): void {
    this.#tellOfChange()
  }

  /** Resolves once no journal is open. */
  async drained(): Promise<void> {
    while (this.#open.size > 0) await this.#change()
  }

  drain(): void {
    this.#takeNoMore()
    let last = -1
    for (const driver of this.#open.values()) last = Math.max(last, driver?.lastStarted ?? -1)
    for (const driver of this.#open.values()) driver?.drain(last)
    // What nobody drives only waits; it is left as it is.
    this.#closeUndriven()
  }

  /** The process goes: its drivers call nothing more, and leave when what is under way has ended. */
  retire(): void {
    this.#isRetiring = true
    this.#takeNoMore()
    for (const driver of this.#open.values()) driver?.retire()
    this.#closeUndriven()
  }

  /** The process goes: its drivers stop where they are. */
  leave(): void {
    this.#takeNoMore()
    for (const driver of this.#open.values()) driver?.leave()
  }

  /** Hands on what is written of the run from now on; gives the way to stop that. */
  follow(follower: (row: JournalRow) => void): () => void {
    this.#followers.push(follower)
    return () => {
      const at = this.#followers.indexOf(follower)
      if (at >= 0 && at === this.#followers.length - 1) this.#followers.pop()
      else if (at >= 0) this.#followers.splice(at, 1)
      if (this.isForgotten && this.#followers.length === 0) this.unwatch()
    }
  }

  get isFollowed(): boolean {
    return this.#followers.length > 0
  }

  /** A row of the run was written, by whomever. */
  written(row: JournalRow): void {
    if (row.journal.endsWith('/0')) this.signalled(row.seq, signalsIn(row))
    for (let i = 0; i < this.#followers.length; i++) this.#followers[i]?.(row)
  }

  /** How its items end, if it was cancelled. */
  get cancelled(): ErrorValue | undefined {
    return this.#cancelled
  }

  /** What was sent in the rows of the run's journal before this one is known here. */
  get headRows(): number {
    return this.#headRows
  }

  /** Row `row` of the run's journal holds these signals, if any; each row counts once, however it comes to be known. */
  signalled(row: number, entries: readonly SignalEntry[]): void {
    if (row === this.#headRows) this.#headRows++
    if (entries.length === 0 || this.#signals.has(row)) return
    this.#signals.set(row, entries)
    const cancel = entries.find((entry) => entry.name === 'cancel')
    if (cancel) {
      this.#cancelled ??= cancelledError(cancel)
      this.#takeNoMore()
    }
    for (const driver of this.#open.values()) for (const entry of entries) driver?.signal(entry)
  }

  fail(bug: unknown): void {
    this.bug ??= bug
    this.#takeNoMore()
  }

  /** Takes out what is secret in the run, and in these inputs; `inside`: secrets of runs inside the item. */
  redactorOf(inputs: readonly ItemInput[], inside: readonly unknown[] = []): Redactor {
    const ofInputs = secretsOf(inputs)
    const secrets = inside.length === 0 ? ofInputs : [...ofInputs, ...inside]
    if (secrets.length === 0) return this.#redactor
    const own = this.#known.of(secrets)
    if (this.#latest?.own !== own) this.#latest = { own, both: new Redactor([], [this.#redactor, own]) }
    return this.#latest.both
  }

  /** What an exit may see of an outcome. */
  redact(input: ItemInput, outcome: Outcome, item: number, inside: readonly unknown[]): Outcome {
    if (!input.plan.checkInput?.secretsIn && inside.length === 0 && this.#redactor.isEmpty) return outcome
    const shown = redactOutcome(outcome, this.redactorOf([input], inside))
    if (!this.#isRedacting && shown !== outcome) this.#raw.set(item, outcome)
    return shown
  }

  /** What may be seen of a failure: messages carry what the component was given. */
  redactError(inputs: readonly ItemInput[], error: ErrorValue, inside: readonly unknown[]): ErrorValue {
    return this.#isRedacting ? redactError(error, this.redactorOf(inputs, inside)) : error
  }

  /** What may be seen of a skip's reason: it says what was compared. */
  redactReason(inputs: readonly ItemInput[], reason: string, inside: readonly unknown[]): string {
    return this.#isRedacting ? this.redactorOf(inputs, inside).text(reason) : reason
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

  #closeUndriven(): void {
    for (const journal of [...this.#open.keys()]) if (this.isLeft(journal)) this.close(journal)
  }

  #takeNoMore(): void {
    this.#isClosed = true
    for (const closed of this.#onClosed.splice(0)) closed()
  }

  #tellOfChange(): void {
    if (this.#onChange.length > 0) for (const changed of this.#onChange.splice(0)) changed()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange.push(resolve)
    })
  }
}
