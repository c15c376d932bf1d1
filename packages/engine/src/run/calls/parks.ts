// Attempts that were put aside until a time, a signal or their next try: which are due, and which have a place to continue.
// Calls nothing: it hands on the attempts that it wakes.

import type { Park, ParkSignal } from '../../component/plugin.ts'
import { errorValue } from '../../errors.ts'
import type { WaitForm } from '../../journal/events.ts'
import { RareMap } from '../../rare-map.ts'
import { WakeHeap } from '../../store/wake-heap.ts'
import { Attempt } from '../in-flight/attempt.ts'
import { inputsOf, isWanted, rootItem } from '../in-flight/attempt-place.ts'
import type { Drive } from '../in-flight/drive.ts'
import type { Items } from '../in-flight/items.ts'
import { PARKED, QUEUED } from '../scheduler/state.ts'
import { recordPark } from './record-call.ts'
import { type SignalEntry, Signals } from './signals.ts'

/** Whoever calls a component again when what it waited for is here. */
export interface Caller {
  callAgain(attempt: Attempt): void
}

export class Parks {
  readonly signals: Signals
  /** Who waits for signals: by name, by item. Those who wait no longer are in it until they are looked at. */
  readonly #waits = new RareMap<string, Map<number, Attempt[]>>()
  readonly #drive: Drive
  readonly #items: Items
  /** Parked attempts that are due, of items that need a place first. */
  #due: Attempt[] = []
  #hasNewDue = false
  readonly #wakes = new WakeHeap<{ readonly attempt: Attempt; readonly park: unknown }>()

  constructor(drive: Drive, items: Items) {
    this.#drive = drive
    this.#items = items
    this.signals = new Signals(drive.root.from, drive.root.limit)
  }

  /** Nothing is waited for, and nothing kept for later. */
  get isQuiet(): boolean {
    return this.#wakes.nextAt === undefined && this.#due.length === 0 && this.signals.isEmpty
  }

  /** When the earliest parked attempt is due; epoch milliseconds. */
  get nextWakeAt(): number | undefined {
    return this.#wakes.nextAt
  }

  /** Some have become due since the last turn began: in this very turn, perhaps. */
  get hasNewDue(): boolean {
    return this.#hasNewDue
  }

  /** What some have waited for is here, but they have no place yet, or the run is paused. */
  get hasDue(): boolean {
    return this.#due.length > 0
  }

  beginTurn(): void {
    this.#hasNewDue = false
  }

