// Moves items through a plan: activate, demand, advance, settle. Synchronous: no clock, no I/O, no randomness, no logger.
//
// S1  Deterministic: the same settles in the same order give the same state. (Recovery is this and nothing else.)
// S2  (kept by driver.ts) A step is dispatched only when what made it ready has been appended; repeatable components alone
//     may run before.
// S3  Each (item, step, visit) settles once; later outcomes for it are dropped and counted.
// S4  Work is taken from explicit stacks; nothing recurses over the graph.
// S5  An item is finished exactly when its exit settles, at an unhandled failure under `stop` (after its clean-up steps),
//     or from outside (timeout, cancel).
// S6  An item that is not finished, has nothing ready, nothing in flight and nothing parked is a bug in us: `stuck` names it.

import type { ErrorValue } from '../../errors.ts'
import { equalJson } from '../../json.ts'
import type { PlanStep } from '../../plan/plan.ts'
import { type LinkedPlan, placeOf } from '../link.ts'
import { failed, type Outcome, success } from '../outcome.ts'
import { Failures } from './failures.ts'
import { BLOCKED, NoValue } from './no-value.ts'
import type { Finished, Records, Settled } from './settled.ts'
import {
  BLOCKED_ON,
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
  WAITING,
  whatFailed,
} from './state.ts'

const DEFAULT_MAX_VISITS = 10_000

export class Scheduler {
  readonly state: RunState
  readonly #plan: LinkedPlan
  /** All settles are recorded in `settled` for the driver to take. */
  readonly #isRecording: boolean
  /** Those are, by which a failure was made good. */
  readonly #countsRecovered: boolean

  /** Steps (keys) whose input is there, first come first served. */
  readonly ready: number[] = []
  #readyFrom = 0
  readonly settled: Settled[] = []
  readonly finished: Finished[] = []
  /** Steps (keys) in flight whose answer is no longer wanted, of items that go on. */
  readonly aborted: number[] = []
  dropped = 0

  readonly #toAdvance: number[] = []
  readonly #toRecheck: number[] = []
  readonly #failures: Failures

