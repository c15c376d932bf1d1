// Moves one journal, turn by turn: takes all answers that have arrived, settles them, appends once, then dispatches.
// Where the scheduler meets the world; decides nothing about a plan.

import type { Clock } from '../clock.ts'
import { type Component, Park, Skip } from '../component/plugin.ts'
import { type ErrorValue, errorValue, FlowError } from '../errors.ts'
import type { JournalEntry, JournalId } from '../journal/events.ts'
import { isPromise, type MaybePromise } from '../json.ts'
import type { Plan } from '../plan/plan.ts'
import type { Batch, Wake } from '../store/store.ts'
import { WakeHeap } from '../store/wake-heap.ts'
import { ActiveRun } from './active-run.ts'
import { Attempt, type CallServices } from './attempt.ts'
import { type LinkedCall, type LinkedPlan, placeOf } from './link.ts'
import type { Outcome } from './outcome.ts'
import { retryDelay } from './retry.ts'
import type { Settled } from './scheduler.ts'
import { PARKED, QUEUED, RUNNING, type RunFacts } from './state.ts'

/** Steps handed out in one turn before other work of the process has its turn; milliseconds likewise. */
const TURN_STEPS = 4096
const TURN_MS = 10
const SUB_RUN_ITEMS_AT_ONCE = 64

/** Says how many items of a run may be in flight, over all its drivers of this process. */
export interface ItemGate {
  tryTake(): boolean
  release(): void
}

export interface DriverOptions {
  readonly journal: JournalId
  readonly plan: LinkedPlan
  readonly facts: RunFacts
  /** The items: their first number and their inputs. */
  readonly from: number
  readonly inputs: readonly unknown[]
  readonly gate: ItemGate
  readonly append: (batch: Batch) => MaybePromise<void>
  /** How many rows the journal has. */
  readonly after: number
  /** What is appended survives the process: nothing is called before what made it ready is written. */
  readonly isDurable: boolean
  /** Steps are recorded, not only results. */
  readonly isRecording: boolean
  readonly services: CallServices
  readonly link: (plan: Plan) => MaybePromise<LinkedPlan>
  /** What an exit may see of an item's outcome. */
  readonly redact: (plan: LinkedPlan, input: unknown, outcome: Outcome, item: number) => Outcome
  readonly clock: Clock
  readonly random: () => number
  /** A bug in us: ends the driver, and leaves the run as the journal has it. */
  readonly onBug: (error: unknown) => void
}

type Answer =
  | { readonly attempt: Attempt; readonly kind: 'result'; readonly result: unknown }
  | { readonly attempt: Attempt; readonly kind: 'thrown'; readonly thrown: unknown }

export class Driver {
  readonly #options: DriverOptions
  readonly #isDurable: boolean
  readonly #root: ActiveRun
  readonly #answers: Answer[] = []
  readonly #dirty: ActiveRun[] = []
  readonly #entries: JournalEntry[] = []
  /** Calls that wait for what made them ready to be written. */
  #toCall: { readonly attempt: Attempt; readonly component: Component }[] = []
  /** Parked attempts that are due, of items that need a place first. */
  readonly #held: Attempt[] = []
  readonly #wakes = new WakeHeap<Attempt>()
  #cancelTimer: (() => void) | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #after: number
  /** When the turn began; what happens in a turn happens then. */
  #turnAt = 0
  #isScheduled = false
  #isBusy = false
  #isOver = false
  #resolve!: (wake: Wake | null) => void

  /** Resolves when nothing is left to do. */
  readonly done: Promise<Wake | null>

