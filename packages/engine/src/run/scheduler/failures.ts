// What a failure does to its item: a handler may take it; `stop` ends the item with it after the clean-up steps; `drain`
// lets the other steps go on and ends the item with it at the exit. It only decides: the scheduler moves the item.

import type { ErrorValue } from '../../errors.ts'
import { RareMap } from '../../rare-map.ts'
import type { LinkedPlan } from '../link.ts'
import { failed, type Outcome } from '../outcome.ts'
import {
  DONE,
  FAILED,
  IDLE,
  isWaiting,
  PARKED,
  QUEUED,
  RUNNING,
  type RunState,
  SKIPPED,
  type SkipFact,
  whatFailed,
} from './state.ts'

/** What failures have the scheduler do. */
export interface Moves {
  /** Ends the item. */
  finish(slot: number, outcome: Outcome): void
  /** Settles a step that the item's failure has cut off, without what would follow from it. */
  cutOff(slot: number, step: number, status: typeof FAILED | typeof SKIPPED, value: ErrorValue | SkipFact): void
}

export class Failures {
  readonly #state: RunState
  readonly #plan: LinkedPlan
  readonly #moves: Moves
  /** By slot: failed steps that a handler may still handle. */
  readonly #suspects = new RareMap<number, number[]>()
  /** By slot: the failure that ends the item, and how many clean-up steps still run. */
  readonly #stopping = new RareMap<number, { readonly error: ErrorValue; cleanups: number }>()
  /** By step that failed, in any item. */
  readonly #handlers = new RareMap<number, readonly number[]>()
  /** Under `drain`, by slot: the first failed step, in the plan's order, that nobody handled. */
  readonly #drained = new RareMap<number, number>()

  constructor(state: RunState, moves: Moves) {
    this.#state = state
    this.#plan = state.plan
    this.#moves = moves
  }

  /** The item ends by a failure; only its clean-up steps still run. */
  isStopping(slot: number): boolean {
    return this.#stopping.size > 0 && this.#stopping.has(slot)
  }

  hasSuspects(slot: number): boolean {
    return this.#suspects.size > 0 && this.#suspects.has(slot)
  }

