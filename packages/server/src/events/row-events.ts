// Rows of a store -> what happened in them, and how the runs stand after them. Read in order; of each journal it knows how it
// stood before.

import {
  type Cursor,
  foldItems,
  type ItemFold,
  type JournalId,
  type JournalRow,
  type RunId,
  runOfJournal,
  type Store,
  type WrittenLine,
  type WrittenRows,
} from '@stepflow/engine'
import {
  itemsBefore,
  logLine,
  type RecordedRun,
  type RunReader,
  summaryOf,
  type WaitChange,
  type WaitFold,
} from '@stepflow/host/history'
import { waitId } from '../runs/decide.ts'
import { openIfThere } from '../runs/open-if-there.ts'
import { Chunk, type HappenedRow, type Happening, type StandingRun, type Topic } from './chunk.ts'
import { withoutValues } from './without-values.ts'

export interface RowEventsOptions {
  readonly store: Store
  readonly runs: RunReader
}

/** To read what a run was begun with takes its journal: of the latest few it is held. */
const RUNS_AT_HAND = 16
/** Of so many journals it is held how they stand; of others it is read again. */
const JOURNALS_AT_HAND = 1_000

export class RowEvents {
  readonly #options: RowEventsOptions
  /** The latest few. */
  readonly #recorded = new Map<RunId, RecordedRun>()
  readonly #items = new Map<JournalId, ItemsOf>()
  readonly #waits = new Map<JournalId, WaitFold>()
  /** For the next chunk. */
  readonly #happened: HappenedRow[] = []
  readonly #touched = new Map<RunId, Set<JournalId>>()

  constructor(options: RowEventsOptions) {
    this.#options = options
  }

  /** `topics`: those that somebody wants. */
  async read(rows: WrittenRows['rows'], start: Cursor, topics: ReadonlySet<Topic>): Promise<Chunk> {
    await this.see(rows, topics)
    return this.chunk(start)
  }

  /** Some rows, which come into the next chunk. */
  async see(rows: WrittenRows['rows'], topics: ReadonlySet<Topic>): Promise<void> {
    for (const one of rows) {
      const happenings: Happening[] = []
      if ('row' in one) {
        const run = runOfJournal(one.row.journal)
        const journals = this.#touched.get(run) ?? new Set()
        this.#touched.set(run, journals.add(one.row.journal))
        await this.#see(run, one.row, topics, happenings)
      } else await this.#seeLine(one, happenings)
      this.#happened.push({ cursor: one.cursor, happenings })
    }
  }

