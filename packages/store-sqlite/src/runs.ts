// What can be asked of the runs, and how they are removed.

import {
  endedOf,
  type ItemStatus,
  type JournalId,
  type OpenJournal,
  type PruneOptions,
  type RunId,
  type RunPage,
  type RunQuery,
  type RunRow,
  type Runs,
  type RunsSummary,
  type ShardCounts,
  type ShardRow,
  type SummaryQuery,
  summed,
} from '@stepflow/engine'
import type { Database } from './drivers.ts'
import type { JournalReader } from './journal.ts'
import { HEAD, NEWS, partsOf, ROWS, SHARD } from './journal-names.ts'
import type { Presence } from './presence.ts'
import type { Pruner } from './prune.ts'
import { RunIndex } from './run-index.ts'
import { RUN_COLUMNS, type RunRecord, runRow } from './run-row.ts'
import { COUNT_COLUMNS, type ShardCountsRecord, shardCounts } from './shard-rows.ts'
import type { JournalTransaction } from './transaction.ts'
import type { Writer } from './writer.ts'

export interface RunTableOptions {
  readonly db: Database
  readonly writer: Writer<JournalTransaction>
  readonly reader: JournalReader
  readonly pruner: Pruner
  readonly presence: Presence
  /** A run that has ended in this process of late, if nobody has written since. */
  readonly ended: (run: RunId) => RunRow | undefined
  /** Turns what SQLite throws into what happened to which file. */
  readonly read: <T>(read: () => T) => T
}

export class RunTable implements Runs {
  readonly #options: RunTableOptions
  readonly #index: RunIndex
  readonly #sql

  constructor(options: RunTableOptions) {
    this.#options = options
    const { db } = options
    this.#sql = {
      run: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`),
      shards: db.prepare(`SELECT ${SHARD_COLUMNS} FROM journals ${NEWS} WHERE run = ? ORDER BY part`),
      head: db.prepare(`SELECT ${SHARD_COLUMNS} FROM ${HEAD} ${NEWS}`),
      shard: db.prepare(`SELECT ${SHARD_COLUMNS} FROM ${SHARD} ${NEWS}`),
      openCounts: db.prepare(`SELECT ${COUNT_COLUMNS} FROM journals WHERE is_open = 1 AND run = ?`),
      open: db.prepare(`
        SELECT name AS journal, run, driver FROM journals WHERE is_open = 1 AND is_live = 1 ORDER BY run, part`),
      openOf: db.prepare(
        'SELECT name AS journal, run, driver FROM journals WHERE is_open = 1 AND run = ? ORDER BY part',
      ),
    }
    const { writer, read } = options
    this.#index = new RunIndex({
      db,
      read,
      rowOf: (record, open) => this.#rowOf(record, open),
      write: (change) => writer.write(change),
    })
  }

  get(run: RunId): RunRow | undefined {
    return this.#options.read(() => {
      const ended = this.#options.ended(run)
      if (ended) return ended
      const record = this.#sql.run.get<RunRecord>(run)
      return record && this.#summed(record)
    })
  }

  list(query: RunQuery = {}): Promise<RunPage> {
    return this.#index.list(query)
  }

  summary(query: SummaryQuery): Promise<RunsSummary> {
    return this.#index.summary(query)
  }

  items(run: RunId, from = 0, limit = Number.POSITIVE_INFINITY, statuses?: readonly ItemStatus[]) {
    return this.#options.read(() => this.#options.reader.items(run, from, limit, statuses))
  }

  statuses(run: RunId, from = 0, limit = Number.POSITIVE_INFINITY) {
    return this.#options.read(() => this.#options.reader.statuses(run, from, limit))
  }

  cached(key: string, now: number) {
    return this.#options.read(() => this.#options.reader.cached(key, now))
  }

  shards(run: RunId): ShardRow[] {
    return this.#options.read(() => this.#sql.shards.all<ShardRecord>(run)).map(shardRow)
  }

  shard(journal: JournalId): ShardRow | undefined {
    const { run, part } = partsOf(journal)
    const { head, shard } = this.#sql
    const record = this.#options.read(() =>
      part === 0 ? head.get<ShardRecord>(run) : shard.get<ShardRecord>(run, null, part),
    )
    return record && shardRow(record)
  }

  open(run?: RunId): OpenJournal[] {
    return this.#options.read(() => {
      const rows = run === undefined ? this.#sql.open.all<OpenRecord>() : this.#sql.openOf.all<OpenRecord>(run)
      const { presence } = this.#options
      const living = new Set(presence.living())
      return rows.map(({ journal, run, driver }) => {
        if (driver === presence.id) return { journal, run, isOurs: true }
        return driver !== null && living.has(driver) ? { journal, run, heldBy: driver } : { journal, run }
      })
    })
  }

  remove(run: RunId): Promise<void> {
    return this.#options.writer.write((tx) => tx.remove(run))
  }

  prune(options: PruneOptions): Promise<{ readonly runs: number; readonly blobs: number }> {
    return this.#options.pruner.prune(options, (query) => this.#index.list(query))
  }

  /** With the counts of its open shards. */
  #summed(record: RunRecord): RunRow {
    return this.#rowOf(record).row
  }

  #rowOf(record: RunRecord, known?: readonly ShardCounts[]): { readonly row: RunRow; readonly isSettled: boolean } {
    const row = runRow(record)
    if (record.status === 'completed' || record.status === 'failed') return { row, isSettled: true }
    // A cancelled run has open shards until their drivers have ended their items.
    const open = known ?? this.#sql.openCounts.all<ShardCountsRecord>(record.id).map(shardCounts)
    return { row: summed(row, open), isSettled: record.status === 'cancelled' && open.length === 0 }
  }
}

// ---

const SHARD_COLUMNS = `name AS journal, first, items, ${ROWS} AS rows, ${COUNT_COLUMNS}`

function shardRow(record: ShardRecord): ShardRow {
  const { journal, first, items, rows } = record
  const counts = shardCounts(record)
  return { journal, first, items, done: endedOf(counts), counts, rows }
}

interface ShardRecord extends ShardCountsRecord {
  readonly journal: JournalId
  readonly first: number
  readonly items: number
  readonly rows: number
}

interface OpenRecord {
  readonly journal: JournalId
  readonly run: RunId
  readonly driver: string | null
}
