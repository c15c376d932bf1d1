// The rows of journals, and the rows that journals consist of. Read once and kept as long as nobody else writes to the
// file; what a transaction changes is written by `flush`. The row of a run's own journal is in the run's, see run-rows.ts.
//
// Of two writers who saw the same end of the file, one fails: positions are given once.

import { type Counts, type ItemError, type JournalId, noCounts, type RunId } from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
import { LAG, LAST, NEWS, PARTS, partsOf, ROWS } from './journal-names.ts'
import { ManyRows } from './many-rows.ts'
import type { KeptRun, RunRows } from './run-rows.ts'
import { type Bytes, textOf } from './text.ts'

/** A journal's row. */
export interface Shard {
  readonly number: number
  readonly journal: JournalId
  readonly run: RunId
  /** The number of its first item, and how many it has. */
  readonly first: number
  readonly items: number
  readonly counts: Counts
  /** The position of its first row. */
  begins: number
  driver: string | null
  isOpen: boolean
  /** How many rows the journal has. */
  rows: number
  /** The position of its last one; 0 if it has none. */
  last: number
  /** The position that the file has for its last one. */
  saved: number
}

/** The columns of `ShardCountsRecord`. */
export const COUNT_COLUMNS =
  'success, skipped, failed, cancelled, recovered, running, waiting, CAST(error AS BLOB) AS error'

export interface ShardCountsRecord {
  readonly success: number
  readonly skipped: number
  readonly failed: number
  readonly cancelled: number
  readonly recovered: number
  readonly running: number
  readonly waiting: number
  readonly error: Bytes | null
}

export function shardCounts(record: ShardCountsRecord): Counts {
  const { success, skipped, failed, cancelled, recovered, running, waiting } = record
  const error = itemErrorOf(record.error)
  return { success, skipped, failed, cancelled, recovered, running, waiting, ...(error ? { error } : {}) }
}

/** Undefined if there is none, or it is damaged: what stands beside it can still be told. */
export function itemErrorOf(content: Bytes | null): ItemError | undefined {
  if (content === null) return undefined
  try {
    const { item, code, message, step } = JSON.parse(textOf(content).text)
    return step === null || step === undefined ? { item, code, message } : { item, code, message, step }
  } catch {
    return undefined
  }
}

export class ShardRows {
  readonly #runs: RunRows
  /** Without the runs' own. */
  readonly #kept = new Map<JournalId, Kept>()
  readonly #changed = new Set<Kept>()
  /** Columns of the journal's rows to be written. */
  #appended: Param[] = []
  /** The position of the first of them. */
  #first = 0
  readonly #sql

