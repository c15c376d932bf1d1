// Has the journals of runs driven: new ones, and those that are in the store. Each has one driver here; what this process
// leaves goes back to the store.

import type { Clock } from '../../clock.ts'
import { type ErrorValue, errorValue, FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId, RunId } from '../../journal/events.ts'
import { runOfJournal } from '../../journal/journal-name.ts'
import type { MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import { isAway, type Patience } from '../../store/patience.ts'
import type { JournalRow, Store, Wake } from '../../store/store.ts'
import { signalsIn } from '../calls/signals.ts'
import { Driver } from '../driver/driver.ts'
import { newMark } from '../driver/journal-writer.ts'
import type { DriverEnd, DriverTools } from '../in-flight/drive.ts'
import type { LinkedPlan } from '../link.ts'
import { failed } from '../outcome.ts'
import { LARGEST_SHARD_ITEMS, OPEN_SHARDS, WAITING_ITEMS } from './intake.ts'
import { JournalHere } from './journal-here.ts'
import type { LocalRun } from './local-run.ts'
import type { LocalRuns } from './local-runs.ts'
import type { LogKeeper } from './log-keeper.ts'
import { Resting } from './resting.ts'
import type { Returns } from './returns.ts'
import { UnservedRuns } from './unserved-runs.ts'

export interface JournalsTools {
  readonly store: Store
  readonly patience: Patience
  readonly runs: LocalRuns
  readonly returns: Returns
  readonly link: (plan: Plan) => MaybePromise<LinkedPlan>
  readonly logs: LogKeeper
  readonly warn: (message: string) => void
  /** Somebody takes a journal up again when what it waits for has come. */
  readonly mayPutDown: () => boolean
  /** The run's inputs are being read here. */
  readonly isTakingIn: (run: RunId) => boolean
  /** Of a run whose inputs are in shards, where several processes work on the store; see `SpreadRuns`. */
  readonly tendHead: (run: RunId, rows: readonly JournalRow[]) => Promise<Wake | undefined>
  readonly clock: Clock
  readonly random: () => number
}

/** A journal that cannot be taken up here, now, is offered again after so long; milliseconds. */
const OFFER_AGAIN_MS = 10_000

export class Journals {
  readonly #tools: JournalsTools
  /** Journals that are being read, to be driven. */
  readonly #taking = new Set<JournalId>()
  readonly #driverTools: DriverTools
  readonly #resting = new Resting<Driver>()
  /** How much is done for journals until they are over, or back in the store; and who waits for the end of that. */
  #followed = 0
  #onLeft: (() => void)[] = []
  /** Journals that the store has given us while a driver here had them, or was about to begin them. */
  readonly #offered = new Set<JournalId>()
  readonly #unserved = new UnservedRuns(OFFER_AGAIN_MS / 2)
  /** Journals that are driven here, and those among them that began here. */
  #driven = 0
  #begun = 0
  #isClosing = false

  constructor(tools: JournalsTools) {
    this.#tools = tools
    const { store, logs, patience, mayPutDown, link, clock, random } = tools
    this.#driverTools = {
      driver: store.driver ?? 'engine',
      node: store.node,
      isDurable: store.durable,
      append: (run, batch) => logs.append(run, batch),
      heldUp: (run, since, failure) => logs.heldUp(run, since, failure),
      read: (journal, from) => store.read(journal, from),
      cached: (key, now) => patience.ask(() => store.runs.cached(key, now)),
      ...{ mayPutDown, link, clock, random, patience },
    }
  }

  /** Others work on the store, too: what begins here and is not driven here is driven by whoever has room. */
  get isShared(): boolean {
    return this.#tools.store.capacity !== undefined && this.#tools.mayPutDown()
  }

  /** One more may begin here. */
  get hasRoom(): boolean {
    return this.#driven < (this.#tools.store.capacity ?? Number.POSITIVE_INFINITY)
  }

  /** Journals that began here and are driven here: the store does not know how many they are. */
  get begun(): number {
    return this.#begun
  }

  /** Takes up nothing more. */
  close(): void {
    this.#isClosing = true
  }

  /** Resolves when no journal is driven here any more, and each that was left is back in the store. */
  async left(): Promise<void> {
    while (this.#followed > 0) await new Promise<void>((resolve) => this.#onLeft.push(resolve))
  }

  /** Drives a new journal; resolves when it is written. */
  start(run: LocalRun, journal: JournalId, preamble: readonly JournalEntry[]): Promise<void> {
    const [first] = preamble
    if (first?.type !== 'created') return Promise.resolve()
    if (this.#isClosing)
      return Promise.reject(new FlowError('RESOURCE_UNAVAILABLE', 'the engine was closed', { retryable: false }))
    run.open(journal)
    this.#begun++
    this.#followed++
    return new Promise((resolve, reject) => {
      const here = new JournalHere(run, journal, first, preamble, NO_ROWS, undefined, this.#ended, this.#left)
      here.heard = { resolve, reject }
      this.#drive(here)
    })
  }

  /** Drives these journals of a run, which are in the store: as many at a time as an intake does. */
  resume(run: LocalRun, journals: readonly JournalId[]): void {
    // All are known to be open before the first can end.
    for (const journal of journals) run.open(journal)
    this.#keep(this.#driveInTurn(run, journals))
  }

  async #driveInTurn(run: LocalRun, journals: readonly JournalId[]): Promise<void> {
    const { clock, runs, returns } = this.#tools
    for (const journal of journals) {
      await run.shardRoom(OPEN_SHARDS, WAITING_ITEMS / LARGEST_SHARD_ITEMS)
      // It may have been woken, or closed with the run.
      if (!run.isLeft(journal)) continue
      if (this.#isClosing) {
        runs.close(run, journal)
        await returns.handBack({ journal, at: clock.now() })
      } else void this.#keep(this.#goOn(await this.#takeOnce(journal)))
    }
  }

  /**
   * Drives a journal that is in the store; `place`: among those of its run that are driven at once. Resolves when nothing is left
   * to do here: when to drive it again, if ever. Never rejects.
   */
  drive(journal: JournalId, place?: number): Promise<Wake | null> {
    return this.#keep(this.#takeUp(journal, place))
  }

  async #takeUp(journal: JournalId, place: number | undefined): Promise<Wake | null> {
    return this.#goOn(await this.#takeOnce(journal, place))
  }

  async #takeOnce(journal: JournalId, place?: number): Promise<Taken | undefined> {
    // Asked twice at once, by a wake and a resume: the second finds it taken.
    if (this.#taking.has(journal)) return undefined
    this.#taking.add(journal)
    return this.#take(journal, place).finally(() => this.#taking.delete(journal))
  }

  async #goOn(taken: Taken | undefined): Promise<Wake | null> {
    if (taken === undefined) return null
    if ('over' in taken) return taken.over
    await this.#tools.returns.handBack(taken)
    return taken
  }

  /** When it is over; or when somebody is to try again; nothing if there is one already, or the journal cannot be read. */
  async #take(journal: JournalId, place: number | undefined): Promise<Taken | undefined> {
    const { store, patience, runs, returns, clock } = this.#tools
    const id = runOfJournal(journal)
    // Whether it was given to us before it was given back, or after, the store does not say: it is to give it again.
    const returning = returns.of(journal)
    if (returning) {
      await returning
      return { journal, at: clock.now() }
    }
    try {
      const known = runs.get(id)
      const run = known ?? (await runs.load(id, true))
      if (run.isDriven(journal)) {
        this.#offered.add(journal)
        return undefined
      }
      // Whoever asks for a run by its id wants it driven here; what the store offers may be for another process.
      if (!known && run.plan.lacks) throw run.plan.lacks
      if (this.#isClosing) return { journal, at: clock.now() }
      // From here on the run is known to have work here, and is not forgotten.
      run.open(journal)
      if (run.cancelled && (await this.#endUnbegun(run, journal, run.cancelled))) return undefined
      const rows = await patience.ask(() => store.read(journal))
      // Its first row was refused, and it was given back all the same, in case that it had been written.
      if (rows.length === 0) return void runs.close(run, journal)
      // What woke it may be a signal that the watch has not told of yet.
      const head = journal.endsWith('/0') ? rows : await patience.ask(() => store.read(`${id}/0`, run.headRows))
      for (const row of head) run.signalled(row.seq, signalsIn(row))
      const [first] = rows[0]?.entries ?? []
      if (first?.type !== 'created') throw new FlowError('INTERNAL', `journal ${journal} does not begin with its items`)
      if (this.#isClosing) return this.#offer(journal, id, clock.now())
      // Of a run whose inputs are in shards: there is nothing to drive, and who takes inputs in holds it.
      if (first.inputs.length === 0) return await this.#leaveHead(run, journal, rows)
      const over = new Promise<Wake | null>((resolve) => {
        const left = (wake: Wake | null) => resolve(wake)
        this.#drive(new JournalHere(run, journal, first, NO_ENTRIES, rows, place, this.#ended, left))
      })
      return { over }
    } catch (error) {
      return this.#notTaken(journal, id, error)
    }
  }

  /** Of a cancelled run: ends a shard that nobody has begun, by one row and without reading it. False if it was begun. */
  async #endUnbegun(run: LocalRun, journal: JournalId, error: ErrorValue): Promise<boolean> {
    const { store, patience, runs, clock, random } = this.#tools
    const shard = await patience.ask(() => store.runs.shard(journal))
    if (shard?.rows !== 1 || shard.done > 0 || shard.items === 0) return false
    const [item, to] = [shard.first, shard.first + shard.items - 1]
    const at = clock.now()
    // A row of ours begins with a claim: whoever began the shard, and wonders whether its next row is there, must see that
    // this one is not his.
    const claim: JournalEntry = { type: 'claimed', at, driver: store.driver ?? 'engine', mark: newMark(random) }
    const end: JournalEntry = { type: 'finished', at, item, to, outcome: failed(error) }
    try {
      await patience.ask(() => store.append({ journal, after: 1, entries: [claim, end] }))
    } catch (thrown) {
      if (FlowError.is(thrown) && thrown.code === 'CONFLICT') return false
      throw thrown
    }
    runs.close(run, journal)
    return true
  }

  /** One run that cannot be read must not keep the others from going on, nor whoever waits for it. */
  async #notTaken(journal: JournalId, id: string, error: unknown): Promise<Wake | undefined> {
    const { store, runs, clock, mayPutDown } = this.#tools
    const run = runs.get(id)
    const lacks = FlowError.is(error) && error.code === 'COMPONENT_NOT_FOUND'
    const isForOthers = isAway(error) || lacks
    if (isForOthers && mayPutDown()) {
      const why = errorValue(error).message
      const said = lacks
        ? this.#unserved.say(id, why, clock.now(), this.isShared)
        : `run ${id} is left to others: ${why}`
      if (said !== undefined) this.#warnOf(id, said)
      if (lacks && this.isShared) return { ...this.#offer(journal, id, clock.now()), forOthers: true }
      return this.#offer(journal, id, clock.now() + OFFER_AGAIN_MS)
    }
    // A run whose first row was refused is no run.
    if (!run && !isForOthers && (await isUnknown(store, id))) return undefined
    this.#warnOf(id, `run ${id} is ${isForOthers ? 'left to others' : 'set aside'}: ${errorValue(error).message}`)
    run?.fail(error)
    run?.close(journal)
    return isForOthers ? { journal, at: clock.now() } : undefined
  }

  /** In the run's own log, too. */
  #warnOf(run: RunId, message: string): void {
    const { store, warn, logs } = this.#tools
    warn(message)
    if (store.keepsSteps) logs.keep(run, 'warning', message, undefined)
  }

  async #leaveHead(run: LocalRun, journal: JournalId, rows: readonly JournalRow[]): Promise<Wake | undefined> {
    const { runs, isTakingIn, tendHead } = this.#tools
    try {
      if (isTakingIn(run.id)) return undefined
      return this.isShared ? await tendHead(run.id, rows) : { journal, at: Number.POSITIVE_INFINITY }
    } finally {
      runs.close(run, journal)
    }
  }

  /** The journal stays open, if its run is known here; whoever takes it up, this process too, is heard of. */
  #offer(journal: JournalId, id: string, at: number): Wake {
    const run = this.#tools.runs.get(id)
    if (run && (this.#isClosing || run.isClosed || run.handles === 0)) this.#tools.runs.close(run, journal)
    else run?.putDown(journal)
    return { journal, at }
  }

  #drive(here: JournalHere): void {
    const { run, journal, rows, from, inputs } = here
    this.#driven++
    // Without records of steps a run may be watched, or not.
    const isLone = rows.length === 0 && from === 0 && inputs.length === 1 && this.#tools.store.keepsSteps
    const resting = isLone ? this.#resting.take(run.plan) : undefined
    resting?.reuse(here)
    const driver = resting ?? new Driver(this.#driverTools, here)
    here.driver = driver
    run.drives(journal, driver)
  }

  /** A journal that began here has ended, or is back in the store. */
  readonly #left = (): void => {
    this.#begun--
    this.#unfollow()
  }

  /** A driver has ended. */
  readonly #ended = (here: JournalHere, end: DriverEnd): void => {
    this.#driven--
    if (end.how !== 'done') {
      void this.#leave(here, end).then((wake) => here.left(wake))
      return
    }
    const { run, journal, driver } = here
    this.#offered.delete(journal)
    if (driver && end.canReuse && this.#tools.store.keepsSteps) this.#resting.put(run.plan, driver)
    this.#tools.runs.close(run, journal)
    here.left(null)
  }

  /** A journal that its driver leaves goes back to the store. */
  async #leave(here: JournalHere, end: Exclude<DriverEnd, { readonly how: 'done' }>): Promise<Wake | null> {
    const { run, journal, driver } = here
    const { runs, returns, mayPutDown } = this.#tools
    // Whoever had it leave goes on first.
    await Promise.resolve()
    const wasOffered = this.#offered.delete(journal)
    switch (end.how) {
      case 'refused':
        runs.close(run, journal)
        // It is somebody else's, unless the store has given it to us meanwhile.
        if (!wasOffered) return null
        break
      case 'failed':
        runs.close(run, journal)
        return null
      case 'left':
        runs.close(run, journal)
        break
      case 'away':
        this.#warnOf(
          run.id,
          `run ${run.id} waits for the store no longer: it goes on with whoever takes it up when the store is back`,
        )
        // Where nobody takes it up again by himself, whoever waits for the run is told; who wanted a new one is, anyway.
        if (!mayPutDown() && !end.isNew) run.fail(end.error)
        if (mayPutDown() && !end.isNew && !run.isClosed) run.putDown(journal)
        else runs.close(run, journal)
        break
      case 'waits':
      case 'lost':
        // A run that takes nothing more does not wait for what is put down: it is left as it is.
        if (run.isClosed) run.close(journal)
        // Nobody here waits for it, and whoever drives it next is anybody.
        else if (run.handles === 0 && this.isShared) runs.close(run, journal)
        else run.putDown(journal)
    }
    await driver?.written()
    await returns.handBack(end.wake)
    // Its last row may be there, by us or by another, and nobody would hear of it again.
    if (end.how === 'lost' || end.how === 'away') await runs.closeIfDone(run, journal)
    return end.wake
  }

  #keep<T>(following: Promise<T>): Promise<T> {
    this.#followed++
    const over = () => this.#unfollow()
    following.then(over, over)
    return following
  }

  #unfollow(): void {
    if (--this.#followed > 0 || this.#onLeft.length === 0) return
    for (const left of this.#onLeft.splice(0)) left()
  }
}

// ---

const NO_ROWS: readonly JournalRow[] = []
const NO_ENTRIES: readonly JournalEntry[] = []

/** It is driven here until this resolves; or when somebody is to try again. */
type Taken = { readonly over: Promise<Wake | null> } | Wake

async function isUnknown(store: Store, id: string): Promise<boolean> {
  try {
    return (await store.runs.get(id)) === undefined
  } catch {
    return false // it was found to be unreadable before
  }
}
