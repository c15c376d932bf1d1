// What can be asked of the runs, and how they are removed.

import {
  checkQuery,
  checkSummary,
  comparePlaces,
  createFit,
  cursorOf,
  endedOf,
  type ItemStatus,
  type JournalId,
  type OpenJournal,
  type PruneOptions,
  placeOf,
  type RunId,
  type RunPage,
  type RunPlace,
  type RunQuery,
  type RunRow,
  type Runs,
  type RunsSummary,
  RunTally,
  readCursor,
  type ShardRow,
  type SummaryQuery,
  summed,
} from '@stepflow/engine'
import type { Database } from './drivers.ts'
import type { JournalReader } from './journal.ts'
import { HEAD, NEWS, partsOf, ROWS, SHARD } from './journal-names.ts'
import type { Presence } from './presence.ts'
import type { Pruner } from './prune.ts'
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
  readonly #sql

  constructor(options: RunTableOptions) {
    this.#options = options
    const { db } = options
    this.#sql = {
      run: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`),
      all: db.prepare(`SELECT ${RUN_COLUMNS} FROM runs ORDER BY number`),
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
  }

  get(run: RunId): RunRow | undefined {
    return this.#options.read(() => {
      const ended = this.#options.ended(run)
      if (ended) return ended
      const record = this.#sql.run.get<RunRecord>(run)
      return record && this.#summed(record)
    })
  }

  list(query: RunQuery = {}): RunPage {
    return this.#options.read(() => this.#list(query))
  }

  summary(query: SummaryQuery): RunsSummary {
    return this.#options.read(() => this.#summary(query))
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
    return this.#options.pruner.prune(options)
  }

  #list(query: RunQuery): RunPage {
    checkQuery(query)
    const { sort = '-createdAt', limit = 100, cursor, count = 0 } = query
    const fits = createFit(query)
    const after = cursor === undefined ? undefined : readCursor(cursor, sort)
    const found: { row: RunRow; place: RunPlace }[] = []
    let total = 0
    for (const record of this.#sql.all.all<RunRecord>()) {
      const row = this.#summed(record)
      if (!fits(row)) continue
      total++
      const place = placeOf(row, record.number, sort)
      if (!after || comparePlaces(place, after) > 0) found.push({ row, place })
    }
    found.sort((a, b) => comparePlaces(a.place, b.place))
    const last = found[limit - 1]
    return {
      rows: found.slice(0, limit).map(({ row }) => row),
      ...(last && found.length > limit ? { next: cursorOf(last.place, sort) } : {}),
      ...(count > 0 ? { total: Math.min(total, count) } : {}),
    }
  }

  #summary(query: SummaryQuery): RunsSummary {
    checkSummary(query)
    const fits = createFit(query)
    const tally = new RunTally(query)
    for (const record of this.#sql.all.all<RunRecord>()) {
      const row = this.#summed(record)
      if (fits(row)) tally.addRow(row)
    }
    return tally.summary()
  }

  /** With the counts of its open shards. */
  #summed(record: RunRecord): RunRow {
    // A cancelled run has open shards until their drivers have ended their items.
    if (record.status === 'completed' || record.status === 'failed') return runRow(record)
    return summed(runRow(record), this.#sql.openCounts.all<ShardCountsRecord>(record.id).map(shardCounts))
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
