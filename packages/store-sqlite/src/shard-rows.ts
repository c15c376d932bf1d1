// The rows of journals, and the rows that journals consist of. Read once and kept as long as nobody else writes to the
// file; what a transaction changes is written by `flush`, few statements for all journals.

import { FlowError, type JournalId, type RunId } from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
import { ManyRows } from './many-rows.ts'

/** A journal's row. */
export interface Shard {
  readonly number: number
  readonly journal: JournalId
  readonly run: RunId
  items: number
  done: number
  driver: string | null
  isOpen: boolean
  /** How many rows the journal has. */
  rows: number
  /** The position of its last one; 0 if it has none. */
  last: number
}

interface Kept extends Shard {
  isNew: boolean
  isDirty: boolean
  /** `rows`, as it is in the file. */
  writtenRows: number
}

export class ShardRows {
  readonly #kept = new Map<JournalId, Kept>()
  readonly #changed = new Set<Kept>()
  /** Columns of the journal's rows to be written. */
  #appended: Param[] = []
  #lastNumber = -1
  readonly #sql

  constructor(db: Database) {
    this.#sql = {
      get: db.prepare('SELECT * FROM shards WHERE journal = ?'),
      lastNumber: db.prepare('SELECT coalesce(max(number), 0) AS number FROM shards'),
      insert: db.prepare(`
        INSERT INTO shards (number, journal, run, items, done, driver, is_open, rows, last)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
      update: db.prepare('UPDATE shards SET done = ?, driver = ?, is_open = ? WHERE number = ?'),
      append: new ManyRows(
        db,
        5,
        (rows) => `INSERT INTO journal (position, shard, seq, previous, entries) VALUES ${rows}`,
      ),
      // The fence, once more: nothing that we remember can let two writers put down the same row.
      grow: new ManyRows(
        db,
        4,
        (rows) => `
          WITH grown (number, rows, last, before) AS (VALUES ${rows})
          UPDATE shards SET rows = grown.rows, last = grown.last FROM grown
          WHERE shards.number = grown.number AND shards.rows = grown.before`,
      ),
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
    const { number, run, items, done, driver, rows, last } = row
    const isOpen = row.is_open === 1
    return this.#keep({ number, journal, run, items, done, driver, isOpen, rows, last }, false)
  }

  add(journal: JournalId, run: RunId, { items, driver }: { items: number; driver: string }): Shard {
    if (this.#lastNumber < 0) this.#lastNumber = this.#sql.lastNumber.get<{ number: number }>()?.number ?? 0
    const number = ++this.#lastNumber
    const shard = { number, journal, run, items, done: 0, driver, isOpen: true, rows: 0, last: 0 }
    const kept = this.#keep(shard, true)
    this.#changed.add(kept)
    return kept
  }

  /** `done`, `driver` or `isOpen` is another than before. */
  changed(shard: Shard): void {
    const kept = shard as Kept
    kept.isDirty = true
    this.#changed.add(kept)
  }

  append(shard: Shard, position: number, entries: string): void {
    this.#appended.push(position, shard.number, shard.rows, shard.last, entries)
    shard.rows++
    shard.last = position
    this.#changed.add(shard as Kept)
  }

  flush(): void {
    if (this.#appended.length > 0) this.#sql.append.run(this.#appended)
    this.#appended = []
    const grown: Param[] = []
    for (const shard of this.#changed) {
      if (shard.isNew) this.#insert(shard)
      else {
        if (shard.rows > shard.writtenRows) grown.push(shard.number, shard.rows, shard.last, shard.writtenRows)
        if (shard.isDirty) this.#sql.update.run(shard.done, shard.driver, shard.isOpen ? 1 : 0, shard.number)
      }
      shard.isNew = false
      shard.isDirty = false
      shard.writtenRows = shard.rows
    }
    if (grown.length > 0 && this.#sql.grow.run(grown) !== grown.length / 4) {
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
    this.#appended = []
    this.#lastNumber = -1
  }

  #keep(shard: Shard, isNew: boolean): Kept {
    const kept = { ...shard, isNew, isDirty: false, writtenRows: shard.rows }
    this.#kept.set(shard.journal, kept)
    return kept
  }

  #insert({ number, journal, run, items, done, driver, isOpen, rows, last }: Kept): void {
    this.#sql.insert.run(number, journal, run, items, done, driver, isOpen ? 1 : 0, rows, last)
  }
}

// ---

interface ShardRecord {
  readonly number: number
  readonly run: string
  readonly items: number
  readonly done: number
  readonly driver: string | null
  readonly is_open: number
  readonly rows: number
  readonly last: number
}
