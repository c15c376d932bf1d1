// The engine over a store: starts runs, drives their journals, takes up what others left, tells runs what they are sent.

import { type Clock, systemClock } from '../clock.ts'
import { coreComponent } from '../component/core.ts'
import type { BlobAccess } from '../component/plugin.ts'
import type {
  DirectRunOptions,
  Engine,
  EngineOptions,
  Inputs,
  RerunOptions,
  ResumeOptions,
  RunHandle,
  RunSignal,
  SubmitOptions,
} from '../engine.ts'
import { FlowError } from '../errors.ts'
import type { JournalEntry, JournalId, RunId, RunOptions } from '../journal/events.ts'
import { isEnded } from '../journal/project.ts'
import { isPromise, type MaybePromise } from '../json.ts'
import type { Plan } from '../plan/plan.ts'
import type { Redactor } from '../redact.ts'
import type { JournalRow, RunRow, Wake } from '../store/store.ts'
import type { CallServices } from './attempt.ts'
import { DirectRuns } from './direct-runs.ts'
import { Driver } from './driver.ts'
import { isSmall, passOver, takeIn } from './intake.ts'
import { type LinkedPlan, link } from './link.ts'
import { LocalRun } from './local-run.ts'
import type { Outcome } from './outcome.ts'
import { stepToRerun } from './rerun.ts'
import type { ItemResult, ResultOrder } from './result-stream.ts'
import { checkedVariables, checkLimit, keptOptions } from './run-options.ts'
import { signalEntry, signalsIn } from './signals.ts'
import { checkSameSteps, writeRerun } from './write-rerun.ts'

const ITEMS_AT_ONCE = 64
const RESULTS_AT_ONCE = 1000