  /** What was seen since the last one. */
  async chunk(start: Cursor): Promise<Chunk> {
    const rows = this.#happened.splice(0)
    const touched = new Map(this.#touched)
    this.#touched.clear()
    return new Chunk({ start, rows, end: rows.at(-1)?.cursor ?? start, standing: await this.#standing(touched) })
  }

  /** How a run stands now. */
  async standing(run: RunId): Promise<ReadonlyMap<RunId, StandingRun>> {
    return this.#standing(new Map([[run, new Set()]]))
  }

  async #see(run: RunId, row: JournalRow, topics: ReadonlySet<Topic>, happenings: Happening[]): Promise<void> {
    if (topics.has('items')) await this.#seeItems(row)
    if (topics.has('wait')) await this.#seeWaits(run, row, happenings)
    if (!topics.has('entries')) return
    const recorded = await this.#recordedOf(run)
    if (!recorded) return
    const { journal, seq } = row
    // Without values from here on: many rows may wait for the next chunk.
    const entries = (await recorded.shownRow(row)).map(withoutValues)
    const whole = { journal, seq, entries }
    const data = (item: number | undefined) => {
      if (item === undefined) return whole
      const own = entries.filter((entry) => isOfItem(entry, item))
      return own.length > 0 ? { journal, seq, entries: own } : undefined
    }
    if (entries.length > 0) happenings.push({ topic: 'entries', run, data })
  }

  async #seeLine({ run, line }: WrittenLine, happenings: Happening[]): Promise<void> {
    const recorded = await this.#recordedOf(run)
    if (!recorded) return
    if (!this.#touched.has(run)) this.#touched.set(run, new Set())
    const shown = { runId: run, ...logLine(recorded.shownLine(line)) }
    const data = (item: number | undefined) => (item === undefined || line.item === item ? shown : undefined)
    happenings.push({ topic: 'log', run, data })
  }

  // --- items

  async #seeItems({ journal, seq, entries }: JournalRow): Promise<void> {
    const known = this.#items.get(journal)
    if (known) return known.fold.see(entries)
    const [first] = entries
    const isFirst = seq === 0 && first?.type === 'created'
    const before = isFirst
      ? { first: first.from, fold: foldItems(first.from, first.inputs.length) }
      : await itemsBefore(this.#options.store, journal, seq)
    if (!before) return
    const bytes = before.fold.bytes()
    before.fold.see(entries)
    keep(this.#items, journal, { ...before, bytes }, JOURNALS_AT_HAND)
  }

  #changesOf(journals: ReadonlySet<JournalId>): [number, number][] {
    const changes: [number, number][] = []
    for (const journal of journals) {
      const known = this.#items.get(journal)
      if (!known) continue
      const after = known.fold.bytes()
      for (let place = 0; place < after.length; place++) {
        if (after[place] !== known.bytes[place]) changes.push([known.first + place, after[place] as number])
      }
      known.bytes = after
    }
    return changes
  }

  // --- waits

  async #seeWaits(run: RunId, row: JournalRow, happenings: Happening[]): Promise<void> {
    const fold = this.#waits.get(row.journal) ?? (await this.#waitsBefore(run, row))
    if (!fold?.concerns(row.entries)) return
    const recorded = await this.#recordedOf(run)
    if (!recorded) return
    for (const change of fold.see(await recorded.shownRow(row))) {
      const shown = waitShape(recorded, change)
      const { item: own } = change.wait
      happenings.push({ topic: 'wait', run, data: (item) => (item === undefined || own === item ? shown : undefined) })
    }
  }

  async #waitsBefore(run: RunId, { journal, seq }: JournalRow): Promise<WaitFold | undefined> {
    const fold = await (await this.#recordedOf(run))?.waitsBefore(journal, seq)
    if (fold) keep(this.#waits, journal, fold, JOURNALS_AT_HAND)
    return fold
  }

  // --- runs

  async #standing(touched: ReadonlyMap<RunId, ReadonlySet<JournalId>>): Promise<ReadonlyMap<RunId, StandingRun>> {
    const standing = new Map<RunId, StandingRun>()
    for (const [run, journals] of touched) {
      const recorded = await this.#recordedOf(run)
      const row = await recorded?.now()
      if (!recorded || !row) continue
      const summary = summaryOf(row, await recorded.waiting(row))
      standing.set(run, { row, summary, items: this.#changesOf(journals) })
    }
    return standing
  }

  /** Undefined if it was removed. */
  async #recordedOf(run: RunId): Promise<RecordedRun | undefined> {
    const known = this.#recorded.get(run)
    if (known) return known
    const found = await openIfThere(this.#options.runs, run)
    if (found) keep(this.#recorded, run, found, RUNS_AT_HAND)
    return found
  }
}

// ---

interface ItemsOf {
  readonly first: number
  readonly fold: ItemFold
  /** As they were told of last. */
  bytes: Uint8Array
}

/** In the place of the one that has been there for longest, if there are many. */
function keep<T>(all: Map<string, T>, key: string, value: T, most: number): void {
  for (const oldest of all.keys()) {
    if (all.size < most) break
    all.delete(oldest)
  }
  all.set(key, value)
}

function waitShape({ row: { id, flow } }: RecordedRun, { wait, at, end }: WaitChange): object {
  const { path, since, expiresAt, ...rest } = wait
  return {
    id: waitId(id, path),
    runId: id,
    ...(flow === undefined ? {} : { flowName: flow }),
    ...rest,
    since: new Date(since).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    ...(end === 'decided' ? { decided: { at: new Date(at).toISOString() } } : end === undefined ? {} : { [end]: true }),
  }
}

function isOfItem(entry: object, item: number): boolean {
  const { type, sub, item: own, to } = entry as Partial<Record<'type' | 'sub', string> & Record<'item' | 'to', number>>
  if (own === undefined) return type !== 'signalled'
  if (sub !== undefined) return Number.parseInt(sub, 10) === item
  return own === item || (to !== undefined && item >= own && item <= to)
}
