// A run as this process has it: its places for items, its drivers, its results on their way out.

import type { ErrorValue } from '../errors.ts'
import type { JournalId, RunId } from '../journal/events.ts'
import { Redactor } from '../redact.ts'
import type { Driver, ItemGate } from './driver.ts'
import type { LinkedPlan } from './link.ts'
import type { Outcome } from './outcome.ts'
import { ResultStream } from './result-stream.ts'
import type { RunFacts } from './state.ts'

export class LocalRun {
  readonly id: RunId
  readonly plan: LinkedPlan
  readonly facts: RunFacts
  readonly results = new ResultStream()
  readonly redactor = new Redactor()
  /** What went wrong on our side, if anything did. */
  bug: unknown
  /** Takes no further inputs. */
  isClosed = false

  readonly #isRedacting: boolean
  readonly #secrets = new Set<unknown>()
  readonly #open = new Map<JournalId, Driver | undefined>()
  readonly #raw = new Map<number, Outcome>()
  #free: number
  #cancelled: ErrorValue | undefined
  #onChange: (() => void)[] = []

  constructor(options: {
    id: RunId
    plan: LinkedPlan
    variables: Readonly<Record<string, unknown>>
    secret: (name: string) => string | undefined
    maxConcurrent: number
    isRedacting: boolean
  }) {
    const { id, variables } = options
    this.id = id
    this.plan = options.plan
    this.facts = {
      id,
      variables,
      secret: (name) => {
        const value = options.secret(name)
        if (value !== undefined) this.keepSecret(value)
        return value
      },
    }
    this.#free = options.maxConcurrent
    this.#isRedacting = options.isRedacting
    const secretVariables = options.plan.checkVariables?.secretsIn?.(variables) ?? []
    for (const value of secretVariables) this.keepSecret(value)
  }

  /** From now on the value is redacted wherever it could be seen. */
  keepSecret(value: unknown): void {
    if (this.#secrets.has(value)) return
    this.#secrets.add(value)
    this.redactor.add(value)
  }

  readonly gate: ItemGate = {
    tryTake: () => {
      if (this.#free === 0) return false
      this.#free--
      return true
    },
    release: () => {
      this.#free++
      // Earlier shards first: what came first should end first.
      if (this.#open.size > 1) for (const driver of this.#open.values()) driver?.onFree()
      else this.#open.values().next().value?.onFree()
    },
  }

  open(journal: JournalId): void {
    this.#open.set(journal, undefined)
  }

  drives(journal: JournalId, driver: Driver): void {
    this.#open.set(journal, driver)
    if (this.isClosed) driver.drain()
    if (this.#cancelled) driver.cancel(this.#cancelled)
  }

  close(journal: JournalId): void {
    this.#open.delete(journal)
    for (const changed of this.#onChange.splice(0)) changed()
  }

  /** Resolves once fewer than `limit` shards are open. */
  async shardRoom(limit: number): Promise<void> {
    while (this.#open.size >= limit) await this.#change()
  }

  /** Resolves once no shard is open. */
  async drained(): Promise<void> {
    while (this.#open.size > 0) await this.#change()
  }

  drain(): void {
    this.isClosed = true
    for (const driver of this.#open.values()) driver?.drain()
  }

  cancel(error: ErrorValue): void {
    this.isClosed = true
    this.#cancelled = error
    for (const driver of this.#open.values()) driver?.cancel(error)
  }

  fail(bug: unknown): void {
    this.bug ??= bug
    this.isClosed = true
  }

  /** What an exit may see of an outcome. */
  redact(plan: LinkedPlan, input: unknown, outcome: Outcome, item: number): Outcome {
    const secrets = plan.checkInput?.secretsIn?.(input) ?? []
    if (secrets.length === 0 && this.redactor.isEmpty) return outcome
    if (!this.#isRedacting) this.#raw.set(item, outcome)
    if (secrets.length === 0) return this.redactor.value(outcome)
    return new Redactor([...this.#secrets, ...secrets]).value(outcome)
  }

  /** The outcome as it is, for the program that asked not to have it redacted. Given once. */
  rawOutcome(item: number): Outcome | undefined {
    if (this.#raw.size === 0) return undefined
    const outcome = this.#raw.get(item)
    this.#raw.delete(item)
    return outcome
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange.push(resolve)
    })
  }
}
