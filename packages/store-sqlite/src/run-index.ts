// Finds runs by what is asked for. Most of the runs that have ended stand in slices (run-slices.ts); the newest of them are
// remembered here, those that have not ended are read each time.
//
// R1  Each run is in one slice, or among those that are remembered, or open; of the open ones and of those after the last that
//     is listed, the file's own rows are the truth.
// R2  Slices are made when somebody looks for runs: never by what writes a run. Whoever cannot write finds the same runs, and
//     remembers more.
// R3  What is found is one state of the file: nothing is written between looking for runs and reading their rows.

import {
  ASKED_STATUSES,
  checkQuery,
  checkSummary,
  createFit,
  cursorOf,
  FlowError,
  isEnded,
  listOf,
  placeOf,
  type RunFilter,
  type RunId,
  type RunPage,
  type RunQuery,
  type RunRow,
  type RunSort,
  type RunsSummary,
  RunTally,
  readCursor,
  type ShardCounts,
  type SummaryQuery,
} from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { FirstRuns } from './first-runs.ts'
import { ENDED, type NumberedRun, RunColumns, type Span } from './run-columns.ts'
import { RunMatch } from './run-match.ts'
import { RUN_COLUMNS, type RunRecord } from './run-row.ts'
import { RunSlices } from './run-slices.ts'
import { COUNT_COLUMNS, type ShardCountsRecord, shardCounts } from './shard-rows.ts'

export interface RunIndexOptions {
  readonly db: Database
  /** Runs `change` in a transaction. */
  readonly write: <T>(change: () => T) => Promise<T>
  /**
   * A run's row with the counts of its open journals, which are looked up unless given; `isSettled` if nothing of it changes any
   * more.
   */
  readonly rowOf: (
    record: RunRecord,
    open?: readonly ShardCounts[],
  ) => { readonly row: RunRow; readonly isSettled: boolean }
  readonly read: <T>(read: () => T) => T
}

export class RunIndex {
  readonly #options: RunIndexOptions
  readonly #slices: RunSlices
  /** The last number that was looked at. */
  #seen = 0
  /** Ended, in no slice. */
  #recent = new RunColumns()
  /** Not ended, by their numbers. */
  readonly #open = new Map<number, NumberedRun>()
  /** So many in no slice are put into one: after a refusal later. */
  #sliceAt = SLICE
  readonly #sql

