// What one transaction does to journals and to the rows that follow from them: decides what they become, and leaves the
// writing to those who write many at once. Whoever reads what is written here in the same transaction flushes first.

import {
  applyChanges,
  type Batch,
  type Changes,
  checkFence,
  concernsRun,
  count,
  type EncodedBlob,
  type EncodedEntries,
  type Ends,
  hasShardEnded,
  type JournalId,
  type LogLine,
  project,
  type RunId,
  runOfJournal,
  type Wake,
} from '@stepflow/engine'
import { partsOf } from './journal-names.ts'
import { isLone, isNews } from './lone-row.ts'
import type { KeptRun } from './run-rows.ts'
import { isNear, type Shard } from './shard-rows.ts'
import { type ItemRange, SignalledRuns, withItems } from './signalled-runs.ts'
import type { JournalTables, WrittenRow } from './tables.ts'
import type { Transaction } from './writer.ts'

export class JournalTransaction implements Transaction {
  readonly #tables: JournalTables
  readonly #rows: WrittenRow[] = []
  #logged: Set<RunId> | undefined
  readonly #taken: JournalId[] = []
  readonly #left: JournalId[] = []
  #wakeAt = Number.POSITIVE_INFINITY
  #hasLooked = false
  readonly #signalled = new SignalledRuns()

  constructor(tables: JournalTables) {
    this.#tables = tables
  }

  /** In place of the transaction: false if it takes one, and nothing has changed. */
  appendLone(batch: Batch, encoded: EncodedEntries): boolean {
    const { shards, loneRow, lastPosition } = this.#tables
    const { journal, entries } = batch
    const shard = shards.remembered(journal)
    const position = lastPosition + 1
    if (!shard || !isNear(shard, position) || !isLone(batch, encoded, shard)) return false
    if (!loneRow.write(position, shard, encoded.text)) return false
    this.#rows.push({ position, row: { journal, seq: shard.rows++, entries } })
    shard.last = position
    this.#tables.lastPosition = position
    return true
  }

  append(batch: Batch, encoded: EncodedEntries): void {
    this.#checkFence(batch)
    this.#append(batch, encoded)
  }

  /** A row for each of several journals. */
  appendAll(batches: readonly Batch[], encoded: readonly EncodedEntries[]): void {
    for (const batch of batches) this.#checkFence(batch)
    for (const [index, batch] of batches.entries()) this.#append(batch, encoded[index] as EncodedEntries)
  }

  /** Of a run that is not there, nothing is kept. */
  addLog(id: RunId, lines: readonly LogLine[]): void {
    this.#look()
    const run = this.#tables.runs.get(id)
    if (run) this.#log(run, lines)
  }

  /** The journal's row; undefined if there is no such journal. */
  shard(journal: JournalId): Shard | undefined {
    this.#look()
    return this.#tables.shards.get(journal)
  }

  wake(journal: JournalId, at: number): void {
    // "When it is signalled": the signal brings its wake.
    if (!Number.isFinite(at)) return
    this.#tables.putWake(journal, at)
    this.#wakeAt = Math.min(this.#wakeAt, at)
  }

  /** Whoever claims a journal's wake drives it from then on. */
  take(journal: JournalId): void {
    this.#tables.dropWake(journal)
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
    const [rows, { run, part }] = [shard.rows - 1, partsOf(journal)]
    if (part === 0) sql.shortenHead.run(rows, previous, run)
    else sql.shorten.run(rows, previous, shard.number)
    this.#tables.forget()
  }

  remove(run: RunId): void {
    this.#look()
    this.flush()
    const { sql, shards, runs, lastPosition } = this.#tables
    sql.markPosition.run(lastPosition)
    sql.markRemoved.run(run)
    const rows = sql.rowsOf.get<{ count: number }>(run)?.count ?? 0
    if (sql.forgetRows.run(run) < rows) sql.sweepRows.run(run)
    this.#tables.logs.remove(run)
    sql.countRemoval.run()
    for (const forget of [sql.strike, sql.forgetLate, sql.forgetWakes, sql.forgetShards, sql.forgetItems])
      forget.run(run)
    sql.forgetRun.run(run)
    shards.forget()
    runs.forget()
  }

  flush(): void {
    if (!this.#signalled.isEmpty) this.#wakeSignalled()
    this.#tables.flush()
  }

  committed(): void {
    this.#tables.committed()
    const [rows, taken, left, wakeAt] = [this.#rows, this.#taken, this.#left, this.#wakeAt]
    this.#tables.events.committed({ rows, logged: this.#logged ?? NO_RUNS, taken, left, wakeAt })
  }

  rolledBack(): void {
    this.#tables.rolledBack()
    this.#tables.events.rolledBack()
  }

  // --- the rows that follow from the journal

  #checkFence(batch: Batch): void {
    const { journal, ifOpen, ifUnsealed } = batch
    const rows = this.shard(journal)?.rows ?? 0
    const run = ifOpen || ifUnsealed ? this.#tables.runs.get(runOfJournal(journal)) : undefined
    checkFence(batch, rows, run?.row)
  }

  #append(batch: Batch, encoded: EncodedEntries): void {
    const { journal, entries } = batch
    const { shards, blobs } = this.#tables
    const known = this.shard(journal)
    // Most rows are of steps only, and change nothing that could be asked for.
    const changes = known === undefined || batch.wakes || entries.some(isNews) ? project(entries) : undefined
    const shard = known ?? this.#addJournal(batch, changes ?? project(entries))
    for (const blob of encoded.blobs) blobs.putEncoded(blob)
    const isFirst = shard.rows === 0
    if (batch.log && !isFirst) this.addLog(shard.run, batch.log)
    const position = ++this.#tables.lastPosition
    const seq = shard.rows
    shards.append(shard, position, encoded.text)
    this.#rows.push({ position, row: { journal, seq, entries } })
    if (changes) this.#project(batch, changes, shard, encoded)
    else if (batch.atWork) this.#atWork(shard, batch.atWork)
    if (batch.log && isFirst) this.addLog(shard.run, batch.log)
  }

