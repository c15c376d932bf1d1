// The engine for programs that embed it: flows in, results out. Where it keeps its runs and what else its steps can call
// is said when it is made.

import {
  type Clock,
  type CloseOptions,
  createMemoryStore,
  FlowError,
  type FollowedRun,
  type ItemResult,
  type Log,
  type Outcome,
  type Plan,
  type PlanEngine,
  type Plugin,
  type ResultOrder,
  type ResumeOptions,
  type RunHandle,
  type RunSignal,
  type Store,
  type SubmitOptions,
} from '@stepflow/engine'
import { assembleEngine, BuiltinOnDemand } from '../assemble-engine.ts'
import {
  checkBatch,
  checkClose,
  checkEngineOptions,
  checkFollow,
  checkGet,
  checkResume,
  checkRun,
  checkSignal,
  checkSubmit,
} from './check-given.ts'
import { consoleLog } from './console-log.ts'
import { keepApart } from './keep-apart.ts'
import { PluginLife } from './plugin-life.ts'
import { pluginRouter } from './plugin-router.ts'
import { isRunnable, LocalRouter, PROGRAM, type Program, type Runnable } from './program.ts'
import { type RunRecord, readRun } from './run-record.ts'

/** Options of a run. */
export interface RunOptions {
  /** Stops the run: steps in flight are told by their `context.signal`, no other starts. */
  readonly signal?: AbortSignal
  /** An engine with a store, plugins or secrets; else one that is made for the flow. */
  readonly engine?: Engine
}

/** Options of a run over many inputs. */
export interface BatchOptions extends RunOptions {
  /** In the order of the inputs (unless told), or as they end. */
  readonly order?: ResultOrder
  /** Inputs at once. If absent, 64; in an engine with a store on disk up to 2,048, while no call has to be waited for. */
  readonly maxConcurrent?: number
}

/** One input's end; `index` is its number, from 0. */
export interface BatchResult<Output> extends ItemResult {
  readonly outcome: OutcomeOf<Output>
}

/** How a run ended, with the type of its result. */
export type OutcomeOf<Output> =
  | { readonly outcome: 'success'; readonly result: Output }
  | Exclude<Outcome, { readonly outcome: 'success' }>

/** What an engine is made of; all of it may be left out. */
export interface EngineOptions {
  /** Keeps the runs; in memory, for as long as the engine lives, if absent. */
  readonly store?: Store
  /**
   * Without a `store`: `all` keeps every run that has ended, `none` forgets each. Unless told, the last 10,000 are kept, and at
   * most 64 MB of them.
   */
  readonly history?: 'all' | 'none'
  /** Flows whose functions must be there from the start: for runs that are in the store already. */
  readonly flows?: readonly Runnable<never>[]
  /** What else steps can call: `/NAME/...` goes to the plugin of that name. `/builtin/...` is always there. */
  readonly plugins?: readonly Plugin[]
  readonly secrets?: (name: string) => string | undefined
  /** Warnings, and what steps log; stderr has the warnings if absent. */
  readonly log?: Log
  readonly clock?: Clock
  /** In [0, 1). */
  readonly random?: () => number
  readonly newId?: () => string
  /** For how long runs wait, with what they have in hand, for a store that is away; then they are left to others. 60 s. */
  readonly storePatienceMs?: number
}

/** Runs flows, and knows the runs of its store. */
export interface Engine {
  /** The output of one run; undefined if it was skipped. Rejects with a FlowError if it failed. */
  run<Input, Output>(of: Runnable<Input, Output>, input: Input, options?: Pick<RunOptions, 'signal'>): Promise<Output>
  /** How one run ended, as data. */
  runOutcome<Input, Output>(
    of: Runnable<Input, Output>,
    input: Input,
    options?: Pick<RunOptions, 'signal'>,
  ): Promise<OutcomeOf<Output>>
  /** One run over many inputs. */
  runBatch<Input, Output>(
    of: Runnable<Input, Output>,
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options?: Omit<BatchOptions, 'engine'>,
  ): AsyncIterable<BatchResult<Output>>
  /** Accepts a run and returns at once: for runs that outlive their caller. */
  submit<Input = unknown>(
    of: Runnable<Input> | Plan,
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options?: SubmitOptions,
  ): Promise<RunHandle>
  /** Goes on with a run that is in the store. */
  resume(run: string, options?: ResumeOptions): Promise<RunHandle>
  /** A run that is in the store, as it stands: of one that has ended, all outcomes. Undefined if there is none of that id. */
  get(run: string): Promise<RunRecord | undefined>
  /** Looks at a run that is in the store and drives nothing of it: for another process than the one that does. */
  follow(run: string): Promise<FollowedRun>
  /** Cancels, pauses or resumes a run, or sends what its steps wait for. */
  signal(run: string, signal: RunSignal): Promise<void>
  /** Takes up the runs of processes that are gone, and wakes that are due. */
  recover(): void
  /**
   * Stops where it is; with `drainMs`, calls that are under way may end for so long. What is left is in the store, if that
   * outlives the engine. A store that the engine was given stays open; plugins that it started are stopped, unless another
   * engine of the program uses them.
   */
  close(options?: CloseOptions): Promise<void>
}

