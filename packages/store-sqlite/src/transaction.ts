// What one transaction does to journals and to the rows that follow from them. Reads each row of a run or shard once and
// writes it once, however many batches of the transaction touch it.

import {
  applyChanges,
  type Batch,
  type EncodedBlob,
  type EncodedEntries,
  FlowError,
  type JournalEntry,
  type JournalId,
  project,
  type RunId,
  type RunRow,
  rowFacts,
  type Wake,
} from '@stepflow/engine'
import { type RunRecord, runRow } from './run-row.ts'
import type { JournalTables, WrittenRow } from './tables.ts'
import type { Transaction } from './writer.ts'

/** A journal's row. */
export interface Shard {
  readonly number: number
  readonly journal: JournalId
  readonly run: RunId
  items: number
  done: number
  driver: string | null
  isOpen: boolean
  isDirty: boolean
}

interface KeptRun {
  number: number
  row: RunRow
  isDirty: boolean
}

export class JournalTransaction implements Transaction {
  readonly #tables: JournalTables
  readonly #runs = new Map<RunId, KeptRun>()
  readonly #shards = new Map<JournalId, Shard>()
  readonly #rows: WrittenRow[] = []
  readonly #taken: JournalId[] = []
  readonly #left: JournalId[] = []
  #wakeAt = Number.POSITIVE_INFINITY
  #hasLooked = false

  constructor(tables: JournalTables) {
    this.#tables = tables
  }

  append(batch: Batch, encoded: EncodedEntries): void {
    const { journal, after, entries } = batch
    this.#look()
    const { sql, blobs } = this.#tables
    const known = this.#fence(journal, after) ?? this.#addJournal(batch)
    for (const blob of encoded.blobs) blobs.putEncoded(blob)
    const position = ++this.#tables.lastPosition
    sql.append.run(position, known.shard, after, encoded.text)
    known.length = after + 1
    this.#rows.push({ position, row: { journal, seq: after, entries } })
    // Most rows are of steps only, and change nothing that could be asked for.
    if (after === 0 || batch.wakes || entries.some(isNews)) this.#project(batch, encoded)
  }

  /** The journal's row; undefined if there is no such journal. */
  shard(journal: JournalId): Shard | undefined {
    const known = this.#shards.get(journal)
    if (known) return known
    const row = this.#tables.sql.shard.get<ShardRecord>(journal)
    if (!row) return undefined
    const { number, run, items, done, driver } = row
    const shard = { number, journal, run, items, done, driver, isOpen: row.is_open === 1, isDirty: false }
    this.#shards.set(journal, shard)
    return shard
  }

  wake(journal: JournalId, at: number): void {
    // "When it is signalled": the signal brings its wake.
    if (!Number.isFinite(at)) return
    this.#tables.sql.putWake.run(journal, at)
    this.#wakeAt = Math.min(this.#wakeAt, at)
  }

  /** Whoever claims a journal's wake drives it from then on. */
  take(journal: JournalId): void {
    this.#tables.sql.dropWake.run(journal)
    const shard = this.shard(journal)
    if (shard) this.#hold(shard, this.#tables.events.driver())
    this.#taken.push(journal)
  }