  #log({ number, row }: KeptRun, lines: readonly LogLine[]): void {
    const { logs, shards } = this.#tables
    shards.flushRows()
    const written = logs.add(number, lines, this.#tables.lastPosition + 1)
    this.#tables.lastPosition += written
    if (written === 0) return
    this.#logged ??= new Set()
    this.#logged.add(row.id)
  }

  #project(batch: Batch, changes: Changes, shard: Shard, encoded: EncodedEntries): void {
    const { journal, wakes = [] } = batch
    const isNew = shard.rows === 1
    if (changes.claimed !== undefined) this.#claim(journal)
    const { finished, cached } = changes
    const hasCounted = count(shard.counts, changes, batch.atWork)
    if (hasCounted) this.#tables.shards.changed(shard)
    if (isNew || finished.length > 0 || changes.total !== undefined || changes.signal || changes.claimed) {
      this.#changeRun(shard, changes, encoded)
    }
    for (const [index, { key, until = null }] of cached.entries()) {
      this.#tables.sql.keepOutput.run(key, until, encoded.cached[index] as string)
    }
    for (const wake of wakes) this.#wakeOrTake(wake.journal, wake.at, isNew && wake.journal === journal)
    if (changes.isSignalled) this.#signalled.note(runOfJournal(journal), batch.entries)
  }

  #changeRun(shard: Shard, changes: Changes, encoded: EncodedEntries): void {
    const { runs } = this.#tables
    const run = runs.get(shard.run) as KeptRun // made with its first journal
    if (concernsRun(run.row, changes)) runs.change(run, applyChanges(run.row, changes))
    const { finished } = changes
    for (let i = 0; i < finished.length; i++) runs.putItems(run, finished[i] as Ends, encoded.outcomes[i] as string)
    if (shard.isOpen) this.#endIfDone(shard, run, changes)
  }

  #endIfDone(shard: Shard, run: KeptRun, changes: Changes): void {
    const { runs, shards } = this.#tables
    if (!hasShardEnded(shard.counts, shard.items, shard.journal.endsWith('/0'), run.row)) return
    runs.change(run, applyChanges(run.row, changes, shard.counts))
    shard.isOpen = false
    shard.driver = null
    shards.changed(shard)
    this.#tables.dropWake(shard.journal)
    this.#left.push(shard.journal)
  }

  #atWork(shard: Shard, { running, waiting }: NonNullable<Batch['atWork']>): void {
    const { counts } = shard
    if (counts.running === running && counts.waiting === waiting) return
    counts.running = running
    counts.waiting = waiting
    this.#tables.shards.changed(shard)
  }

  #addJournal({ journal, atWork }: Batch, changes: Changes): Shard {
    const { runs } = this.#tables
    const id = runOfJournal(journal)
    const run = runs.get(id) ?? runs.add(id, changes)
    // Who writes the first row has the journal in hand, until it is put down.
    const driver = this.#tables.events.driver()
    const { first = 0, count: items = 0 } = changes.items ?? {}
    const shard = this.#tables.shards.add(journal, run, { first, items, driver })
    // Written with the rest of it.
    shard.counts.running = atWork?.running ?? 0
    return shard
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

  /** `isNew`: this transaction has written its first row. */
  #wakeOrTake(journal: JournalId, at: number, isNew: boolean): void {
    const shard = this.shard(journal)
    const { clock, events } = this.#tables
    const isFree = shard !== undefined && (shard.driver === null || isNew)
    if (isFree && at <= clock.now() && events.mayTake()) return this.take(journal)
    if (shard && isNew) this.#hold(shard, null)
    this.wake(journal, at)
  }

  /** Also those that are driven: their drivers may be about to put them down without having seen the signal. */
  #wakeSignalled(): void {
    const signalled = this.#signalled.takeAll()
    this.#tables.flush()
    const now = this.#tables.clock.now()
    for (const [run, items] of signalled) {
      const open = this.#tables.sql.openShards.all<ItemRange>(run)
      for (const { journal } of withItems(open, items)) this.#wakeOrTake(journal, now, false)
    }
  }

  #look(): void {
    if (this.#hasLooked) return
    this.#hasLooked = true
    this.#tables.look()
  }
}

// ---

const NO_RUNS: ReadonlySet<RunId> = new Set()
