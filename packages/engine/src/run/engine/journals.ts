// Has the journals of runs driven: new ones, and those that are in the store. One driver here for each.

import type { Clock } from '../../clock.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId } from '../../journal/events.ts'
import type { MaybePromise } from '../../json.ts'
import type { Plan } from '../../plan/plan.ts'
import type { JournalRow, Store, Wake } from '../../store/store.ts'
import { signalsIn } from '../calls/signals.ts'
import { Driver } from '../driver/driver.ts'
import type { CallServices } from '../in-flight/attempt.ts'
import type { LinkedPlan } from '../link.ts'
import type { RedactorOf } from './call-services.ts'
import type { LocalRun } from './local-run.ts'
import type { LocalRuns } from './local-runs.ts'

export interface JournalsTools {
  readonly store: Store
  readonly runs: LocalRuns
  readonly link: (plan: Plan) => MaybePromise<LinkedPlan>
  readonly services: (redactorOf: RedactorOf) => CallServices
  readonly warn: (message: string) => void
  /** Somebody takes a journal up again when what it waits for has come. */
  readonly mayPutDown: () => boolean
  readonly clock: Clock
  readonly random: () => number
}

export class Journals {
  readonly #tools: JournalsTools
  /** Journals that are being read, to be driven. */
  readonly #taking = new Set<JournalId>()
  #isClosing = false

  constructor(tools: JournalsTools) {
    this.#tools = tools
  }

  /** Takes up nothing more. */
  close(): void {
    this.#isClosing = true
  }

  /** Drives a new journal; resolves when it is written. */
  async start(run: LocalRun, journal: JournalId, preamble: readonly JournalEntry[]): Promise<void> {
    const [first] = preamble
    if (first?.type !== 'created') return
    run.open(journal)
    const driver = this.#driver(run, journal, first.from, first.inputs, preamble, [])
    void this.#follow(run, journal, driver)
    await driver.accepted
  }

  /** Drives these journals of a run, which are in the store. */
  resume(run: LocalRun, journals: readonly JournalId[]): void {
    // All are known to be open before the first can end.
    for (const journal of journals) run.open(journal)
    for (const journal of journals) void this.drive(journal)
  }

  /** Drives a journal that is in the store. Resolves when nothing is left to do: when to drive it again, if ever. */
  async drive(journal: JournalId): Promise<Wake | null> {
    // Asked twice at once, by a wake and a resume: the second finds it taken.
    if (this.#taking.has(journal)) return null
    this.#taking.add(journal)
    const taken = await this.#take(journal).finally(() => this.#taking.delete(journal))
    return taken ? this.#follow(taken.run, journal, taken.driver) : null
  }

  async #take(journal: JournalId): Promise<{ run: LocalRun; driver: Driver } | undefined> {
    const { store, runs, warn } = this.#tools
    const id = journal.slice(0, journal.lastIndexOf('/'))
    try {
      const run = runs.get(id) ?? (await runs.load(id, true))
      if (run.isDriven(journal) || this.#isClosing) return undefined
      // From here on the run is known to have work here, and is not forgotten.
      run.open(journal)
      const rows = await store.read(journal)
      // What woke it may be a signal that the watch has not told of yet.
      const head = journal.endsWith('/0') ? rows : await store.read(`${id}/0`)
      for (const row of head) run.signalled(row.seq, signalsIn(row))
      const [first] = rows[0]?.entries ?? []
      if (first?.type !== 'created') throw new FlowError('INTERNAL', `journal ${journal} does not begin with its items`)
      return { run, driver: this.#driver(run, journal, first.from, first.inputs, [], rows) }
    } catch (error) {
      // One run that cannot be read must not keep the others from going on, nor whoever waits for it.
      warn(`run ${id} is set aside: ${error instanceof Error ? error.message : String(error)}`)
      const run = runs.get(id)
      run?.fail(error)
      run?.close(journal)
      return undefined
    }
  }

  #driver(
    run: LocalRun,
    journal: JournalId,
    from: number,
    inputs: readonly unknown[],
    preamble: readonly JournalEntry[],
    rows: readonly JournalRow[],
  ): Driver {
    const { store, link, services, mayPutDown, clock, random } = this.#tools
    const driver: Driver = new Driver({
      journal,
      driver: store.driver ?? 'engine',
      plan: run.plan,
      facts: run.facts,
      from,
      inputs,
      gate: run.gate,
      append: ({ journal, after, entries }) => store.append({ journal, after, entries, atWork: driver.atWork }),
      read: (start) => store.read(journal, start),
      preamble,
      rows,
      isDurable: store.durable,
      isRecording: store.keepsSteps,
      mayPutDown,
      services: services((inputs) => run.redactorOf(inputs)),
      link,
      cached: (key, now) => store.runs.cached(key, now),
      redactError: (sources, error) => run.redactError(sources, error),
      redactReason: (sources, reason) => run.redactReason(sources, reason),
      redact: (plan, input, outcome, item) => run.redact(plan, input, outcome, item),
      onIdle: () => run.idled(),
      clock,
      random,
      onBug: (error) => run.fail(error),
    })
    run.drives(journal, driver)
    return driver
  }

  /** Waits for a driver; a journal that it put down goes back to the store. */
  async #follow(run: LocalRun, journal: JournalId, driver: Driver): Promise<Wake | null> {
    const { store, runs } = this.#tools
    const wake = await driver.done
    if (!wake) {
      runs.close(run, journal)
      return null
    }
    // A run that takes nothing more does not wait for what is put down: it is left as it is.
    if (run.isClosed) run.close(journal)
    else run.putDown(journal)
    await store.putDown?.(wake)
    if (driver.isLost) await runs.closeIfDone(run, journal)
    return wake
  }
}