  constructor(state: RunState, records: Records) {
    this.state = state
    this.#plan = state.plan
    this.#isRecording = records === 'steps'
    this.#countsRecovered = records !== 'nothing'
    this.#failures = new Failures(state, {
      finish: (slot, outcome) => this.#finish(slot, outcome),
      cutOff: (slot, step, status, value) => this.#cutOff(slot, step, status, value),
    })
  }

  /** Puts an item into a slot and demands the plan's entry. */
  start(item: number, input: unknown): number {
    const { state } = this
    const slot = state.take(item, input)
    const base = slot * state.stepCount
    const { status, pending, first } = this.#plan.start
    state.status.set(status, base)
    state.pending.set(pending, base)
    // What leads to the entry is the input.
    if (this.#plan.hasTransitions) state.arrival[base + this.#plan.plan.entry] = input
    for (let i = first.length - 1; i >= 0; i--) this.#toAdvance.push(base + (first[i] as number))
    return slot
  }

  /** Evaluates what can be evaluated by now. */
  advance(): void {
    for (;;) {
      const key = this.#toAdvance.pop()
      if (key !== undefined) this.#advance(key)
      else if (this.#toRecheck.length > 0) {
        // After all else, so that many steps ending in one turn cost one evaluation.
        for (const waiting of this.#toRecheck.splice(0)) {
          if (this.state.status[waiting] === BLOCKED_ON) this.#advance(waiting)
        }
      } else return
    }
  }

  /** The next step whose input is there, or -1. */
  takeReady(): number {
    // The only one, as in a chain.
    if (this.#readyFrom === 0 && this.ready.length === 1) return this.ready.pop() as number
    if (this.#readyFrom === this.ready.length) {
      if (this.#readyFrom === 0) return -1
      this.ready.length = 0
      this.#readyFrom = 0
      return -1
    }
    const key = this.ready[this.#readyFrom++] as number
    if (this.#readyFrom > 1024 && this.#readyFrom * 2 > this.ready.length) {
      this.ready.splice(0, this.#readyFrom)
      this.#readyFrom = 0
    }
    return key
  }

  /** There are records, aborts or finished items for the driver to take. */
  get hasNews(): boolean {
    return this.finished.length > 0 || this.settled.length > 0 || this.aborted.length > 0
  }

  /**
   * A component answered. The caller has made sure that the answer is still wanted (S3). `isTold`: it has something to say of
   * it, and finds a record even where not all steps are recorded.
   */
  succeed(slot: number, step: number, result: unknown, isTold = false): void {
    this.state.active[slot] = (this.state.active[slot] as number) - 1
    this.#done(slot, step, result, false, undefined, isTold)
  }

  /** A component failed for good: retries are the driver's. */
  fail(slot: number, step: number, error: ErrorValue): void {
    this.state.active[slot] = (this.state.active[slot] as number) - 1
    this.#failed(slot, step, error, false)
  }

  skip(slot: number, step: number, reason: string, cause?: ErrorValue, isTold = false): void {
    this.state.active[slot] = (this.state.active[slot] as number) - 1
    this.#skipped(slot, step, reason, cause, false, undefined, isTold)
  }

  /** From outside: a timeout, a cancel. */
  end(slot: number, error: ErrorValue): void {
    if (this.state.isLive[slot] === 1) this.#finish(slot, failed(error))
  }

  /** S6: what an item waits for that can no longer come; undefined if it can go on. */
  stuck(slot: number): string | undefined {
    const { state } = this
    if (state.isLive[slot] === 0 || (state.active[slot] as number) > 0) return undefined
    const base = slot * state.stepCount
    const waiting = this.#plan.stepIds.filter((_, step) => isWaiting(state.status[base + step] as number))
    return `item ${state.item[slot]} of plan "${this.#plan.plan.name}" can no longer move; waiting: ${waiting.join(', ') || 'none'}`
  }

  // --- the verbs

  /** Counts a visit and demands the step: the target of a transition. */
  #activate(slot: number, step: number, arrival: unknown): void {
    const { state } = this
    const key = slot * state.stepCount + step
    const status = state.status[key] as number
    if (status !== IDLE && status < DONE) {
      this.dropped++
      return
    }
    state.arrival[key] = arrival
    if (status === IDLE) {
      const { from } = this.#plan.strict
      if (from[step] !== from[step + 1]) return this.#demand(slot, step)
      // The plain case of a chain: it waits for nothing.
      state.pending[key] = 0
      state.status[key] = WAITING
      this.#toAdvance.push(key)
      return
    }
    const visits = (state.visit[key] as number) + 1
    state.visit[key] = visits
    state.status[key] = IDLE
    const limit = this.#step(step).maxVisits ?? DEFAULT_MAX_VISITS
    if (visits < limit) return this.#demand(slot, step)
    const place = placeOf(this.#plan.plan, step)
    const message = `${place} was reached more than ${limit} times in one item; raise maxVisits if the loop is meant to continue`
    this.#failed(slot, step, { code: 'COMPONENT_FAILED', message }, true)
  }

  /** Makes sure that a step will end, and all that it waits for. */
  #demand(slot: number, wanted: number): void {
    const { state } = this
    const base = slot * state.stepCount
    const stack = [wanted]
    const { from, of } = this.#plan.strict
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      const key = base + step
      if (state.status[key] !== IDLE) continue
      let pending = 0
      for (let i = from[step] as number; i < (from[step + 1] as number); i++) {
        const dependency = of[i] as number
        const status = state.status[base + dependency] as number
        if (status >= DONE) continue
        pending++
        if (status === IDLE) stack.push(dependency)
      }
      state.pending[key] = pending
      state.status[key] = WAITING
      if (pending === 0 || this.#plan.isEager[step] === 1) this.#toAdvance.push(key)
    }
  }

  /** Evaluates the input of a step, which waits for nothing more, or has branches. */
  #advance(key: number): void {
    const { state } = this
    const slot = state.slotOf(key)
    if (state.isLive[slot] === 0) return
    const step = key - slot * state.stepCount
    if (!isWaiting(state.status[key] as number)) return
    const value = (this.#plan.inputs[step] as (s: RunState, slot: number) => unknown)(state, slot)
    if (value === BLOCKED || (state.pending[key] as number) > 0) return this.#block(slot, key)
    if (value instanceof NoValue) return this.#withoutValue(slot, step, value)
    if (this.#plan.isCall[step] === 0) return this.#done(slot, step, value, true)
    state.value[key] = value
    state.status[key] = QUEUED
    state.active[slot] = (state.active[slot] as number) + 1
    this.ready.push(key)
    // What begins is not skipped because of a failure, which may leave that without a handler.
    if (this.#failures.hasSuspects(slot)) this.#failures.judge(slot, 'goes on')
  }

  /** Not yet, but what its branches read so far is certainly needed. */
  #block(slot: number, key: number): void {
    const { state } = this
    state.status[key] = BLOCKED_ON
    for (const wanted of state.wanted.splice(0)) this.#demand(slot, wanted)
  }

  #withoutValue(slot: number, step: number, none: NoValue): void {
    this.state.wanted.length = 0
    const isExit = step === this.#plan.plan.exit
    if (none.kind === 'skip') {
      if (isExit && none.error) return this.#failed(slot, step, none.error, true)
      return this.#skipped(slot, step, none.reason, none.error, true)
    }
    const error = none.error as ErrorValue
    // A step whose dependency failed is skipped; only the output fails with it.
    if (none.dependency && !isExit) return this.#skipped(slot, step, whatFailed(error), error, true)
    this.#failed(slot, step, error, true)
  }

  #done(
    slot: number,
    step: number,
    result: unknown,
    derived: boolean,
    recovered?: ErrorValue,
    isTold = recovered !== undefined && this.#countsRecovered,
  ): void {
    const { state } = this
    const key = slot * state.stepCount + step
    state.status[key] = DONE
    state.value[key] = result
    if (this.#isRecording || isTold) this.#record(slot, step, success(result), derived, recovered)
    this.#wake(slot, step)
    if (this.#plan.special[step] === 1) this.#follow(slot, step, DONE)
    else if (this.#failures.isStopping(slot)) this.#failures.countCleanup(slot, step)
  }

  #skipped(
    slot: number,
    step: number,
    reason: string,
    cause: ErrorValue | undefined,
    derived: boolean,
    recovered?: ErrorValue,
    isTold = recovered !== undefined && this.#countsRecovered,
  ): void {
    const { state } = this
    const key = slot * state.stepCount + step
    state.status[key] = SKIPPED
    state.value[key] = { reason, cause } satisfies SkipFact
    if (this.#isRecording || isTold) {
      const outcome: Outcome = cause ? { outcome: 'skipped', reason, cause } : { outcome: 'skipped', reason }
      this.#record(slot, step, outcome, derived, recovered)
    }
    this.#wake(slot, step)
    this.#follow(slot, step, SKIPPED)
  }

  #failed(slot: number, step: number, raw: ErrorValue, derived: boolean): void {
    const { state } = this
    const key = slot * state.stepCount + step
    const error = this.#of(step, raw)
    const fallback = this.#plan.fallbacks[step]
    if (fallback && error.code !== 'CANCELLED') {
      state.error = error
      const value = fallback(state, slot)
      state.error = null
      // As derived as the failure: if a component failed, this record is the only one of it.
      if (!(value instanceof NoValue)) return this.#done(slot, step, value, derived, error)
      if (value.kind === 'skip') return this.#skipped(slot, step, value.reason, value.error, derived, error)
    }
    state.status[key] = FAILED
    state.value[key] = error
    if (this.#isRecording) this.#record(slot, step, failed(error), derived)
    this.#wake(slot, step)
    this.#follow(slot, step, FAILED)
  }

  /** What a settled step sets off beside its strict dependents. */
  #follow(slot: number, step: number, status: number): void {
    if (this.#failures.isStopping(slot)) return this.#failures.countCleanup(slot, step)
    if (step === this.#plan.plan.exit) return this.#exit(slot)
    if (this.#failures.hasSuspects(slot)) this.#failures.judge(slot, 'goes on')
    if (this.state.isLive[slot] === 0) return
    if (this.#takeTransition(slot, step, status)) return
    if (status === FAILED) this.#failures.suspect(slot, step)
  }

  #takeTransition(slot: number, step: number, status: number): boolean {
    const only = this.#plan.onlyNext[step] as number
    if (only >= 0 && status === DONE) {
      this.#activate(slot, only, this.state.value[slot * this.state.stepCount + step])
      return true
    }
    const { next } = this.#step(step)
    if (next === undefined || status === SKIPPED) return false
    const { state } = this
    const key = slot * state.stepCount + step
    const result = state.value[key]
    const on = status === DONE ? 'done' : 'failed'
    for (const transition of next) {
      if (transition.on !== on) continue
      if (transition.equals !== undefined && !equalJson(transition.equals, result ?? null)) continue
      this.#activate(slot, transition.to, transition.pass ? state.arrival[key] : result)
      return true
    }
    return false
  }

  /** Dependents of a settled step come nearer to their turn. */
  #wake(slot: number, step: number): void {
    const { state } = this
    const base = slot * state.stepCount
    const { dependents, lazyDependents: lazy } = this.#plan
    const first = dependents.from[step] as number
    // Backwards, for the last on the stack is the first to go on: what is written first starts first.
    for (let i = (dependents.from[step + 1] as number) - 1; i >= first; i--) {
      const key = base + (dependents.of[i] as number)
      const status = state.status[key]
      if (status !== WAITING && status !== BLOCKED_ON) continue
      const pending = (state.pending[key] as number) - 1
      state.pending[key] = pending
      if (pending === 0) this.#toAdvance.push(key)
    }
    const end = lazy.from[step + 1] as number
    for (let i = lazy.from[step] as number; i < end; i++) {
      const key = base + (lazy.of[i] as number)
      if (state.status[key] === BLOCKED_ON) this.#toRecheck.push(key)
    }
  }

  /** Settles a step that its item's failure has ended, without what would follow from it. */
  #cutOff(slot: number, step: number, status: number, value: SkipFact | ErrorValue): void {
    const { state } = this
    const key = slot * state.stepCount + step
    const before = state.status[key] as number
    if (before >= QUEUED) state.active[slot] = (state.active[slot] as number) - 1
    if (before === RUNNING || before === PARKED) this.aborted.push(key)
    state.status[key] = status
    state.value[key] = status === FAILED ? this.#of(step, value as ErrorValue) : value
    if (this.#isRecording && before !== IDLE) {
      const outcome: Outcome =
        status === FAILED
          ? failed(state.value[key] as ErrorValue)
          : { outcome: 'skipped', reason: (value as SkipFact).reason }
      this.#record(slot, step, outcome, true)
    }
    this.#wake(slot, step)
  }

  // --- the end

  #exit(slot: number): void {
    this.#failures.judge(slot, 'ends')
    if (this.state.isLive[slot] === 0 || this.#failures.isStopping(slot)) return
    const { state } = this
    const key = slot * state.stepCount + this.#plan.plan.exit
    const drained = this.#failures.drained(slot)
    if (drained) return this.#finish(slot, failed(drained))
    const value = state.value[key]
    const status = state.status[key]
    if (status === DONE) return this.#finish(slot, success(value))
    if (status === FAILED) return this.#finish(slot, failed(value as ErrorValue))
    const { reason, cause } = value as SkipFact
    this.#finish(slot, cause ? failed(cause) : { outcome: 'skipped', reason })
  }

  #finish(slot: number, outcome: Outcome): void {
    this.finished.push({ slot, item: this.state.item[slot] as number, outcome })
    this.state.isLive[slot] = 0
    this.#failures.forget(slot)
  }

  #record(slot: number, step: number, outcome: Outcome, derived: boolean, recovered?: ErrorValue): void {
    const visit = (this.state.visit[slot * this.state.stepCount + step] as number) + 1
    const item = this.state.item[slot] as number
    this.settled.push(
      recovered ? { item, step, visit, outcome, derived, recovered } : { item, step, visit, outcome, derived },
    )
  }

  /** The error, as that of a step, if its author has a name for it. */
  #of(step: number, error: ErrorValue): ErrorValue {
    const id = this.#plan.authorsIds[step]
    return error.step === undefined && id !== undefined ? { ...error, step: id } : error
  }

  #step(step: number): PlanStep {
    return this.#plan.plan.steps[step] as PlanStep
  }
}