  /** Nobody has the journal in hand until its wake. */
  putDown({ journal, at }: Wake): void {
    this.wake(journal, at)
    const shard = this.shard(journal)
    if (shard?.driver !== this.#tables.events.driver()) return
    this.#hold(shard, null)
    this.#left.push(journal)
    // It may have been woken while it was driven.
    this.#wakeAt = 0
  }

  putBlob(blob: EncodedBlob): void {
    this.#tables.blobs.putEncoded(blob)
  }

  /** The last row of a journal, which cannot be read. */
  dropRow(journal: JournalId, seq: number): void {
    this.#look()
    const shard = this.shard(journal)
    if (!shard) return
    this.#tables.sql.markPosition.run(this.#tables.lastPosition)
    this.#tables.sql.dropRow.run(seq, shard.number)
    this.#tables.known.delete(journal)
  }

  remove(run: RunId): void {
    this.#look()
    this.flush()
    const { sql } = this.#tables
    sql.markPosition.run(this.#tables.lastPosition)
    for (const { number } of sql.shardsOf.all<{ number: number }>(run)) {
      // A damaged journal may have gaps.
      for (let seq = 0, missing = 0; missing < LARGEST_GAP; seq++) {
        missing = sql.dropRow.run(seq, number) > 0 ? 0 : missing + 1
      }
    }
    sql.forgetWakes.run(run)
    sql.forgetShards.run(run)
    const record = sql.run.get<RunRecord>(run)
    if (record) {
      sql.forgetItems.run(record.number)
      sql.forgetRun.run(record.number)
    }
    this.#runs.delete(run)
    for (const [journal, shard] of this.#shards) if (shard.run === run) this.#shards.delete(journal)
    this.#tables.known.clear()
  }

  flush(): void {
    const { sql } = this.#tables
    for (const shard of this.#shards.values()) {
      if (!shard.isDirty) continue
      sql.updateShard.run(shard.done, shard.driver, shard.isOpen ? 1 : 0, shard.number)
      shard.isDirty = false
    }
    for (const kept of this.#runs.values()) {
      if (!kept.isDirty) continue
      const { status, endedAt = null, items } = kept.row
      const { total, success, skipped, failed, cancelled } = items
      sql.updateRun.run(status, endedAt, total, success, skipped, failed, cancelled, kept.number)
      kept.isDirty = false
    }
  }

  committed(): void {
    this.#tables.events.committed({ rows: this.#rows, taken: this.#taken, left: this.#left, wakeAt: this.#wakeAt })
  }

  rolledBack(): void {
    this.#tables.forget()
    this.#tables.events.rolledBack()
  }

  // --- the rows that follow from the journal

  #project(batch: Batch, encoded: EncodedEntries): void {
    const { journal, after, wakes = [] } = batch
    const changes = project(batch.entries)
    const isFirst = after === 0
    if (changes.claimed !== undefined) this.#claim(journal)
    const { finished, claimed, total, signal } = changes
    if (isFirst || finished.length > 0 || claimed !== undefined || total !== undefined || signal) {
      const run = runOf(journal)
      const kept = this.#run(run) ?? this.#addRun(run, changes)
      kept.row = applyChanges(kept.row, changes)
      kept.isDirty = true
      const { putItem } = this.#tables.sql
      for (let i = 0; i < finished.length; i++) {
        putItem.run(kept.number, finished[i]?.item as number, encoded.outcomes[i] as string)
      }
      if (finished.length > 0 || total !== undefined || isFirst) this.#count(journal, finished.length, kept.row)
    }
    for (const [index, { key, until = null }] of changes.cached.entries()) {
      this.#tables.sql.keepOutput.run(key, until, encoded.cached[index] as string)
    }
    for (const wake of wakes) this.#wakeOrTake(wake.journal, wake.at)
    if (batch.entries.some((entry) => entry.type === 'signalled')) this.#wakeAll(runOf(journal))
  }

  /** The journal, if `after` is its length; undefined if there is none, and there should be none. */
  #fence(journal: JournalId, after: number): { readonly shard: number; length: number } | undefined {
    const { known, sql } = this.#tables
    const seen = known.get(journal)
    if (seen?.length === after) return seen
    const shard = this.shard(journal)?.number
    const has = (seq: number) => shard !== undefined && sql.row.get(seq, shard) !== undefined
    if (after > 0 ? !has(after - 1) : shard !== undefined && has(0)) throw conflict(journal, after)
    if (has(after)) throw conflict(journal, after)
    if (shard === undefined) return undefined
    const found = { shard, length: after }
    known.set(journal, found)
    return found
  }

  #addJournal({ journal, entries: [first] }: Batch): { readonly shard: number; length: number } {
    const run = runOf(journal)
    // Who writes the first row has the journal in hand, until it is put down.
    const driver = this.#tables.events.driver()
    const items = first?.type === 'created' ? first.inputs.length : 0
    const [inserted] = this.#tables.sql.insertShard.all<{ number: number }>(journal, run, items, driver)
    const number = inserted?.number as number
    this.#shards.set(journal, { number, journal, run, items, done: 0, driver, isOpen: true, isDirty: false })
    const known = { shard: number, length: 0 }
    this.#tables.known.set(journal, known)
    return known
  }

