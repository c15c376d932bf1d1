// Items of a run and their places: who may start, who only waits and gives its place back, how an item ends.

import type { ErrorValue } from '../../errors.ts'
import { RefusedInput } from '../../journal/refused-input.ts'
import { misfit } from '../../schema.ts'
import { failed, type Outcome } from '../outcome.ts'
import { QUEUED } from '../scheduler/state.ts'
import type { ActiveRun } from './active-run.ts'
import type { Attempt } from './attempt.ts'
import type { Drive } from './drive.ts'
import { dropStep } from './drop.ts'
import { recordElement } from './record-element.ts'

export class Items {
  readonly #drive: Drive
  /** Parked attempts are due whose items need a place first: they come before new items. */
  hasClaims = false

  constructor(drive: Drive) {
    this.#drive = drive
  }

  /** Starts one more item, if there is a place for it. */
  admit(run: ActiveRun): boolean {
    if (this.#drive.isReplaying || this.#drive.isPaused) return false
    run.passKnown()
    if (!run.hasInputs) return false
    if (run.parent ? run.live - run.idle >= run.limit : this.hasClaims || !this.#drive.of.gate.tryTake()) return false
    this.start(run, run.next++, this.#drive.now)
    return true
  }

  /** Puts an item into a slot; its place has been taken. `startedAt`: when its time limit began. */
  start(run: ActiveRun, index: number, startedAt: number): void {
    const item = run.from + index
    const input = run.inputs.at(index)
    const { value, error } = this.#checked(run, input)
    run.live++
    // One that cannot start takes a slot all the same, so that every item ends in the same way.
    const slot = error ? run.state.take(item, input) : run.scheduler.start(item, value)
    if (error) return run.scheduler.end(slot, error)
    const { timeoutMs } = run.plan.plan
    if (timeoutMs === undefined) return
    run.deadlines.set(slot, { at: startedAt + timeoutMs, cancel: () => {} })
    // What happens while the past is replayed would not be written.
    if (!this.#drive.isReplaying) this.#armDeadline(run, slot)
  }

  /** The past is replayed: time limits count again, from when they began. */
  armDeadlines(run: ActiveRun): void {
    for (const slot of run.deadlines.keys()) this.#armDeadline(run, slot)
  }

  finish(run: ActiveRun, slot: number, item: number, outcome: Outcome): void {
    const { state } = run
    const from = slot * state.stepCount
    if (run.attempts.size > 0) this.#dropAll(run, from)
    if (run.tries.size > 0) for (let step = 0; step < state.stepCount; step++) run.tries.delete(from + step)
    if (run.deadlines.size > 0) {
      run.deadlines.get(slot)?.cancel()
      run.deadlines.delete(slot)
    }
    const wasIdle = run.idleSlots.size > 0 && run.idleSlots.delete(slot)
    if (run.parked.size > 0) run.parked.delete(slot)
    if (run.stepLimit !== undefined) {
      run.running.delete(slot)
      run.queued.delete(slot)
    }
    const input = state.input[slot]
    if (run.parent) recordElement(this.#drive, run, slot, item, outcome)
    state.release(slot)
    run.live--
    if (wasIdle) run.idle--
    if (run.parent) {
      run.outcomes[item - run.from] = outcome
      if (outcome.outcome === 'failed' && run.parent.options.onItemFailure === 'drain') run.isClosed = true
      this.#noteIdle(run)
      this.#drive.touch(run)
      return
    }
    const { of } = this.#drive
    if (of.onFinished) return of.onFinished(outcome)
    if (!wasIdle) of.gate.ended()
    const inside = this.#drive.secretsInside(item)
    const shown = of.run.redact({ plan: run.plan, input }, outcome, item, inside)
    this.#drive.forgetSecrets(item)
    this.#drive.entries.push({ type: 'finished', at: this.#drive.now, item, outcome: shown })
  }

  /** Ends every item: those in flight, and those that have not begun, as many as lie side by side in one entry. */
  endAll(run: ActiveRun, error: ErrorValue): void {
    run.isClosed = true
    for (let slot = 0; slot < run.state.isLive.length; slot++) run.scheduler.end(slot, error)
    this.#drive.touch(run)
    if (this.#drive.of.onFinished) return
    const { at, outcome } = { at: this.#drive.now, outcome: failed(error) }
    const isLeft = (index: number) => index < run.inputs.length && !run.known.has(index)
    while (run.next < run.inputs.length) {
      const first = run.next++
      if (!isLeft(first)) continue
      while (isLeft(run.next)) run.next++
      const item = run.from + first
      const to = run.from + run.next - 1
      this.#drive.entries.push({ type: 'finished', at, item, ...(to > item ? { to } : {}), outcome })
    }
  }

  // --- steps of an item at once

  /** False if the item runs as many steps as it may: the step waits its turn. */
  takeStepPlace(run: ActiveRun, slot: number, key: number, limit: number): boolean {
    const running = run.running.get(slot) ?? 0
    if (running < limit) {
      run.running.set(slot, running + 1)
      return true
    }
    const queue = run.queued.get(slot)
    if (queue) queue.keys.push(key)
    else run.queued.set(slot, { keys: [key], next: 0 })
    return false
  }

  /** The place of an attempt that has ended, or is put aside; what waits for a time or a signal has given it back before. */
  leaveStepPlace({ run, slot, later }: Attempt): void {
    if (run.stepLimit === undefined || run.state.isLive[slot] === 0 || (later?.park && later.park.by !== 'run')) return
    run.running.set(slot, Math.max(0, (run.running.get(slot) ?? 0) - 1))
    const queue = run.queued.get(slot)
    if (!queue) return
    while (queue.next < queue.keys.length) {
      const next = queue.keys[queue.next++] as number
      // It may have been cut off meanwhile.
      if (run.state.status[next] !== QUEUED) continue
      run.scheduler.ready.push(next)
      return
    }
    run.queued.delete(slot)
  }

  // --- waiting

  /** A step of the item was put aside, until a time or a signal. An item whose every step is gives its place back. */
  park(run: ActiveRun, slot: number): void {
    run.parked.set(slot, (run.parked.get(slot) ?? 0) + 1)
    this.#noteWaiting(run, slot)
  }

  /** Of the items in which a step has ended beside others that are put aside, some may only wait by now. */
  noteWaiting(run: ActiveRun): void {
    for (const slot of run.endedBesideParked) this.#noteWaiting(run, slot)
    run.endedBesideParked.clear()
  }

  #noteWaiting(run: ActiveRun, slot: number): void {
    const { state } = run
    if (run.idleSlots.has(slot) || state.isLive[slot] === 0 || state.active[slot] !== run.parked.get(slot)) return
    run.idleSlots.add(slot)
    run.idle++
    if (!run.parent) this.#drive.of.gate.release()
    this.#noteIdle(run)
    this.#drive.touch(run)
  }

  /** Takes the step's item up again; false if there is no place for it. */
  unpark(run: ActiveRun, slot: number): boolean {
    return this.#unpark(run, slot, false)
  }

  /** Takes it up whether there is a place or not: something has happened that does not wait. */
  unparkNow(run: ActiveRun, slot: number): void {
    this.#unpark(run, slot, true)
  }

  /** The step's sub-run no longer counts as waiting. */
  unparkSubRun(child: ActiveRun): void {
    const { attempt } = child.parent as NonNullable<ActiveRun['parent']>
    if (child.isCountedIdle) this.#unpark(attempt.run, attempt.slot, true)
    child.isCountedIdle = false
  }

  #unpark(run: ActiveRun, slot: number, isUrgent: boolean): boolean {
    if (!this.#revive(run, slot, isUrgent)) return false
    const parked = (run.parked.get(slot) ?? 0) - 1
    if (parked <= 0) run.parked.delete(slot)
    else run.parked.set(slot, parked)
    return true
  }

  /** A sub-run in which all only wait is, for the item around it, a parked step. */
  #noteIdle(run: ActiveRun): void {
    if (!run.parent || run.isCountedIdle || run.isDropped || !run.isIdle) return
    run.isCountedIdle = true
    this.park(run.parent.attempt.run, run.parent.attempt.slot)
  }

  #revive(run: ActiveRun, slot: number, isUrgent: boolean): boolean {
    if (!run.idleSlots.has(slot)) return true
    const { parent } = run
    if (parent) {
      if (run.isCountedIdle) {
        if (!this.#unpark(parent.attempt.run, parent.attempt.slot, isUrgent)) return false
        run.isCountedIdle = false
      }
    } else if (isUrgent || this.#drive.isReplaying) this.#drive.of.gate.take()
    else if (!this.#drive.of.gate.tryTake()) return false
    run.idleSlots.delete(slot)
    run.idle--
    return true
  }

  #dropAll(run: ActiveRun, from: number): void {
    const to = from + run.state.stepCount
    if (run.attempts.size < run.state.stepCount) {
      for (const key of [...run.attempts.keys()])
        if (key >= from && key < to) dropStep(this.#drive, run, key, 'the item has ended')
    } else for (let key = from; key < to; key++) dropStep(this.#drive, run, key, 'the item has ended')
  }

  #armDeadline(run: ActiveRun, slot: number): void {
    const deadline = run.deadlines.get(slot)
    if (!deadline) return
    const { clock } = this.#drive.tools
    deadline.cancel = clock.timer(Math.max(0, deadline.at - clock.now()), () => this.#timedOut(run, slot))
  }

  #timedOut(run: ActiveRun, slot: number): void {
    const { timeoutMs } = run.plan.plan
    run.deadlines.delete(slot)
    run.scheduler.end(slot, { code: 'TIMEOUT', message: `the item did not end within ${timeoutMs} ms` })
    this.#drive.touch(run)
    this.#drive.poke()
  }

  #checked(run: ActiveRun, input: unknown): { value: unknown; error: ErrorValue | undefined } {
    if (input instanceof RefusedInput) {
      return { value: null, error: { code: 'INVALID_INPUT', message: input.message } }
    }
    const check = run.plan.checkInput
    if (!check) return { value: input, error: undefined }
    const { value, violations } = check(input)
    return { value, error: violations.length === 0 ? undefined : misfit('the input does', violations) }
  }
}