/**
 * An engine; without options one that keeps its runs in memory.
 *
 * ```ts
 * const flow = defineFlow('sum', { input: shape<number[]>() }, ({ input, step }) =>
 *   step('add', (list: number[]) => list.reduce((a, b) => a + b, 0), input),
 * )
 * const engine = createEngine({ flows: [flow] })
 * console.log(await engine.run(flow, [1, 2, 3])) // 6
 * const handle = await engine.submit(flow, [[1], [2]]) // returns at once
 * console.log((await handle.ended).status) // completed
 * console.log((await engine.get(handle.id))?.outcomes[1]) // { index: 1, outcome: { outcome: 'success', result: 2 } }
 * await engine.close()
 * ```
 *
 * @param options where runs are kept, and what else its steps can call
 * @throws FlowError INVALID_FLOW for options that do not exist or are wrong, all of them, or for flows that do not go together
 */
export function createEngine(options: EngineOptions = {}): Engine {
  checkEngineOptions(options)
  return new EmbeddedEngine(options)
}

// ---

/** Of runs that have ended, all. */
const ALL = { runs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

class EmbeddedEngine implements Engine {
  readonly #core: PlanEngine
  readonly #builtin: BuiltinOnDemand
  readonly #store: Store
  readonly #isForgetful: boolean
  readonly #ownsStore: boolean
  readonly #router: LocalRouter
  readonly #known = new WeakSet<Program>()
  readonly #plugins: PluginLife
  readonly #log: Log

  constructor({ store, history, flows = [], plugins = [], log = consoleLog, ...others }: EngineOptions) {
    this.#ownsStore = store === undefined
    this.#isForgetful = store === undefined && history === 'none'
    const { clock } = others
    this.#store =
      store ??
      createMemoryStore({
        forget: this.#isForgetful,
        ...(history === 'all' ? { history: ALL } : {}),
        ...(clock ? { clock } : {}),
      })
    this.#builtin = new BuiltinOnDemand(clock)
    const router = pluginRouter(plugins, () => this.#builtin.plugin)
    this.#router = new LocalRouter(router, this.#store.durable ? keepApart : undefined)
    this.#core = assembleEngine({ ...others, store: this.#store, router: this.#router, log })
    this.#plugins = new PluginLife(plugins, log)
    this.#log = log
    for (const flow of flows) this.#plan(flow)
  }

  async run<Input, Output>(
    of: Runnable<Input, Output>,
    input: Input,
    options?: Pick<RunOptions, 'signal'>,
  ): Promise<Output> {
    checkRun('engine.run', of, options)
    const outcome = await this.#outcome(of, input, options)
    switch (outcome.outcome) {
      case 'success':
        return outcome.result
      case 'skipped':
        return undefined as Output // a skipped run has no output; that it may be skipped is not in the type
      case 'failed': {
        const { code, message, data, step } = outcome.error
        const isSaid = step === undefined || message.startsWith(`step "${step}"`)
        const about = isSaid ? message : `step "${step}": ${message}`
        throw new FlowError(code as FlowError['code'], about, data === undefined ? {} : { data }) // or a component's own code
      }
    }
  }

  async runOutcome<Input, Output>(
    of: Runnable<Input, Output>,
    input: Input,
    options?: Pick<RunOptions, 'signal'>,
  ): Promise<OutcomeOf<Output>> {
    checkRun('engine.runOutcome', of, options)
    return this.#outcome(of, input, options)
  }

  async #outcome<Input, Output>(
    of: Runnable<Input, Output>,
    input: Input,
    options: Pick<RunOptions, 'signal'> = {},
  ): Promise<OutcomeOf<Output>> {
    if (options.signal?.aborted) return stopped()
    // A run that a closing engine leaves has no results.
    let ended: OutcomeOf<Output> = stopped('the engine was closed')
    // Nothing that is not kept needs a run of its own.
    if (this.#isForgetful) return (await this.#direct(of, input, options)) as OutcomeOf<Output> // as the flow's output says
    for await (const { outcome } of this.#batch(of, [input], options)) ended = outcome
    return ended
  }

  async #direct(of: Runnable<never>, input: unknown, options: Pick<RunOptions, 'signal'>): Promise<Outcome> {
    const plan = this.#plan(of)
    const starting = this.#start(plan)
    if (starting) await starting
    const followed = isRunnable(of) ? of[PROGRAM].begin?.(input) : undefined // or it is a plan
    if (!followed) return this.#core.runDirectly(plan, input, options)
    const outcome = await this.#core.runDirectly(plan, input, { ...options, local: followed.local })
    followed.end(outcome)
    return outcome
  }

  /** What is wrong is said at once, not when the first result is asked for: perhaps nobody asks. */
  runBatch<Input, Output>(
    of: Runnable<Input, Output>,
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options: Omit<BatchOptions, 'engine'> = {},
  ): AsyncIterable<BatchResult<Output>> {
    checkBatch('engine.runBatch', of, inputs, options)
    return this.#batch(of, inputs, options)
  }

  async *#batch<Input, Output>(
    of: Runnable<Input, Output>,
    inputs: Iterable<Input> | AsyncIterable<Input>,
    { order, maxConcurrent, signal }: Omit<BatchOptions, 'engine'>,
  ): AsyncGenerator<BatchResult<Output>> {
    if (signal?.aborted) {
      for await (const _ of inputs) return yield { index: 0, outcome: stopped() }
      return
    }
    const handle = await this.submit(of, inputs, {
      redact: false,
      ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    })
    let isOver = false
    const stop = () => void handle.cancel(STOPPED).catch(() => {}) // it has ended by itself
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      // The result's type is that of the flow's output.
      for await (const result of handle.results(order)) yield result as BatchResult<Output>
      isOver = true
    } finally {
      signal?.removeEventListener('abort', stop)
      // Who leaves the loop wants no more of it.
      if (!isOver) await handle.cancel('its results are no longer read').catch(() => {})
      if (this.#isForgetful) void handle.ended.then(() => this.#store.runs.remove(handle.id)).catch(() => {})
    }
  }

  async submit<Input = unknown>(
    of: Runnable<Input> | Plan,
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options?: SubmitOptions,
  ): Promise<RunHandle> {
    checkSubmit(of, inputs, options)
    const plan = this.#plan(of as Runnable<never> | Plan)
    await this.#start(plan)
    return this.#core.submit(plan, inputs, options)
  }

  async resume(run: string, options?: ResumeOptions): Promise<RunHandle> {
    checkResume(run, options)
    await Promise.all([this.#plugins.start(), this.#builtin.load()])
    return this.#core.resume(run, options)
  }

  async get(run: string): Promise<RunRecord | undefined> {
    checkGet(run)
    return readRun(this.#store, run)
  }

  async follow(run: string): Promise<FollowedRun> {
    checkFollow(run)
    return this.#core.follow(run)
  }

  async signal(run: string, signal: RunSignal): Promise<void> {
    checkSignal(run, signal)
    return this.#core.signal(run, signal)
  }

  recover(): void {
    // What those runs call is not known before they are read.
    const starting = Promise.all([this.#plugins.start(), this.#builtin.load()])
    const warn = (error: unknown) => this.#log('warning', `no run is taken up: a plugin did not start: ${error}`)
    starting.then(() => this.#core.recover()).catch(warn)
  }

  async close(options?: CloseOptions): Promise<void> {
    checkClose(options)
    await this.#core.close(options)
    if (this.#ownsStore) await this.#store.close()
    await this.#plugins.stop()
  }

  /** Undefined if there is nothing to wait for. */
  #start(plan: Plan): Promise<unknown> | undefined {
    const starting = this.#plugins.start()
    const loading = this.#builtin.loadFor(plan)
    return starting && loading ? Promise.all([starting, loading]) : (starting ?? loading)
  }

  #plan(of: Runnable<never> | Plan): Plan {
    if (!isRunnable(of)) return of // the engine checks that it is sound
    const program = of[PROGRAM]
    if (!this.#known.has(program)) this.#router.add(program)
    this.#known.add(program)
    return program.plan
  }
}

/** As the engine says it of a run that is kept nowhere. */
const STOPPED = 'the run was stopped by its signal'

function stopped(message = STOPPED): Extract<Outcome, { outcome: 'failed' }> {
  return { outcome: 'failed', error: { code: 'CANCELLED', message } }
}
