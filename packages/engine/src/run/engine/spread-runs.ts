// Runs on a store on which several processes work: written here, and driven by whoever has room. Drives nothing.
//
// D1  A shard is a row and a wake, written together: from then on it is anybody's.
// D2  The run's own journal is in the hand of whoever takes its inputs in. If he is gone, the store gives it to another, who
//     writes down that the input broke off, and ends the run when nobody has brought the rest in time.
// D3  Of two who take inputs in for one run, the shard's number decides: the second finds it taken, and stops. Who was away
//     while somebody ended the input finds it sealed, and stops.
// D4  Who was taken for gone, and is not, writes down that he has the intake still.

import type { Clock } from '../../clock.ts'
import type { FollowedRun, Inputs, PlanEngineOptions, RunHandle } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, JournalId, RunId, RunOptions } from '../../journal/events.ts'
import { isEnded } from '../../journal/project.ts'
import { isAway, type Patience } from '../../store/patience.ts'
import type { Batch, JournalRow, Store, Wake } from '../../store/store.ts'
import { newMark } from '../driver/journal-writer.ts'
import { takeIn } from './intake.ts'
import type { Returns } from './returns.ts'
import { shareOf } from './share.ts'
import { GONE, SpreadIntake } from './spread-intake.ts'

export interface SpreadRunsTools {
  readonly store: Store
  readonly patience: Patience
  readonly clock: Clock
  readonly random: () => number
  readonly leftInputs: PlanEngineOptions['leftInputs']
  readonly follow: (run: RunId, signal: AbortSignal) => FollowedRun
  readonly returns: Returns
}

export interface SpreadInputs {
  /** Of the run. */
  readonly options: RunOptions | undefined
  readonly inputs: Inputs
  /** What is there already. */
  readonly taken: { readonly items: number; readonly shards: number }
  readonly onBroken: 'fail' | 'keep'
}

const LOOK_AGAIN_MS = 1_000
/** How far an intake is ahead of those who drive, in items; then it waits for them. */
const MOST_AHEAD = 32_768

export class SpreadRuns {
  readonly #tools: SpreadRunsTools
  readonly #intakes = new Map<RunId, SpreadIntake>()
  readonly #underWay = new Set<Promise<unknown>>()
  #isLeaving = false

  constructor(tools: SpreadRunsTools) {
    this.#tools = tools
  }

  /** A run of few items, in one row. */
  async begin(id: RunId, entries: readonly JournalEntry[]): Promise<void> {
    await this.#append({ journal: `${id}/0`, entries })
  }

  /** Takes up the intake of a run: others see that we have it. */
  async claimIntake(id: RunId): Promise<void> {
    await this.#tools.store.append({ journal: `${id}/0`, ifOpen: true, entries: [this.#claim()] })
  }

  isTakingIn(id: RunId): boolean {
    return this.#intakes.has(id)
  }

