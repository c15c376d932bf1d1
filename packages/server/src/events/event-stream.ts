// What happens in one run, or in all, as events. Reads the store's rows at the pace of its client, and holds none of them.
//
// E1  What happens (`entries`) comes once and in order; of states (`run`, `items`) the last one does.
// E2  After each page of rows, states come with the place behind the page: a client that goes on from there has missed nothing.
// E3  The stream of a run ends when the run has, and all its rows were sent.

import {
  BEGINNING,
  type Clock,
  type Cursor,
  FlowError,
  foldItems,
  type ItemFold,
  isEnded,
  type JournalId,
  type JournalRow,
  type RunId,
  type RunRow,
  type Store,
  type WrittenRow,
} from '@stepflow/engine'
import { itemsBefore, type RecordedRun, type RunReader, summaryOf } from '@stepflow/host/history'
import { News } from './news.ts'
import { eventText, type Place, placeOnly } from './sse.ts'
import { withoutValues } from './without-values.ts'

export const topics = ['run', 'items', 'entries'] as const
export type Topic = (typeof topics)[number]

export interface EventStream {
  readonly store: Store
  readonly runs: RunReader
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Absent: of all. */
  readonly run?: RunId
  /** Absent: of a run from its beginning, of all from now on. */
  readonly from: Place | undefined
  readonly topics: ReadonlySet<Topic>
  /** Of `entries`: of one item only. */
  readonly item?: number | undefined
  /** Of the runs whose events are sent. */
  readonly isAskedFor?: (row: RunRow) => boolean
}

/** Is there nothing that a stream from there would send? */
export async function isOver({ store, run, from }: Pick<EventStream, 'store' | 'run' | 'from'>): Promise<boolean> {
  if (run === undefined || from === undefined || from.owesState) return false
  const row = await store.runs.get(run)
  if (!row || !isEnded(row.status)) return false
  const page = await store.rowsAfter({ run, after: from.cursor, limit: 1 })
  return page !== undefined && page.rows.length === 0 && page.next === undefined
}

export async function* eventStream(options: EventStream): AsyncGenerator<string> {
  const { store, run, from, clock, signal } = options
  const news = new News(store, run, clock, signal)
  const state = new States(options)
  try {
    let at: Cursor = from?.cursor ?? (run === undefined ? await store.cursor() : BEGINNING)
    yield ': \n\n'
    if (from?.owesState && run !== undefined) yield* state.texts([run], { cursor: at, owesState: false })
    while (!signal.aborted) {
      const page = await store.rowsAfter({ ...(run === undefined ? {} : { run }), after: at, limit: ROWS_AT_ONCE })
      if (!page) {
        at = await store.cursor()
        const place = { cursor: at, owesState: false }
        yield eventText('reset', {}, place)
        if (run !== undefined) yield* state.texts([run], place)
      } else if (page.rows.length > 0) {
        yield* rowTexts(options, state, page.rows as Rows) // no lines were asked for
        at = (page.rows.at(-1) as (typeof page.rows)[number]).cursor
      }
      if (page?.next !== undefined) {
        at = page.next
        continue
      }
      if (run !== undefined && page?.rows.length === 0 && (await hasEnded(store, run))) return
      const found = page && page.rows.length === 0 ? await news.next(QUIET_MS) : 'new'
      if (found === 'gone') return
      // Proxies and clients hear that somebody is there.
      if (found === 'quiet') yield ': \n\n'
    }
  } finally {
    news.stop()
  }
}

// ---

/** So many rows are held for a client. */
const ROWS_AT_ONCE = 32
const QUIET_MS = 15_000
/** To read what a run was begun with takes its journal: of the latest few it is held. */
const RUNS_AT_HAND = 16

type Rows = readonly WrittenRow[]

async function* rowTexts(options: EventStream, state: States, rows: Rows): AsyncGenerator<string> {
  const { topics, item } = options
  const touched = new Set<RunId>()
  for (const { row, cursor } of rows) {
    const run = runOf(row.journal)
    touched.add(run)
    await state.see(run, row)
    if (!topics.has('entries')) continue
    const recorded = await state.recordedOf(run)
    if (!recorded || !state.isAskedFor(recorded.row)) continue
    const shown = (await recorded.shownRow(row)).filter((entry) => item === undefined || isOfItem(entry, item))
    const entries = shown.map(withoutValues)
    const place = { cursor, owesState: true }
    if (entries.length > 0) yield eventText('entries', { journal: row.journal, seq: row.seq, entries }, place)
  }
  const { cursor } = rows.at(-1) as Rows[number] // there are some
  yield* state.texts([...touched], { cursor, owesState: false })
}