export class RunEngine implements Engine {
  readonly #options: EngineOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #name: string
  readonly #links = new WeakMap<Plan, MaybePromise<LinkedPlan>>()
  readonly #runs = new Map<RunId, LocalRun>()
  readonly #direct: DirectRuns
  /** Journals that are being read, to be driven. */
  readonly #taking = new Set<JournalId>()
  #worker: { stop(): Promise<void> } | undefined
  #runCount = 0
  #isClosing = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#name = options.store.driver ?? 'engine'
    this.#direct = new DirectRuns({
      link: (plan) => this.#link(plan),
      cached: (key, now) => options.store.runs.cached(key, now),
      clock: this.#clock,
      random: this.#random,
      secret: options.secrets ?? (() => undefined),
      services: (redactor) => this.#services(redactor),
      newId: () => this.#newId(),
    })
  }

  async submit(plan: Plan, inputs: Inputs, options: SubmitOptions = {}): Promise<RunHandle> {
    this.#checkOpen()
    checkLimit(options.maxConcurrent)
    const linked = await this.#link(plan)
    const variables = checkedVariables(linked, options.variables ?? {})
    const id = options.id ?? this.#newId()
    const kept = keptOptions(options, variables)
    if (this.#runs.has(id)) throw isThere(id)
    const run = this.#local(id, linked, kept, options.redact !== false)
    run.handles++
    const created = (items: readonly unknown[]): JournalEntry => {
      return { type: 'created', at: this.#clock.now(), run: id, plan, options: kept, from: 0, inputs: items }
    }
    const unwatch = this.#watch(run, options.watch)
    if (isSmall(inputs)) {
      const sealed: JournalEntry = { type: 'sealed', at: this.#clock.now(), items: inputs.length }
      await this.#accepted(run, unwatch, this.#start(run, `${id}/0`, [created(inputs), sealed]))
      return this.#handle(run, this.#ended(run, Promise.resolve(), unwatch))
    }
    const first = { journal: `${id}/0`, after: 0, entries: [created([])] }
    await this.#accepted(run, unwatch, this.#options.store.append(first))
    return this.#handle(run, this.#ended(run, this.#takeIn(run, inputs, { items: 0, shards: 0 }), unwatch))
  }

  runDirectly(plan: Plan, input: unknown, options: DirectRunOptions = {}): Promise<Outcome> {
    if (this.#isClosing) return Promise.reject(closed())
    const linked = this.#link(plan)
    if (!isPromise(linked)) return this.#direct.run(linked, input, options)
    return linked.then((one) => this.#direct.run(one, input, options))
  }

  async resume(id: RunId, options: ResumeOptions = {}): Promise<RunHandle> {
    this.#checkOpen()
    checkLimit(options.maxConcurrent)
    const { store } = this.#options
    const row = await store.runs.get(id)
    if (!row) throw new FlowError('NOT_FOUND', `there is no run ${id} in this store`)
    const holder = isEnded(row.status) ? undefined : (await store.runs.open(id)).find(({ heldBy }) => heldBy)
    if (holder) {
      throw new FlowError(
        'CONFLICT',
        `run ${id} is being driven by ${holder.heldBy}: end that process first, or leave it`,
      )
    }
    const run = this.#runs.get(id) ?? (await this.#load(id, options.redact !== false, options.maxConcurrent))
    run.handles++
    const unwatch = this.#watch(run, options.watch)
    const shards = await store.runs.shards(id)
    run.results.follow(this.#past(id))
    if (isEnded(row.status)) return this.#handle(run, this.#ended(run, Promise.resolve(), unwatch))

    const left = shards.filter(({ items, done }) => done < items)
    for (const { journal } of left) run.open(journal)
    for (const { journal } of left) void this.#drive(journal)
    const items = shards.reduce((sum, shard) => sum + shard.items, 0)
    const isSealed = row.items.total >= 0
    const intake =
      isSealed || !options.inputs
        ? Promise.resolve()
        : this.#takeIn(run, passOver(options.inputs, items), { items, shards: shards.length - 1 })
    return this.#handle(run, this.#ended(run, intake, unwatch))
  }

  async rerun(id: RunId, options: RerunOptions = {}): Promise<RunHandle> {
    this.#checkOpen()
    checkLimit(options.maxConcurrent)
    const { store } = this.#options
    const row = await store.runs.get(id)
    if (!row) throw new FlowError('NOT_FOUND', `there is no run ${id} in this store`)
    if (!isEnded(row.status)) {
      throw new FlowError('CONFLICT', `run ${id} has not ended (${row.status}): wait for it, or cancel it first`)
    }
    const shards = await store.runs.shards(id)
    const [first] = (await store.read(`${id}/0`))[0]?.entries ?? []
    if (first?.type !== 'created' || !first.plan) {
      throw new FlowError('INTERNAL', `the journal of run ${id} does not begin with its plan`)
    }
    const plan = options.plan ?? first.plan
    checkSameSteps(plan, first.plan, options.from !== undefined)
    if (options.from && 'step' in options.from) stepToRerun(plan, options.from.step)

    const linked = await this.#link(plan)
    const variables = checkedVariables(linked, options.variables ?? first.options?.variables ?? {})
    const from = options.from === undefined ? {} : { from: 'step' in options.from ? options.from.step : 'failed' }
    const kept = keptOptions({ ...first.options, ...options, origin: { runId: id, ...from } }, variables)
    const again = options.id ?? this.#newId()
    const run = this.#local(again, linked, kept, options.redact !== false)
    run.handles++
    const unwatch = this.#watch(run, options.watch)
    const items = await writeRerun(store, shards, {
      run: again,
      at: this.#clock.now(),
      before: first.plan,
      plan,
      kept,
      options,
    })
    await this.#note(again, [{ type: 'sealed', at: this.#clock.now(), items }])
    for (const shard of await store.runs.shards(again)) if (shard.done < shard.items) run.open(shard.journal)
    for (const shard of await store.runs.shards(again)) if (shard.done < shard.items) void this.#drive(shard.journal)
    return this.#handle(run, this.#ended(run, Promise.resolve(), unwatch))
  }

  async signal(id: RunId, signal: RunSignal): Promise<void> {
    if (this.#direct.signal(id, signal)) return
    const row = await this.#options.store.runs.get(id)
    if (!row) throw new FlowError('NOT_FOUND', `there is no run ${id} in this store`)
    if (isEnded(row.status))
      throw new FlowError('CONFLICT', `run ${id} has ended (${row.status}): nothing can be sent to it`)
    await this.#note(id, [signalEntry(signal, this.#clock.now())])
  }

  recover(): void {
    this.#worker ??= this.#options.store.work((journal) => this.#drive(journal))
  }

  async close(): Promise<void> {
    this.#isClosing = true
    // A store's worker waits for what it drives: that has to be left first.
    const stopped = this.#worker?.stop()
    for (const run of this.#runs.values()) run.leave()
    this.#direct.close()
    await stopped
    await this.#options.store.close()
  }

  #checkOpen(): void {
    if (this.#isClosing) throw closed()
  }

  // --- runs

  #local(id: RunId, plan: LinkedPlan, options: RunOptions, isRedacting: boolean): LocalRun {
    const run = new LocalRun({
      id,
      plan,
      variables: options.variables ?? {},
      secret: this.#options.secrets ?? (() => undefined),
      maxConcurrent: options.maxConcurrent ?? ITEMS_AT_ONCE,
      isRedacting,
    })
    run.unwatch = this.#options.store.watch({ run: id }, (row) => {
      if (row.journal.endsWith('/0')) run.signalled(row.seq, signalsIn(row))
      if (row.entries.some((entry) => entry.type === 'finished')) void this.#closeIfDone(run, row.journal)
    })
    this.#runs.set(id, run)
    return run
  }

  /** A journal that we put down or lost, and that another process has brought to its end. */
  async #closeIfDone(run: LocalRun, journal: JournalId): Promise<void> {
    if (!run.isLeft(journal)) return
    const { runs } = this.#options.store
    const row = await runs.get(run.id)
    const shard = (await runs.shards(run.id)).find((one) => one.journal === journal)
    const isDone = !row || isEnded(row.status) || !shard || shard.done >= shard.items
    if (!isDone || !run.isLeft(journal)) return
    run.close(journal)
    if (run.openCount === 0 && run.handles === 0) this.#forget(run)
  }

  /** Somebody waits no longer for its end. */
  #release(run: LocalRun): void {
    run.handles--
    if (run.openCount === 0 && run.handles === 0) this.#forget(run)
  }

  #forget(run: LocalRun): void {
    run.unwatch()
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id)
  }

  /** Waits until a new run is written; one that is not leaves nothing behind. */
  async #accepted(run: LocalRun, unwatch: () => void, written: MaybePromise<void>): Promise<void> {
    try {
      await written
    } catch (error) {
      unwatch()
      this.#forget(run)
      throw FlowError.is(error) && error.code === 'CONFLICT' ? isThere(run.id) : error
    }
  }

  /** A run that is in the store, with what it was sent so far. */
  async #load(id: RunId, isRedacting: boolean, maxConcurrent?: number): Promise<LocalRun> {
    // Of what is sent while the rows are read, nothing must be missed.
    const meanwhile: JournalRow[] = []
    const unwatch = this.#options.store.watch({ run: id }, (row) => meanwhile.push(row))
    try {
      const run = await this.#read(id, isRedacting, maxConcurrent)
      for (const row of meanwhile) if (row.journal.endsWith('/0')) run.signalled(row.seq, signalsIn(row))
      return run
    } finally {
      unwatch()
    }
  }

  async #read(id: RunId, isRedacting: boolean, maxConcurrent?: number): Promise<LocalRun> {
    const rows = await this.#options.store.read(`${id}/0`)
    const [first] = rows[0]?.entries ?? []
    if (first?.type !== 'created' || !first.plan) {
      throw new FlowError('INTERNAL', `the journal of run ${id} does not begin with its plan`)
    }
    const linked = await this.#link(first.plan)
    const options = { ...first.options, ...(maxConcurrent === undefined ? {} : { maxConcurrent }) }
    const run = this.#runs.get(id) ?? this.#local(id, linked, options, isRedacting)
    for (const row of rows) run.signalled(row.seq, signalsIn(row))
    return run
  }

  /** The results that are recorded, by and by. */
  async *#past(id: RunId): AsyncGenerator<readonly ItemResult[]> {
    for (let from = 0; ; ) {
      const page = await this.#options.store.runs.items(id, from, RESULTS_AT_ONCE)
      const last = page.at(-1)
      if (last === undefined) return
      yield page.map(({ item, outcome }) => ({ index: item, outcome }))
      from = last.item + 1
    }
  }

  #watch(run: LocalRun, watch: SubmitOptions['watch']): () => void {
    return this.#options.store.watch({ run: run.id }, (row) => {
      for (const entry of row.entries) {
        if (entry.type === 'finished') run.results.push(entry.item, run.rawOutcome(entry.item) ?? entry.outcome)
      }
      watch?.(row.entries)
    })
  }

  #ended(run: LocalRun, intake: Promise<void>, unwatch: () => void): Promise<RunRow> {
    // A closed run waits no longer for inputs: they may never come.
    const ended = Promise.race([intake, run.closed])
      .catch((error) => run.fail(error))
      .then(() => run.drained())
      .then(async () => {
        const row = (await this.#options.store.runs.get(run.id)) as RunRow
        // What another process has ended may be recorded before we have heard of it.
        const { success, skipped, failed, cancelled } = row.items
        if (run.results.lacks(success + skipped + failed + cancelled)) run.results.follow(this.#past(run.id))
        unwatch()
        run.results.end()
        this.#release(run)
        if (run.bug) throw run.bug
        return row
      })
    // Whoever reads the results sees the failure there; a run that nobody awaits must not end the process.
    ended.catch(() => {})
    return ended
  }

  #takeIn(run: LocalRun, inputs: Inputs, taken: { items: number; shards: number }): Promise<void> {
    return takeIn(run, inputs, taken, {
      now: () => this.#clock.now(),
      timer: (ms, fire) => this.#clock.timer(ms, fire),
      open: (journal, entries) => this.#start(run, journal, entries),
      note: (entries) => this.#note(run.id, entries),
    })
  }

  /** Appends to the run's own journal, whoever else does. */
  async #note(id: RunId, entries: readonly JournalEntry[]): Promise<void> {
    const { store } = this.#options
    const journal = `${id}/0`
    for (;;) {
      const after = (await store.read(journal)).length
      try {
        await store.append({ journal, after, entries })
        return
      } catch (error) {
        if (!FlowError.is(error) || error.code !== 'CONFLICT') throw error
      }
    }
  }

  // --- driving

  /** Drives a new journal; resolves when it is written. */
  async #start(run: LocalRun, journal: JournalId, preamble: readonly JournalEntry[]): Promise<void> {
    const [first] = preamble
    if (first?.type !== 'created') return
    run.open(journal)
    const driver = this.#driver(run, journal, first.from, first.inputs, preamble, [])
    void this.#follow(run, journal, driver)
    await driver.accepted
  }

  /** Drives a journal that is in the store. */
  async #drive(journal: JournalId): Promise<Wake | null> {
    // Asked twice at once, by a wake and a resume: the second finds it taken.
    if (this.#taking.has(journal)) return null
    this.#taking.add(journal)
    const taken = await this.#take(journal).finally(() => this.#taking.delete(journal))
    return taken ? this.#follow(taken.run, journal, taken.driver) : null
  }

  async #take(journal: JournalId): Promise<{ run: LocalRun; driver: Driver } | undefined> {
    const id = journal.slice(0, journal.lastIndexOf('/'))
    try {
      const run = this.#runs.get(id) ?? (await this.#load(id, true))
      if (run.isDriven(journal) || this.#isClosing) return undefined
      // From here on the run is known to have work here, and is not forgotten.
      run.open(journal)
      const rows = await this.#options.store.read(journal)
      // What woke it may be a signal that the watch has not told of yet.
      const head = journal.endsWith('/0') ? rows : await this.#options.store.read(`${id}/0`)
      for (const row of head) run.signalled(row.seq, signalsIn(row))
      const [first] = rows[0]?.entries ?? []
      if (first?.type !== 'created') throw new FlowError('INTERNAL', `journal ${journal} does not begin with its items`)
      return { run, driver: this.#driver(run, journal, first.from, first.inputs, [], rows) }
    } catch (error) {
      // One run that cannot be read must not keep the others from going on, nor whoever waits for it.
      this.#warn(`run ${id} is set aside: ${error instanceof Error ? error.message : String(error)}`)
      const run = this.#runs.get(id)
      run?.fail(error)
      run?.close(journal)
      return undefined
    }
  }

  #driver(
    run: LocalRun,
    journal: JournalId,
    from: number,
    inputs: readonly unknown[],
    preamble: readonly JournalEntry[],
    rows: readonly JournalRow[],
  ): Driver {
    const { store } = this.#options
    const driver = new Driver({
      journal,
      driver: this.#name,
      plan: run.plan,
      facts: run.facts,
      from,
      inputs,
      gate: run.gate,
      append: (batch) => store.append(batch),
      read: (start) => store.read(journal, start),
      preamble,
      rows,
      isDurable: store.durable,
      isRecording: store.keepsSteps,
      mayPutDown: () => this.#worker !== undefined,
      services: this.#services(run.redactor),
      link: (plan) => this.#link(plan),
      cached: (key, now) => store.runs.cached(key, now),
      redactError: (sources, error) => run.redactError(sources, error),
      redact: (plan, input, outcome, item) => run.redact(plan, input, outcome, item),
      onIdle: () => run.idled(),
      clock: this.#clock,
      random: this.#random,
      onBug: (error) => run.fail(error),
    })
    run.drives(journal, driver)
    return driver
  }

  /** Waits for a driver; a journal that it put down goes back to the store. */
  async #follow(run: LocalRun, journal: JournalId, driver: Driver): Promise<Wake | null> {
    const wake = await driver.done
    if (!wake) {
      run.close(journal)
      if (run.openCount === 0 && run.handles === 0) this.#forget(run)
      return null
    }
    // A run that takes nothing more does not wait for what is put down: it is left as it is.
    if (run.isClosed) run.close(journal)
    else run.putDown(journal)
    await this.#options.store.putDown?.(wake)
    if (driver.isLost) await this.#closeIfDone(run, journal)
    return wake
  }

  #services(redactor: Redactor): CallServices {
    const { store, log, plan } = this.#options
    return {
      blobs: store.blobs as BlobAccess,
      log: (attempt) => (level, message, data) =>
        log?.(level, redactor.text(`step "${attempt.stepId}": ${message}`), data),
      warn: (message) => this.#warn(message),
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
      cancel: (reason) => this.signal(run.id, reason === undefined ? { name: 'cancel' } : { name: 'cancel', reason }),
      drain: () => run.drain(),
    }
  }

  #warn(message: string): void {
    this.#options.log?.('warning', message)
  }

  #newId(): RunId {
    if (this.#options.newId) return this.#options.newId()
    this.#runCount++
    const stamp = this.#clock.now().toString(36)
    const chance = Math.floor(this.#random() * 36 ** 6).toString(36)
    return `${stamp}-${this.#runCount.toString(36)}${chance}`
  }
}

// ---

function closed(): FlowError {
  return new FlowError('CONFLICT', 'this engine was closed: it runs nothing any more; make another')
}

function isThere(id: RunId): FlowError {
  return new FlowError('CONFLICT', `there is a run ${id} already; resume it, or choose another id`)
}
