// Begins the runs of schedules when they are due. Holds nothing that another server on the store could not know.
//
// F1  A fire is a run with the key SCHEDULE@TIME: with several servers, and after a crash, there is one.
// F2  A time is decided once: the change of the schedule's record that passes it also says that its run is to begin. So a
//     server that ends in between leaves a run that the next one begins.
// F3  Runs that wait for their turn (`queue`, and times that are made up for) begin one after the other, unless `allow`.

import { type Clock, FlowError, isAway, isEnded, type Log, type PlanEngine, type Store } from '@stepflow/engine'
import type { Fire } from './fire.ts'
import { type DueRun, delayOf, type Schedule } from './schedule.ts'
import { decide, nextDue, type ScheduleState } from './schedule-state.ts'
import type { Schedules } from './schedules.ts'

export interface SchedulerOptions {
  readonly schedules: Schedules
  readonly store: Pick<Store, 'runs'>
  readonly engine: Pick<PlanEngine, 'follow'>
  readonly fire: Fire
  readonly clock: Clock
  readonly log: Log
}

export class Scheduler {
  readonly #options: SchedulerOptions
  /** Runs whose end is waited for. */
  readonly #followed = new Set<string>()
  readonly #end = new AbortController()
  #known: readonly Known[] = []
  #isStale = true
  #listedAt = 0
  #since = 0
  #lastNow = 0
  #round: Promise<void> | undefined
  #isAsked = false
  #cancelTimer = () => {}

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** `since`: what is due after that is not missed. Answers how many schedules there are. */
  async start(since = this.#options.clock.now()): Promise<number> {
    const { clock, schedules } = this.#options
    this.#since = since
    this.#lastNow = clock.now()
    const stop = schedules.onChange(() => {
      this.#isStale = true
      this.wake()
    })
    this.#end.signal.addEventListener('abort', stop, { once: true })
    this.wake()
    await this.#round
    return this.#known.length
  }

  /** Looks whether something is due. */
  wake(): void {
    if (this.#end.signal.aborted) return
    this.#isAsked = true
    this.#round ??= this.#rounds()
  }

  /** Begins nothing any more. */
  async stop(): Promise<void> {
    this.#end.abort()
    this.#cancelTimer()
    await this.#round
  }

  async #rounds(): Promise<void> {
    const { clock } = this.#options
    let nextAt = 0
    while (this.#isAsked && !this.#end.signal.aborted) {
      this.#isAsked = false
      this.#cancelTimer()
      nextAt = await this.#look()
    }
    this.#round = undefined
    if (this.#end.signal.aborted) return
    // Never longer: the clock may be set meanwhile, and another server may have changed something.
    const waitMs = Math.min(Math.max(nextAt - clock.now(), 0), MOST_WAIT_MS)
    this.#cancelTimer = clock.timer(waitMs, () => this.wake())
  }

  /** One round over all schedules; answers when the next is due. */
  async #look(): Promise<number> {
    const { clock, log } = this.#options
    const now = clock.now()
    // The clock was set back: what comes now is not what was before this server.
    if (now < this.#lastNow) this.#since = Math.min(this.#since, now)
    this.#lastNow = now
    // What is due by what was known is decided before something else is known.
    let nextAt = await this.#eachDue(now)
    if (!this.#isStale && Math.abs(now - this.#listedAt) < MOST_WAIT_MS) return nextAt
    try {
      await this.#list(now)
      nextAt = await this.#eachDue(now)
    } catch (thrown) {
      log('warning', `schedules cannot be read now, and are again soon: ${messageOf(thrown)}`)
      nextAt = Math.min(nextAt, now + AGAIN_MS)
      this.#isStale = true
    }
    return nextAt
  }

  async #list(now: number): Promise<void> {
    this.#isStale = false
    const settled = await this.#options.schedules.settle()
    this.#known = settled.flatMap(({ schedule, state }) => (state ? [{ schedule, state }] : []))
    this.#listedAt = now
  }

  async #eachDue(now: number): Promise<number> {
    let nextAt = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#known.length; i += AT_ONCE) {
      const some = this.#known.slice(i, i + AT_ONCE)
      const times = await Promise.all(some.map((known) => this.#tend(known, now)))
      nextAt = Math.min(nextAt, ...times)
    }
    return nextAt
  }

  /** Decides what is due of one schedule, and begins what may begin; answers when there is more to do. */
  async #tend(known: Known, now: number): Promise<number> {
    if (this.#end.signal.aborted) return Number.POSITIVE_INFINITY
    const { log } = this.#options
    try {
      if (nextDue(known.schedule, known.state, now) <= now) await this.#decide(known, now)
      const beginsAt = known.state.waiting.length > 0 ? await this.#begin(known, now) : Number.POSITIVE_INFINITY
      return Math.min(beginsAt, nextDue(known.schedule, known.state, now))
    } catch (thrown) {
      // The store may be away: nothing is lost by looking later.
      log('warning', `${named(known.schedule)} is looked at again soon: ${messageOf(thrown)}`)
      return now + AGAIN_MS
    }
  }

  /** F2 */
  async #decide(known: Known, now: number): Promise<void> {
    const { schedule } = known
    let leftOut: readonly { readonly at: number; readonly why: string }[] = []
    await this.#change(known, async (was) => {
      // Another server has decided it.
      if (nextDue(schedule, was, now) > now) return undefined
      const open = await this.#openRun(was)
      const decided = decide(schedule, was, { since: this.#since, now, open })
      leftOut = decided.leftOut
      return decided.state
    })
    for (const { at, why } of leftOut) {
      this.#options.log('info', `${named(schedule)} leaves out the time ${shown(at)}: ${why}`)
    }
  }