  /** Puts an attempt aside until a time or a signal, whichever comes first. */
  add(attempt: Attempt, { signal, until, turn, state }: Park): void {
    const { run, slot } = attempt
    this.#items.leaveStepPlace(attempt)
    const by = turn !== undefined ? 'turn' : signal ? 'signal' : 'time'
    attempt.park = { by, state, turn, signal: signal?.name, until }
    this.#wakeAt(until, attempt)
    recordPark(this.#drive, attempt, signal ? { until, form: formOf(signal) } : { until })
    this.#items.park(run, slot)
    if (signal) {
      this.#waitFor(signal.name, attempt)
      this.#takeSignal(attempt, signal.name)
    }
    this.#drive.touch(run)
  }

  /** Puts the next attempt at what has failed aside, until its delay is over. */
  addRetry(failed: Attempt, delayMs: number, thrown: unknown): void {
    const { run, slot, key } = failed
    // A transport error is tried again within its attempt.
    const next = new Attempt(run, key, (run.tries.get(key)?.step ?? 0) + 1)
    next.park = { by: 'retry', state: undefined }
    run.state.status[key] = PARKED
    run.attempts.set(key, next)
    const { message } = errorValue(thrown)
    // As data too: who shows many items counts their retries.
    const event = { event: 'retry', item: rootItem(failed), attempt: failed.attempt, delayMs }
    const what = next.attempt === failed.attempt ? 'did not get through, sent again' : 'failed, next'
    failed.facts.services.report(
      failed,
      'warning',
      `attempt ${failed.attempt} ${what} in ${delayMs} ms: ${message}`,
      event,
    )
    const until = this.#drive.now + delayMs
    this.#wakeAt(until, next)
    const inside = this.#drive.secretsInside(rootItem(failed))
    const error = this.#drive.of.run.redactError(inputsOf(failed), errorValue(thrown), inside)
    recordPark(this.#drive, next, { until, error })
    this.#items.leaveStepPlace(failed)
    this.#items.park(run, slot)
    this.#drive.touch(run)
  }

  /** Puts an attempt aside as the journal says that it was. */
  addAgain(attempt: Attempt, park: NonNullable<Attempt['park']>): void {
    const { run, slot, key } = attempt
    attempt.park = park
    run.state.status[key] = PARKED
    run.attempts.set(key, attempt)
    this.#wakeAt(park.until, attempt)
    if (park.signal !== undefined) this.#waitFor(park.signal, attempt)
    this.#items.park(run, slot)
  }

  /** An attempt waits no longer, though nothing has woken it: its item is in hand again. */
  leave({ run, slot, later }: Attempt): void {
    const park = later?.park
    if (park?.child) this.#items.unparkSubRun(park.child)
    else if (park && park.by !== 'run') this.#items.unparkNow(run, slot)
  }

  /** Wakes what is due and has a place. */
  wakeDue(caller: Caller): void {
    // The journal goes on to say who was woken.
    if (this.#drive.isReplaying || (this.#due.length === 0 && this.#wakes.nextAt === undefined)) return
    for (let due = this.#wakes.takeDue(this.#drive.now); due; due = this.#wakes.takeDue(this.#drive.now)) {
      if (due.attempt.isLive && due.attempt.park === due.park) this.#due.push(due.attempt)
    }
    if (this.#due.length === 0 || this.#drive.isPaused) return
    const all = this.#due
    this.#due = []
    for (const attempt of all) if (isWanted(attempt)) this.#wake(attempt, caller)
    this.#items.hasClaims = this.#due.length > 0
  }

  /** A signal has come: wakes the waits of that name, one in each item that it is for. False if it concerns nobody here. */
  signal(entry: SignalEntry): boolean {
    const signal = this.signals.add(entry)
    if (!signal) return false
    if (this.#drive.isReplaying) return true
    const waits = this.#waits.get(signal.name)
    if (!waits) return true
    const { item } = signal
    if (item !== undefined) this.#wakeWaits(waits, item, signal.name)
    else for (const one of [...waits.keys()]) this.#wakeWaits(waits, one, signal.name)
    return true
  }

  /** Signals that came before, or while nobody drove, meet the waits that are left. */
  meetSignals(): void {
    for (const run of this.#drive.runs()) {
      for (const attempt of [...run.attempts.values()]) {
        if (attempt.park?.signal !== undefined) this.#takeSignal(attempt, attempt.park.signal)
      }
    }
  }

  #wakeAt(until: number | undefined, attempt: Attempt): void {
    if (until !== undefined) this.#wakes.add(until, { attempt, park: attempt.park })
  }

  /** What a parked attempt waited for is here. */
  #wake(attempt: Attempt, caller: Caller): void {
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
    if (park?.by === 'turn') attempt.turn = park.turn
    if (park?.by !== 'turn' || park.state !== undefined) attempt.woken ??= { by: 'time', state: park?.state }
    if (run.stepLimit !== undefined) this.#items.takeStepPlace(run, slot, key, Number.POSITIVE_INFINITY)
    caller.callAgain(attempt)
  }

  #waitFor(name: string, attempt: Attempt): void {
    const waits = this.#waits.get(name) ?? new Map<number, Attempt[]>()
    this.#waits.set(name, waits)
    const item = rootItem(attempt)
    const others = waits.get(item)
    waits.set(item, others ? [...others.filter((other) => isWaitingFor(other, name)), attempt] : [attempt])
  }

  #wakeWaits(waits: Map<number, Attempt[]>, item: number, name: string): void {
    const waiting = (waits.get(item) ?? []).filter((attempt) => isWaitingFor(attempt, name))
    if (waiting.length > 0) waits.set(item, waiting)
    else waits.delete(item)
    for (const attempt of waiting) this.#takeSignal(attempt, name)
  }

  /** Gives the wait the oldest signal of that name which its item has not used up, if there is one. */
  #takeSignal(attempt: Attempt, name: string): void {
    if (this.#drive.isReplaying || attempt.woken) return
    // What was sent after the wait had ended, while nobody drove, comes too late.
    const signal = this.signals.take(name, rootItem(attempt), attempt.path, attempt.park?.until)
    if (!signal) return
    attempt.took = signal.number
    attempt.woken = { by: 'signal', payload: signal.payload, state: attempt.park?.state }
    this.#due.push(attempt)
    this.#hasNewDue = true
    this.#drive.poke()
  }
}

// ---

/** What of a signal is shown to whoever may send it; undefined if there is nothing. */
function formOf({ name: _, ...form }: ParkSignal): WaitForm | undefined {
  return Object.keys(form).length > 0 ? form : undefined
}

function isWaitingFor(attempt: Attempt, name: string): boolean {
  return attempt.isLive && attempt.park?.signal === name
}
