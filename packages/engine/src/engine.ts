// The engine's front door: what a program that embeds it says and gets.

import { type Clock, systemClock } from './clock.ts'
import { coreComponent } from './component/core.ts'
import type { BlobAccess, Log } from './component/plugin.ts'
import type { Router } from './component/router.ts'
import { FlowError } from './errors.ts'
import type { JournalEntry, JournalId, RunId, RunOptions } from './journal/events.ts'
import type { Json, MaybePromise } from './json.ts'
import type { PureFunction } from './plan/functions.ts'
import type { Plan } from './plan/plan.ts'
import type { CallServices } from './run/attempt.ts'
import { Driver } from './run/driver.ts'
import { type LinkedPlan, link } from './run/link.ts'
import { LocalRun } from './run/local-run.ts'
import type { Outcome } from './run/outcome.ts'
import type { ItemResult, ResultOrder } from './run/result-stream.ts'
import type { SchemaCheck } from './schema.ts'
import type { Batch, RunRow, Store, Wake } from './store/store.ts'

export interface EngineOptions {
  readonly store: Store
  readonly router: Router
  /** Finds what plans `call`; asked once per name when a plan that names it is first run. */
  readonly functions?: (name: string) => MaybePromise<PureFunction | undefined>
  /** Turns a flow that a step computed (inline, a name, a blob id) into a plan. */
  readonly plan?: (ref: unknown) => MaybePromise<Plan>
  readonly secrets?: (name: string) => string | undefined
  readonly schema?: (schema: Json) => MaybePromise<SchemaCheck>
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
  readonly newId?: () => string
  readonly log?: Log
}

export interface SubmitOptions extends RunOptions {
  readonly id?: RunId
  /** `false`: results come as they are, `is_secret` values included; for the program that calls, never for an exit. */
  readonly redact?: boolean
  /** Told of everything that happens in the run, from its start. */
  readonly watch?: (entries: readonly JournalEntry[]) => void
}

export interface Engine {
  /** Accepts a run; its items are read as they are needed. */
  submit(plan: Plan, inputs: Iterable<unknown> | AsyncIterable<unknown>, options?: SubmitOptions): Promise<RunHandle>
  close(): Promise<void>
}

export interface RunHandle {
  readonly id: RunId
  /** Each item's result, in the order of the inputs or as they end. Ends when the run has ended. To be read once. */
  results(order?: ResultOrder): AsyncIterable<ItemResult>
  /** The same, several at a time: as many as are there. */
  batches(order?: ResultOrder): AsyncIterable<readonly ItemResult[]>
  /** Resolves when all items have ended. */
  readonly ended: Promise<RunRow>
  /** Everything that happens in this run from now on. */
  watch(listener: (entries: readonly JournalEntry[]) => void): () => void
  cancel(reason?: string): Promise<void>
  /** Takes no further inputs; what is in flight ends. */
  drain(): void
}

/**
 * An engine over a store and what its steps can call.
 *
 * ```ts
 * const engine = createEngine({ store: createMemoryStore(), router })
 * const run = await engine.submit(plan, [{ name: 'Ada' }])
 * for await (const { outcome } of run.results()) console.log(outcome)
 * ```
 */
export function createEngine(options: EngineOptions): Engine {
  return new StoreEngine(options)
}

// ---

/** Shards of a run that are driven at once. */
const OPEN_SHARDS = 4
const FIRST_SHARD_ITEMS = 16
const LARGEST_SHARD_ITEMS = 1024
/** Results that may wait for their reader before the intake waits too. */
const RESULT_BACKLOG = 8192
const ITEMS_AT_ONCE = 64

class StoreEngine implements Engine {
  readonly #options: EngineOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #worker: { stop(): Promise<void> }
  readonly #links = new WeakMap<Plan, MaybePromise<LinkedPlan>>()
  readonly #runs = new Map<RunId, LocalRun>()
  #runCount = 0

  constructor(options: EngineOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#worker = options.store.work((journal) => this.#drive(journal))
  }

