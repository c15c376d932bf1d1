// The engine over a store, verb by verb: begins runs, takes them up, repeats them, sends them signals. journals.ts knows
// who drives them, local-runs.ts which of them this process has in hand.

import { type Clock, systemClock } from '../../clock.ts'
import type { Log } from '../../component/plugin.ts'
import type {
  CloseOptions,
  DirectRunOptions,
  FollowedRun,
  FollowOptions,
  Inputs,
  PlanEngine,
  PlanEngineOptions,
  RerunOptions,
  RerunPreview,
  ResumeOptions,
  RunHandle,
  RunSignal,
  SubmitOptions,
} from '../../engine.ts'
import { type ErrorValue, FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId, RunId } from '../../journal/events.ts'
import { isEnded } from '../../journal/project.ts'
import { isPromise, type MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import { KnownSecrets } from '../../secrets/known-secrets.ts'
import { isAway, Patience } from '../../store/patience.ts'
import type { ShardRow } from '../../store/store.ts'
import { signalEntry } from '../calls/signals.ts'
import { checkedVariables } from '../check-variables.ts'
import { secretsOf } from '../in-flight/attempt-place.ts'
import type { LinkedPlan } from '../link.ts'
import type { Outcome } from '../outcome.ts'
import { CallTools, RunServices } from './call-services.ts'
import { DirectRuns } from './direct-runs.ts'
import { Ending } from './ending.ts'
import { endOf, type HandleTools, LocalHandle, recordedResults, watchRun } from './follow-run.ts'
import { StoredRun } from './followed-run.ts'
import { isSmall, passOver } from './intake.ts'
import { Intakes } from './intakes.ts'
import { Journals } from './journals.ts'
import { linking } from './linking.ts'
import type { LocalRun, RedactingRun } from './local-run.ts'
import { LocalRuns } from './local-runs.ts'
import { LogKeeper } from './log-keeper.ts'
import { planRerun } from './plan-rerun.ts'
import { ResultStream } from './result-stream.ts'
import { Returns } from './returns.ts'
import { newRunId } from './run-id.ts'
import { rowOf } from './run-journal.ts'
import { checkLabels, checkLimit, checkRunId, keptOptions, shownLabels } from './run-options.ts'
import { isThere, SharedRuns } from './shared-runs.ts'
import { SpreadRuns } from './spread-runs.ts'
import { readToRerun } from './to-rerun.ts'
import { previewOf, writeRerun } from './write-rerun.ts'

/** For how long a store that is away is waited for. */
const PATIENCE_MS = 60_000
/** For how long a closing engine waits until what it leaves is back in the store. */
const CLOSE_MS = 5_000

export class RunEngine implements PlanEngine {
  readonly #options: PlanEngineOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #link: (plan: Plan) => MaybePromise<LinkedPlan>
  readonly #patience: Patience
  readonly #runs: LocalRuns
  readonly #journals: Journals
  readonly #returns: Returns
  readonly #direct: DirectRuns
  readonly #spread: SpreadRuns
  readonly #shared: SharedRuns
  readonly #logs: LogKeeper
  readonly #intakes: Intakes
  readonly #handles: HandleTools
  #working: { stop(): Promise<void> } | undefined
  #isClosing = false
  readonly #closed = new Ending()

  constructor(options: PlanEngineOptions) {
    this.#options = options
    this.#clock = options.clock ?? options.store.clock ?? systemClock
    this.#random = options.random ?? Math.random
    const { store, known = new KnownSecrets([], this.#warn) } = options
    const secret = (name: string) => {
      const value = options.secrets?.(name)
      if (value !== undefined) known.add(name, value)
      return value
    }
    const clock = this.#clock
    const random = this.#random
    const link = linking(options)
    this.#link = link
    const log: Log = (level, message) => options.log?.(level, message)
    const patience = new Patience({ clock, random, log, limitMs: options.storePatienceMs ?? PATIENCE_MS })
    this.#patience = patience
    const warn = this.#warn
    this.#logs = new LogKeeper({ store, clock, warn })
    const tools = new CallTools(this, options, patience, this.#logs)
    const services = (of: RedactingRun, run?: RunId) =>
      new RunServices(tools, of, store.keepsSteps && options.keepsLogs !== false ? run : undefined)
    this.#runs = new LocalRuns({ store, patience, warn, link, secret, known, services })
    const returns = new Returns({ store, patience, warn })
    this.#returns = returns
    this.#spread = new SpreadRuns({
      ...{ store, patience, clock, random, returns, leftInputs: options.leftInputs },
      follow: (id, signal) => this.#followed(id, signal),
    })
    this.#journals = new Journals({
      store,
      patience,
      runs: this.#runs,
      returns,
      link,
      logs: this.#logs,
      warn,
      mayPutDown: () => this.#working !== undefined,
      isTakingIn: (id) => this.#spread.isTakingIn(id) || this.#intakes.has(id),
      tendHead: (id, rows) => this.#spread.tendHead(id, rows),
      clock,
      random,
    })
    this.#intakes = new Intakes({ store, patience, clock, journals: this.#journals, returns })
    const cancel = (run: RunId, reason: string | undefined) =>
      this.signal(run, reason === undefined ? { name: 'cancel' } : { name: 'cancel', reason })
    this.#handles = { store, patience, warn, cancel }
    this.#shared = new SharedRuns({ store, clock, warn, spread: this.#spread, returns })
    this.#direct = new DirectRuns({
      link,
      cached: (key, now) => patience.ask(() => store.runs.cached(key, now)),
      clock,
      random,
      patience,
      secret,
      known,
      services,
      newId: () => this.#idOf(undefined),
    })
  }

  async submit(plan: Plan, inputs: Inputs, options: SubmitOptions = {}): Promise<RunHandle> {
    this.#checkOpen()
    checkLimit(options.maxConcurrent)
    checkLabels(options.labels)
    const known = this.#link(plan)
    const linked = isPromise(known) ? await known : known
    const variables = checkedVariables(linked, options.variables ?? {})
    const id = this.#idOf(options.id)
    const kept = shownLabels(keptOptions(options, variables), () =>
      secretsOf((isSmall(inputs) ? inputs : [undefined]).map((input) => ({ plan: linked, input, variables }))),
    )
    if (this.#runs.get(id)) throw isThere(id)
    const isFew = isSmall(inputs)
    // What is to come out as it is, in no store, comes out of this process.
    const isForOthers = !isFew || !this.#journals.hasRoom || linked.lacks !== undefined
    if (this.#journals.isShared && options.redact !== false && isForOthers) {
      return this.#shared.submit(id, { plan, inputs, kept }, options)
    }
    const run = this.#runs.add(id, linked, kept, options.redact !== false)
    run.handles++
    const results = new ResultStream()
    const unwatch = watchRun(run, results, options.watch, this.#warn)
    const journal = `${id}/0`
    const at = this.#clock.now()
    const first = isFew ? inputs : []
    const created: JournalEntry = { type: 'created', at, run: id, plan, options: kept, from: 0, inputs: first }
    if (isFew) {
      try {
        await this.#journals.start(run, journal, [created, { type: 'sealed', at, items: inputs.length }])
      } catch (error) {
        throw this.#notAccepted(run, unwatch, error)
      }
      return this.#handle(run, results, unwatch)
    }
    this.#intakes.announce(run)
    const written = async () => this.#options.store.append({ journal, after: 0, entries: [created] })
    await this.#accepted(run, unwatch, written(), [journal])
    const source = { inputs, taken: { items: 0, shards: 0 }, onBroken: options.onBroken }
    const intake = this.#intakes.takeIn(run, results, source)
    return this.#handle(run, results, unwatch, intake)
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
    const row = await rowOf(store, id)
    if (this.#journals.isShared && options.redact !== false) return this.#shared.resume(row, options)
    const holder = isEnded(row.status) ? undefined : (await store.runs.open(id)).find(({ heldBy }) => heldBy)
    if (holder) {
      throw new FlowError(
        'CONFLICT',
        `run ${id} is being driven by ${holder.heldBy}: end that process first, or leave it`,
      )
    }
    const run = this.#runs.usable(id) ?? (await this.#runs.load(id, options.redact !== false, options.maxConcurrent))
    run.handles++
    const results = new ResultStream()
    const unwatch = watchRun(run, results, options.watch, this.#warn)
    const shards = await store.runs.shards(id)
    results.follow(recordedResults(store, id, this.#patience))
    if (isEnded(row.status)) return this.#handle(run, results, unwatch)

    this.#journals.resume(run, leftOf(shards))
    const items = shards.reduce((sum, shard) => sum + shard.items, 0)
    const isSealed = row.items.total >= 0
    const inputs = options.further ?? (options.inputs && passOver(options.inputs, items))
    const intake =
      isSealed || !inputs
        ? undefined
        : this.#intakes.takeIn(run, results, {
            inputs,
            taken: { items, shards: shards.length - 1 },
            onBroken: options.onBroken,
          })
    return this.#handle(run, results, unwatch, intake)
  }

  async endInputs(id: RunId, error: (items: number) => ErrorValue): Promise<void> {
    const { store } = this.#options
    const row = await rowOf(store, id)
    if (isEnded(row.status) || row.items.total >= 0) return
    const shards = await store.runs.shards(id)
    const items = shards.reduce((sum, shard) => sum + shard.items, 0)
    const sealed: JournalEntry = { type: 'sealed', at: this.#clock.now(), items, error: error(items) }
    await store.append({ journal: `${id}/0`, after: shards[0]?.rows ?? 0, ifOpen: true, entries: [sealed] })
  }

  async follow(id: RunId, { signal }: FollowOptions = {}): Promise<FollowedRun> {
    this.#checkOpen()
    await rowOf(this.#options.store, id)
    return this.#followed(id, signal)
  }

  #followed(id: RunId, signal?: AbortSignal): FollowedRun {
    return new StoredRun(id, { ...this.#handles, closed: this.#closed, signal })
  }

  async rerun(id: RunId, options: RerunOptions = {}): Promise<RunHandle> {
    this.#checkOpen()
    checkLimit(options.maxConcurrent)
    // Those of the run that is repeated may be from before this rule.
    checkLabels(options.labels)
    const { store } = this.#options
    const { shards, plan, linked, taken, kept } = await planRerun(store, id, options, this.#link)
    const again = this.#idOf(options.id)
    const rerun = { run: again, at: this.#clock.now(), plan, kept }
    if (this.#journals.isShared && options.redact !== false) {
      return this.#shared.begin(again, options.watch, () => writeRerun(store, taken, { ...rerun, isWoken: true }))
    }
    const run = this.#runs.add(again, linked, kept, options.redact !== false)
    run.handles++
    const results = new ResultStream()
    const unwatch = watchRun(run, results, options.watch, this.#warn)
    const written = writeRerun(store, taken, rerun)
    await this.#accepted(
      run,
      unwatch,
      written,
      shards.map((_, number) => `${again}/${number}`),
    )
    this.#journals.resume(run, leftOf(await store.runs.shards(again)))
    return this.#handle(run, results, unwatch)
  }

  async previewRerun(id: RunId, options: Pick<RerunOptions, 'from' | 'items' | 'plan'> = {}): Promise<RerunPreview> {
    const { shards, before, plan, read } = await readToRerun(this.#options.store, id, options)
    return previewOf(read, shards, before.plan, plan, options)
  }

  async signal(id: RunId, signal: RunSignal): Promise<void> {
    if (this.#direct.signal(id, signal)) return
    const { store } = this.#options
    try {
      await store.append({ journal: `${id}/0`, ifOpen: true, entries: [signalEntry(signal, this.#clock.now())] })
    } catch (error) {
      const isRefused = FlowError.is(error) && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND')
      if (!isRefused) throw error
      const { status } = await rowOf(store, id)
      throw isEnded(status)
        ? new FlowError('CONFLICT', `run ${id} has ended (${status}): nothing can be sent to it`)
        : error
    }
  }

  recover(): void {
    const journals = this.#journals
    this.#working ??= this.#options.store.work(
      (journal, _, place) => journals.drive(journal, place),
      () => journals.begun,
    )
  }

  async close({ drainMs = 0 }: CloseOptions = {}): Promise<void> {
    this.#isClosing = true
    this.#journals.close()
    // A store waits for what it had driven here: that has to be left first.
    const stopped = this.#working?.stop()
    if (drainMs > 0) {
      this.#runs.retire()
      await this.#within(drainMs, Promise.all([this.#journals.left(), this.#direct.ended()]))
    }
    this.#runs.leave()
    const spread = this.#spread.leave()
    this.#direct.close()
    // A store that is away has who held what, and notices in its own time that we are gone.
    const heads = this.#intakes.leave()
    await this.#within(CLOSE_MS, Promise.all([this.#journals.left(), spread, ...heads]))
    await this.#within(CLOSE_MS, this.#logs.close())
    this.#patience.stop()
    this.#closed.end()
    await stopped
  }

  // ---

  /** Resolves with what is waited for, at the latest after `ms`. */
  #within(ms: number, what: Promise<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.timer(ms, resolve)
      what.then(() => resolve(), reject).finally(cancel)
    })
  }

  /** Handed on with each run: not made anew for it. */
  readonly #warn = (message: string): void => {
    this.#options.log?.('warning', message)
  }

  #checkOpen(): void {
    if (this.#isClosing) throw closed()
  }

  /**
   * Waits until a new run is written; one that is not leaves nothing behind. Refused by a store that is away, these journals
   * of it may be there all the same: nobody is to hold them.
   */
  async #accepted(
    run: LocalRun,
    unwatch: () => void,
    written: Promise<unknown>,
    journals: readonly JournalId[],
  ): Promise<void> {
    try {
      await written
    } catch (error) {
      if (isAway(error)) for (const journal of journals) void this.#returns.handBack({ journal, at: this.#clock.now() })
      throw this.#notAccepted(run, unwatch, error)
    }
  }

  /** Leaves nothing of the run behind. Answers what is thrown to who wanted it. */
  #notAccepted(run: LocalRun, unwatch: () => void, error: unknown): unknown {
    unwatch()
    this.#intakes.forget(run)
    this.#runs.forget(run)
    return FlowError.is(error) && error.code === 'CONFLICT' ? isThere(run.id) : error
  }

  #handle(run: LocalRun, results: ResultStream, unwatch: () => void, intake?: Promise<'whole' | 'broken'>): RunHandle {
    const tools = this.#handles
    const ended = endOf(tools, run, results, intake, () => {
      unwatch()
      results.end()
      this.#runs.release(run)
    })
    intake?.catch(() => {})
    return new LocalHandle(tools, run, results, { ended, takenIn: intake ?? WHOLE })
  }

  /** Of a new run. */
  #idOf(given: RunId | undefined): RunId {
    const id = given ?? this.#options.newId?.()
    if (id === undefined) return newRunId(this.#clock.now(), this.#random)
    checkRunId(id)
    return id
  }
}

// ---

/** Of inputs that were there at once. */
const WHOLE = Promise.resolve('whole' as const)

function closed(): FlowError {
  const message = 'this engine was closed and runs nothing more; create another one'
  return new FlowError('RESOURCE_UNAVAILABLE', message, { retryable: false })
}

/** Journals with items that have not ended. */
function leftOf(shards: readonly ShardRow[]): JournalId[] {
  return shards.filter(({ items, done }) => done < items).map(({ journal }) => journal)
}
