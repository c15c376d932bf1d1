// A row of steps that is all there is to write: one statement in place of a transaction of four. It is what each step of a
// run that is alone costs.
//
// O1  What is remembered of the tables may be out of date. The row is written if its position is free, no line has a later
//     one, and nothing up to there was removed (`marks` says so): then no row or line has been written since, and the journal
//     ends where it is known to end. Otherwise nothing is written, and a transaction looks at the tables anew.

import type { Batch, EncodedEntries, JournalEntry } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import type { Shard } from './shard-rows.ts'

export class LoneRow {
  readonly #sql

  constructor(db: Database) {
    this.#sql = db.prepare(`
      INSERT OR IGNORE INTO journal (position, shard, seq, previous, entries) SELECT ?1, ?2, ?3, ?4, ?5 FROM marks
      WHERE name = 'position' AND value < ?1 - 1 AND NOT EXISTS (SELECT 1 FROM logs WHERE position >= ?1)`)
  }

  /** False if nothing is written. */
  write(position: number, { number, rows, last }: Shard, text: string): boolean {
    return this.#sql.run(position, number, rows, last, text) === 1
  }
}

/** Nothing but steps, where the journal ends as far as is known: nothing else changes with the row. */
export function isLone(batch: Batch, { blobs }: EncodedEntries, { rows, counts }: Shard): boolean {
  const { after, atWork = counts, log, wakes, entries } = batch
  if (after !== rows || rows === 0 || log || wakes || blobs.length > 0) return false
  if (atWork.running !== counts.running || atWork.waiting !== counts.waiting) return false
  return !entries.some(isNews)
}

/** Changes something that could be asked for. */
export function isNews(entry: JournalEntry): boolean {
  if (entry.type === 'settled')
    return entry.cache !== undefined || entry.recovered !== undefined || entry.lost !== undefined
  return entry.type !== 'started' && entry.type !== 'parked'
}