/** How runs and items stand, for one page of rows. */
class States {
  readonly #options: EventStream
  /** Of the journals of the run that is followed. */
  readonly #folds = new Map<JournalId, ItemFold>()
  readonly #bytes = new Map<JournalId, Uint8Array>()
  readonly #firsts = new Map<JournalId, number>()
  /** The latest few. */
  readonly #recorded = new Map<RunId, RecordedRun>()
  readonly #touched = new Map<RunId, Set<JournalId>>()

  constructor(options: EventStream) {
    this.#options = options
  }

  /** Undefined if it was removed. */
  async recordedOf(run: RunId): Promise<RecordedRun | undefined> {
    const known = this.#recorded.get(run)
    if (known) return known
    const found = await this.#open(run)
    if (!found) return undefined
    for (const oldest of this.#recorded.keys()) if (this.#recorded.size >= RUNS_AT_HAND) this.#recorded.delete(oldest)
    this.#recorded.set(run, found)
    return found
  }

  isAskedFor(row: RunRow): boolean {
    return this.#options.isAskedFor?.(row) ?? true
  }

  async see(run: RunId, { journal, seq, entries }: JournalRow): Promise<void> {
    if (!this.#options.topics.has('items')) return
    let fold = this.#folds.get(journal)
    if (!fold) {
      const [first] = entries
      if (seq === 0 && first?.type === 'created') {
        fold = foldItems(first.from, first.inputs.length)
        this.#firsts.set(journal, first.from)
        this.#bytes.set(journal, new Uint8Array(first.inputs.length))
      } else {
        const known = await itemsBefore(this.#options.store, journal, seq)
        if (!known) return
        fold = known.fold
        this.#firsts.set(journal, known.first)
        this.#bytes.set(journal, fold.bytes())
      }
      this.#folds.set(journal, fold)
    }
    fold.see(entries)
    const journals = this.#touched.get(run) ?? new Set()
    this.#touched.set(run, journals.add(journal))
  }

  /** E2. The last of them has the place. */
  async *texts(runs: readonly RunId[], place: Place): AsyncGenerator<string> {
    const { topics, run: only } = this.#options
    const texts: string[] = []
    for (const run of runs) {
      const recorded = await this.recordedOf(run)
      const row = await recorded?.now()
      if (!recorded || !row || !this.isAskedFor(row)) continue
      const items = this.#changesOf(run)
      if (items.length > 0) texts.push(eventText('items', only === undefined ? { runId: run, items } : items))
      if (topics.has('run')) texts.push(eventText('run', summaryOf(row, await recorded.waiting(row))))
    }
    this.#touched.clear()
    const last = texts.pop()
    yield texts.join('')
    yield last === undefined ? placeOnly(place) : `id: ${place.cursor}\n${last}`
  }

  #changesOf(run: RunId): [number, number][] {
    const changes: [number, number][] = []
    for (const journal of this.#touched.get(run) ?? []) {
      const [before, after] = [this.#bytes.get(journal), this.#folds.get(journal)?.bytes()]
      if (!before || !after) continue
      const first = this.#firsts.get(journal) ?? 0
      for (let place = 0; place < after.length; place++) {
        if (after[place] !== before[place]) changes.push([first + place, after[place] as number])
      }
      this.#bytes.set(journal, after)
    }
    return changes
  }

  async #open(run: RunId): Promise<RecordedRun | undefined> {
    try {
      return await this.#options.runs.open(run)
    } catch (thrown) {
      if (FlowError.is(thrown) && thrown.code === 'NOT_FOUND') return undefined
      throw thrown
    }
  }
}

async function hasEnded(store: Store, run: RunId): Promise<boolean> {
  const row = await store.runs.get(run)
  return row === undefined || isEnded(row.status)
}

function runOf(journal: JournalId): RunId {
  return journal.slice(0, journal.lastIndexOf('/'))
}

function isOfItem(entry: { readonly type: string }, item: number): boolean {
  const { sub, item: own, to } = entry as { readonly sub?: string; readonly item?: number; readonly to?: number }
  if (own === undefined) return entry.type !== 'signalled'
  if (sub !== undefined) return Number.parseInt(sub, 10) === item
  return own === item || (to !== undefined && item >= own && item <= to)
}
