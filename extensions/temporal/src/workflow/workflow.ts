// One run as a workflow: our engine over a store in memory, with the workflow's clock and chance. What the history does not
// have, the same settles in the same order give again.

import { functions } from '@stepflow/dialects'
import {
  contentId,
  createEngine,
  createMemoryStore,
  errorValue,
  FlowError,
  type JournalEntry,
  type Json,
  type Outcome,
  own,
  type Plan,
  type PlanEngine,
  type RunHandle,
  secretsReadBy,
} from '@stepflow/engine'
import { createSchemaLoader } from '@stepflow/schema'
import {
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  defineQuery,
  defineSignal,
  setDefaultSignalHandler,
  setHandler,
  setWorkflowOptions,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow'
import { NAMES } from '../far-call.ts'
import { thrownFailure } from '../thrown-failure.ts'
import { keepsBlobs, SMALLER, tooLarge } from '../worker-facts.ts'
import { askWorker } from './ask-worker.ts'
import { withBlobs } from './blobs.ts'
import { type Carried, canCarry, carry, rowsOf } from './carried.ts'
import { workflowClock } from './clock.ts'
import { leaveOutUnreadable } from './readable-signals.ts'
import { workflowRouter } from './router.ts'
import { SecretReferences } from './secret-references.ts'

/** Of a run, beside its plan and its input. */
export interface FlowOptions {
  readonly flow?: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly labels?: Readonly<Record<string, string>>
}

/** The arguments of a workflow. */
export type FlowArguments = [plan: Plan, input: unknown, options?: FlowOptions, carried?: Carried]

setWorkflowOptions({ versioningBehavior: 'PINNED' }, flow)

export default function flow(...args: FlowArguments): Promise<Outcome> {
  const run = new FlowRun(args)
  // What is cancelled goes on until its engine has ended it.
  return CancellationScope.nonCancellable(() => run.end(CancellationScope.current().parent as CancellationScope))
}

// ---

/** More turns than a signal takes to its handler. */
const SIGNALS_TAKE = 20

type Command = (engine: PlanEngine, id: string) => Promise<void>

/** Pauses between looks at calls that are under way are the engine's; it is given all the time. */
const ALL_THE_TIME_MS = 365 * 24 * 3_600_000

class FlowRun {
  readonly #args: FlowArguments
  readonly #id = workflowInfo().workflowId
  readonly #flowId: string
  readonly #store = withBlobs(createMemoryStore({ durable: true, clock: workflowClock }))
  readonly #secrets: SecretReferences
  /** Its own: what another run has loaded before would be there sooner than it is when this one is replayed. */
  readonly #schema = createSchemaLoader()
  #engine: PlanEngine | undefined
  /** What came before there was an engine. */
  readonly #early: Command[] = []
  /** By what was asked for: a loop asks again and again. */
  readonly #plans = new Map<string, Plan>()
  #reason: string | undefined
  #renew: () => void = () => {}
  #mayRenew = true
  #isRenewing = false
  #renewal = new Promise<'renew'>((resolve) => {
    this.#renew = () => resolve('renew')
  })

  constructor(args: FlowArguments) {
    this.#args = args
    this.#flowId = contentId(args[0])
    this.#secrets = new SecretReferences(args[3]?.mark)
    leaveOutUnreadable()
    setHandler(defineQuery(NAMES.journal), () => this.#store.read(`${this.#id}/0`))
    setHandler(defineSignal<[unknown?]>(NAMES.pause), (from) => this.#tell('pause', textIn(from, 'by')))
    setHandler(defineSignal<[unknown?]>(NAMES.resume), (from) => this.#tell('resume', textIn(from, 'by')))
    setHandler(defineSignal<[unknown?]>(NAMES.cancel), (why) => {
      this.#reason = textIn(why, 'reason')
    })
    setDefaultSignalHandler((name, payload, about) => this.#signalled(name, payload, about))
  }

  async end(outside: CancellationScope): Promise<Outcome> {
    const [plan, input, options, carried] = this.#args
    outside.cancelRequested.catch(() => this.#cancelled())
    await this.#findSecrets(plan)
    let isFirst = true
    for (;;) {
      const engine = this.#createEngine()
      const handle =
        isFirst && !carried ? await this.#begin(engine) : await this.#goOn(engine, isFirst ? carried : undefined)
      isFirst = false
      this.#engine = engine
      for (const command of this.#early.splice(0)) void this.#do(command)
      const first = await Promise.race([this.#outcomeOf(handle), this.#renewal])
      if (first !== 'renew') return this.#ended(first)
      this.#isRenewing = true
      await engine.close({ drainMs: ALL_THE_TIME_MS })
      const rows = await this.#store.read(`${this.#id}/0`)
      const end = rows.flatMap(({ entries }) => entries).find((entry) => entry.type === 'finished')
      if (end?.type === 'finished') return this.#ended(end.outcome)
      const next = carry(rows, this.#secrets.mark)
      if (canCarry(next)) {
        return continueAsNew<(...args: FlowArguments) => Promise<Outcome>>(plan, input, options, next)
      }
      // It goes on here, for as long as the server lets a history grow.
      this.#isRenewing = false
      this.#mayRenew = false
      this.#renewal = new Promise(() => {})
    }
  }

  #createEngine(): PlanEngine {
    const schema = this.#schema
    const router = workflowRouter({
      schema,
      secrets: this.#secrets,
      flowId: this.#flowId,
      answered: () => {
        if (this.#mayRenew && workflowInfo().continueAsNewSuggested) this.#renew()
      },
    })
    return createEngine({
      ...{ store: this.#store, clock: workflowClock, router, functions, schema },
      secrets: this.#secrets.get,
      random: () => Math.random(),
      plan: (ref, overrides) => this.#planOf(ref, overrides),
      log: () => {},
      // Each line would be a timer in the history.
      keepsLogs: false,
    })
  }

  /** What cannot be begun at all has failed: as a failure of the task it would be tried again for ever. */
  async #begin(engine: PlanEngine): Promise<RunHandle> {
    const [plan, input, options = {}] = this.#args
    try {
      return await engine.submit(plan, [input], { ...options, id: this.#id })
    } catch (thrown) {
      if (!FlowError.is(thrown) || thrown.code === 'INTERNAL') throw thrown
      throw thrownFailure(errorValue(thrown))
    }
  }

  /** The same settles in the same order: the journal of the execution before is the past of this one. */
  async #goOn(engine: PlanEngine, carried: Carried | undefined) {
    const [plan] = this.#args
    const journal = `${this.#id}/0`
    for (const [after, { entries }] of (carried ? rowsOf(carried, plan) : []).entries()) {
      await this.#store.append({ journal, after, entries: entries as readonly JournalEntry[] })
    }
    return engine.resume(this.#id)
  }

  async #outcomeOf(handle: Pick<RunHandle, 'results' | 'ended'>): Promise<Outcome> {
    for await (const { outcome } of handle.results()) return outcome
    // Nobody reads on while a renewal ends the engine; else a fault of ours has, which fails the task, and not the run.
    if (!this.#isRenewing) await handle.ended
    return new Promise(() => {})
  }

  #ended(outcome: Outcome): Outcome {
    const large = keepsBlobs ? undefined : tooLarge(outcome)
    if (large)
      throw thrownFailure({ code: 'INVALID_INPUT', message: `the result of the run has ${large}, and ${SMALLER}` })
    if (outcome.outcome !== 'failed') return outcome
    const { code, message } = outcome.error
    if (code === 'CANCELLED') throw new CancelledFailure(message)
    throw thrownFailure(outcome.error)
  }

  /** Read by a worker, so pinned; what it brings along has secrets of its own. */
  async #planOf(ref: unknown, overrides: Json | undefined): Promise<Plan> {
    const key = JSON.stringify([ref, overrides])
    const known = this.#plans.get(key)
    if (known) return known
    const plan = await askWorker<Plan>(NAMES.plan, [ref, overrides ?? null])
    await this.#findSecrets(plan)
    this.#plans.set(key, plan)
    return plan
  }

  async #findSecrets(plan: Plan): Promise<void> {
    const names = [...secretsReadBy(plan)].filter((name) => !this.#secrets.isAsked(name))
    if (names.length > 0) this.#secrets.add(names, await askWorker(NAMES.secrets, [names]))
  }

  // --- what it is sent

  #tell(name: 'pause' | 'resume', by: string | undefined): void {
    void this.#do(async (engine, id) => {
      await engine.signal(id, { name, ...(by === undefined ? {} : { by }) })
      // Lists know it from there.
      upsertMemo({ [NAMES.paused]: name === 'pause' ? true : null })
    })
  }

  /** Why was sent just before, as a signal; those are handed out by promises, and this must not be faster. */
  async #cancelled(): Promise<void> {
    for (let turn = 0; turn < SIGNALS_TAKE; turn++) await undefined
    const reason = this.#reason === undefined ? {} : { reason: this.#reason }
    await this.#do((engine, id) => engine.signal(id, { name: 'cancel', ...reason }))
  }

  #signalled(signal: string, payload: unknown = null, about?: unknown): void {
    const [id, by, wait] = ['id', 'by', 'wait'].map((key) => textIn(about, key))
    const asked = own(about, 'item')
    const item = Number.isInteger(asked) ? (asked as number) : undefined
    void this.#do((engine, run) =>
      engine.signal(run, {
        ...{ name: 'signal', signal, payload: this.#secrets.without(payload) },
        ...(id === undefined ? {} : { id }),
        ...(item === undefined ? {} : { item }),
        ...(by === undefined ? {} : { by }),
        ...(wait === undefined ? {} : { wait }),
      }),
    )
  }

  async #do(command: Command): Promise<void> {
    if (!this.#engine) return void this.#early.push(command)
    // One that has ended takes no more, and nobody waits for an answer.
    await command(this.#engine, this.#id).catch(() => {})
  }
}

/** Of what came with a signal, from whoever may send one: anything. */
function textIn(sent: unknown, key: string): string | undefined {
  const text = own(sent, key)
  return typeof text === 'string' ? text : undefined
}
