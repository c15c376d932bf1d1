// Moves one journal, turn by turn: takes all answers that have arrived, settles them, appends once, then dispatches.
// Where the scheduler meets the world; decides nothing about a plan.

import { type ErrorValue, FlowError } from '../../errors.ts'
import { isPromise, type MaybePromise } from '../../json.ts'
import { isAway } from '../../store/patience.ts'
import type { AtWork, JournalRow } from '../../store/store.ts'
import { Calls } from '../calls/calls.ts'
import { Parks } from '../calls/parks.ts'
import { cancelledError, type SignalEntry } from '../calls/signals.ts'
import { nextLimitAt } from '../calls/time-limits.ts'
import { Drive, type DrivenJournal, type DriverEnd, type DriverTools } from '../in-flight/drive.ts'
import { dropStep } from '../in-flight/drop.ts'
import { Items } from '../in-flight/items.ts'
import { type Conflict, JournalWriter, newMark } from './journal-writer.ts'
import { pump } from './pump.ts'
import { replay } from './replay.ts'

/** A journal in which all only waits is put down if nothing is due for so long; milliseconds. */
const PUT_DOWN_MS = 1_000
const AT_ONCE = Promise.resolve()
const LEFT = 'this process no longer drives the run'
const DONE = { how: 'done', canReuse: false } as const
const REUSABLE = { how: 'done', canReuse: true } as const

export class Driver {
  readonly #drive: Drive
  readonly #items: Items
  readonly #parks: Parks
  readonly #calls: Calls
  readonly #writer: JournalWriter
  #cancelled: ErrorValue | undefined
  readonly #runTurn = () => this.#turn()
  #isScheduled = false
  /** A turn is being written, or the past is being replayed. */
  #isBusy = false
  #isOver = false
  /** It was stopped, and nothing says that all it had begun has ended. */
  #isStopped = false
  /** A place for an item has become free since the turn began. */
  #hasRoom = false
  #cancelTimer: (() => void) | undefined
  #timerAt = Number.POSITIVE_INFINITY
  /** The journal is not written for the first time yet. */
  #isNew = true

  constructor(tools: DriverTools, of: DrivenJournal) {
    this.#drive = new Drive(tools, of)
    this.#items = new Items(this.#drive)
    this.#parks = new Parks(this.#drive, this.#items)
    this.#calls = new Calls(this.#drive, this.#items, this.#parks)
    this.#writer = new JournalWriter(tools, of, () => this.atWork)
    this.#drive.onPoke = () => this.#poke()
    this.#drive.onAway = (error) => this.#failed(error)
    this.#begin()
  }

  /** Drives another journal of the plan, the one before having ended (`canReuse`). */
  reuse(of: DrivenJournal): void {
    this.#drive.takeUp(of)
    this.#writer.takeUp(of)
    this.#isOver = false
    this.#isNew = true
    this.#begin()
  }

