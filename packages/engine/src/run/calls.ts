// Calls of components: from a step whose input is there to its answer, with retries, timeouts, parks and sub-runs between.

import { type Component, Park, type ParkedRun, Skip } from '../component/plugin.ts'
import { errorValue, FlowError } from '../errors.ts'
import type { JournalEntry } from '../journal/events.ts'
import { isPromise, type MaybePromise } from '../json.ts'
import { contentId } from '../plan/id.ts'
import { WakeHeap } from '../store/wake-heap.ts'
import { ActiveRun } from './active-run.ts'
import { Attempt } from './attempt.ts'
import type { Drive } from './drive.ts'
import type { Items } from './items.ts'
import { jsonFault } from './json-fault.ts'
import { type Choice, type LinkedPlan, placeOf } from './link.ts'
import { NoValue } from './no-value.ts'
import { inputsOf, keptFor, recordKept, recordPark, recordStart, rootItem, stepOf } from './record-call.ts'
import { retryDelay } from './retry.ts'
import { Signals } from './signals.ts'
import { DONE, PARKED, QUEUED, RUNNING } from './state.ts'

const SUB_RUN_ITEMS_AT_ONCE = 64

type Answer =
  | { readonly attempt: Attempt; readonly kind: 'result'; readonly result: unknown }
  | { readonly attempt: Attempt; readonly kind: 'thrown'; readonly thrown: unknown }
  /** Of a look for a kept output. */
  | { readonly attempt: Attempt; readonly kind: 'kept'; readonly output: unknown }
  | { readonly attempt: Attempt; readonly kind: 'none'; readonly component: Component }

export class Calls {
  readonly signals = new Signals()
  readonly #drive: Drive
  readonly #items: Items
  readonly #isDurable: boolean
  #answers: Answer[] = []
  /** Calls that wait for what made them ready to be written. */
  #unsent: { readonly attempt: Attempt; readonly component: Component }[] = []
  /** Parked attempts that are due, of items that need a place first. */
  #due: Attempt[] = []
  /** Some of these have become due since the last turn began: in this very turn, perhaps. */
  #hasNewDue = false
  readonly #wakes = new WakeHeap<{ readonly attempt: Attempt; readonly park: unknown }>()

  constructor(drive: Drive, items: Items) {
    this.#drive = drive
    this.#items = items
    this.#isDurable = drive.options.isDurable
    items.drop = (run, key, why) => this.drop(run, key, why)
  }

  /** Answers have arrived, or signals that parked attempts wait for. */
  get hasArrivals(): boolean {
    return this.#answers.length > 0 || this.#hasNewDue
  }

  /** Nothing is waited for, and nothing kept for later. */
  get isQuiet(): boolean {
    return this.#wakes.nextAt === undefined && this.#due.length === 0 && this.signals.isEmpty
  }

  /** When the earliest parked attempt is due; epoch milliseconds. */
  get nextWakeAt(): number | undefined {
    return this.#wakes.nextAt
  }

  /** When something happens by itself in a journal in which all only waits: a wake, or the end of a time limit. */
  nextTimeAt(): number {
    let next = this.#wakes.nextAt ?? Number.POSITIVE_INFINITY
    for (const run of this.#runs()) {
      for (const { at } of run.deadlines.values()) next = Math.min(next, at)
      for (const attempt of run.attempts.values()) next = Math.min(next, limitOf(attempt) ?? next)
    }
    return next
  }

  /** The past is replayed: time limits count again, from when they began. */
  armTimeouts(): void {
    for (const run of this.#runs()) {
      this.#items.armDeadlines(run)
      for (const attempt of run.attempts.values()) if (attempt.park?.by !== 'retry') this.#armTimeout(attempt)
    }
  }