  /** F3 */
  async #begin(known: Known, now: number): Promise<number> {
    const { schedule } = known
    const { schedules } = this.#options
    const isInTurn = schedule.overlap !== 'allow'
    let nextAt = Number.POSITIVE_INFINITY
    const active = await schedules.active(schedule)
    if (!active) {
      this.#isStale = true
      return nextAt
    }
    known.state = active
    for (let i = 0; i < known.state.waiting.length && !this.#end.signal.aborted; ) {
      const due = known.state.waiting[i] as DueRun // counted
      const beginsAt = due.at + delayOf(schedule, due)
      if (beginsAt > now) {
        nextAt = Math.min(nextAt, beginsAt)
        if (isInTurn) break
        i++
        continue
      }
      const open = isInTurn ? await this.#openRun(known.state) : undefined
      if (open !== undefined) {
        this.#wakeAtEnd(open)
        break
      }
      await this.#beginOne(known, due)
    }
    return nextAt
  }

  /** F1 */
  async #beginOne(known: Known, due: DueRun): Promise<void> {
    const { schedule } = known
    const { fire, log } = this.#options
    let begun: string | undefined
    let problem: ScheduleState['problem']
    try {
      begun = await fire(schedule, due)
    } catch (thrown) {
      if (!FlowError.is(thrown) || isAway(thrown)) throw thrown
      const { code, message } = thrown
      problem = { at: due.at, code, message }
      log('error', `${named(schedule)} cannot begin its run of ${shown(due.at)}: ${message}`)
    }
    await this.#change(known, async ({ problem: _, ...was }) => {
      const waiting = was.waiting.filter(({ at, id }) => at !== due.at || id !== due.id)
      if (begun === undefined) return { ...was, waiting, ...(problem ? { problem } : {}) }
      const open = schedule.overlap === 'allow' ? [] : await this.#openRuns(was)
      return { ...was, waiting, runs: [...open.filter((run) => run !== begun), begun] }
    })
  }

  async #change(known: Known, change: Parameters<Schedules['change']>[1]): Promise<void> {
    const { schedules } = this.#options
    const state = await schedules.change(known.schedule.id, change)
    // It was removed: the next list is without it.
    known.state = state ?? { ...known.state, waiting: [], isAway: true }
    if (!state) this.#isStale = true
  }

  async #openRun(state: ScheduleState): Promise<string | undefined> {
    return (await this.#openRuns(state))[0]
  }

  async #openRuns({ runs }: ScheduleState): Promise<string[]> {
    const { store } = this.#options
    const rows = await Promise.all(runs.map((run) => store.runs.get(run)))
    return runs.filter((_, i) => {
      const row = rows[i]
      return row !== undefined && !isEnded(row.status)
    })
  }

  #wakeAtEnd(run: string): void {
    if (this.#followed.has(run)) return
    this.#followed.add(run)
    // Whatever has kept it from being followed: all schedules are looked at now and then.
    void this.#endOf(run).then(
      () => this.wake(),
      () => {},
    )
  }

  async #endOf(run: string): Promise<void> {
    try {
      const { ended } = await this.#options.engine.follow(run, { signal: this.#end.signal })
      await ended
    } finally {
      this.#followed.delete(run)
    }
  }
}

// ---

const MOST_WAIT_MS = 30_000
const AGAIN_MS = 5_000
/** A store writes what comes together in one go. */
const AT_ONCE = 50

interface Known {
  readonly schedule: Schedule
  state: ScheduleState
}

function named({ id, flow }: Schedule): string {
  return `schedule ${id} of the flow "${flow}"`
}

function shown(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