  #begin(): void {
    const { of, tools, entries, root } = this.#drive
    for (const entry of of.preamble) entries.push(entry)
    if (tools.isDurable) {
      const mark = newMark(tools.random)
      const node = tools.node === undefined ? {} : { node: tools.node }
      entries.push({ type: 'claimed', at: tools.clock.now(), driver: tools.driver, mark, ...node })
    }
    this.#drive.touch(root)
    if (of.rows.length === 0) this.#poke()
    else void this.#recover(of.rows)
  }

  /** A place for an item has become free. */
  onFree(): void {
    this.#hasRoom = true
    this.#drive.touch(this.#drive.root)
    this.#poke()
  }

  /** All that it has begun only waits. */
  get isIdle(): boolean {
    return this.#drive.root.isIdle
  }

  /** How its items stand. */
  get atWork(): AtWork {
    const { live, idle } = this.#drive.root
    return { running: live - idle, waiting: idle }
  }

  /**
   * Starts no further item; those in flight go on. In memory those before `upTo` still start: results are told in order, and
   * what ended behind one that is missing would be lost.
   */
  drain(upTo = -1): void {
    const { root, tools } = this.#drive
    if (tools.isDurable) root.isClosed = true
    else root.end = Math.max(root.next, upTo - root.from + 1)
    this.onFree()
  }

  /** The number of the item that started last; -1 if none has. */
  get lastStarted(): number {
    const { root } = this.#drive
    return root.next === 0 ? -1 : root.from + root.next - 1
  }

  /** Nothing is left of what it has driven, which was one new item of one run. */
  get canReuse(): boolean {
    const { subRuns, of, root, isPaused } = this.#drive
    const wasLone = of.rows.length === 0 && of.from === 0 && root.inputs.length === 1 && root.isDone
    const isWhole = !this.#isStopped && this.#cancelled === undefined && !isPaused && subRuns.size === 0
    return (
      wasLone && isWhole && this.#timerAt === Number.POSITIVE_INFINITY && this.#parks.isQuiet && this.#calls.isQuiet
    )
  }

  /** Stops where it is; the journal, if there is one, says how to go on. */
  leave(why = LEFT): void {
    const { of, tools } = this.#drive
    const { journal } = of
    const at = this.#isQuiet ? this.#nextTimeAt() : tools.clock.now()
    this.#over({ how: 'left', wake: { journal, at } }, why)
  }

  /** Resolves when no turn is on its way to the store: what is given back before could be taken again by it. */
  written(): Promise<void> {
    return this.#writer.idle()
  }

  /** Calls nothing more; leaves when what is under way has ended and is written. */
  retire(): void {
    this.#drive.isLeaving = true
    this.#drive.isPaused = true
    this.#poke()
  }

  /** What was signalled to the run or to this journal: cancel, pause, resume, or a signal that steps wait for. */
  signal(entry: SignalEntry): void {
    const { root } = this.#drive
    if (entry.name === 'cancel') {
      this.#cancelled = cancelledError(entry)
    } else if (entry.name === 'signal') {
      // For an item of another shard: nothing moves here.
      if (!this.#parks.signal(entry)) return
    } else this.#setPaused(entry.name === 'pause')
    this.#drive.touch(root)
    this.#poke()
  }

  // --- the turn

  #poke(): void {
    if (this.#isScheduled || this.#isBusy || this.#isOver) return
    this.#isScheduled = true
    // Several times as fast as queueMicrotask, which keeps a record of each.
    AT_ONCE.then(this.#runTurn)
  }

  #turn(): void {
    this.#isScheduled = false
    if (this.#isBusy || this.#isOver) return
    this.#isBusy = true
    this.#hasRoom = false
    try {
      this.#drive.beginTurn()
      if (this.#cancelled) this.#endAll(this.#cancelled)
      this.#calls.settleAnswers()
      let isComplete = this.#pump()
      while (isComplete && this.#calls.settleMore()) isComplete = this.#pump()
      const appended = this.#append()
      if (isPromise(appended)) {
        appended.then(
          (conflict) => (conflict ? this.#giveUp(conflict) : this.#afterAppend(isComplete)),
          (error) => this.#failed(error),
        )
      } else this.#afterAppend(isComplete)
    } catch (error) {
      this.#bug(error)
    }
  }

  #afterAppend(isComplete: boolean): void {
    this.#isBusy = false
    if (this.#isOver) return
    if (this.#isNew) this.#accept()
    if (this.#drive.kept.size > 0) this.#drive.kept.clear()
    try {
      this.#calls.sendUnsent()
      const { root, dirty, of, tools } = this.#drive
      if (root.isDone) return of.onFinished ? undefined : this.#done()
      if (!isComplete) return tools.clock.soon(() => this.#poke())
      if (root.isIdle) of.run.idled()
      const canResume = this.#hasRoom && this.#items.hasClaims
      if (this.#calls.hasArrivals || dirty.length > 0 || this.#cancelled || canResume) return this.#poke()
      if (this.#drive.isLeaving && !this.#calls.isUnderWay) return this.leave()
      if (this.#canPutDown()) return this.#over({ how: 'waits', wake: { journal: of.journal, at: this.#nextTimeAt() } })
      this.#armTimer()
      this.#checkStuck()
    } catch (error) {
      this.#bug(error)
    }
  }

  /** One row, or none if there is nothing to say. */
  #append(): MaybePromise<Conflict | undefined> {
    const { entries, of, root, subRuns } = this.#drive
    if (entries.length === 0) return undefined
    const { gate } = of
    if (gate.mayGrow) {
      // An item with runs inside holds what nobody can estimate, and keeps the store busy by itself.
      if (subRuns.size > 0) gate.keepFew()
      else gate.weigh(entries, root.plan.stepCount)
    }
    return this.#writer.append(entries.splice(0))
  }

  /** Another has the journal: whatever this driver still does is void. */
  #giveUp(conflict: Conflict): void {
    const { of, tools } = this.#drive
    const { journal, run } = of
    try {
      if (conflict === 'is there') {
        this.#refuse(new FlowError('CONFLICT', `journal ${journal} exists already; resume its run`))
        return this.#over({ how: 'refused', wake: { journal, at: tools.clock.now() } })
      }
      run.facts.services.warn(`journal ${journal} was taken over`)
      // It is there, then.
      if (this.#isNew) this.#accept()
      this.#over({ how: 'lost', wake: { journal, at: tools.clock.now() } })
    } catch (error) {
      this.#bug(error)
    }
  }

  /** A turn could not be written, or what it needs not be read. */
  #failed(error: unknown): void {
    if (!isAway(error)) return this.#bug(error)
    const { of, tools } = this.#drive
    const isNew = of.rows.length === 0 && this.#isNew
    this.#refuse(error)
    // Not at once: a store that takes this and refuses that would have us call the same again and again.
    this.#over({ how: 'away', wake: { journal: of.journal, at: tools.clock.now() + PUT_DOWN_MS }, error, isNew })
  }

  /** Nothing is left to stop: it may be used again. */
  #done(): void {
    if (!this.canReuse) return this.#over(DONE)
    this.#isOver = true
    this.#drive.of.over?.(REUSABLE)
  }

  #accept(): void {
    this.#isNew = false
    this.#drive.of.accepted?.()
  }

  /** Not a second time: who waits for the journal has heard of it. */
  #refuse(why: unknown): void {
    if (this.#isNew) this.#drive.of.refused?.(why)
    this.#isNew = false
  }

  #over(end: DriverEnd, why = LEFT): void {
    if (this.#isOver) return
    this.#stop(why)
    if (this.#isNew) this.#refuse(new FlowError('CANCELLED', why))
    this.#drive.of.over?.(end)
  }

  #bug(error: unknown): void {
    if (this.#isOver) return
    this.#stop(LEFT)
    const { of } = this.#drive
    of.run.fail(error)
    this.#refuse(error)
    of.over?.({ how: 'failed' })
  }

  #stop(why: string): void {
    this.#isOver = true
    this.#isStopped = true
    this.#writer.stop()
    this.#cancelTimer?.()
    const { root } = this.#drive
    // It may be a component that stops it: what it leads to does not start.
    root.isDropped = true
    for (const key of [...root.attempts.keys()]) dropStep(this.#drive, root, key, why)
    for (const { cancel } of root.deadlines.values()) cancel()
    for (let held = root.live - root.idle; held > 0; held--) this.#drive.of.gate.release()
  }

  // --- what is signalled

  /** False if the turn's budget ended before all that can move has moved. */
  #pump(): boolean {
    return pump(this.#drive, this.#items, this.#calls)
  }

  #endAll(error: ErrorValue): void {
    this.#cancelled = undefined
    this.#items.endAll(this.#drive.root, error)
  }

  #setPaused(isPaused: boolean): void {
    this.#drive.isPaused = isPaused || this.#drive.isLeaving
    if (!this.#drive.isPaused) this.#drive.releaseHeld()
  }

  // --- waiting

  #canPutDown(): boolean {
    const { root, tools } = this.#drive
    return (
      tools.isDurable &&
      (tools.mayPutDown() || root.isClosed || root.end !== Number.POSITIVE_INFINITY) &&
      root.isIdle &&
      !this.#items.hasClaims &&
      this.#nextTimeAt() - this.#drive.now > PUT_DOWN_MS
    )
  }

  /** When something happens by itself in a journal in which all only waits: a wake, or the end of a time limit. */
  #nextTimeAt(): number {
    return Math.min(this.#parks.nextWakeAt ?? Number.POSITIVE_INFINITY, nextLimitAt(this.#drive))
  }

  /** All that has happened is written, and whoever takes the journal up has nothing to do but wait. */
  get #isQuiet(): boolean {
    const { root, dirty, entries } = this.#drive
    if (this.#isBusy || dirty.length > 0 || entries.length > 0) return false
    return root.isIdle && !this.#calls.hasArrivals && !this.#items.hasClaims && !this.#parks.hasDue
  }

  #armTimer(): void {
    const at = this.#parks.nextWakeAt
    if (at === undefined || at >= this.#timerAt) return
    const { clock } = this.#drive.tools
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer = clock.timer(Math.max(0, at - clock.now()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#poke()
    })
  }

  /** S6. */
  #checkStuck(): void {
    const { state, scheduler } = this.#drive.root
    for (let slot = 0; slot < state.isLive.length; slot++) {
      const why = scheduler.stuck(slot)
      if (why) throw new FlowError('INTERNAL', why)
    }
  }

  // --- going on after a restart

  async #recover(rows: readonly JournalRow[]): Promise<void> {
    this.#isBusy = true
    const claim = this.#drive.entries.splice(0)
    try {
      this.#drive.beginTurn()
      if (rows.some(hasSubRun)) {
        // A component that waits for a sub-run is called to have it again: not before the journal is ours.
        const conflict = await this.#writer.append(claim.splice(0))
        if (conflict) return this.#giveUp(conflict)
        if (this.#isOver) return
      }
      await replay(rows, {
        drive: this.#drive,
        items: this.#items,
        parks: this.#parks,
        calls: this.#calls,
        pump: () => void this.#pump(),
      })
      this.#drive.entries.push(...claim)
      this.#drive.onPoke = () => this.#poke()
      this.#isBusy = false
      this.#drive.releaseHeld()
      this.#calls.armTimeouts()
      this.#parks.meetSignals()
      this.#poke()
    } catch (error) {
      this.#failed(error)
    }
  }
}

// ---

function hasSubRun({ entries }: JournalRow): boolean {
  return entries.some((entry) => 'sub' in entry && entry.sub !== undefined)
}