  /** Takes a step whose input is there. */
  dispatch(run: ActiveRun, key: number): void {
    const { state } = run
    if (state.status[key] !== QUEUED) return
    const slot = state.slotOf(key)
    if (state.isLive[slot] === 0) return
    if (this.#drive.isReplaying || this.#drive.isPaused) {
      run.held.add(key)
      return
    }
    if (run.stepLimit !== undefined && !this.#items.takeStepPlace(run, slot, key, run.stepLimit)) return
    const tries = run.tries.size > 0 ? run.tries.get(key) : undefined
    const attempt = new Attempt(run, key, tries ? tries.step + tries.transport + 1 : 1)
    const { plan } = run
    let component = plan.components[attempt.step]
    if (component === undefined) {
      try {
        component = chosen(attempt)
      } catch (thrown) {
        return this.#thrown(attempt, thrown)
      }
    }
    if (plan.isCached[attempt.step] === 1) return this.#callCached(attempt, component)
    this.#send(attempt, component)
  }

  /** Calls at once, or once what made the step ready has been written. */
  #send(attempt: Attempt, component: Component): void {
    if (!this.#isDurable || component.info.repeatable === true) return this.#call(attempt, component)
    const { run, key } = attempt
    run.state.status[key] = RUNNING
    run.attempts.set(key, attempt)
    this.#unsent.push({ attempt, component })
    recordStart(this.#drive, attempt)
  }

  /** What made them ready has been written. */
  sendUnsent(): void {
    if (this.#unsent.length === 0) return
    const unsent = this.#unsent
    this.#unsent = []
    for (const { attempt, component } of unsent) if (isWanted(attempt)) this.#call(attempt, component)
  }

  /** Settles all answers that have arrived, and calls again what is due. */
  settleAnswers(): void {
    this.#hasNewDue = false
    if (this.#answers.length > 0) {
      const answers = this.#answers
      this.#answers = []
      for (const answer of answers) this.#settle(answer)
    }
    // The journal goes on to say who was woken.
    if (this.#drive.isReplaying || (this.#due.length === 0 && this.#wakes.nextAt === undefined)) return
    for (let due = this.#wakes.takeDue(this.#drive.now); due; due = this.#wakes.takeDue(this.#drive.now)) {
      if (due.attempt.isLive && due.attempt.park === due.park) this.#due.push(due.attempt)
    }
    if (this.#due.length === 0 || this.#drive.isPaused) return
    const all = this.#due
    this.#due = []
    for (const attempt of all) if (isWanted(attempt)) this.#wake(attempt)
    this.#items.hasClaims = this.#due.length > 0
  }

  #settle(answer: Answer): void {
    const { attempt } = answer
    // A timeout and an answer may arrive in one turn, or a failure that ends the item: the first counts.
    if (!isWanted(attempt)) return
    if (answer.kind === 'thrown') this.#thrown(attempt, answer.thrown)
    else if (answer.kind === 'kept') this.#useKept(attempt, answer.output)
    else if (answer.kind === 'none') this.#send(attempt, answer.component)
    else this.#answered(attempt, answer.result)
  }

  /** A step's answer is no longer wanted, nor that of anything below it. */
  drop(run: ActiveRun, key: number, why: string): void {
    const attempt = run.attempts.get(key)
    if (!attempt) return
    run.attempts.delete(key)
    const child = attempt.park?.child
    attempt.abandon(new FlowError('CANCELLED', why))
    if (child) this.#dropRun(child, why)
  }

  /** A failure elsewhere has cut a step off; its item goes on. */
  abort(run: ActiveRun, key: number, why: string): void {
    const attempt = run.attempts.get(key)
    if (attempt) this.#leavePark(attempt)
    this.drop(run, key, why)
    if (attempt) this.#leaveStepPlace(attempt)
  }

  /** All items of a sub-run have ended: its step goes on. */
  closeSubRun(child: ActiveRun): void {
    const { attempt } = child.parent as NonNullable<ActiveRun['parent']>
    child.isDropped = true
    this.#drive.subRuns.delete(child.key)
    if (!isWanted(attempt)) return
    this.#leavePark(attempt)
    const { park } = attempt
    attempt.park = undefined
    attempt.woken = { by: 'run', outcomes: child.outcomes, state: park?.state }
    this.callAgain(attempt)
  }

  /** A signal has come: wakes the waits of that name, one in each item that it is for. */
  signal(entry: Extract<JournalEntry, { type: 'signalled' }>): void {
    const signal = this.signals.add(entry)
    if (!signal || this.#drive.isReplaying) return
    for (const attempt of this.#waitsFor(signal.name)) this.#takeSignal(attempt, signal.name)
  }

  /** Calls the component of a parked step again. */
  callAgain(attempt: Attempt): void {
    const { run, step } = attempt
    try {
      this.#call(attempt, run.plan.components[step] ?? chosen(attempt))
    } catch (thrown) {
      this.#thrown(attempt, thrown)
    }
    this.#drive.touch(run)
  }

  // --- replay: the journal says what had happened

  /** Calls a held step for real, to have the sub-run that it waits for, at the latest since `at`. */
  callHeld(run: ActiveRun, key: number, at: number): void {
    run.held.delete(key)
    const started = run.started.get(key)
    const attempt = new Attempt(run, key, started?.attempt ?? 1)
    attempt.since = started?.at ?? at
    if (run.stepLimit !== undefined) this.#items.takeStepPlace(run, attempt.slot, key, Number.POSITIVE_INFINITY)
    this.callAgain(attempt)
  }

  /** A step was called, and has neither answered nor opened the sub-run that it answered with. */
  isUnderWay(run: ActiveRun, key: number): boolean {
    const attempt = run.attempts.get(key)
    return attempt !== undefined && (attempt.park === undefined || (attempt.park.by === 'run' && !attempt.park.child))
  }

  /** Puts a held step aside as it was put aside before. */
  parkHeld(run: ActiveRun, key: number, entry: Extract<JournalEntry, { type: 'parked' }>): void {
    run.held.delete(key)
    if (entry.retry) run.tries.set(key, { ...entry.retry })
    const attempt = new Attempt(run, key, entry.attempt)
    attempt.since = run.started.get(key)?.at ?? entry.at
    const by = entry.retry ? 'retry' : entry.signal === undefined ? 'time' : 'signal'
    attempt.park = { by, state: entry.state, ...(entry.signal === undefined ? {} : { signal: entry.signal }) }
    run.state.status[key] = PARKED
    run.attempts.set(key, attempt)
    if (entry.until !== undefined) this.#wakes.add(entry.until, { attempt, park: attempt.park })
    this.#items.park(run, attempt.slot)
  }

  /** The reverse: the journal goes on with a step that was put aside. */
  unparkHeld(run: ActiveRun, key: number): void {
    const attempt = run.attempts.get(key)
    if (!attempt) return
    run.attempts.delete(key)
    this.#leavePark(attempt)
    const child = attempt.park?.child
    if (child) this.#dropRun(child, 'its step has ended')
    this.#leaveStepPlace(attempt)
    attempt.close()
    run.state.status[key] = QUEUED
    run.held.add(key)
  }

  /** Signals that came before, or while nobody drove, meet the waits that are left. */
  meetSignals(): void {
    for (const run of this.#runs()) {
      for (const attempt of [...run.attempts.values()]) {
        if (attempt.park?.signal !== undefined) this.#takeSignal(attempt, attempt.park.signal)
      }
    }
  }

  // --- kept outputs

  /** Uses the output of an earlier success, if there is one under the step's key. */
  #callCached(attempt: Attempt, component: Component): void {
    const { run, key, slot, step } = attempt
    const evaluate = run.plan.cacheKeys[step]
    const own = evaluate ? evaluate(run.state, slot) : run.state.value[key]
    if (own instanceof NoValue || (!evaluate && jsonFault(own) !== undefined)) return this.#send(attempt, component)
    const path = stepOf(attempt).component
    attempt.cacheKey = contentId([path, evaluate ? 'key' : 'input', own ?? null])
    const fresh = this.#drive.kept.get(attempt.cacheKey)
    const found = fresh ?? this.#drive.options.cached(attempt.cacheKey, this.#drive.now)
    if (!isPromise(found)) return found ? this.#useKept(attempt, found.output) : this.#send(attempt, component)
    run.state.status[key] = RUNNING
    run.attempts.set(key, attempt)
    found.then(
      (kept) =>
        this.#arrive(kept ? { attempt, kind: 'kept', output: kept.output } : { attempt, kind: 'none', component }),
      (thrown) => this.#arrive({ attempt, kind: 'thrown', thrown }),
    )
  }

  #useKept(attempt: Attempt, output: unknown): void {
    attempt.cacheKey = undefined
    this.#answered(attempt, output)
  }

  // --- answers

  #call(attempt: Attempt, component: Component): void {
    const { run, key } = attempt
    let answer: unknown
    let isLater: boolean
    try {
      answer = component.call(run.state.value[key], attempt)
      // Asking an answer for its "then" may throw as well.
      isLater = isPromise(answer)
    } catch (thrown) {
      return this.#thrown(attempt, thrown)
    }
    if (isLater) this.#await(attempt, answer as Promise<unknown>, component)
    else this.#answered(attempt, answer)
  }

  #await(attempt: Attempt, answer: Promise<unknown>, component: Component): void {
    const { run, key } = attempt
    if (this.#drive.options.isRecording && !this.#isDurable && attempt.woken === undefined)
      recordStart(this.#drive, attempt)
    run.state.status[key] = RUNNING
    run.attempts.set(key, attempt)
    if (component.info.announcesStart) attempt.onStarted = () => this.#armTimeout(attempt)
    else this.#armTimeout(attempt)
    answer.then(
      (result) => this.#arrive({ attempt, kind: 'result', result }),
      (thrown) => this.#arrive({ attempt, kind: 'thrown', thrown }),
    )
  }

  #arrive(answer: Answer): void {
    if (!answer.attempt.isLive) {
      answer.attempt.run.scheduler.dropped++
      return
    }
    this.#answers.push(answer)
    this.#drive.poke()
  }

  #armTimeout(attempt: Attempt): void {
    const { timeoutMs } = stepOf(attempt)
    // What happens while the past is replayed would not be written.
    if (timeoutMs === undefined || attempt.hasTimer || this.#drive.isReplaying) return
    const { clock } = this.#drive.options
    attempt.since ??= clock.now()
    attempt.cancelTimer = clock.timer(Math.max(0, attempt.since + timeoutMs - clock.now()), () => {
      attempt.cancelTimer = undefined
      const place = placeOf(attempt.run.plan.plan, attempt.step)
      const thrown = new FlowError('TIMEOUT', `${place} did not answer within ${timeoutMs} ms`)
      this.#arrive({ attempt, kind: 'thrown', thrown })
    })
  }

  #answered(attempt: Attempt, result: unknown): void {
    let skip: Skip | undefined
    try {
      // What is no object is told apart at once: the others are looked at by brand, which a proxy may refuse.
      if (typeof result === 'object' && result !== null) {
        if (result instanceof Park) return this.#park(attempt, result)
        if (result instanceof Skip) skip = result
      }
      if (this.#isDurable && !skip) checkJson(attempt, result)
    } catch (thrown) {
      return this.#thrown(attempt, thrown)
    }
    const { run, slot, step } = attempt
    this.#endAttempt(attempt)
    const first = run.scheduler.settled.length
    if (skip) run.scheduler.skip(slot, step, skip.reason)
    else run.scheduler.succeed(slot, step, result === undefined ? null : result)
    this.#afterSettle(attempt, first, true, result)
  }

  #thrown(attempt: Attempt, thrown: unknown): void {
    const { run, slot, step, key } = attempt
    const tries = { ...(run.tries.get(key) ?? { step: 0, transport: 0 }) }
    const delay = retryDelay(thrown, stepOf(attempt).retry, tries, this.#drive.options.random)
    if (delay !== undefined) {
      run.tries.set(key, tries)
      return this.#parkForRetry(attempt, delay, thrown)
    }
    run.tries.delete(key)
    this.#endAttempt(attempt, thrown)
    const first = run.scheduler.settled.length
    run.scheduler.fail(slot, step, this.#drive.options.redactError(inputsOf(attempt), errorValue(thrown)))
    this.#afterSettle(attempt, first, false)
  }

  #afterSettle(attempt: Attempt, firstRecord: number, isAnswer: boolean, result?: unknown): void {
    const { run } = attempt
    if (this.#drive.options.isRecording) {
      const record = run.scheduler.settled[firstRecord]
      if (record) {
        record.attempt = attempt.attempt
        if (attempt.later?.took !== undefined) record.took = attempt.later.took
        const isKept = attempt.cacheKey !== undefined && isAnswer && record.outcome.outcome === 'success'
        if (isKept) record.cache = keptFor(attempt, this.#drive.now)
        if (record.cache) this.#drive.kept.set(record.cache.key, { output: result ?? null })
      }
    } else if (attempt.cacheKey !== undefined && result !== undefined) recordKept(this.#drive, attempt, result)
    this.#leaveStepPlace(attempt)
    if (!run.isDirty) this.#drive.touch(run)
  }

  #endAttempt(attempt: Attempt, thrown?: unknown): void {
    this.#leavePark(attempt)
    if (attempt.run.attempts.size > 0) attempt.run.attempts.delete(attempt.key)
    const child = attempt.later?.park?.child
    if (child) this.#dropRun(child, 'its step has ended')
    // A timed-out component still runs: it is told.
    if (thrown !== undefined && FlowError.is(thrown) && thrown.code === 'TIMEOUT') attempt.abandon(thrown)
    else attempt.close()
  }

  #dropRun(run: ActiveRun, why: string): void {
    run.isDropped = true
    this.#drive.subRuns.delete(run.key)
    for (const { cancel } of run.deadlines.values()) cancel()
    for (const key of [...run.attempts.keys()]) this.drop(run, key, why)
  }

  // --- parks

  #park(attempt: Attempt, park: Park): void {
    const { run, slot } = attempt
    // Not before: a component may ask what woke it at any time of its call.
    attempt.woken = undefined
    run.state.status[attempt.key] = PARKED
    run.attempts.set(attempt.key, attempt)
    this.#armTimeout(attempt)
    if (park.run) {
      attempt.park = { by: 'run', state: park.state }
      return this.#startSubRun(attempt, park.run)
    }
    const { signal, until } = park
    attempt.park = { by: signal ? 'signal' : 'time', state: park.state, ...(signal ? { signal: signal.name } : {}) }
    if (until !== undefined) this.#wakes.add(until, { attempt, park: attempt.park })
    recordPark(this.#drive, attempt, until)
    this.#items.leaveStepPlace(run, slot)
    this.#items.park(run, slot)
    if (signal) this.#takeSignal(attempt, signal.name)
    this.#drive.touch(run)
  }

  #parkForRetry(attempt: Attempt, delayMs: number, thrown: unknown): void {
    const { run, slot, key } = attempt
    this.#endAttempt(attempt, thrown)
    const next = new Attempt(run, key, attempt.attempt + 1)
    next.park = { by: 'retry', state: undefined }
    run.state.status[key] = PARKED
    run.attempts.set(key, next)
    const { message } = errorValue(thrown)
    run.services.log(attempt)('warning', `attempt ${attempt.attempt} failed, next in ${delayMs} ms: ${message}`)
    const until = this.#drive.now + delayMs
    this.#wakes.add(until, { attempt: next, park: next.park })
    recordPark(this.#drive, next, until)
    this.#leaveStepPlace(attempt)
    this.#items.park(run, slot)
    this.#drive.touch(run)
  }

  /** An attempt waits no longer, though nothing has woken it: its item is in hand again. */
  #leavePark({ run, slot, later }: Attempt): void {
    const park = later?.park
    if (park?.child) this.#items.unparkSubRun(park.child)
    else if (park && park.by !== 'run') this.#items.unparkNow(run, slot)
  }

  /** The place among the steps of its item; what waits for a time or a signal has given it back before. */
  #leaveStepPlace({ run, slot, later }: Attempt): void {
    if (run.stepLimit === undefined || (later?.park && later.park.by !== 'run')) return
    this.#items.leaveStepPlace(run, slot)
  }

  /** What a parked attempt waited for is here. */
  #wake(attempt: Attempt): void {
    const { run, slot, key } = attempt
    if (!this.#items.unpark(run, slot)) {
      this.#due.push(attempt)
      return
    }
    const { park } = attempt
    attempt.park = undefined
    run.state.status[key] = QUEUED
    if (park?.by === 'retry') {
      run.attempts.delete(key)
      run.scheduler.ready.push(key)
      return this.#drive.touch(run)
    }
    attempt.woken ??= { by: 'time', state: park?.state }
    if (run.stepLimit !== undefined) this.#items.takeStepPlace(run, slot, key, Number.POSITIVE_INFINITY)
    this.callAgain(attempt)
  }

