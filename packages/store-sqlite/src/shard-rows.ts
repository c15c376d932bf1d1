// The rows of journals, and the rows that journals consist of. Read once and kept as long as nobody else writes to the
// file; what a transaction changes is written by `flush`, few statements for all journals.

import { type Counts, FlowError, type ItemError, type JournalId, noCounts, type RunId } from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
import { ManyRows } from './many-rows.ts'
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
}

interface Kept extends Shard {
  /** `counts`, `driver` or `isOpen` is another than in the file. */
  isDirty: boolean
  hasGrown: boolean
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

/** The journals of run `?1`, by their names: an index by run would be one more page to write. */
export const OF_RUN = `shards.journal > ?1 || '/' AND shards.journal < ?1 || '0' AND shards.run = ?1`

export class ShardRows {
  readonly #kept = new Map<JournalId, Kept>()
  readonly #changed = new Set<Kept>()
  /** Not in the file yet. Their numbers count up. */
  #added: Kept[] = []
  /** Columns of the journal's rows to be written. */
  #appended: Param[] = []
  /** The position of the first of them. */
  #first = 0
  #lastNumber = -1
  readonly #sql

  constructor(db: Database) {
    this.#sql = {
      get: db.prepare(`
        SELECT number, run, first, items, begins, driver, is_open, rows, last, ${COUNT_COLUMNS} FROM shards
        WHERE journal = ?`),
      lastNumber: db.prepare('SELECT coalesce(max(number), 0) AS number FROM shards'),
      insert: new ManyRows(
        db,
        'INSERT INTO shards (number, journal, run, first, items, begins, running, driver) VALUES',
        8,
      ),
      update: db.prepare(`
        UPDATE shards SET driver = ?, is_open = ?, success = ?, skipped = ?, failed = ?, cancelled = ?, recovered = ?,
          running = ?, waiting = ?, error = ? WHERE number = ?`),
      append: new ManyRows(db, 'INSERT INTO journal (position, shard, seq, previous, entries) VALUES', 5),
      growOne: db.prepare('UPDATE shards SET rows = ?, last = ? WHERE number = ? AND rows = ?'),
      // From the rows just written: to look costs less than a parameter. The fence, once more: nothing that we remember
      // can let two writers put down the same row.
      grow: db.prepare(`
        UPDATE shards SET rows = seq + 1, last = position FROM journal
        WHERE position >= ? AND number = shard AND rows = seq`),
    }
  }

  get size(): number {
    return this.#kept.size
  }

  get(journal: JournalId): Shard | undefined {
    const kept = this.#kept.get(journal)
    if (kept) return kept
    const row = this.#sql.get.get<ShardRecord>(journal)
    if (!row) return undefined
    const { number, run, first, items, begins, driver, rows, last } = row
    const isOpen = row.is_open === 1
    return this.#keep({
      number,
      journal,
      run,
      first,
      items,
      counts: shardCounts(row),
      begins,
      driver,
      isOpen,
      rows,
      last,
    })
  }

  add(
    journal: JournalId,
    run: RunId,
    { first, items, driver }: { first: number; items: number; driver: string },
  ): Shard {
    if (this.#lastNumber < 0) this.#lastNumber = this.#sql.lastNumber.get<{ number: number }>()?.number ?? 0
    const number = ++this.#lastNumber
    const counts = noCounts()
    const shard = { number, journal, run, first, items, counts, begins: 0, driver, isOpen: true, rows: 0, last: 0 }
    const kept = this.#keep(shard)
    this.#added.push(kept)
    return kept
  }

  /** `counts`, `driver` or `isOpen` is another than before. */
  changed(shard: Shard): void {
    const kept = shard as Kept
    kept.isDirty = true
    this.#changed.add(kept)
  }

  /** Positions count up by one. */
  append(shard: Shard, position: number, entries: string): void {
    const kept = shard as Kept
    // The statement that lets journals grow does it by one row.
    if (kept.hasGrown) this.flush()
    if (this.#appended.length === 0) this.#first = position
    this.#appended.push(shard.number, shard.rows, shard.last, entries)
    if (shard.rows++ === 0) shard.begins = position
    shard.last = position
    kept.hasGrown = true
    this.#changed.add(kept)
  }

  flush(): void {
    this.#insert()
    let grown = 0
    for (const shard of this.#changed) {
      if (shard.isDirty) this.#update(shard)
      if (shard.hasGrown) grown++
      shard.isDirty = false
      shard.hasGrown = false
    }
    if (grown === 0) return
    const appended = this.#appended
    this.#appended = []
    this.#sql.append.run(this.#first, appended)
    const [number, seq] = appended
    const changed =
      grown === 1
        ? this.#sql.growOne.run((seq as number) + 1, this.#first, number as number, seq as number)
        : this.#sql.grow.run(this.#first)
    if (changed !== grown) {
      throw new FlowError('CONFLICT', 'journals have other rows than those that were seen: somebody else has written')
    }
  }

  committed(): void {
    // Hardly anybody will ask for what is done.
    for (const shard of this.#changed) if (!shard.isOpen) this.#kept.delete(shard.journal)
    this.#changed.clear()
  }

  /** What is in the file may be something else. */
  forget(): void {
    this.#kept.clear()
    this.#changed.clear()
    this.#added = []
    this.#appended = []
    this.#lastNumber = -1
  }

  #insert(): void {
    const [first] = this.#added
    if (!first) return
    const columns: Param[] = []
    for (const { journal, run, first, items, begins, counts, driver } of this.#added) {
      columns.push(journal, run, first, items, begins, counts.running, driver)
    }
    this.#sql.insert.run(first.number, columns)
    this.#added = []
  }

  #update({ number, driver, isOpen, counts }: Kept): void {
    const { success, skipped, failed, cancelled, recovered, running, waiting, error } = counts
    const first = error === undefined ? null : JSON.stringify(error)
    this.#sql.update.run(
      ...[driver, isOpen ? 1 : 0, success, skipped, failed, cancelled, recovered, running, waiting, first, number],
    )
  }

  #keep(shard: Shard): Kept {
    const kept = { ...shard, isDirty: false, hasGrown: false }
    this.#kept.set(shard.journal, kept)
    return kept
  }
}

// ---

interface ShardRecord extends ShardCountsRecord {
  readonly number: number
  readonly run: string
  readonly first: number
  readonly items: number
  readonly begins: number
  readonly driver: string | null
  readonly is_open: number
  readonly rows: number
  readonly last: number
}