  /** Something of a run is in our hand until that is over: who goes waits for it. */
  keep<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work)
    const over = () => void this.#underWay.delete(work)
    work.then(over, over)
    return work
  }

  /** Writes inputs as shards. */
  async takeIn(id: RunId, { options, inputs, taken, onBroken }: SpreadInputs): Promise<'whole' | 'broken'> {
    const { store, patience, clock } = this.#tools
    // What keeps it from that keeps it from writing on, too.
    const onMissed = () => void this.keep(this.#claimAgain(id)).catch(() => {})
    const intake = new SpreadIntake(id, shareOf(options?.maxConcurrent), { store, clock, onMissed })
    this.#intakes.set(id, intake)
    if (this.#isLeaving) intake.leave()
    let end: 'whole' | 'broken' | undefined
    let isTakenOver = false
    const open = (journal: JournalId, entries: readonly JournalEntry[]) => this.#open(journal, entries)
    try {
      end = await takeIn(intake, inputs, taken, onBroken, {
        ...{ store, patience, clock },
        room: () => intake.room(MOST_AHEAD),
        async open(journal, entries) {
          intake.writes(entries)
          await open(journal, entries)
        },
      })
      return end
    } catch (error) {
      isTakenOver = FlowError.is(error) && error.code === 'CONFLICT'
      throw error
    } finally {
      this.#intakes.delete(id)
      intake.stop()
      if (end !== 'whole' && !isTakenOver)
        await this.#tools.returns.handBack(this.#headWake(id, options, intake.isLeaving))
    }
  }

  /** What a program holds of such a run. */
  handle(id: RunId, intake?: Promise<'whole' | 'broken'>, unwatch: () => void = () => {}): RunHandle {
    const lost = new AbortController()
    const followed = this.#tools.follow(id, lost.signal)
    const end = async () => {
      await intake
      return followed.ended
    }
    // Who reads its results hears as well that its inputs could not be taken in.
    intake?.catch((error) => lost.abort(error))
    const read = async function* <T>(values: AsyncIterable<T>): AsyncGenerator<T> {
      try {
        yield* values
      } catch (error) {
        throw lost.signal.aborted ? lost.signal.reason : error
      }
    }
    const ended = end()
    ended.catch(() => {})
    void ended.then(unwatch, unwatch)
    const takenIn = intake ?? Promise.resolve('whole' as const)
    takenIn.catch(() => {})
    return {
      id,
      ended,
      takenIn,
      results: (order) => read(followed.results(order)),
      batches: (order) => read(followed.batches(order)),
      discardResults: () => {},
      watch: (listener) => followed.watch(listener),
      cancel: (reason) => followed.cancel(reason),
      drain: () => this.#intakes.get(id)?.drain(),
    }
  }

  /**
   * The run's own journal was woken, and has nothing to drive: its inputs were being taken in by somebody who is gone, or the
   * rest has not come. When to look again; nothing if the run takes no more inputs.
   */
  async tendHead(id: RunId, rows: readonly JournalRow[]): Promise<Wake | undefined> {
    const { store, patience, clock, leftInputs } = this.#tools
    const journal = `${id}/0`
    const row = await patience.ask(() => store.runs.get(id))
    if (!row || row.items.total >= 0 || isEnded(row.status)) return undefined
    if (!leftInputs) return { journal, at: Number.POSITIVE_INFINITY }
    const { waitMs, error } = leftInputs(optionsIn(rows))
    const broken = lastBroken(rows)
    const at = clock.now()
    const isOver = waitMs <= 0 || (broken !== undefined && broken + waitMs <= at)
    if (broken !== undefined && !isOver) return { journal, at: broken + waitMs }
    const shards = await patience.ask(() => store.runs.shards(id))
    const items = shards.reduce((sum, shard) => sum + shard.items, 0)
    const entry: JournalEntry = isOver
      ? { type: 'sealed', at, items, error: error(items) }
      : { type: 'broken', at, items, error: GONE }
    try {
      await patience.ask(() => store.append({ journal, after: rows.length, ifOpen: true, entries: [entry] }))
    } catch (thrown) {
      if (!FlowError.is(thrown) || thrown.code !== 'CONFLICT') throw thrown
      // Somebody has written to it: how it stands now is to be read first.
      return { journal, at: at + LOOK_AGAIN_MS }
    }
    return isOver ? undefined : { journal, at: at + waitMs }
  }

  /** The process goes: no more inputs are taken. Resolves when the runs are in the store's hand. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    for (const intake of this.#intakes.values()) intake.leave()
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }

  /** D4. Unless somebody else has taken it up by now, or it has been sealed: our next shard is refused then. */
  async #claimAgain(id: RunId): Promise<void> {
    const { store, patience } = this.#tools
    const journal = `${id}/0`
    while (this.#intakes.has(id)) {
      const rows = await patience.ask(() => store.read(journal))
      if (lastBroken(rows) === undefined) return
      try {
        const batch = { journal, after: rows.length, entries: [this.#claim()] }
        return await patience.ask(() => store.append(batch))
      } catch (error) {
        // Something was written in between, perhaps by us.
        if (!FlowError.is(error) || error.code !== 'CONFLICT') throw error
      }
    }
  }

  #claim(): JournalEntry {
    const { store, clock, random } = this.#tools
    return { type: 'claimed', at: clock.now(), driver: store.driver ?? 'engine', mark: newMark(random) }
  }

  /** One whose answer was lost is known by its time: no other intake has written the same. */
  async #open(journal: JournalId, entries: readonly JournalEntry[]): Promise<void> {
    const { store, patience } = this.#tools
    let isUncertain = false
    await patience.ask(async () => {
      try {
        await this.#append({ journal, entries, ifUnsealed: true })
      } catch (error) {
        isUncertain ||= isAway(error)
        if (!isUncertain || !FlowError.is(error) || error.code !== 'CONFLICT') throw error
        const [first] = (await store.read(journal))[0]?.entries ?? []
        if (first?.type !== 'created' || first.at !== entries[0]?.at) throw error
      }
    })
  }

  /** D1. */
  async #append(batch: Pick<Batch, 'journal' | 'entries' | 'ifUnsealed'>): Promise<void> {
    const { store, clock } = this.#tools
    await store.append({ ...batch, after: 0, wakes: [{ journal: batch.journal, at: clock.now() }] })
  }

  #headWake(id: RunId, options: RunOptions | undefined, isLeaving: boolean): Wake {
    const { clock, leftInputs } = this.#tools
    const journal = `${id}/0`
    if (!leftInputs) return { journal, at: Number.POSITIVE_INFINITY }
    // Who goes leaves it to another to note that.
    return { journal, at: clock.now() + (isLeaving ? 0 : Math.max(0, leftInputs(options).waitMs)) }
  }
}

// ---

function optionsIn(rows: readonly JournalRow[]): RunOptions | undefined {
  const [first] = rows[0]?.entries ?? []
  return first?.type === 'created' ? first.options : undefined
}

/** Since when the inputs are broken off; undefined if somebody has taken them up after that, or they were sealed. */
function lastBroken(rows: readonly JournalRow[]): number | undefined {
  let at: number | undefined
  for (const { entries } of rows) {
    for (const entry of entries) {
      if (entry.type === 'broken') at = entry.at
      else if (entry.type === 'claimed' || entry.type === 'sealed') at = undefined
    }
  }
  return at
}