  #claim(journal: JournalId): void {
    const shard = this.shard(journal)
    if (shard) this.#hold(shard, this.#tables.events.driver())
  }

  #hold(shard: Shard, driver: string | null): void {
    if (shard.driver === driver) return
    shard.driver = driver
    shard.isDirty = true
  }

  #count(journal: JournalId, finished: number, run: RunRow): void {
    const shard = this.shard(journal)
    if (!shard?.isOpen) return
    if (finished > 0) shard.isDirty = true
    shard.done += finished
    // The run's own journal is open as long as items may come.
    if (shard.done < shard.items || (journal.endsWith('/0') && run.items.total < 0)) return
    shard.isOpen = false
    shard.driver = null
    shard.isDirty = true
    this.#tables.sql.dropWake.run(journal)
    this.#left.push(journal)
  }

  #wakeOrTake(journal: JournalId, at: number): void {
    const shard = this.shard(journal)
    const { clock, events } = this.#tables
    const isOurs = this.#rows.at(-1)?.row.seq === 0 && this.#rows.at(-1)?.row.journal === journal
    const isFree = shard !== undefined && (shard.driver === null || isOurs)
    if (isFree && at <= clock.now() && events.mayTake()) return this.take(journal)
    if (shard && isOurs) this.#hold(shard, null)
    this.wake(journal, at)
  }

  /** Also those that are driven: their drivers may be about to put them down without having seen the signal. */
  #wakeAll(run: RunId): void {
    this.flush()
    const open = this.#tables.sql.openShards.all<{ journal: JournalId }>(run)
    for (const { journal } of open) this.#wakeOrTake(journal, this.#tables.clock.now())
  }

  #run(id: RunId): KeptRun | undefined {
    const known = this.#runs.get(id)
    if (known) return known
    const record = this.#tables.sql.run.get<RunRecord>(id)
    if (!record) return undefined
    const kept = { number: record.number, row: runRow(record), isDirty: false }
    this.#runs.set(id, kept)
    return kept
  }

  #addRun(id: RunId, changes: ReturnType<typeof project>): KeptRun {
    const { created, at } = changes
    const facts = rowFacts(created?.options ?? {})
    const createdAt = created?.at ?? at
    const items = { total: -1, success: 0, skipped: 0, failed: 0, cancelled: 0 }
    const row: RunRow = { id, status: 'queued', createdAt, items, ...facts }
    const { flow = null, ...rest } = facts
    const inserted = this.#tables.sql.insertRun.all<{ number: number }>(
      ...[id, flow, 'queued', createdAt, null, -1, 0, 0, 0, 0, JSON.stringify(rest)],
    )
    const kept = { number: inserted[0]?.number as number, row, isDirty: false }
    this.#runs.set(id, kept)
    return kept
  }

  #look(): void {
    if (this.#hasLooked) return
    this.#hasLooked = true
    this.#tables.look()
  }
}

export function runOf(journal: JournalId): RunId {
  return journal.slice(0, journal.lastIndexOf('/'))
}

// ---

/** As many rows in a row may be missing from a journal and yet be noticed. */
export const LARGEST_GAP = 16

function isNews(entry: JournalEntry): boolean {
  if (entry.type === 'settled') return entry.cache !== undefined
  return entry.type !== 'started' && entry.type !== 'parked'
}

function conflict(journal: JournalId, after: number): FlowError {
  return new FlowError(
    'CONFLICT',
    `journal ${journal} does not end after ${after} rows: somebody else has written to it`,
  )
}

interface ShardRecord {
  readonly number: number
  readonly journal: string
  readonly run: string
  readonly items: number
  readonly done: number
  readonly driver: string | null
  readonly is_open: number
}
