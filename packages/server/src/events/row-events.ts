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
  type WrittenRow,
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
  /** Those that somebody wants. */
  readonly topics: ReadonlySet<Topic>
}

/** To read what a run was begun with takes its journal: of the latest few it is held. */
const RUNS_AT_HAND = 16
/** Of so many journals it is held how they stand, more than come into one chunk; of others it is read again. */
const JOURNALS_AT_HAND = 2_048
const NOTHING: readonly Happening[] = []

export class RowEvents {
  readonly #options: RowEventsOptions
  /** The latest few. */
  readonly #recorded = new Map<RunId, RecordedRun>()
  readonly #items = new Map<JournalId, ItemsOf>()
  readonly #waits = new Map<JournalId, WaitFold>()
  /** For the next chunk. */
  #happened: HappenedRow[] = []
  #touched = new Map<RunId, Set<JournalId>>()
  #weight = 0

  constructor(options: RowEventsOptions) {
    this.#options = options
  }

  /** Of what waits for the next chunk: its rows, and the entries that are told of. */
  get weight(): number {
    return this.#weight
  }

  async read(rows: WrittenRows['rows'], start: Cursor): Promise<Chunk> {
    await this.see(rows)
    return this.chunk(start)
  }

  /** Some rows, which come into the next chunk. */
  async see(rows: WrittenRows['rows']): Promise<void> {
    for (const one of rows) if (!this.seeNow(one)) await this.#see(one)
  }

  /** One of them. False, and nothing has happened, if something has to be read for it. */
  seeNow(one: WrittenRow | WrittenLine): boolean {
    const { topics } = this.#options
    if (!('row' in one) || topics.has('entries')) return false
    const { row } = one
    const items = topics.has('items') ? this.#itemsAtHand(row) : undefined
    if (topics.has('items') && !items) return false
    const waits = topics.has('wait') ? this.#waits.get(row.journal) : undefined
    if (topics.has('wait') && (!waits || waits.concerns(row.entries))) return false
    items?.fold.see(row.entries)
    this.#hold(one, NOTHING)
    return true
  }

  /** What was seen since the last one. */
  async chunk(start: Cursor): Promise<Chunk> {
    const [rows, touched] = [this.#happened, this.#touched]
    this.#happened = []
    this.#touched = new Map()
    this.#weight = 0
    return new Chunk({ start, rows, end: rows.at(-1)?.cursor ?? start, standing: await this.#standing(touched) })
  }

  /** How a run stands now. */
  async standing(run: RunId): Promise<ReadonlyMap<RunId, StandingRun>> {
    return this.#standing(new Map([[run, new Set()]]))
  }

  async #see(one: WrittenRow | WrittenLine): Promise<void> {
    const happenings: Happening[] = []
    if ('row' in one) await this.#seeRow(one.row, happenings)
    else await this.#seeLine(one, happenings)
    this.#hold(one, happenings)
  }

  /** At the end only: other rows may be looked at while a chunk is made of those before. */
  #hold(one: WrittenRow | WrittenLine, happenings: readonly Happening[]): void {
    const isRow = 'row' in one
    const run = isRow ? runOfJournal(one.row.journal) : one.run
    if (isRow || happenings.length > 0) {
      const journals = this.#touched.get(run) ?? new Set()
      this.#touched.set(run, journals)
      if (isRow) journals.add(one.row.journal)
    }
    this.#happened.push({ cursor: one.cursor, happenings })
    this.#weight += 1 + (isRow && this.#options.topics.has('entries') ? one.row.entries.length : 0)
  }

  async #seeRow(row: JournalRow, happenings: Happening[]): Promise<void> {
    const { topics } = this.#options
    const run = runOfJournal(row.journal)
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
    const shown = { runId: run, ...logLine(recorded.shownLine(line)) }
    const data = (item: number | undefined) => (item === undefined || line.item === item ? shown : undefined)
    happenings.push({ topic: 'log', run, data })
  }

  // --- items

  async #seeItems(row: JournalRow): Promise<void> {
    const known = this.#itemsAtHand(row) ?? (await this.#itemsBefore(row))
    known?.fold.see(row.entries)
  }

  /** Before the row; undefined if that has to be read. */
  #itemsAtHand({ journal, seq, entries }: JournalRow): ItemsOf | undefined {
    const known = this.#items.get(journal)
    const [first] = entries
    if (known || seq > 0 || first?.type !== 'created') return known
    return this.#keepItems(journal, { first: first.from, fold: foldItems(first.from, first.inputs.length) })
  }

  async #itemsBefore({ journal, seq }: JournalRow): Promise<ItemsOf | undefined> {
    const before = await itemsBefore(this.#options.store, journal, seq)
    return before && this.#keepItems(journal, before)
  }

  #keepItems(journal: JournalId, before: Omit<ItemsOf, 'bytes'>): ItemsOf {
    const items = { ...before, bytes: before.fold.bytes() }
    keep(this.#items, journal, items, JOURNALS_AT_HAND)
    return items
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
    const fold = await (await this.#recordedOf(run))?.waits.before(journal, seq)
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
