// What the parts of a driver share: what it drives and works with, what has happened in this turn, and whom to notify when
// something has moved.

import type { Clock } from '../../clock.ts'
import type { ErrorValue, FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId, RunId } from '../../journal/events.ts'
import type { MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import { RareMap } from '../../rare-map.ts'
import type { Patience } from '../../store/patience.ts'
import type { Batch, JournalRow, Wake } from '../../store/store.ts'
import type { LinkedPlan } from '../link.ts'
import type { Outcome } from '../outcome.ts'
import type { Records } from '../scheduler/settled.ts'
import { ActiveRun } from './active-run.ts'
import type { CallFacts } from './attempt.ts'

/** Says how many items of a run may be in flight, over all its drivers of this process. */
export interface ItemGate {
  tryTake(): boolean
  /** Takes a place even if there is none: for items that were in flight before a restart. */
  take(): void
  /** An item only waits, or is driven no more. */
  release(): void
  /** An item has ended. */
  ended(): void
  /** The limit may rise, as long as no item has to wait for somebody else: whoever drives says so. */
  readonly mayGrow: boolean
  keepFew(): void
  /** What a turn of items with so many steps is about to write. */
  weigh(entries: readonly JournalEntry[], steps: number): void
}

/** An item's input, with the plan that says what of it is secret. */
export interface ItemInput {
  readonly plan: LinkedPlan
  readonly input: unknown
  /** Of a sub-run, whose plan may mark some of them as secret: its own. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** What a driver works with, whatever it drives. */
export interface DriverTools {
  /** Who drives, in the journal. */
  readonly driver: string
  /** What people call this process, if the journal is to say it. */
  readonly node?: string | undefined
  /** What is appended survives the process: nothing is called before what made it ready is written. */
  readonly isDurable: boolean
  readonly append: (run: RunId, batch: Batch & { readonly after: number }) => MaybePromise<void>
  /** A turn of the run could not be written from then until now; and why, if the store said so. */
  readonly heldUp: (run: RunId, since: number, failure: unknown) => void
  readonly read: (journal: JournalId, from: number) => MaybePromise<readonly JournalRow[]>
  /** Somebody takes a journal up again when what it waits for has come. */
  readonly mayPutDown: () => boolean
  readonly link: (plan: Plan) => MaybePromise<LinkedPlan>
  readonly cached: (key: string, now: number) => MaybePromise<{ readonly output: unknown } | undefined>
  readonly clock: Clock
  readonly random: () => number
  /** Waits for a store that is away. */
  readonly patience: Patience
}

/** The run whose items are driven, as its driver sees it. */
export interface DrivenRun {
  readonly plan: LinkedPlan
  readonly facts: CallFacts
  readonly records: Records
  /** What may be seen of a failure in an item: the secrets of its inputs are taken out. */
  redactError(inputs: readonly ItemInput[], error: ErrorValue, inside: readonly unknown[]): ErrorValue
  /** What may be seen of why an item's step was skipped. */
  redactReason(inputs: readonly ItemInput[], reason: string, inside: readonly unknown[]): string
  /** What an exit may see of an item's outcome. */
  redact(input: ItemInput, outcome: Outcome, item: number, inside: readonly unknown[]): Outcome
  /** All that has begun only waits: there may be room for more. */
  idled(): void
  /** A bug in us, or a journal that is damaged: ends the driver, and leaves the run as the journal has it. */
  fail(error: unknown): void
}

/** The journal that is driven; what becomes of it is heard here. */
export interface DrivenJournal {
  readonly journal: JournalId
  readonly run: DrivenRun
  readonly gate: ItemGate
  /** The items: their first number and their inputs. */
  readonly from: number
  readonly inputs: readonly unknown[]
  /** The first entries of a new journal, written with the first turn. */
  readonly preamble: readonly JournalEntry[]
  /** The rows of a journal that was driven before. */
  readonly rows: readonly JournalRow[]
  /** It is written for the first time; or it cannot be. */
  accepted?(): void
  refused?(why: unknown): void
  /** Takes the outcome of the only item, in place of the journal: the driver may be used again. */
  onFinished?(outcome: Outcome): void
  /** Nobody drives it here any more. */
  over?(end: DriverEnd): void
}

/** Why a driver has ended. `wake`: when the journal is to be driven again (`Infinity`: when its run is signalled). */
export type DriverEnd =
  /** Nothing is left to do. */
  | { readonly how: 'done'; readonly canReuse: boolean }
  /** It was to begin the journal, which is there already. */
  | { readonly how: 'refused'; readonly wake: Wake }
  /** All that is left only waits. */
  | { readonly how: 'waits'; readonly wake: Wake }
  /** Another has written to the journal. If nobody else has it after all, the store wakes somebody. */
  | { readonly how: 'lost'; readonly wake: Wake }
  /** It was told to. */
  | { readonly how: 'left'; readonly wake: Wake }
  /** The store was away for too long. `isNew`: the journal's first row may not be there. */
  | { readonly how: 'away'; readonly wake: Wake; readonly error: FlowError; readonly isNew: boolean }
  /** A bug in us, or a damaged journal. */
  | { readonly how: 'failed' }

export class Drive {
  readonly tools: DriverTools
  of: DrivenJournal
  /** As the run had it when its driver began: whoever watches from later on sees no half of a step. */
  readonly records: Records
  readonly root: ActiveRun
  /** Sub-runs by key. */
  readonly subRuns = new RareMap<string, ActiveRun>()
  readonly dirty: ActiveRun[] = []
  #now: number | undefined
  /** What this turn has to write. */
  readonly entries: JournalEntry[] = []
  /** Outputs of this turn that later calls may use, by key: the store has them when the turn is written. */
  readonly kept = new RareMap<string, { readonly output: unknown }>()
  /** By item: what the plans of sub-runs in it mark as secret. */
  readonly #secretsInside = new RareMap<number, unknown[]>()
  /** The journal's own past is settled again: nothing is called, nothing is written. */
  isReplaying = false
  /** No item starts, no step is called; what is in flight goes on. */
  isPaused = false
  /** The process goes: what is in flight may end, nothing is called. */
  isLeaving = false
  /** Called when something is there to do. */
  onPoke: () => void = () => {}
  /** Called when the store stays away. */
  onAway: (error: FlowError) => void = () => {}

  constructor(tools: DriverTools, of: DrivenJournal) {
    this.tools = tools
    this.of = of
    const { run, inputs, from } = of
    this.records = run.records
    this.root = new ActiveRun({
      key: '',
      plan: run.plan,
      facts: run.facts,
      inputs,
      from,
      limit: Math.max(1, inputs.length),
      records: this.records,
    })
  }

  /** Takes another journal in place of one that has ended, with as few items. */
  takeUp(of: DrivenJournal): void {
    this.of = of
    this.root.reuse(of.run.facts, of.inputs)
  }

  beginTurn(): void {
    this.#now = undefined
  }

  /** The turn's time: what happens in a turn happens then. Epoch milliseconds; asked of the clock if anybody asks. */
  get now(): number {
    this.#now ??= this.tools.clock.now()
    return this.#now
  }

  /** What a sub-run is given may be handed on by the steps around it. Answers what of it its plan marks as secret. */
  keepSecrets(item: number, { plan, inputs, state }: ActiveRun): readonly unknown[] {
    const inInput = plan.checkInput?.secretsIn
    const inVariables = plan.checkVariables?.secretsIn
    if (!inInput && !inVariables) return NONE
    const kept = this.#secretsInside.get(item) ?? []
    const before = kept.length
    if (inVariables) for (const secret of inVariables(state.facts.variables)) kept.push(secret)
    if (inInput) {
      for (let i = 0; i < inputs.length && kept.length < MOST_SECRETS_INSIDE; i++) {
        for (const secret of inInput(inputs.at(i))) kept.push(secret)
      }
    }
    if (kept.length > 0) this.#secretsInside.set(item, kept)
    return kept.slice(before)
  }

  secretsInside(item: number): readonly unknown[] {
    return this.#secretsInside.size === 0 ? NONE : (this.#secretsInside.get(item) ?? NONE)
  }

  forgetSecrets(item: number): void {
    if (this.#secretsInside.size > 0) this.#secretsInside.delete(item)
  }

  /** The run itself, and the sub-runs that are open. */
  runs(): ActiveRun[] {
    return [this.root, ...this.subRuns.values()]
  }

  /** The run can move. */
  touch(run: ActiveRun): void {
    if (run.isDirty || run.isDropped) return
    run.isDirty = true
    this.dirty.push(run)
  }

  /** Steps that were ready while nothing was called are called now. */
  releaseHeld(): void {
    for (const run of this.runs()) {
      for (const key of run.held) run.scheduler.ready.push(key)
      run.held.clear()
      this.touch(run)
    }
  }

  poke(): void {
    this.onPoke()
  }
}

// ---

const NONE: readonly unknown[] = []

/** Of one item. */
const MOST_SECRETS_INSIDE = 10_000