  #waitsFor(name: string): Attempt[] {
    const waits: Attempt[] = []
    for (const run of this.#runs()) {
      for (const attempt of run.attempts.values()) if (attempt.park?.signal === name) waits.push(attempt)
    }
    return waits
  }

  /** Gives the wait the oldest signal of that name which its item has not used up, if there is one. */
  #takeSignal(attempt: Attempt, name: string): void {
    if (this.#drive.isReplaying || attempt.woken) return
    const signal = this.signals.take(name, rootItem(attempt))
    if (!signal) return
    attempt.took = signal.number
    attempt.woken = { by: 'signal', payload: signal.payload, state: attempt.park?.state }
    this.#due.push(attempt)
    this.#hasNewDue = true
    this.#drive.poke()
  }

  // --- sub-runs

  #runs(): ActiveRun[] {
    return [this.#drive.root, ...this.#drive.subRuns.values()]
  }

  #startSubRun(attempt: Attempt, options: ParkedRun): void {
    let linked: MaybePromise<LinkedPlan>
    try {
      linked = this.#drive.options.link(options.plan)
    } catch (thrown) {
      return this.#thrown(attempt, thrown)
    }
    if (!isPromise(linked)) return this.#openSubRun(attempt, options, linked)
    linked.then(
      (plan) => {
        if (attempt.isLive) this.#openSubRun(attempt, options, plan)
        this.#drive.poke()
      },
      (thrown) => this.#arrive({ attempt, kind: 'thrown', thrown }),
    )
  }

  #openSubRun(attempt: Attempt, options: ParkedRun, plan: LinkedPlan): void {
    const { facts } = attempt.run.state
    const child = new ActiveRun({
      key: attempt.nextSubRunKey(),
      plan,
      facts: options.variables ? { ...facts, variables: options.variables } : facts,
      inputs: options.inputs,
      from: 0,
      limit: options.maxConcurrent ?? SUB_RUN_ITEMS_AT_ONCE,
      isRecording: this.#drive.options.isRecording,
      services: this.#drive.options.services,
      parent: { attempt, options },
    })
    child.outcomes.length = options.inputs.length
    if (attempt.park) attempt.park.child = child
    this.#drive.subRuns.set(child.key, child)
    this.#drive.touch(child)
  }
}

// ---

/** The component that the input chooses; throws if there is none. */
function chosen({ run, step, key }: Attempt): Component {
  return (run.plan.choices[step] as Choice)(run.state.value[key]) // a step that calls has a component or a choice
}

/** False if the attempt, or its step or item, has ended: perhaps in this very turn. */
function isWanted({ isLive, run, slot, key }: Attempt): boolean {
  return isLive && run.state.isLive[slot] === 1 && (run.state.status[key] as number) < DONE
}

/** When the attempt's time limit ends; undefined if none is counting. */
function limitOf(attempt: Attempt): number | undefined {
  const { timeoutMs } = stepOf(attempt)
  const { since } = attempt
  return timeoutMs === undefined || since === undefined || attempt.park?.by === 'retry' ? undefined : since + timeoutMs
}

function checkJson(attempt: Attempt, result: unknown): void {
  const fault = jsonFault(result)
  if (!fault) return
  const place = placeOf(attempt.run.plan.plan, attempt.step)
  throw new FlowError(
    'COMPONENT_FAILED',
    `${place} returned what JSON cannot carry, and this run is kept on disk: ${fault}`,
    {
      retryable: false,
    },
  )
}