  constructor(options: DriverOptions) {
    this.#options = options
    this.#isDurable = options.isDurable
    this.#after = options.after
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#root = new ActiveRun({
      key: '',
      plan: options.plan,
      facts: options.facts,
      inputs: options.inputs,
      from: options.from,
      limit: 64,
      isRecording: options.isRecording,
      services: options.services,
    })
    this.#touch(this.#root)
    this.#poke()
  }

  /** A place for an item has become free. */
  onFree(): void {
    this.#touch(this.#root)
    this.#poke()
  }

  /** Starts no further item; those in flight go on. */
  drain(): void {
    this.#root.isClosed = true
    this.onFree()
  }

  /** Ends every item, those in flight and those not yet started. */
  cancel(error: ErrorValue): void {
    this.#cancelled = error
    this.onFree()
  }
  #cancelled: ErrorValue | undefined

  // --- the turn

  #poke(): void {
    if (this.#isScheduled || this.#isBusy || this.#isOver) return
    this.#isScheduled = true
    queueMicrotask(() => this.#turn())
  }

  #turn(): void {
    this.#isScheduled = false
    if (this.#isBusy || this.#isOver) return
    this.#isBusy = true
    this.#turnAt = this.#options.clock.now()
    try {
      if (this.#cancelled) this.#endAll(this.#cancelled)
      this.#settleAnswers()
      const isComplete = this.#pump()
      const appended = this.#append()
      if (isPromise(appended)) {
        appended.then(
          () => this.#afterAppend(isComplete),
          (error) => this.#bug(error),
        )
      } else this.#afterAppend(isComplete)
    } catch (error) {
      this.#bug(error)
    }
  }

  #afterAppend(isComplete: boolean): void {
    this.#isBusy = false
    try {
      const calls = this.#toCall
      this.#toCall = []
      for (const { attempt, component } of calls) if (attempt.isLive) this.#call(attempt, component)
      if (this.#root.isDone) return this.#over()
      this.#armTimer()
      if (!isComplete) this.#options.clock.soon(() => this.#poke())
      else if (this.#answers.length > 0 || this.#dirty.length > 0) this.#poke()
      else this.#checkStuck()
    } catch (error) {
      this.#bug(error)
    }
  }

  #over(): void {
    this.#isOver = true
    this.#cancelTimer?.()
    this.#resolve(null)
  }

  #bug(error: unknown): void {
    this.#isOver = true
    this.#cancelTimer?.()
    this.#options.onBug(error)
    this.#resolve(null)
  }

  #append(): MaybePromise<void> {
    if (this.#entries.length === 0) return
    const entries = this.#entries.splice(0)
    const batch: Batch = { journal: this.#options.journal, after: this.#after, entries }
    this.#after++
    return this.#options.append(batch)
  }

  /** Works through the runs that can move; false if the turn's budget ended first. */
  #pump(): boolean {
    const until = this.#turnAt + TURN_MS
    let steps = 0
    for (let run = this.#dirty.pop(); run !== undefined; run = this.#dirty.pop()) {
      run.isDirty = false
      const { scheduler } = run
      scheduler.advance()
      if (scheduler.hasNews) this.#collect(run)
      while (!run.isDropped) {
        const key = scheduler.takeReady()
        // An item is started only when nothing else can move: items that never wait go through one after the other.
        if (key >= 0) this.#dispatch(run, key)
        else if (!run.hasInputs || !this.#admit(run)) break
        scheduler.advance()
        if (scheduler.hasNews) this.#collect(run)
        if (++steps >= TURN_STEPS || ((steps & 127) === 0 && this.#options.clock.now() > until)) {
          this.#touch(run)
          return false
        }
      }
      if (run.parent && run.isDone && !run.isDropped) this.#closeSubRun(run)
    }
    return true
  }

  /** Takes over what the scheduler has found out: records, aborts, finished items. */
  #collect(run: ActiveRun): void {
    const { scheduler } = run
    if (scheduler.settled.length > 0) this.#record(run)
    if (scheduler.aborted.length > 0) {
      for (const key of scheduler.aborted.splice(0)) this.#drop(run, key, 'the item has failed')
    }
    if (scheduler.finished.length === 0) return
    for (const { slot, item, outcome } of scheduler.finished.splice(0)) this.#finishItem(run, slot, item, outcome)
  }

  #record(run: ActiveRun): void {
    const at = this.#turnAt
    for (const settled of run.scheduler.settled.splice(0)) {
      if (run.plan.plan.steps[settled.step]?.hidden) continue
      this.#entries.push(settledEntry(run, settled, at))
    }
  }

  // --- items

  /** Starts one more item, if there is a place for it. */
  #admit(run: ActiveRun): boolean {
    if (run.parent ? run.live - run.idle >= run.limit : this.#held.length > 0 || !this.#options.gate.tryTake())
      return false
    const index = run.next++
    const item = run.from + index
    const checked = this.#checked(run, run.inputs[index])
    run.live++
    if ('error' in checked) {
      // The item takes a slot all the same, so that every item ends in the same way.
      const slot = run.state.take(item, run.inputs[index])
      run.scheduler.end(slot, checked.error)
      return true
    }
    const slot = run.scheduler.start(item, checked.value)
    const { timeoutMs } = run.plan.plan
    if (timeoutMs !== undefined) {
      const cancel = this.#options.clock.timer(timeoutMs, () => this.#itemTimedOut(run, slot, timeoutMs))
      run.deadlines.set(slot, cancel)
    }
    return true
  }

  #checked(run: ActiveRun, input: unknown): { value: unknown } | { error: ErrorValue } {
    const check = run.plan.checkInput
    if (!check) return { value: input }
    const { value, violations } = check(input)
    if (violations.length === 0) return { value }
    const list = violations.map((v) => `${v.path}: ${v.message}`).join('; ')
    return {
      error: {
        code: 'INVALID_INPUT',
        message: `the input does not fit the flow's schema: ${list}`,
        data: { violations: violations.map((v) => ({ path: v.path, message: v.message })) },
      },
    }
  }

  #itemTimedOut(run: ActiveRun, slot: number, timeoutMs: number): void {
    run.deadlines.delete(slot)
    run.scheduler.end(slot, { code: 'TIMEOUT', message: `the item did not end within ${timeoutMs} ms` })
    this.#touch(run)
    this.#poke()
  }

  #finishItem(run: ActiveRun, slot: number, item: number, outcome: Outcome): void {
    const { state } = run
    if (run.attempts.size > 0) {
      const base = slot * state.stepCount
      if (run.attempts.size < state.stepCount) {
        for (const key of [...run.attempts.keys()]) {
          if (key >= base && key < base + state.stepCount) this.#drop(run, key, 'the item has ended')
        }
      } else for (let step = 0; step < state.stepCount; step++) this.#drop(run, base + step, 'the item has ended')
    }
    if (run.tries.size > 0)
      for (let step = 0; step < state.stepCount; step++) run.tries.delete(slot * state.stepCount + step)
    if (run.deadlines.size > 0) {
      run.deadlines.get(slot)?.()
      run.deadlines.delete(slot)
    }
    const wasIdle = this.#isItemIdle(run, slot)
    if (run.parked.size > 0) run.parked.delete(slot)
    if (wasIdle) run.idleSlots.delete(slot)
    if (run.stepLimit !== undefined) {
      run.running.delete(slot)
      run.queued.delete(slot)
    }
    const input = state.input[slot]
    state.release(slot)
    run.live--
    if (wasIdle) run.idle--
    if (run.parent) {
      run.outcomes[item - run.from] = outcome
      if (outcome.outcome === 'failed' && run.parent.options.onItemFailure === 'drain') run.isClosed = true
      this.#noteIdle(run)
      this.#touch(run)
      return
    }
    if (!wasIdle) this.#options.gate.release()
    const shown = this.#options.redact(run.plan, input, outcome, item)
    this.#entries.push({ type: 'finished', at: this.#turnAt, item, outcome: shown })
  }

  #endAll(error: ErrorValue): void {
    this.#cancelled = undefined
    const run = this.#root
    run.isClosed = true
    for (let slot = 0; slot < run.state.isLive.length; slot++) run.scheduler.end(slot, error)
    this.#touch(run)
  }

  // --- calls

  #dispatch(run: ActiveRun, key: number): void {
    const { state } = run
    if (state.status[key] !== QUEUED) return
    const slot = Math.floor(key / state.stepCount)
    if (state.isLive[slot] === 0) return
    if (run.stepLimit !== undefined && !this.#takeStepPlace(run, slot, key, run.stepLimit)) return
    const step = key - slot * state.stepCount
    const tries = run.tries.size > 0 ? run.tries.get(key) : undefined
    const attempt = new Attempt(run, key, tries ? tries.step + tries.transport + 1 : 1)
    const call = run.plan.calls[step] as LinkedCall
    let component = call.component
    if (component === undefined) {
      try {
        component = resolve(call, state.value[key])
      } catch (thrown) {
        return this.#thrown(attempt, thrown)
      }
    }
    if (!this.#isDurable || component.info.repeatable === true) return this.#call(attempt, component)
    state.status[key] = RUNNING
    run.attempts.set(key, attempt)
    this.#toCall.push({ attempt, component })
    this.#recordStart(attempt)
  }

  #call(attempt: Attempt, component: Component): void {
    const { run, key } = attempt
    let answer: unknown
    try {
      answer = component.call(run.state.value[key], attempt)
    } catch (thrown) {
      return this.#thrown(attempt, thrown)
    }
    if (isPromise(answer)) this.#await(attempt, answer)
    else this.#answered(attempt, answer)
  }

  #await(attempt: Attempt, answer: Promise<unknown>): void {
    const { run, key } = attempt
    if (this.#options.isRecording && !this.#isDurable && attempt.woken === undefined) this.#recordStart(attempt)
    run.state.status[key] = RUNNING
    run.attempts.set(key, attempt)
    this.#armAttempt(attempt)
    answer.then(
      (result) => this.#arrive({ attempt, kind: 'result', result }),
      (thrown) => this.#arrive({ attempt, kind: 'thrown', thrown }),
    )
  }

  #armAttempt(attempt: Attempt): void {
    const { timeoutMs } = attempt.run.plan.plan.steps[attempt.step] as { timeoutMs?: number }
    if (timeoutMs === undefined || attempt.hasTimer) return
    attempt.cancelTimer = this.#options.clock.timer(timeoutMs, () => {
      attempt.cancelTimer = undefined
      if (!attempt.isLive) return
      const place = placeOf(attempt.run.plan.plan, attempt.step)
      const thrown = new FlowError('TIMEOUT', `${place} did not answer within ${timeoutMs} ms`)
      this.#answers.push({ attempt, kind: 'thrown', thrown })
      this.#poke()
    })
  }

  #arrive(answer: Answer): void {
    if (!answer.attempt.isLive) {
      answer.attempt.run.scheduler.dropped++
      return
    }
    this.#answers.push(answer)
    this.#poke()
  }

  #settleAnswers(): void {
    for (const answer of this.#answers.splice(0)) {
      // A timeout and an answer may arrive in one turn: the first counts.
      if (!answer.attempt.isLive) continue
      if (answer.kind === 'thrown') this.#thrown(answer.attempt, answer.thrown)
      else this.#answered(answer.attempt, answer.result)
    }
    for (
      let due = this.#wakes.takeDue(this.#options.clock.now());
      due;
      due = this.#wakes.takeDue(this.#options.clock.now())
    ) {
      if (due.isLive) this.#wake(due)
    }
    for (const attempt of this.#held.splice(0)) if (attempt.isLive) this.#wake(attempt)
  }

  #answered(attempt: Attempt, result: unknown): void {
    if (result instanceof Park) return this.#park(attempt, result)
    const { run, slot, step } = attempt
    this.#endAttempt(attempt)
    const first = run.scheduler.settled.length
    if (result instanceof Skip) run.scheduler.skip(slot, step, result.reason)
    else run.scheduler.succeed(slot, step, result === undefined ? null : result)
    this.#afterSettle(attempt, first)
  }

  #thrown(attempt: Attempt, thrown: unknown): void {
    const { run, slot, step } = attempt
    const planStep = run.plan.plan.steps[step] as Plan['steps'][number]
    const key = attempt.key
    const tries = run.tries.get(key) ?? { step: 0, transport: 0 }
    const delay = retryDelay(thrown, planStep.retry, tries, this.#options.random)
    if (delay !== undefined) {
      run.tries.set(key, tries)
      return this.#parkForRetry(attempt, delay, thrown)
    }
    run.tries.delete(key)
    this.#endAttempt(attempt, thrown)
    const first = run.scheduler.settled.length
    run.scheduler.fail(slot, step, errorValue(thrown))
    this.#afterSettle(attempt, first)
  }

  #afterSettle(attempt: Attempt, firstRecord: number): void {
    const { run, slot } = attempt
    if (this.#options.isRecording) {
      const record = run.scheduler.settled[firstRecord]
      if (record) record.attempt = attempt.attempt
    }
    if (run.stepLimit !== undefined) this.#leaveStepPlace(run, slot)
    if (!run.isDirty) this.#touch(run)
  }

  #endAttempt(attempt: Attempt, thrown?: unknown): void {
    if (attempt.run.attempts.size > 0) attempt.run.attempts.delete(attempt.key)
    // A timed-out component still runs: it is told.
    if (thrown !== undefined && FlowError.is(thrown) && thrown.code === 'TIMEOUT') attempt.abandon(thrown)
    else attempt.close()
  }

  /** A step's answer is no longer wanted, nor that of anything below it. */
  #drop(run: ActiveRun, key: number, why: string): void {
    const attempt = run.attempts.get(key)
    if (!attempt) return
    run.attempts.delete(key)
    const child = attempt.park?.child
    attempt.abandon(new FlowError('CANCELLED', why))
    if (child) this.#dropRun(child, why)
  }

  #dropRun(run: ActiveRun, why: string): void {
    run.isDropped = true
    for (const cancel of run.deadlines.values()) cancel()
    for (const key of [...run.attempts.keys()]) this.#drop(run, key, why)
  }

  // --- steps of an item at once

  #takeStepPlace(run: ActiveRun, slot: number, key: number, limit: number): boolean {
    const running = run.running.get(slot) ?? 0
    if (running < limit) {
      run.running.set(slot, running + 1)
      return true
    }
    const queue = run.queued.get(slot)
    if (queue) queue.push(key)
    else run.queued.set(slot, [key])
    return false
  }

  #leaveStepPlace(run: ActiveRun, slot: number): void {
    if (run.state.isLive[slot] === 0) return
    run.running.set(slot, Math.max(0, (run.running.get(slot) ?? 0) - 1))
    const next = run.queued.get(slot)?.shift()
    if (next !== undefined) run.scheduler.ready.push(next)
  }

  // --- waiting

  #park(attempt: Attempt, park: Park): void {
    const { run, slot } = attempt
    run.state.status[attempt.key] = PARKED
    run.attempts.set(attempt.key, attempt)
    this.#armAttempt(attempt)
    if (park.run) {
      attempt.park = { by: 'run', state: park.state }
      return this.#startSubRun(attempt, park.run)
    }
    attempt.park = { by: park.signal ? 'signal' : 'time', state: park.state }
    if (park.until !== undefined) this.#wakes.add(park.until, attempt)
    this.#recordPark(attempt, park)
    if (run.stepLimit !== undefined) this.#leaveStepPlace(run, slot)
    this.#countParked(run, slot, 1)
  }

  #parkForRetry(attempt: Attempt, delayMs: number, thrown: unknown): void {
    const { run, slot, step } = attempt
    const key = attempt.key
    this.#endAttempt(attempt, thrown)
    const next = new Attempt(run, key, attempt.attempt + 1)
    next.park = { by: 'retry', state: undefined }
    run.state.status[key] = PARKED
    run.attempts.set(key, next)
    const until = this.#options.clock.now() + delayMs
    const { message } = errorValue(thrown)
    run.services.log(attempt)('warning', `attempt ${attempt.attempt} failed, next in ${delayMs} ms: ${message}`)
    this.#wakes.add(until, next)
    this.#recordPark(next, { until })
    if (run.stepLimit !== undefined) this.#leaveStepPlace(run, slot)
    this.#countParked(run, slot, 1)
    this.#touch(run)
  }

  /** What a parked attempt waited for is here. */
  #wake(attempt: Attempt): void {
    const { run, slot } = attempt
    if (!this.#reviveItem(run, slot)) {
      this.#held.push(attempt)
      return
    }
    const { park } = attempt
    attempt.park = undefined
    const key = attempt.key
    this.#countParked(run, slot, -1)
    run.state.status[key] = QUEUED
    if (park?.by === 'retry') {
      run.attempts.delete(key)
      run.scheduler.ready.push(key)
      return this.#touch(run)
    }
    attempt.woken = { by: 'time', state: park?.state }
    this.#callAgain(attempt)
  }

  #callAgain(attempt: Attempt): void {
    const { run, step } = attempt
    try {
      this.#call(attempt, resolve(run.plan.calls[step] as LinkedCall, run.state.value[attempt.key]))
    } catch (thrown) {
      this.#thrown(attempt, thrown)
    }
    this.#touch(run)
  }

  /** An item whose every active step is parked gives its place back. */
  #isItemIdle(run: ActiveRun, slot: number): boolean {
    return run.idleSlots.size > 0 && run.idleSlots.has(slot)
  }

  #countParked(run: ActiveRun, slot: number, by: 1 | -1): void {
    const parked = (run.parked.get(slot) ?? 0) + by
    if (parked === 0) run.parked.delete(slot)
    else run.parked.set(slot, parked)
    if (by === 1) this.#settleIdle(run, slot)
  }

  /** Called when a step of the item was put aside: perhaps that was the last that moved. */
  #settleIdle(run: ActiveRun, slot: number): void {
    if (run.idleSlots.has(slot) || run.state.isLive[slot] === 0) return
    if (run.state.active[slot] !== run.parked.get(slot)) return
    run.idleSlots.add(slot)
    run.idle++
    if (!run.parent) this.#options.gate.release()
    this.#noteIdle(run)
    this.#touch(run)
  }

  /** A sub-run in which all only wait is, for the item around it, a parked step. */
  #noteIdle(run: ActiveRun): void {
    if (!run.parent || run.isCountedIdle || run.isDropped || !run.isIdle) return
    run.isCountedIdle = true
    this.#countParked(run.parent.attempt.run, run.parent.attempt.slot, 1)
  }

  /** Takes an idle item's place again; false if there is none. */
  #reviveItem(run: ActiveRun, slot: number): boolean {
    if (!run.idleSlots.has(slot)) return true
    const { parent } = run
    if (parent) {
      if (run.isCountedIdle) {
        if (!this.#reviveItem(parent.attempt.run, parent.attempt.slot)) return false
        run.isCountedIdle = false
        this.#countParked(parent.attempt.run, parent.attempt.slot, -1)
      }
    } else if (!this.#options.gate.tryTake()) return false
    run.idleSlots.delete(slot)
    run.idle--
    return true
  }

  // --- sub-runs

  #startSubRun(attempt: Attempt, options: NonNullable<Park['run']>): void {
    let linked: MaybePromise<LinkedPlan>
    try {
      linked = this.#options.link(options.plan)
    } catch (thrown) {
      return this.#thrown(attempt, thrown)
    }
    if (!isPromise(linked)) return this.#openSubRun(attempt, options, linked)
    linked.then(
      (plan) => {
        if (!attempt.isLive) return
        this.#openSubRun(attempt, options, plan)
        this.#poke()
      },
      (thrown) => this.#arrive({ attempt, kind: 'thrown', thrown }),
    )
  }

  #openSubRun(attempt: Attempt, options: NonNullable<Park['run']>, plan: LinkedPlan): void {
    const { facts } = attempt.run.state
    const child = new ActiveRun({
      key: attempt.nextSubRunKey(),
      plan,
      facts: options.variables ? { ...facts, variables: options.variables } : facts,
      inputs: options.inputs,
      from: 0,
      limit: options.maxConcurrent ?? SUB_RUN_ITEMS_AT_ONCE,
      isRecording: this.#options.isRecording,
      services: this.#options.services,
      parent: { attempt, options },
    })
    child.outcomes.length = options.inputs.length
    if (attempt.park) attempt.park.child = child
    this.#touch(child)
  }

  #closeSubRun(child: ActiveRun): void {
    const { attempt } = child.parent as NonNullable<ActiveRun['parent']>
    child.isDropped = true
    if (!attempt.isLive) return
    const { park } = attempt
    attempt.park = undefined
    attempt.woken = { by: 'run', outcomes: child.outcomes, state: park?.state }
    this.#callAgain(attempt)
  }

  // --- keeping moving

  #touch(run: ActiveRun): void {
    if (run.isDirty || run.isDropped) return
    run.isDirty = true
    this.#dirty.push(run)
  }

  #armTimer(): void {
    const at = this.#wakes.nextAt
    if (at === undefined || at >= this.#timerAt) return
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer = this.#options.clock.timer(Math.max(0, at - this.#options.clock.now()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#poke()
    })
  }

  /** S6. */
  #checkStuck(): void {
    const { state, scheduler } = this.#root
    for (let slot = 0; slot < state.isLive.length; slot++) {
      const why = scheduler.stuck(slot)
      if (why) throw new FlowError('INTERNAL', why)
    }
  }

  #recordStart(attempt: Attempt): void {
    this.#entries.push({
      type: 'started',
      at: this.#options.clock.now(),
      attempt: attempt.attempt,
      ...visitOf(attempt),
    })
  }

  #recordPark(attempt: Attempt, on: { until?: number | undefined; signal?: { name: string } | undefined }): void {
    if (!this.#options.isRecording) return
    this.#entries.push({
      type: 'parked',
      at: this.#options.clock.now(),
      attempt: attempt.attempt,
      ...(on.until === undefined ? {} : { until: on.until }),
      ...(on.signal === undefined ? {} : { signal: on.signal.name }),
      ...(attempt.park?.by === 'retry' ? { retry: true as const } : {}),
      ...visitOf(attempt),
    })
  }
}

// ---

function resolve(call: LinkedCall, input: unknown): Component {
  return call.component ?? (call.choose as NonNullable<LinkedCall['choose']>)(input)
}

function visitOf(attempt: Attempt) {
  const { run, step, itemIndex: item, visit } = attempt
  return run.key === '' ? { item, step, visit } : { sub: run.key, item, step, visit }
}

function settledEntry(run: ActiveRun, settled: Settled, at: number): JournalEntry {
  const { item, step, visit, outcome, derived, attempt } = settled
  return {
    type: 'settled',
    at,
    ...(run.key === '' ? {} : { sub: run.key }),
    item,
    step,
    visit,
    attempt: attempt ?? 0,
    outcome,
    ...(derived ? { derived: true as const } : {}),
  }
}