  constructor(db: Database, runs: RunRows) {
    this.#runs = runs
    this.#sql = {
      get: db.prepare(`
        SELECT first, items, begins, driver, is_open, journals.last AS saved, ${ROWS} AS rows, ${LAST} AS last, ${COUNT_COLUMNS}
        FROM shards AS journals ${NEWS} WHERE number = ?`),
      insert: db.prepare(`
        INSERT INTO shards (driver, is_open, rows, last, success, skipped, failed, cancelled, recovered, running, waiting,
          error, number, first, items, begins) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
      update: db.prepare(`
        UPDATE shards SET driver = ?, is_open = ?, rows = ?, last = ?, success = ?, skipped = ?, failed = ?, cancelled = ?,
          recovered = ?, running = ?, waiting = ?, error = ? WHERE number = ?`),
      append: new ManyRows(db, 'INSERT INTO journal (position, shard, seq, previous, entries) VALUES', 5),
    }
  }

  get size(): number {
    return this.#kept.size
  }

  get(journal: JournalId): Shard | undefined {
    const { run, part } = partsOf(journal)
    const { number, head } = this.#runs.get(run) ?? {}
    if (number === undefined || part === 0) return head
    const kept = this.#kept.get(journal)
    if (kept) return kept
    const record = this.#sql.get.get<ShardRecord>(number * PARTS + part)
    if (!record) return undefined
    const { first, items, begins, driver, rows, last, saved } = record
    const facts = { number: number * PARTS + part, journal, run, first, items, begins, driver, rows, last, saved }
    return this.#keep({ ...facts, counts: shardCounts(record), isOpen: record.is_open === 1 }, false)
  }

  /** Without a look at the file. */
  remembered(journal: JournalId): Shard | undefined {
    const { run, part } = partsOf(journal)
    return part === 0 ? this.#runs.remembered(run)?.head : this.#kept.get(journal)
  }

  /** The row of a journal that is not there yet. */
  add(
    journal: JournalId,
    run: KeptRun,
    { first, items, driver }: { first: number; items: number; driver: string },
  ): Shard {
    const { part } = partsOf(journal)
    const place = { number: run.number * PARTS + part, journal, run: run.row.id }
    const ends = { begins: 0, rows: 0, last: 0, saved: 0 }
    const shard = { ...place, first, items, ...ends, driver, isOpen: true, counts: noCounts() }
    if (part > 0) return this.#keep(shard, true)
    run.head = shard
    this.#runs.changed(run)
    return shard
  }

  /** `counts`, `driver` or `isOpen` is another than before. */
  changed(shard: Shard): void {
    if (shard.number % PARTS === 0) return this.#runs.changed(this.#runs.get(shard.run) as KeptRun)
    const kept = shard as Kept
    kept.isDirty = true
    this.#changed.add(kept)
  }

  /** Positions count up by one, unless the rows were flushed in between. */
  append(shard: Shard, position: number, entries: string): void {
    if (this.#appended.length === 0) this.#first = position
    this.#appended.push(shard.number, shard.rows, shard.last, entries)
    if (shard.rows++ === 0) shard.begins = position
    shard.last = position
    if (isNear(shard, position)) return
    if (shard.number % PARTS === 0) this.#runs.grown(this.#runs.get(shard.run) as KeptRun)
    else this.changed(shard)
  }

  /** What follows has other positions. */
  flushRows(): void {
    if (this.#appended.length === 0) return
    const appended = this.#appended
    this.#appended = []
    this.#sql.append.run(this.#first, appended)
  }

  flush(): void {
    this.flushRows()
    for (const shard of this.#changed) if (shard.isDirty) this.#write(shard)
  }

  committed(): void {
    // Hardly anybody will ask for what is done.
    for (const shard of this.#changed) if (!shard.isOpen) this.#kept.delete(shard.journal)
    // To clear a set makes a new table of it.
    if (this.#changed.size > 0) this.#changed.clear()
  }

  /** What is in the file may be something else. */
  forget(): void {
    this.#kept.clear()
    this.#changed.clear()
    this.#appended = []
  }

  #write(shard: Kept): void {
    const { number, first, items, begins } = shard
    if (shard.isNew) this.#sql.insert.run(...shardColumns(shard), number, first, items, begins)
    else this.#sql.update.run(...shardColumns(shard), number)
    shard.saved = shard.last
    shard.isNew = false
    shard.isDirty = false
  }

  #keep(shard: Shard, isNew: boolean): Kept {
    const kept = { ...shard, isNew, isDirty: isNew }
    this.#kept.set(shard.journal, kept)
    if (isNew) this.#changed.add(kept)
    return kept
  }
}

/** N2. The journal's row may stay as it is if a row is written there. Where one that has ended reaches is always known. */
export function isNear({ saved, isOpen }: Shard, position: number): boolean {
  return isOpen && position - saved < LAG
}

/** What changes of a journal's row, in the order of its columns. */
export function shardColumns({ driver, isOpen, rows, last, counts }: Shard): Param[] {
  const { success, skipped, failed, cancelled, recovered, running, waiting, error } = counts
  const first = error === undefined ? null : JSON.stringify(error)
  return [
    ...[driver, isOpen ? 1 : 0, rows, last, success, skipped, failed, cancelled, recovered, running, waiting],
    first,
  ]
}

// ---

interface Kept extends Shard {
  /** Not in the file yet. */
  isNew: boolean
  /** Not as in the file. */
  isDirty: boolean
}

interface ShardRecord extends ShardCountsRecord {
  readonly first: number
  readonly items: number
  readonly begins: number
  readonly driver: string | null
  readonly is_open: number
  readonly rows: number
  readonly last: number
  readonly saved: number
}
