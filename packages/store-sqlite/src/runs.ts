// What can be asked of the runs, and how they are removed.

import {
  endedOf,
  FlowError,
  type ItemStatus,
  type JournalId,
  type OpenJournal,
  type PruneOptions,
  type RunId,
  type RunQuery,
  type RunRow,
  type Runs,
  type ShardRow,
  summed,
} from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
import type { JournalReader } from './journal.ts'
import type { Presence } from './presence.ts'
import type { Pruner } from './prune.ts'
import { RUN_COLUMNS, type RunRecord, runRow } from './run-row.ts'
import { COUNT_COLUMNS, OF_RUN, type ShardCountsRecord, shardCounts } from './shard-rows.ts'
import type { JournalTransaction } from './transaction.ts'
import type { Writer } from './writer.ts'

export interface RunTableOptions {
  readonly db: Database
  readonly writer: Writer<JournalTransaction>
  readonly reader: JournalReader
  readonly pruner: Pruner
  readonly presence: Presence
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
      shards: db.prepare(`SELECT journal, first, items, rows, ${COUNT_COLUMNS} FROM shards WHERE ${OF_RUN}`),
      shard: db.prepare(`SELECT journal, first, items, rows, ${COUNT_COLUMNS} FROM shards WHERE journal = ?`),
      openCounts: db.prepare(`SELECT ${COUNT_COLUMNS} FROM shards WHERE is_open = 1 AND ${OF_RUN}`),
      open: db.prepare('SELECT journal, run, driver FROM shards WHERE is_open = 1 ORDER BY run, journal'),
      openOf: db.prepare(`SELECT journal, run, driver FROM shards WHERE is_open = 1 AND ${OF_RUN} ORDER BY journal`),
    }
  }

  get(run: RunId): RunRow | undefined {
    return this.#options.read(() => {
      const record = this.#sql.run.get<RunRecord>(run)
      return record && this.#summed(record)
    })
  }

  list(query: RunQuery = {}): RunRow[] {
    return this.#options.read(() => this.#list(query))
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
    const records = this.#options.read(() => this.#sql.shards.all<ShardRecord>(run))
    const rows = records.map(shardRow)
    const number = ({ journal }: ShardRow) => Number(journal.slice(journal.lastIndexOf('/') + 1))
    return rows.sort((a, b) => number(a) - number(b))
  }

  shard(journal: JournalId): ShardRow | undefined {
    const record = this.#options.read(() => this.#sql.shard.get<ShardRecord>(journal))
    return record && shardRow(record)
  }

  open(run?: RunId): OpenJournal[] {
    return this.#options.read(() => {
      const rows = run === undefined ? this.#sql.open.all<OpenRecord>() : this.#sql.openOf.all<OpenRecord>(run)
      const living = new Set(this.#options.presence.living())
      return rows.map(({ journal, run, driver }) =>
        driver !== null && living.has(driver) ? { journal, run, heldBy: driver } : { journal, run },
      )
    })
  }

  remove(run: RunId): Promise<void> {
    return this.#options.writer.write((tx) => tx.remove(run))
  }

  prune(options: PruneOptions): Promise<{ readonly runs: number; readonly blobs: number }> {
    return this.#options.pruner.prune(options)
  }

  #list(query: RunQuery): RunRow[] {
    const { limit = 100, status, flow, kind, trigger, labels = {}, since, until, cursor } = query
    const conditions: string[] = []
    const params: Param[] = []
    const where = (condition: string, ...values: Param[]) => {
      conditions.push(condition)
      params.push(...values)
    }
    if (cursor !== undefined) where('number < ?', this.#number(cursor))
    const statuses = typeof status === 'string' ? [status] : status
    if (statuses) where(`status IN (${statuses.map(() => '?').join(', ')})`, ...statuses)
    if (flow !== undefined) where('flow = ?', flow)
    if (kind !== undefined) where(`coalesce(${factOf('kind')}, 'run') = ?`, kind)
    if (trigger !== undefined) where(`${factOf('trigger.type')} = ?`, trigger)
    if (since !== undefined) where('created_at >= ?', since)
    if (until !== undefined) where('created_at < ?', until)
    for (const [name, value] of Object.entries(labels)) {
      where(
        `json_valid(facts) AND EXISTS (SELECT 1 FROM json_each(facts, '$.labels') AS label WHERE label.key = ? AND label.value = ?)`,
        name,
        value,
      )
    }
    const filter = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
    const select = this.#options.db.prepare(`SELECT ${RUN_COLUMNS} FROM runs ${filter} ORDER BY number DESC LIMIT ?`)
    return select.all<RunRecord>(...params, limit).map((record) => this.#summed(record))
  }

  /** With the counts of its open shards. */
  #summed(record: RunRecord): RunRow {
    // A cancelled run has open shards until their drivers have ended their items.
    if (record.status === 'completed' || record.status === 'failed') return runRow(record)
    return summed(runRow(record), this.#sql.openCounts.all<ShardCountsRecord>(record.id).map(shardCounts))
  }

  #number(cursor: RunId): number {
    const record = this.#sql.run.get<RunRecord>(cursor)
    if (!record) throw new FlowError('NOT_FOUND', `there is no run ${cursor} to go on from`)
    return record.number
  }
}

// ---

function shardRow(record: ShardRecord): ShardRow {
  const { journal, first, items, rows } = record
  const counts = shardCounts(record)
  return { journal, first, items, done: endedOf(counts), counts, rows }
}

/** A fact of the run's row, by SQL; damaged ones are none. */
function factOf(path: string): string {
  return `CASE WHEN json_valid(facts) THEN json_extract(facts, '$.${path}') END`
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