  /** Under `drain`: the failure by which the item ends at its exit. */
  drained(slot: number): ErrorValue | undefined {
    const step = this.#drained.size > 0 ? this.#drained.get(slot) : undefined
    return step === undefined ? undefined : (this.#state.value[slot * this.#state.stepCount + step] as ErrorValue)
  }

  /** The item has ended. */
  forget(slot: number): void {
    if (this.#suspects.size > 0) this.#suspects.delete(slot)
    if (this.#stopping.size > 0) this.#stopping.delete(slot)
    if (this.#drained.size > 0) this.#drained.delete(slot)
  }

  /** A failure that no transition takes: perhaps a handler does. */
  suspect(slot: number, step: number): void {
    const suspects = this.#suspects.get(slot)
    if (suspects) suspects.push(step)
    else this.#suspects.set(slot, [step])
    this.judge(slot, 'goes on')
  }

  /** Decides on the failures whose handlers have run or can no longer run: at the item's end, idle handlers will not. */
  judge(slot: number, item: 'goes on' | 'ends'): void {
    const suspects = this.#suspects.get(slot)
    if (!suspects) return
    const state = this.#state
    const base = slot * state.stepCount
    const open: number[] = []
    for (const step of suspects) {
      const handlers = this.#handlersOf(step)
      const statuses = handlers.map((handler) => state.status[base + handler] as number)
      if (handlers.some((handler, i) => hasBegun(statuses[i] as number) && this.#isReached(base, step, handler)))
        continue
      const mayRun = (handler: number, i: number) =>
        (statuses[i] as number) < DONE && this.#mayReach(base, step, handler)
      if (item === 'goes on' && handlers.some(mayRun)) open.push(step)
      else this.#unhandled(slot, step)
      if (state.isLive[slot] === 0 || this.#stopping.has(slot)) return
    }
    if (open.length > 0) this.#suspects.set(slot, open)
    else this.#suspects.delete(slot)
  }

  /** A step of an item that is stopping has settled: after the last clean-up step, the item ends. */
  countCleanup(slot: number, step: number): void {
    if (this.#stopping.has(slot) && this.#plan.plan.steps[step]?.cleanup === true) this.#oneCleanupLess(slot)
  }

  /** The steps that may handle the failure of one: its own, and those of steps that may be skipped because of it. */
  #handlersOf(step: number): readonly number[] {
    const known = this.#handlers.get(step)
    if (known) return known
    const { steps } = this.#plan.plan
    const handlers = new Set(steps[step]?.handlers)
    for (const dependent of dependentsOf(this.#plan, step, () => true)) {
      // What only cleans up behind a skipped step leaves the failure what it is.
      for (const handler of steps[dependent]?.handlers ?? []) if (!steps[handler]?.cleanup) handlers.add(handler)
    }
    const all = [...handlers]
    this.#handlers.set(step, all)
    return all
  }

  /** True if a handler that runs depends on the failed step, or on what was skipped because of it. */
  #isReached(base: number, step: number, handler: number): boolean {
    const { steps } = this.#plan.plan
    const state = this.#state
    if (steps[step]?.handlers?.includes(handler)) return true
    const wasSkippedForIt = (at: number) =>
      state.status[base + at] === SKIPPED && (state.value[base + at] as SkipFact).cause !== undefined
    const isFollowed = (at: number) => steps[at]?.hidden === true || wasSkippedForIt(at)
    for (const dependent of dependentsOf(this.#plan, step, isFollowed)) {
      if (wasSkippedForIt(dependent) && steps[dependent]?.handlers?.includes(handler)) return true
    }
    return false
  }

  /** True if a handler that has not run may still come to depend on what was skipped because of the failure. */
  #mayReach(base: number, step: number, handler: number): boolean {
    const { steps } = this.#plan.plan
    if (steps[step]?.handlers?.includes(handler)) return true
    // What has begun, or ended otherwise, is not skipped for it any more.
    const mayBeSkipped = (at: number) => {
      const status = this.#state.status[base + at] as number
      if (status === SKIPPED) return (this.#state.value[base + at] as SkipFact).cause !== undefined
      return status === IDLE || isWaiting(status)
    }
    const isFollowed = (at: number) => steps[at]?.hidden === true || mayBeSkipped(at)
    for (const dependent of dependentsOf(this.#plan, step, isFollowed)) {
      if (mayBeSkipped(dependent) && steps[dependent]?.handlers?.includes(handler)) return true
    }
    return false
  }

  #unhandled(slot: number, step: number): void {
    const error = this.#state.value[slot * this.#state.stepCount + step] as ErrorValue
    if (this.#plan.plan.onFailure === 'stop') return this.#stop(slot, step, error)
    const known = this.#drained.get(slot)
    if (known === undefined || step < known) this.#drained.set(slot, step)
  }

  /** Ends the item by a failure, after the clean-up steps that depend on what failed or was cut off by it. */
  #stop(slot: number, step: number, error: ErrorValue): void {
    if (!this.#plan.hasCleanup) return this.#moves.finish(slot, failed(error))
    const cleanups = cleanupsOf(this.#state, slot, step)
    // One more than there are, so that it cannot reach zero while the others are still being cut off.
    this.#stopping.set(slot, { error, cleanups: cleanups.size + 1 })
    this.#suspects.delete(slot)
    const state = this.#state
    const base = slot * state.stepCount
    const cut: ErrorValue = { code: 'CANCELLED', message: `stopped because ${whatFailed(error)}` }
    const passedOver: SkipFact = { reason: whatFailed(error), cause: error }
    for (let other = 0; other < state.stepCount; other++) {
      const status = state.status[base + other] as number
      if (status >= DONE || cleanups.has(other) || other === this.#plan.plan.exit) continue
      if (status === RUNNING || status === PARKED) this.#moves.cutOff(slot, other, FAILED, cut)
      else this.#moves.cutOff(slot, other, SKIPPED, passedOver)
    }
    this.#oneCleanupLess(slot)
  }

  #oneCleanupLess(slot: number): void {
    const facts = this.#stopping.get(slot)
    if (!facts) return
    facts.cleanups--
    if (facts.cleanups === 0) this.#moves.finish(slot, failed(facts.error))
  }
}

// ---

function hasBegun(status: number): boolean {
  return status >= QUEUED && status !== SKIPPED
}

/** Steps of the plan that depend on one step, directly or not. */
function* dependentsOf(plan: LinkedPlan, step: number, isFollowed: (step: number) => boolean): Generator<number> {
  const found = new Set<number>([step])
  const queue = [step]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const { from, of } of [plan.dependents, plan.lazyDependents]) {
      for (let i = from[at] as number; i < (from[at + 1] as number); i++) {
        const dependent = of[i] as number
        if (found.has(dependent)) continue
        found.add(dependent)
        yield dependent
        if (isFollowed(dependent)) queue.push(dependent)
      }
    }
  }
}

/** Clean-up steps that depend, directly or not, on what failed, was aborted or was skipped for it. */
function cleanupsOf(state: RunState, slot: number, failedStep: number): Set<number> {
  const { steps } = state.plan.plan
  const base = slot * state.stepCount
  const isCleanup = (step: number) => steps[step]?.cleanup === true && isWaiting(state.status[base + step] as number)
  const affected = new Set<number>([failedStep])
  for (let step = 0; step < state.stepCount; step++) {
    const status = state.status[base + step] as number
    if (status === FAILED || (status < DONE && !isCleanup(step))) affected.add(step)
  }
  const found = new Set<number>()
  const queue = [...affected]
  const { from, of } = state.plan.dependents
  for (let step = queue.pop(); step !== undefined; step = queue.pop()) {
    for (let i = from[step] as number; i < (from[step + 1] as number); i++) {
      const dependent = of[i] as number
      if (found.has(dependent) || !isCleanup(dependent)) continue
      found.add(dependent)
      queue.push(dependent)
    }
  }
  return found
}
