// Writes a driver's turns to its journal, one row each, and finds out what it means when that fails: the store is away, or
// somebody else has written there.
//
// J1  A turn is written once, however often its writing is tried: a row of ours whose answer was lost is known by its place.
// J2  Nobody but who has claimed the journal last writes turns, and whoever claims it does so in the first row that he
//     writes; signals and the number of items come in between.

import { FlowError } from '../../errors.ts'
import type { JournalEntry } from '../../journal/events.ts'
import { isPromise, type MaybePromise } from '../../json.ts'
import { isAway, type Outage } from '../../store/patience.ts'
import type { AtWork, JournalRow } from '../../store/store.ts'
import type { DrivenJournal, DriverTools } from '../in-flight/drive.ts'

/** Why a turn could not be written: a new journal is there already, or another drives this one by now. */
export type Conflict = 'is there' | 'is lost'

/** What tells a claim from all others of its journal. */
export function newMark(random: () => number): string {
  return Math.floor(random() * 36 ** 8).toString(36)
}

/** A turn that took so long to be written is worth a word in the run. */
const LONG_MS = 5_000
/** Who begins a run waits for less: it can be refused. */
const ACCEPT_LIMIT_MS = 5_000

export class JournalWriter {
  readonly #tools: DriverTools
  #of: DrivenJournal
  readonly #atWork: () => AtWork
  /** How many rows the journal has: what the next append must find. */
  #after: number
  #writing: Promise<Conflict | undefined> | undefined
  #outage: Outage | undefined
  #isStopped = false

  /** `atWork`: how the journal's items stand. */
  constructor(tools: DriverTools, of: DrivenJournal, atWork: () => AtWork) {
    this.#tools = tools
    this.#of = of
    this.#atWork = atWork
    this.#after = of.rows.length
  }

  /** Writes to another journal from now on, with what was written to the one before behind it. */
  takeUp(of: DrivenJournal): void {
    this.#of = of
    this.#after = of.rows.length
    this.#writing = undefined
  }

  /** One row. Gives nothing, once it is written; or why it is not. Rejects with what a store says that stays away. */
  append(entries: readonly JournalEntry[]): MaybePromise<Conflict | undefined> {
    const { journal, run } = this.#of
    const batch = { journal, after: this.#after, entries, atWork: this.#atWork() }
    try {
      const appended = this.#tools.append(run.facts.id, batch)
      this.#after++
      if (!isPromise(appended)) return undefined
      const since = this.#tools.clock.now()
      this.#writing = appended.then(
        () => this.#written(since, undefined),
        (error) => this.#tryAgain(error, since, batch.after, entries),
      )
    } catch (error) {
      this.#writing = this.#tryAgain(error, this.#tools.clock.now(), batch.after, entries)
    }
    return this.#writing
  }

  /** Resolves when nothing is on its way to the store. */
  async idle(): Promise<void> {
    await this.#writing?.catch(nothing)
  }

  /** A store that is away is waited for no longer. */
  stop(): void {
    this.#isStopped = true
    this.#outage?.stop()
  }

  async #tryAgain(thrown: unknown, since: number, after: number, entries: readonly JournalEntry[]) {
    const conflict = await this.#again(thrown, after, entries)
    return conflict ?? this.#written(since, thrown)
  }

  /** `since`: handed in then. `failure`: what the store said to that. */
  #written(since: number, failure: unknown): undefined {
    if (this.#tools.clock.now() - since >= LONG_MS) this.#tools.heldUp(this.#of.run.facts.id, since, failure)
  }

  async #again(thrown: unknown, after: number, entries: readonly JournalEntry[]): Promise<Conflict | undefined> {
    this.#after = after
    const { patience, append } = this.#tools
    const { journal, run } = this.#of
    const outage = patience.outage(this.#isNew ? Math.min(ACCEPT_LIMIT_MS, patience.limitMs) : patience.limitMs)
    this.#outage = outage
    if (this.#isStopped) outage.stop()
    let failure = thrown
    // Refused, or written though the answer was lost: only the journal can say.
    let isUncertain = isAway(thrown)
    try {
      for (;;) {
        const isConflict = FlowError.is(failure) && failure.code === 'CONFLICT'
        if (this.#isStopped) throw failure
        if (!isConflict && !(isAway(failure) && (await outage.wait(failure)))) throw failure
        try {
          if (isConflict) {
            const found = await this.#readOn(isUncertain, entries)
            if (found === 'ours') return undefined
            if (found !== 'behind') return found
          }
        } catch (error) {
          failure = error
          continue
        }
        try {
          await append(run.facts.id, { journal, after: this.#after, entries, atWork: this.#atWork() })
          this.#after++
          return undefined
        } catch (error) {
          failure = error
          isUncertain ||= isAway(error)
        }
      }
    } finally {
      outage.over()
      this.#outage = undefined
    }
  }

  /** The first row of a journal that was not there before. */
  get #isNew(): boolean {
    return this.#of.rows.length === 0 && this.#after === 0
  }

  /**
   * Somebody has written where we wanted to. Signals come by another way: the turn is written behind them. Anything else
   * ends the driver: another has the journal, or what it wrote before it was gone is to be read first, by a driver that
   * begins anew. `isUncertain`: it may have been us.
   */
  async #readOn(isUncertain: boolean, entries: readonly JournalEntry[]): Promise<Conflict | 'ours' | 'behind'> {
    const tail = await this.#tools.read(this.#of.journal, this.#after)
    let isFound = false
    for (const row of tail) {
      if (row.entries.every(isBeside)) continue
      // Behind our own row, somebody has taken the journal over.
      if (isFound) return 'is lost'
      if (!isUncertain || !this.#isOurs(row, entries)) return this.#isNew ? 'is there' : 'is lost'
      isFound = true
    }
    const last = tail.at(-1)
    // Shorter than it was: what its end is now is to be read first.
    if (last === undefined) return 'is lost'
    this.#after = last.seq + 1
    return isFound ? 'ours' : 'behind'
  }

  /**
   * The row holds these entries, which we may have written. The first turn of each driver holds its claim, and a claim its
   * mark; a row without one, where we have claimed the journal, is ours (J2).
   */
  #isOurs(row: JournalRow, entries: readonly JournalEntry[]): boolean {
    const mark = markOf(entries)
    return markOf(row.entries) === mark && (mark !== undefined || !this.#isNew)
  }
}

// ---

const nothing = () => undefined

/** Does not change where a driver stands. */
function isBeside({ type }: JournalEntry): boolean {
  return type === 'signalled' || type === 'sealed' || type === 'broken'
}

function markOf(entries: readonly JournalEntry[]): string | undefined {
  const claim = entries.find((entry) => entry.type === 'claimed')
  return claim && `${claim.driver} ${claim.mark}`
}
