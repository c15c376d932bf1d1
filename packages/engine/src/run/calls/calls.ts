// Calls of components: from a step whose input is there to its answer. What is put aside meanwhile is in parks.ts, what a
// step waits for in sub-runs.ts.

import { type Component, Park, Skip } from '../../component/plugin.ts'
import { errorValue, FlowError } from '../../errors.ts'
import { isPromise } from '../../json.ts'
import { Redactor } from '../../secrets/redactor.ts'
import { isAway } from '../../store/patience.ts'
import type { ActiveRun } from '../in-flight/active-run.ts'
import { Attempt } from '../in-flight/attempt.ts'
import { inputsOf, isWanted, rootItem, secretsAround, stepOf } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'
import { dropStep, dropSubRun } from '../in-flight/drop.ts'
import type { Items } from '../in-flight/items.ts'
import { type Choice, placeOf } from '../link.ts'
import type { Outcome } from '../outcome.ts'
import { PARKED, QUEUED, RUNNING } from '../scheduler/state.ts'
import { jsonFault } from './json-fault.ts'
import { cacheKeyOf, findKept, keptFor } from './kept-outputs.ts'
import { ownCopy } from './own-copy.ts'
import type { Parks } from './parks.ts'
import { recordStart } from './record-call.ts'
import { retryDelay } from './retry.ts'
import { closeSubRun, openSubRun } from './sub-runs.ts'
import { hasBegun } from './time-limits.ts'
import { type Answer, Unanswered } from './unanswered.ts'

export class Calls {
  readonly #drive: Drive
  readonly #items: Items
  readonly #parks: Parks
  readonly #isDurable: boolean
  readonly #unanswered: Unanswered
  #answers: Answer[] = []
  /** Of this turn, to be settled when what follows from the others of their items has happened. */
  #later: Answer[] = []
  /** Where answers go that are there at once, of calls that are made outside of a step's own turn. */
  #early: Answer[] | undefined
  /** Calls that wait for what made them ready to be written. */
  #unsent: { readonly attempt: Attempt; readonly component: Component }[] = []

  constructor(drive: Drive, items: Items, parks: Parks) {
    this.#drive = drive
    this.#items = items
    this.#parks = parks
    this.#isDurable = drive.tools.isDurable
    this.#unanswered = new Unanswered(drive, (answer) => this.#arrive(answer))
  }

  /** Nothing is under way, nothing has arrived. */
  get isQuiet(): boolean {
    return this.#unanswered.count === 0 && this.#unsent.length === 0 && !this.hasArrivals
  }

  /** Answers have arrived, or signals that parked attempts wait for. */
  get hasArrivals(): boolean {
    return this.#answers.length > 0 || this.#later.length > 0 || this.#parks.hasNewDue
  }

