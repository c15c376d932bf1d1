// The state of the items in flight of one run, in typed arrays of slots x steps. It changes only as the scheduler says.
//
// An item lives in a slot while it is in flight; the slot is then reused. A step of an item is the number
// `key = slot * stepCount + step`; ids exist at the edges only.

import type { ErrorValue } from '../../errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LinkedPlan } from '../link.ts'

export const IDLE = 0
/** Demanded; steps it certainly reads have not ended. */
export const WAITING = 1
/** Evaluated as far as it goes; waits for a step that only its branch reads. */
export const BLOCKED_ON = 2
/** Its input is there; waits to be called. */
export const QUEUED = 3
export const RUNNING = 4
/** Put aside until a time, a signal or a sub-run. */
export const PARKED = 5
export const DONE = 6
export const SKIPPED = 7
export const FAILED = 8

/** Demanded, and not yet evaluated to its end. */
export function isWaiting(status: number): boolean {
  return status === WAITING || status === BLOCKED_ON
}

/** Why a step was skipped: what stands in `value` of a SKIPPED step. */
export interface SkipFact {
  readonly reason: string
  readonly cause: ErrorValue | undefined
}

/** The failure of a step, or the one that it was skipped for. */
export function causeAt(state: RunState, key: number): ErrorValue | undefined {
  if (state.status[key] === FAILED) return state.value[key] as ErrorValue
  return state.status[key] === SKIPPED ? (state.value[key] as SkipFact).cause : undefined
}

/** Why other steps are skipped for a failure. */
export function whatFailed({ step, message }: ErrorValue): string {
  return step === undefined ? message : `step "${step}" failed`
}

export interface RunFacts {
  readonly id: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly secret: (name: string) => string | undefined
  /** Of the runs from which it has values. */
  readonly secrets?: readonly unknown[]
  /** What the program that began the run gave along, for components of this process. */
  readonly local?: unknown
  /** Whose elements its items are, if it is run for each of a list. */
  readonly loop?: { readonly plan: Plan; readonly step: number } | undefined
}

export class RunState {
  readonly plan: LinkedPlan
  readonly stepCount: number
  facts: RunFacts

  // By key.
  status: Uint8Array
  /** Strict dependencies that have not ended. */
  pending: Int32Array
  /** How often the step was activated before, in this item. */
  visit: Int32Array
  /** DONE: the result; SKIPPED: a SkipFact; FAILED: an ErrorValue; QUEUED, RUNNING, PARKED: the input. */
  value: unknown[]
  /** What a transition brought; kept only by plans that have transitions. */
  arrival: unknown[]

  // By slot.
  input: unknown[]
  item: Int32Array
  isLive: Uint8Array
  /** Steps that are QUEUED, RUNNING or PARKED. */
  active: Int32Array

  /** While an expression is evaluated: the steps it found missing, and (if wanted) those it read in a branch. */
  readonly wanted: number[] = []
  touched: number[] | null = null
  /** While a fallback is evaluated. */
  error: ErrorValue | null = null

  readonly #perStep: number
  #capacity: number
  readonly #free: number[] = []

  constructor(plan: LinkedPlan, facts: RunFacts, slots: number) {
    const keys = slots * plan.stepCount
    this.plan = plan
    this.stepCount = plan.stepCount
    this.#perStep = 1 / plan.stepCount
    this.facts = facts
    this.status = new Uint8Array(keys)
    this.pending = new Int32Array(keys)
    this.visit = new Int32Array(keys)
    this.value = new Array(keys)
    this.arrival = plan.hasTransitions ? new Array(keys) : []
    this.input = new Array(slots)
    this.item = new Int32Array(slots)
    this.isLive = new Uint8Array(slots)
    this.active = new Int32Array(slots)
    this.#capacity = slots
    for (let slot = slots - 1; slot >= 0; slot--) this.#free.push(slot)
  }

  /** A slot for an item, with nothing in it but its input. */
  take(item: number, input: unknown): number {
    if (this.#free.length === 0) this.#grow()
    const slot = this.#free.pop() as number
    this.item[slot] = item
    this.input[slot] = input
    this.isLive[slot] = 1
    return slot
  }

  /** The input of an item that is in flight. */
  inputOf(item: number): unknown {
    for (let slot = 0; slot < this.#capacity; slot++) if (this.item[slot] === item) return this.input[slot]
    return undefined
  }

  slotOf(key: number): number {
    // A multiplication is several times as fast as a division; half a step keeps it clear of the next whole number.
    return Math.floor((key + 0.5) * this.#perStep)
  }

  /** Clears a slot for the next item. */
  release(slot: number): void {
    const from = slot * this.stepCount
    const to = from + this.stepCount
    this.status.fill(IDLE, from, to)
    this.visit.fill(0, from, to)
    this.value.fill(undefined, from, to)
    if (this.plan.hasTransitions) this.arrival.fill(undefined, from, to)
    this.input[slot] = undefined
    this.isLive[slot] = 0
    this.active[slot] = 0
    this.#free.push(slot)
  }

  #grow(): void {
    const before = this.#capacity
    const slots = before * 2
    const keys = slots * this.stepCount
    this.status = enlarged(this.status, new Uint8Array(keys))
    this.pending = enlarged(this.pending, new Int32Array(keys))
    this.visit = enlarged(this.visit, new Int32Array(keys))
    this.item = enlarged(this.item, new Int32Array(slots))
    this.isLive = enlarged(this.isLive, new Uint8Array(slots))
    this.active = enlarged(this.active, new Int32Array(slots))
    this.value.length = keys
    if (this.plan.hasTransitions) this.arrival.length = keys
    this.input.length = slots
    this.#capacity = slots
    for (let slot = slots - 1; slot >= before; slot--) this.#free.push(slot)
  }
}

// ---

function enlarged<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