  async submit(
    plan: Plan,
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
    options: SubmitOptions = {},
  ): Promise<RunHandle> {
    const linked = await this.#link(plan)
    const variables = checkedVariables(linked, options.variables ?? {})
    const id = options.id ?? this.#newId()
    const run = new LocalRun({
      id,
      plan: linked,
      variables,
      secret: this.#options.secrets ?? (() => undefined),
      maxConcurrent: options.maxConcurrent ?? ITEMS_AT_ONCE,
      isRedacting: options.redact !== false,
    })
    this.#runs.set(id, run)
    const unwatch = this.#options.store.watch({ run: id }, ({ entries }) => {
      for (const entry of entries) {
        if (entry.type === 'finished') run.results.push(entry.item, run.rawOutcome(entry.item) ?? entry.outcome)
      }
      options.watch?.(entries)
    })
    const kept: RunOptions = {
      variables,
      ...(options.flow === undefined ? {} : { flow: options.flow }),
      ...(options.labels === undefined ? {} : { labels: options.labels }),
      ...(options.maxConcurrent === undefined ? {} : { maxConcurrent: options.maxConcurrent }),
    }
    const ended = this.#take(run, plan, inputs, kept).then(async () => {
      unwatch()
      run.results.end()
      this.#runs.delete(id)
      if (run.bug) throw run.bug
      return (await this.#options.store.runs.get(id)) as RunRow
    })
    // Whoever reads the results sees the failure there; a run that nobody awaits must not end the process.
    ended.catch(() => {})
    return this.#handle(run, ended)
  }

  async close(): Promise<void> {
    await this.#worker.stop()
    await this.#options.store.close()
  }

  // --- taking inputs in

  /** Writes the run and its items, and resolves when all that was written has been driven to its end. */
  async #take(
    run: LocalRun,
    plan: Plan,
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
    options: RunOptions,
  ): Promise<void> {
    const { id } = run
    const created = (items: readonly unknown[]): JournalEntry => {
      return { type: 'created', at: this.#clock.now(), run: id, plan, options, from: 0, inputs: items }
    }
    if (Array.isArray(inputs) && inputs.length <= FIRST_SHARD_ITEMS) {
      const sealed: JournalEntry = { type: 'sealed', at: this.#clock.now(), items: inputs.length }
      await this.#open(run, `${id}/0`, [created(inputs), sealed])
      return run.drained()
    }
    await this.#options.store.append({ journal: `${id}/0`, after: 0, entries: [created([])] })
    let from = 0
    let size = FIRST_SHARD_ITEMS
    let shard: unknown[] = []
    let shards = 0
    const flush = async () => {
      if (shard.length === 0) return
      const entry: JournalEntry = { type: 'created', at: this.#clock.now(), run: id, from, inputs: shard }
      from += shard.length
      shard = []
      size = Math.min(size * 2, LARGEST_SHARD_ITEMS)
      await this.#open(run, `${id}/${++shards}`, [entry])
      await run.shardRoom(OPEN_SHARDS)
      await run.results.room(RESULT_BACKLOG)
    }
    const add = (input: unknown): Promise<void> | undefined => {
      shard.push(input)
      return shard.length >= size ? flush() : undefined
    }
    if (Symbol.asyncIterator in inputs) {
      for await (const input of inputs) {
        if (run.isClosed) break
        const waiting = add(input)
        if (waiting) await waiting
      }
    } else {
      for (const input of inputs) {
        if (run.isClosed) break
        const waiting = add(input)
        if (waiting) await waiting
      }
    }
    if (!run.isClosed) await flush()
    const sealed: JournalEntry = { type: 'sealed', at: this.#clock.now(), items: from }
    await this.#options.store.append({ journal: `${id}/0`, after: 1, entries: [sealed] })
    return run.drained()
  }

  async #open(run: LocalRun, journal: JournalId, entries: readonly JournalEntry[]): Promise<void> {
    run.open(journal)
    await this.#options.store.append({ journal, after: 0, entries, wakes: [{ journal, at: this.#clock.now() }] })
  }

  // --- driving

  async #drive(journal: JournalId): Promise<Wake | null> {
    const run = this.#runs.get(journal.slice(0, journal.lastIndexOf('/')))
    if (!run) return null
    const rows = await this.#options.store.read(journal)
    const [first] = rows[0]?.entries ?? []
    if (first?.type !== 'created') return null
    const driver = new Driver({
      journal,
      plan: run.plan,
      facts: run.facts,
      from: first.from,
      inputs: first.inputs,
      gate: run.gate,
      append: (batch: Batch) => this.#options.store.append(batch),
      after: rows.length,
      isDurable: this.#options.store.durable,
      isRecording: this.#options.store.keepsSteps,
      services: this.#services(run),
      link: (plan) => this.#link(plan),
      redact: (plan, input, outcome, item) => run.redact(plan, input, outcome, item),
      clock: this.#clock,
      random: this.#random,
      onBug: (error) => run.fail(error),
    })
    run.drives(journal, driver)
    const wake = await driver.done
    run.close(journal)
    return wake
  }

  #services(run: LocalRun): CallServices {
    const { store, log, plan } = this.#options
    return {
      blobs: store.blobs as BlobAccess,
      log: (attempt) => (level, message, data) =>
        log?.(level, run.redactor.text(`step "${attempt.stepId}": ${message}`), data),
      plan: (ref) => {
        if (!plan) throw new FlowError('INVALID_FLOW', 'this engine has no compiler for flows that a step makes')
        return plan(ref)
      },
      submit: async (_attempt, subPlan, inputs, { maxConcurrent, wait = true } = {}) => {
        const handle = await this.submit(subPlan, [...inputs], maxConcurrent === undefined ? {} : { maxConcurrent })
        const outcomes: Outcome[] = []
        if (wait) for await (const { outcome } of handle.results()) outcomes.push(outcome)
        return { runId: handle.id, outcomes }
      },
    }
  }

  #link(plan: Plan): MaybePromise<LinkedPlan> {
    const known = this.#links.get(plan)
    if (known) return known
    const { router, functions = () => undefined, schema } = this.#options
    const linked = link(plan, { router, core: coreComponent, functions, schema }).then((result) => {
      this.#links.set(plan, result)
      return result
    })
    this.#links.set(plan, linked)
    return linked
  }

  #handle(run: LocalRun, ended: Promise<RunRow>): RunHandle {
    const { store } = this.#options
    return {
      id: run.id,
      ended,
      batches: async function* (order: ResultOrder = 'input') {
        yield* run.results.batches(order)
        if (run.bug) throw run.bug
      },
      results: async function* (order: ResultOrder = 'input') {
        for await (const batch of run.results.batches(order)) yield* batch
        if (run.bug) throw run.bug
      },
      watch: (listener) => store.watch({ run: run.id }, ({ entries }) => listener(entries)),
      cancel: async (reason = 'the run was cancelled') => run.cancel({ code: 'CANCELLED', message: reason }),
      drain: () => run.drain(),
    }
  }

  #newId(): RunId {
    if (this.#options.newId) return this.#options.newId()
    this.#runCount++
    const stamp = this.#clock.now().toString(36)
    const chance = Math.floor(this.#random() * 36 ** 6).toString(36)
    return `${stamp}-${this.#runCount.toString(36)}${chance}`
  }
}

function checkedVariables(
  plan: LinkedPlan,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!plan.checkVariables) return given
  const { value, violations } = plan.checkVariables(given)
  if (violations.length === 0) return value as Record<string, unknown>
  const list = violations.map((v) => `${v.path}: ${v.message}`).join('; ')
  throw new FlowError('INVALID_INPUT', `the variables do not fit the flow's schema: ${list}`, {
    data: { violations: violations.map((v) => ({ path: v.path, message: v.message })) },
  })
}