  /** The past is replayed: time limits count again, from when they began. */
  armTimeouts(): void {
    for (const run of this.#drive.runs()) {
      this.#items.armDeadlines(run)
      for (const attempt of run.attempts.values()) if (hasBegun(attempt)) this.#unanswered.begin(attempt)
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
    const attempt = new Attempt(run, key, tries ? tries.step + 1 : 1)
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
    if (this.#unsent.length === 0 || this.#drive.isLeaving) return
    const unsent = this.#unsent
    this.#unsent = []
    this.#early = this.#answers
    for (const { attempt, component } of unsent) if (isWanted(attempt)) this.#call(attempt, component)
    this.#early = undefined
  }

  /** Components are at work whose answers are still to come. */
  get isUnderWay(): boolean {
    const unsent = new Set(this.#unsent.map(({ attempt }) => attempt))
    for (const run of this.#drive.runs()) {
      for (const attempt of run.attempts.values()) if (!attempt.park && !unsent.has(attempt)) return true
    }
    return false
  }

  /** Settles all answers that have arrived, and calls again what is due. */
  settleAnswers(): void {
    this.#parks.beginTurn()
    if (this.#answers.length > 0 || this.#later.length > 0) {
      const answers = this.#later.length > 0 ? [...this.#later.splice(0), ...this.#answers] : this.#answers
      this.#answers = []
      this.#settleFirst(answers)
    }
    this.#early = this.#isDurable ? this.#later : undefined
    this.#parks.wakeDue(this)
    this.#early = undefined
  }

  /** Settles those of this turn's answers that had to wait; false if there is none. */
  settleMore(): boolean {
    if (this.#later.length === 0) return false
    this.#settleFirst(this.#later.splice(0))
    return true
  }

  /**
   * Of each item one: what follows from it may cut off the step of the next, as it would have a moment later, and as it does
   * when the journal is replayed. Where there is no journal all are settled.
   */
  #settleFirst(answers: readonly Answer[]): void {
    if (!this.#isDurable || answers.length === 1) {
      for (let i = 0; i < answers.length; i++) this.#settle(answers[i] as Answer)
      return
    }
    const items = new Set<number>()
    for (let i = 0; i < answers.length; i++) {
      const answer = answers[i] as Answer
      const item = rootItem(answer.attempt)
      if (items.has(item)) this.#later.push(answer)
      else {
        items.add(item)
        this.#settle(answer)
      }
    }
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

  /** A failure elsewhere has cut a step off; its item goes on. */
  abort(run: ActiveRun, key: number, why: string): void {
    const attempt = run.attempts.get(key)
    if (!attempt) return
    this.#parks.leave(attempt)
    dropStep(this.#drive, run, key, why)
    this.#items.leaveStepPlace(attempt)
    if (run.parked.size > 0) run.endedBesideParked.add(attempt.slot)
  }

  /** All items of a sub-run have ended: its step goes on. */
  closeSubRun(child: ActiveRun): void {
    const attempt = closeSubRun(this.#drive, child)
    // As with answers: what has been settled around it comes first.
    attempt.run.scheduler.advance()
    if (!isWanted(attempt)) return
    this.#parks.leave(attempt)
    const { park } = attempt
    attempt.park = undefined
    attempt.woken = { by: 'run', outcomes: child.outcomes, state: park?.state }
    attempt.lost = failuresIn(child.outcomes)
    this.callAgain(attempt)
  }

  /**
   * Calls the component of a parked step again: like any call, not before the journal has taken a row of ours. Who was away
   * may have lost it. What is replayed has that behind it.
   */
  callAgain(attempt: Attempt): void {
    const { run, step } = attempt
    try {
      const component = run.plan.components[step] ?? chosen(attempt)
      if (this.#drive.isReplaying) this.#call(attempt, component)
      else this.#send(attempt, component)
    } catch (thrown) {
      this.#thrown(attempt, thrown)
    }
    this.#drive.touch(run)
  }

  // --- kept outputs

  /** Uses the output of an earlier success, if there is one under the step's key. */
  #callCached(attempt: Attempt, component: Component): void {
    const { run, key } = attempt
    const cacheKey = cacheKeyOf(attempt)
    if (cacheKey === undefined) return this.#send(attempt, component)
    attempt.cacheKey = cacheKey
    let found: ReturnType<typeof findKept>
    try {
      found = findKept(this.#drive, cacheKey)
    } catch (thrown) {
      return this.#thrown(attempt, thrown)
    }
    if (!isPromise(found)) return found ? this.#useKept(attempt, found.output) : this.#send(attempt, component)
    run.state.status[key] = RUNNING
    run.attempts.set(key, attempt)
    found.then(
      (kept) =>
        this.#arrive(kept ? { attempt, kind: 'kept', output: kept.output } : { attempt, kind: 'none', component }),
      (thrown) => (isAway(thrown) ? this.#drive.onAway(thrown) : this.#arrive({ attempt, kind: 'thrown', thrown })),
    )
  }

  #useKept(attempt: Attempt, output: unknown): void {
    attempt.cacheKey = undefined
    attempt.isFromCache = true
    this.#answered(attempt, output)
  }

  // --- answers

  #call(attempt: Attempt, component: Component): void {
    // Before the call: it may be under way by the time it returns its promise.
    if (component.info.announcesStart) attempt.onStarted = this.#unanswered.begin
    let answer: unknown
    let isLater: boolean
    try {
      answer = component.call(this.#inputFor(attempt, component), attempt)
      // Asking an answer for its "then" may throw as well.
      isLater = isPromise(answer)
    } catch (thrown) {
      return this.#early ? this.#keep({ attempt, kind: 'thrown', thrown }, this.#early) : this.#thrown(attempt, thrown)
    }
    if (isLater) this.#unanswered.add(attempt, answer as Promise<unknown>, component)
    else if (this.#early) this.#keep({ attempt, kind: 'result', result: answer }, this.#early)
    else this.#answered(attempt, answer)
  }

  /** A copy where somebody else has the value too: another step, the next try, or a journal that is kept. */
  #inputFor({ run, step, key }: Attempt, { info }: Component): unknown {
    const input = run.state.value[key]
    if (typeof input !== 'object' || input === null || info.keepsInput === true) return input
    const isShared = this.#drive.records === 'steps' || run.sharesInputs || run.plan.isShared[step] === 1
    return isShared ? ownCopy(input) : input
  }

  #keep(answer: Answer, among: Answer[]): void {
    const { run, key } = answer.attempt
    run.state.status[key] = RUNNING
    run.attempts.set(key, answer.attempt)
    among.push(answer)
  }

  #arrive(answer: Answer): void {
    if (!answer.attempt.isLive) {
      answer.attempt.run.scheduler.dropped++
      return
    }
    this.#answers.push(answer)
    this.#drive.poke()
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
    const { run, slot, step, key } = attempt
    this.#endAttempt(attempt)
    // The next visit has all its attempts again.
    if (run.tries.size > 0) run.tries.delete(key)
    const first = run.scheduler.settled.length
    const isTold = this.#isTold(attempt)
    if (skip) run.scheduler.skip(slot, step, skip.reason, undefined, isTold)
    else run.scheduler.succeed(slot, step, result === undefined ? null : result, isTold)
    this.#afterSettle(attempt, first, true, result)
  }

  #thrown(attempt: Attempt, thrown: unknown): void {
    const { run, slot, step, key } = attempt
    const tries = { ...(run.tries.get(key) ?? { step: 0, transport: 0 }) }
    const delay = retryDelay(thrown, stepOf(attempt).retry, tries, this.#drive.tools.random)
    if (delay !== undefined) {
      run.tries.set(key, tries)
      this.#endAttempt(attempt, thrown)
      return this.#parks.addRetry(attempt, delay, thrown)
    }
    run.tries.delete(key)
    this.#endAttempt(attempt, thrown)
    const first = run.scheduler.settled.length
    const inside = this.#drive.secretsInside(rootItem(attempt))
    run.scheduler.fail(slot, step, this.#drive.of.run.redactError(inputsOf(attempt), errorValue(thrown), inside))
    this.#afterSettle(attempt, first, false)
  }

  /** Is there something to say of its answer even where not all steps are recorded? */
  #isTold({ cacheKey, later }: Attempt): boolean {
    return cacheKey !== undefined || (later !== undefined && later.lost > 0 && this.#drive.records !== 'nothing')
  }

  #afterSettle(attempt: Attempt, firstRecord: number, isAnswer: boolean, result?: unknown): void {
    const { run } = attempt
    const record = run.scheduler.settled[firstRecord]
    // Where not all are recorded it may be that of a step that followed.
    if (record && record.step === attempt.step) {
      record.attempt = attempt.attempt
      if (attempt.later?.took !== undefined) record.took = attempt.later.took
      if (attempt.later?.isFromCache) record.cached = true
      // With a fallback, what is made good is the failure of the step, which those inside brought about.
      const endedWell = record.outcome.outcome !== 'failed' && !record.recovered
      if (attempt.later?.lost && endedWell) record.lost = attempt.later.lost
      const isSuccess = isAnswer && record.outcome.outcome === 'success'
      // What is secret in this run is so in no other: it is kept for none.
      const isKept = attempt.cacheKey !== undefined && isSuccess && !holdsSecret(attempt, result)
      if (isKept) record.cache = keptFor(attempt, this.#drive.now)
      if (record.cache) this.#drive.kept.set(record.cache.key, { output: result ?? null })
    }
    if (run.stepLimit !== undefined) this.#items.leaveStepPlace(attempt)
    if (run.parked.size > 0) run.endedBesideParked.add(attempt.slot)
    if (!run.isDirty) this.#drive.touch(run)
  }

  #endAttempt(attempt: Attempt, thrown?: unknown): void {
    const { later } = attempt
    if (later?.park) this.#parks.leave(attempt)
    if (attempt.run.attempts.size > 0) attempt.run.attempts.delete(attempt.key)
    if (later?.park?.child) dropSubRun(this.#drive, later.park.child, 'its step has ended')
    // A timed-out component still runs: it is told.
    if (thrown !== undefined && FlowError.is(thrown) && thrown.code === 'TIMEOUT') attempt.abandon(thrown)
    else attempt.close()
  }

  // --- parks

  #park(attempt: Attempt, park: Park): void {
    const { run, key } = attempt
    // Not before: a component may ask what woke it at any time of its call.
    attempt.woken = undefined
    run.state.status[key] = PARKED
    run.attempts.set(key, attempt)
    if (attempt.turn !== undefined) attempt.turn = undefined
    if (park.turn !== undefined) attempt.restartTime()
    else this.#unanswered.begin(attempt)
    if (!park.run) return this.#parks.add(attempt, park)
    attempt.park = { by: 'run', state: park.state }
    const opened = openSubRun(this.#drive, attempt, park.run)
    if (isPromise(opened)) opened.catch((thrown) => this.#arrive({ attempt, kind: 'thrown', thrown }))
  }
}

// ---

/** The component that the input chooses; throws if there is none. */
function chosen({ run, step, key }: Attempt): Component {
  return (run.plan.choices[step] as Choice)(run.state.value[key]) // a step that calls has a component or a choice
}

function holdsSecret(attempt: Attempt, result: unknown): boolean {
  const secrets = secretsAround(attempt)
  return secrets.length > 0 && !Object.is(new Redactor(secrets).value(result), result)
}

function checkJson(attempt: Attempt, result: unknown): void {
  const fault = jsonFault(result)
  if (!fault) return
  const place = placeOf(attempt.run.plan.plan, attempt.step)
  throw new FlowError(
    'COMPONENT_FAILED',
    `${place} returned a value that JSON cannot carry, and this run is kept on disk: ${fault}`,
    {
      retryable: false,
    },
  )
}

function failuresIn(outcomes: readonly (Outcome | undefined)[]): number {
  let failures = 0
  for (let i = 0; i < outcomes.length; i++) if (outcomes[i]?.outcome === 'failed') failures++
  return failures
}