  constructor(options: RunIndexOptions) {
    this.#options = options
    const { db } = options
    this.#slices = new RunSlices(db)
    this.#sql = {
      newer: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE number > ? ORDER BY number LIMIT ?`),
      some: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE number IN (SELECT value FROM json_each(?))`),
      live: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs INDEXED BY live_runs WHERE is_live = 1 ORDER BY number`),
      openCounts: db.prepare(`SELECT run, ${COUNT_COLUMNS} FROM journals WHERE is_open = 1 AND is_live = 1`),
      begin: db.prepare('SAVEPOINT looking'),
      end: db.prepare('RELEASE looking'),
    }
  }

  async list(query: RunQuery): Promise<RunPage> {
    checkQuery(query)
    const { sort = '-createdAt', cursor } = query
    const after = cursor === undefined ? undefined : readCursor(cursor, sort)
    if (asksOpenOnly(query)) return this.#read(() => this.#page(query, sort, after, []))
    return this.#looking(() => this.#page(query, sort, after, this.#all(sort.startsWith('-'))))
  }

  async summary(query: SummaryQuery): Promise<RunsSummary> {
    checkSummary(query)
    const match = new RunMatch(query)
    return this.#looking(() => {
      const tally = new RunTally(query)
      for (const columns of this.#all(false)) addFound(tally, columns, match)
      const fits = createFit(query)
      for (const { row } of this.#open.values()) if (fits(row)) tally.addRow(row)
      return tally.summary()
    })
  }

  // --- what there is

  /** All runs as they are now; puts them into slices on the way. */
  async #looking<T>(find: () => T): Promise<T> {
    for (;;) {
      const found = this.#read(() => (this.#look() ? undefined : { value: find() }))
      // What it was made from is there: it is made again.
      if (this.#slices.isDamaged) await this.#options.write(() => this.#slices.forget())
      else if (found) return found.value
      if (this.#recent.size >= this.#sliceAt) await this.#slice()
      else await new Promise((resolve) => setImmediate(resolve))
    }
  }

  *#all(isReversed: boolean): Generator<RunColumns> {
    if (isReversed) yield this.#recent
    yield* this.#slices.all(isReversed)
    if (!isReversed) yield this.#recent
  }

  /** Takes note of what has been written since; answers whether there is more to do before anything can be found. */
  #look(): boolean {
    if (!this.#slices.look()) this.#reset()
    const newer = this.#sql.newer.all<RunRecord>(this.#seen, AT_ONCE)
    for (const record of newer) this.#note(record, record.number)
    this.#seen = newer.at(-1)?.number ?? this.#seen
    if (newer.length === AT_ONCE || this.#recent.size >= this.#sliceAt) return true
    this.#lookAtOpen()
    return false
  }

  /** As many statements for many as for one. */
  #lookAtOpen(): void {
    if (this.#open.size === 0) return
    const left = new Set(this.#open.keys())
    for (const { record, counts } of this.#live()) {
      // One that has ended, and whose journal has not, is among those that are remembered.
      if (left.delete(record.number)) this.#note(record, record.number, counts)
    }
    if (left.size > 0) this.#noteSome([...left])
  }

  /** All that have not ended, with the counts of their open journals. */
  #live(): { readonly record: RunRecord; readonly counts: readonly ShardCounts[] }[] {
    const counts = new Map<RunId, ShardCounts[]>()
    for (const record of this.#sql.openCounts.all<ShardCountsRecord & { readonly run: RunId }>()) {
      const known = counts.get(record.run)
      if (known) known.push(shardCounts(record))
      else counts.set(record.run, [shardCounts(record)])
    }
    return this.#sql.live.all<RunRecord>().map((record) => ({ record, counts: counts.get(record.id) ?? [] }))
  }

  #noteSome(numbers: readonly number[]): void {
    const records = this.#some(numbers)
    for (const number of numbers) this.#note(records.get(number), number)
  }

  /** Rows by their numbers; those that are gone are left out. */
  #some(numbers: readonly number[]): ReadonlyMap<number, RunRecord> {
    if (numbers.length === 0) return new Map()
    const records = this.#sql.some.all<RunRecord>(JSON.stringify(numbers))
    return new Map(records.map((record) => [record.number, record]))
  }

  #reset(): void {
    this.#recent = new RunColumns()
    this.#open.clear()
    this.#sliceAt = SLICE
    this.#seen = this.#slices.listed
    this.#noteSome(this.#slices.late())
  }

  /** `open`: the counts of its open journals. Those of runs that have not ended are looked up for all at once, before any is shown. */
  #note(record: RunRecord | undefined, number: number, open?: readonly ShardCounts[]): void {
    this.#open.delete(number)
    if (!record) return
    const { row, isSettled } = this.#options.rowOf(record, open ?? (record.ended_at === null ? [] : undefined))
    if (isSettled) this.#recent.add({ number, row })
    else this.#open.set(number, { number, row })
  }

  async #slice(): Promise<void> {
    const [columns, listed, late] = [this.#recent, this.#seen, [...this.#open.keys()]]
    try {
      await this.#options.write(() => this.#slices.put(columns, { listed, late }))
    } catch (error) {
      if (!FlowError.is(error)) throw error
      // It was refused: we go on without.
      this.#sliceAt = columns.size + SLICE
    }
  }

  #read<T>(read: () => T): T {
    return this.#options.read(() => {
      this.#sql.begin.run()
      try {
        return read()
      } finally {
        this.#sql.end.run()
      }
    })
  }

  // --- a page of it

  #page(
    query: RunQuery,
    sort: RunSort,
    after: ReturnType<typeof readCursor> | undefined,
    all: Iterable<RunColumns>,
  ): RunPage {
    const { limit = 100, count = 0 } = query
    const first = new FirstRuns<number | RunRow>(limit + 1, after)
    const total = this.#among(all, { query, sort, first, count }) + this.#amongOpen(query, sort, first)
    const found = first.all()
    const shown = found.slice(0, limit)
    const ended = this.#some(shown.flatMap(({ run }) => (typeof run === 'number' ? run : [])))
    const rows: RunRow[] = []
    for (const { run } of shown) {
      const record = typeof run === 'number' ? ended.get(run) : undefined
      // Nothing of it is open.
      if (record) rows.push(this.#options.rowOf(record, []).row)
      else if (typeof run !== 'number') rows.push(run)
    }
    const last = found[limit - 1]
    return {
      rows,
      ...(found.length > limit && last ? { next: cursorOf(last, sort) } : {}),
      ...(count > 0 ? { total: Math.min(total, count) } : {}),
    }
  }

  /** Offers runs that have ended; answers how many fit. */
  #among(
    all: Iterable<RunColumns>,
    {
      query,
      sort,
      first,
      count,
    }: { query: RunFilter; sort: RunSort; first: FirstRuns<number | RunRow>; count: number },
  ): number {
    const match = new RunMatch(query)
    const sign = sort.startsWith('-') ? -1 : 1
    let total = 0
    for (const columns of all) {
      const { values, span } = sortedBy(columns, sort)
      const isPast = first.isPast(sign === 1 ? span.least : -span.greatest)
      // Once enough are counted, what has none of the first is not looked at.
      if (isPast && total >= count) continue
      const found = match.find(columns)
      total += found
      if (isPast) continue
      const { numbers } = columns
      const { places } = match
      for (let at = 0; at < found; at++) {
        const i = places[sign === 1 ? at : found - 1 - at] as number
        const number = numbers[i] as number
        const [key, tie] = [sign * (values[i] as number), sign * number]
        if (first.takes(key, tie)) first.add({ key, tie, run: number })
      }
    }
    return total
  }

  #amongOpen(query: RunFilter, sort: RunSort, first: FirstRuns<number | RunRow>): number {
    const fits = createFit(query)
    let total = 0
    for (const { number, row } of this.#openRuns(query)) {
      if (!fits(row)) continue
      total++
      const place = placeOf(row, number, sort)
      if (first.takes(place.key, place.tie)) first.add({ ...place, run: row })
    }
    return total
  }

  /** Where only open ones are asked for, an index has them: nothing else is looked at. */
  #openRuns(query: RunFilter): Iterable<NumberedRun> {
    if (!asksOpenOnly(query)) return this.#open.values()
    return this.#live().map(({ record, counts }) => {
      return { number: record.number, row: this.#options.rowOf(record, counts).row }
    })
  }
}

// ---

/** Runs of a slice, at least. */
const SLICE = 2048

/** Rows that are taken note of before others get a turn: a few milliseconds. */
const AT_ONCE = 256

/** Of the states of columns, as a tally has them: of tests, too. */
const STATUS_PLACES = Uint8Array.from({ length: 8 }, (_, state) => {
  const status = ENDED[state & 3]
  return status === undefined ? 0 : ASKED_STATUSES.indexOf(status)
})

/** In loops without calls, and without a copy where all of them fit: the runs may be a hundred thousand. */
function addFound(tally: RunTally, columns: RunColumns, match: RunMatch): void {
  const count = match.find(columns)
  const { size, created, state, spans } = columns
  if (count === size) {
    const { least: earliest, greatest: latest } = spans.created
    return tally.addAll({ times: created, states: state, size, places: STATUS_PLACES }, { earliest, latest })
  }
  const { places } = match
  const times = new Float64Array(count)
  const states = new Uint8Array(count)
  let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let n = 0; n < count; n++) {
    const i = places[n] as number
    const at = created[i] as number
    times[n] = at
    states[n] = state[i] as number
    if (at < earliest) earliest = at
    if (at > latest) latest = at
  }
  tally.addAll({ times, states, size: count, places: STATUS_PLACES }, { earliest, latest })
}

function asksOpenOnly({ status }: RunFilter): boolean {
  const asked = listOf(status)
  return asked !== undefined && !asked.some((one) => one !== 'waiting' && isEnded(one))
}

function sortedBy(columns: RunColumns, sort: RunSort): { readonly values: Float64Array; readonly span: Span } {
  const { created, ended, took, spans } = columns
  if (sort.endsWith('createdAt')) return { values: created, span: spans.created }
  return sort.endsWith('duration') ? { values: took, span: spans.took } : { values: ended, span: spans.ended }
}
