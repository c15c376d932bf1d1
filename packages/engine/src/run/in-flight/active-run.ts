// One run, or one sub-run, while it is driven: its items in flight and what is known of each. It only holds data: the
// driver decides.

import type { InputList, ParkedRun } from '../../component/plugin.ts'
import { FewMap } from '../../few-map.ts'
import { RareMap, RareSet } from '../../rare-map.ts'
import type { LinkedPlan } from '../link.ts'
import type { Outcome } from '../outcome.ts'
import { Scheduler } from '../scheduler/scheduler.ts'
import type { Records } from '../scheduler/settled.ts'
import { RunState } from '../scheduler/state.ts'
import type { Attempt, CallFacts } from './attempt.ts'

export interface Parent {
  readonly attempt: Attempt
  readonly options: ParkedRun
}

export interface Deadline {
  /** Epoch milliseconds. */
  readonly at: number
  /** Takes its timer back. */
  cancel: () => void
}

/** How often a visit was tried so far, by budget. */
export interface Tries {
  /** Failures counted against the step's `retry`. */
  step: number
  /** Failures of the attempt at hand that are counted against its transport budget. */
  transport: number
}

/** Steps that wait for a place, in order. Those before `next` have had theirs: a long queue is not moved up for each. */
export interface StepQueue {
  readonly keys: number[]
  next: number
}

export class ActiveRun {
  /** Of a sub-run: its parent's `item/step/visit`, prefixed by the parent's own key; of the run itself: "". */
  readonly key: string
  readonly plan: LinkedPlan
  readonly state: RunState
  readonly scheduler: Scheduler
  readonly parent: Parent | undefined
  facts: CallFacts
  /** What its items are given, others have too. */
  readonly sharesInputs: boolean
  inputs: InputList
  /** The number of the first item. */
  readonly from: number
  /** Of a sub-run: items at once. */
  readonly limit: number
  /** Steps of an item at once. */
  readonly stepLimit: number | undefined
  /** Of a sub-run: its items' outcomes, in order. */
  readonly outcomes: (Outcome | undefined)[] = []

  /** Index of the next input to start. */
  next = 0
  /** Items in flight, and those of them that only wait (parked in all they do). */
  live = 0
  idle = 0
  /** No further item starts. */
  isClosed = false
  /** Index of the first input that starts no more. */
  end = Number.POSITIVE_INFINITY
  isDirty = false
  isDropped = false
  /** Of a sub-run: the step it hangs on is counted as parked, because all in here only wait. */
  isCountedIdle = false

  /** Indexes of inputs that ended or started before a restart. */
  readonly known = new RareSet<number>()
  /** Keys of steps that are ready, while nothing is called: paused or replaying. */
  readonly held = new RareSet<number>()
  /** By key, while replaying: the attempt that was under way, and since when (epoch milliseconds). */
  readonly started = new RareMap<number, { readonly attempt: number; readonly at: number }>()
  /** By key: the attempt in flight or parked. */
  readonly attempts = new FewMap<number, Attempt>()
  /** By key: what was tried before. */
  readonly tries = new RareMap<number, Tries>()
  /** By slot: steps parked on a time, a signal or an idle sub-run. */
  readonly parked = new RareMap<number, number>()
  /** Slots of items with parked steps in which another step has ended since anybody looked whether they only wait. */
  readonly endedBesideParked = new RareSet<number>()
  /** Slots of items that only wait and have given their place back. */
  readonly idleSlots = new RareSet<number>()
  /** By slot, for plans that limit the steps of an item: how many run, and who waits for a place. */
  readonly running = new RareMap<number, number>()
  readonly queued = new RareMap<number, StepQueue>()
  /** By slot: when the item's own time limit ends. */
  readonly deadlines = new RareMap<number, Deadline>()

  constructor(options: {
    key: string
    plan: LinkedPlan
    facts: CallFacts
    inputs: InputList
    from: number
    limit: number
    records: Records
    parent?: Parent
  }) {
    this.key = options.key
    this.plan = options.plan
    this.inputs = options.inputs
    this.from = options.from
    this.limit = options.limit
    this.stepLimit = options.plan.plan.maxConcurrent
    this.parent = options.parent
    this.sharesInputs = options.parent !== undefined && isSharing(options.parent)
    this.facts = options.facts
    this.state = new RunState(
      options.plan,
      options.facts,
      Math.max(1, Math.min(options.limit, options.inputs.length, 16)),
    )
    this.scheduler = new Scheduler(this.state, options.records)
  }

  /** Begins anew with another input of another run, all that was before having ended. */
  reuse(facts: CallFacts, inputs: InputList): void {
    this.facts = facts
    this.state.facts = facts
    this.inputs = inputs
    this.next = 0
    this.isClosed = false
    this.end = Number.POSITIVE_INFINITY
  }

  /** Items that started or ended before a restart are not started again. */
  passKnown(): void {
    while (this.known.size > 0 && this.known.has(this.next)) this.next++
  }

  get hasInputs(): boolean {
    return !this.isClosed && this.next < this.inputs.length && this.next < this.end
  }

  get isDone(): boolean {
    return this.live === 0 && !this.hasInputs
  }

  /** Every item in flight only waits, and no other could start. */
  get isIdle(): boolean {
    return this.live > 0 && this.idle === this.live && !this.hasInputs
  }
}

// ---

function isSharing({ attempt, options }: Parent): boolean {
  const { run, step } = attempt
  return options.sharesInputs === true || run.sharesInputs || run.plan.isShared[step] === 1
}
