// What one transaction does to journals and to the rows that follow from them: decides what they become, and leaves the
// writing to those who write many at once. Whoever reads what is written here in the same transaction flushes first.

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
  type Wake,
} from '@stepflow/engine'
import type { Shard } from './shard-rows.ts'
import type { JournalTables, WrittenRow } from './tables.ts'
import type { Transaction } from './writer.ts'

export class JournalTransaction implements Transaction {
  readonly #tables: JournalTables
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
    const { shards, blobs } = this.#tables
    const known = this.shard(journal)
    if ((known?.rows ?? 0) !== after) throw conflict(journal, after)
    const shard = known ?? this.#addJournal(batch)
    for (const blob of encoded.blobs) blobs.putEncoded(blob)
    const position = ++this.#tables.lastPosition
    shards.append(shard, position, encoded.text)
    this.#rows.push({ position, row: { journal, seq: after, entries } })
    // Most rows are of steps only, and change nothing that could be asked for.
    if (after === 0 || batch.wakes || entries.some(isNews)) this.#project(batch, encoded)
  }

  /** The journal's row; undefined if there is no such journal. */
  shard(journal: JournalId): Shard | undefined {
    this.#look()
    return this.#tables.shards.get(journal)
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
  dropRow(journal: JournalId, position: number): void {
    this.flush()
    const shard = this.shard(journal)
    // Another process may have done it, and gone on.
    if (shard?.last !== position) return
    const { sql, lastPosition } = this.#tables
    sql.markPosition.run(lastPosition)
    const { previous } = sql.previous.get<{ previous: number }>(position) as { previous: number }
    sql.dropRow.run(position)
    sql.shorten.run(shard.rows - 1, previous, shard.number)
    this.#tables.shards.forget()
  }

  remove(run: RunId): void {
    this.#look()
    this.flush()
    const { sql, shards, runs, lastPosition } = this.#tables
    sql.markPosition.run(lastPosition)
    const rows = sql.rowsOf.get<{ count: number }>(run)?.count ?? 0
    if (sql.forgetRows.run(run) < rows) sql.sweepRows.run(run)
    for (const forget of [sql.forgetWakes, sql.forgetShards, sql.forgetItems, sql.forgetRun]) forget.run(run)
    shards.forget()
    runs.forget()
  }

  flush(): void {
    this.#tables.flush()
  }

  committed(): void {
    this.#tables.committed()
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
      const { runs } = this.#tables
      const kept = runs.get(run) ?? runs.add(run, changes)
      runs.change(kept, applyChanges(kept.row, changes))
      for (let i = 0; i < finished.length; i++) {
        runs.putItem(kept, finished[i]?.item as number, encoded.outcomes[i] as string)
      }
      if (finished.length > 0 || total !== undefined || isFirst) this.#count(journal, finished.length, kept.row)
    }
    for (const [index, { key, until = null }] of changes.cached.entries()) {
      this.#tables.sql.keepOutput.run(key, until, encoded.cached[index] as string)
    }
    for (const wake of wakes) this.#wakeOrTake(wake.journal, wake.at)
    if (batch.entries.some((entry) => entry.type === 'signalled')) this.#wakeAll(runOf(journal))
  }

  #addJournal({ journal, entries: [first] }: Batch): Shard {
    // Who writes the first row has the journal in hand, until it is put down.
    const driver = this.#tables.events.driver()
    const items = first?.type === 'created' ? first.inputs.length : 0
    return this.#tables.shards.add(journal, runOf(journal), { items, driver })
  }

  #claim(journal: JournalId): void {
    const shard = this.shard(journal)
    if (shard) this.#hold(shard, this.#tables.events.driver())
  }

  #hold(shard: Shard, driver: string | null): void {
    if (shard.driver === driver) return
    shard.driver = driver
    this.#tables.shards.changed(shard)
  }

  #count(journal: JournalId, finished: number, run: RunRow): void {
    const shard = this.shard(journal)
    if (!shard?.isOpen) return
    shard.done += finished
    if (finished > 0) this.#tables.shards.changed(shard)
    // The run's own journal is open as long as items may come.
    if (shard.done < shard.items || (journal.endsWith('/0') && run.items.total < 0)) return
    shard.isOpen = false
    shard.driver = null
    this.#tables.shards.changed(shard)
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
