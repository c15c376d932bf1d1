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
  type RunStatus,
  type Runs,
  type ShardRow,
  summed,
} from '@stepflow/engine'
import type { Database, Param } from './drivers.ts'
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
    if (statuses) where(`status IN (${statuses.map(() => '?').join(', ')})${indexOf(statuses)}`, ...statuses)
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

const SHARD_COLUMNS = `name AS journal, first, items, ${ROWS} AS rows, ${COUNT_COLUMNS}`

/** A condition by which SQLite finds an index: there is one of what is under way, and one of what went wrong. */
function indexOf(statuses: readonly RunStatus[]): string {
  if (statuses.includes('completed')) return ''
  const wentWrong = statuses.filter((status) => status === 'failed' || status === 'cancelled')
  if (wentWrong.length === statuses.length) return ` AND status IN ('failed', 'cancelled')`
  const live = 'SELECT number FROM runs INDEXED BY live_runs WHERE is_live = 1'
  const wrong = `SELECT number FROM runs INDEXED BY runs_that_went_wrong WHERE status IN ('failed', 'cancelled')`
  return ` AND number IN (${wentWrong.length === 0 ? live : `${live} UNION ALL ${wrong}`})`
}

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
