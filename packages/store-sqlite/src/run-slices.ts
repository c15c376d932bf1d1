// The slices of a file: columns of runs that have ended, as they were put down, without those that were removed since. Read when
// they are needed, and kept as long as there is room.

import { FlowError } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { IS_GONE, RunColumns } from './run-columns.ts'
import { type Bytes, bytesOf, textOf } from './text.ts'

/** How far a file is with its slices. */
export interface SliceMarks {
  /** Of the runs up to this number, all are in a slice or late. */
  readonly listed: number
  /** How often a run was removed. */
  readonly removals: number
}

export class RunSlices {
  #ids: readonly number[] = []
  /** In order. */
  #gone: readonly number[] = []
  #seen: SliceMarks = { listed: -1, removals: -1 }
  /** The one that was used last stands last. */
  readonly #read = new Map<number, { columns: RunColumns; bytes: number; removals: number }>()
  #bytes = 0
  #isDamaged = false
  readonly #sql

  constructor(db: Database) {
    this.#sql = {
      marks: db.prepare(`SELECT name, value FROM marks WHERE name IN ('listed', 'removals')`),
      ids: db.prepare('SELECT id FROM run_slices ORDER BY id'),
      gone: db.prepare('SELECT number FROM gone_runs ORDER BY number'),
      slice: db.prepare(`
        SELECT size, columns, CAST(texts AS BLOB) AS texts FROM run_slices WHERE id = ?`),
      late: db.prepare('SELECT number FROM late_runs ORDER BY number'),
      nextId: db.prepare(`UPDATE marks SET value = value + 1 WHERE name = 'slice' RETURNING value`),
      put: db.prepare('INSERT INTO run_slices (id, size, columns, texts) VALUES (?, ?, ?, ?)'),
      drop: db.prepare('DELETE FROM run_slices WHERE id = ?'),
      dropGone: db.prepare('DELETE FROM gone_runs WHERE number = ?'),
      forgetLate: db.prepare('DELETE FROM late_runs'),
      putLate: db.prepare('INSERT INTO late_runs (number) VALUES (?)'),
      list: db.prepare(`UPDATE marks SET value = ? WHERE name = 'listed'`),
      forget: [
        db.prepare('DELETE FROM run_slices'),
        db.prepare('DELETE FROM gone_runs'),
        db.prepare('DELETE FROM late_runs'),
        // Others that have the slices in hand look again.
        db.prepare(
          `UPDATE marks SET value = CASE name WHEN 'listed' THEN 0 ELSE value + 1 END WHERE name IN ('listed', 'removals')`,
        ),
      ],
    }
  }

  /** To be called before the rest; answers whether it is as it was. */
  look(): boolean {
    const marks = this.marks()
    const { listed, removals } = this.#seen
    if (marks.listed === listed && marks.removals === removals) return true
    this.#seen = marks
    this.#ids = this.#sql.ids.all<{ id: number }>().map(({ id }) => id)
    this.#gone = this.#sql.gone.all<{ number: number }>().map(({ number }) => number)
    return false
  }

  marks(): SliceMarks {
    let [listed, removals] = [0, 0]
    for (const { name, value } of this.#sql.marks.all<{ name: string; value: number }>()) {
      if (name === 'listed') listed = value
      else removals = value
    }
    return { listed, removals }
  }

  get listed(): number {
    return this.#seen.listed
  }

  /** Numbers of runs up to `listed` that are in no slice. */
  late(): number[] {
    return this.#sql.late.all<{ number: number }>().map(({ number }) => number)
  }

  /** The oldest first; the newest first if `isReversed`. */
  *all(isReversed: boolean): Generator<RunColumns> {
    const ids = isReversed ? this.#ids.toReversed() : this.#ids
    for (const id of ids) {
      const columns = this.#get(id)
      if (columns) yield columns
    }
  }

  /** One of those that were asked for cannot be read. */
  get isDamaged(): boolean {
    return this.#isDamaged
  }

  /** In a transaction: all runs are to be put down again. */
  forget(): void {
    for (const forget of this.#sql.forget) forget.run()
    this.#read.clear()
    this.#bytes = 0
    this.#isDamaged = false
  }

  /** In a transaction: puts runs down; false if somebody else has been at it. */
  put(columns: RunColumns, { listed, late }: { readonly listed: number; readonly late: Iterable<number> }): boolean {
    const { listed: before, removals } = this.marks()
    if (before !== this.#seen.listed || removals !== this.#seen.removals) return false
    const { size, columns: bytes, texts } = columns.keep()
    const { value: id } = this.#sql.nextId.get<{ value: number }>() as { value: number } // the migration made it
    this.#sql.put.run(id, size, bytes, texts)
    this.#sql.list.run(listed)
    this.#sql.forgetLate.run()
    for (const number of late) this.#sql.putLate.run(number)
    this.#dropEmpty()
    return true
  }

  /** Slices of which every run has been removed. */
  #dropEmpty(): void {
    for (const [id, { columns }] of this.#read) {
      if (this.#gone.length < columns.size || columns.state.some((state) => state < IS_GONE)) continue
      this.#sql.drop.run(id)
      for (const number of columns.numbers) this.#sql.dropGone.run(number)
    }
  }

  #get(id: number): RunColumns | undefined {
    const known = this.#read.get(id)
    const { removals } = this.#seen
    const kept = known ?? this.#open(id)
    if (!kept) return undefined
    if (kept.removals !== removals) this.#strike(kept.columns)
    kept.removals = removals
    this.#read.delete(id)
    this.#read.set(id, kept)
    return kept.columns
  }

  #open(id: number) {
    const record = this.#sql.slice.get<SliceRecord>(id)
    if (!record) return undefined
    const kept = { size: record.size, columns: bytesOf(record.columns), texts: textOf(record.texts).text }
    // Texts are searched in a form of their own.
    const bytes = kept.columns.byteLength + 4 * kept.texts.length
    this.#bytes += bytes
    for (const [other, { bytes: freed }] of this.#read) {
      if (this.#bytes <= MOST_BYTES) break
      this.#read.delete(other)
      this.#bytes -= freed
    }
    try {
      return { columns: RunColumns.of(kept), bytes, removals: -1 }
    } catch (error) {
      if (!FlowError.is(error)) throw error
      this.#isDamaged = true
      return undefined
    }
  }

  #strike({ numbers, size, state }: RunColumns): void {
    let run = 0
    for (const number of this.#gone) {
      while (run < size && (numbers[run] as number) < number) run++
      if (run === size) return
      if (numbers[run] === number) state[run] = (state[run] as number) | IS_GONE
    }
  }
}

// ---

interface SliceRecord {
  readonly size: number
  readonly columns: Bytes
  readonly texts: Bytes
}

const MOST_BYTES = 64 * 1024 * 1024
