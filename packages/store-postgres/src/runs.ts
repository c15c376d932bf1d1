// What can be asked of the runs, and how they are removed.

import {
  FlowError,
  type ItemStatus,
  type JournalId,
  type OpenJournal,
  own,
  type PruneOptions,
  type RunId,
  type RunQuery,
  type RunRow,
  type Runs,
  type ShardRow,
} from '@stepflow/engine'
import { texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import type { JournalReader } from './journal.ts'
import { journalOf, partsOf } from './journal-names.ts'
import type { Presence } from './presence.ts'
import type { Pruner } from './prune.ts'
import { SHARD_COLUMNS, type ShardRecord, SUMMED, type SummedRecord, shardRow, summedRow } from './rows.ts'
import { fromText, toText } from './text.ts'

export interface RunTableOptions {
  readonly connection: () => Connection
  readonly reader: JournalReader
  readonly presence: Presence
  readonly pruner: Pruner
  readonly removed: (run: RunId) => void
  /** Turns what goes wrong into what happened to which store. */
  readonly answered: <T>(ask: () => Promise<T>, doing: 'read' | 'write to') => Promise<T>
}

/** Rows that are looked at in one go. */
const ROWS_AT_ONCE = 500

export class RunTable implements Runs {
  readonly #options: RunTableOptions

  constructor(options: RunTableOptions) {
    this.#options = options
  }

  async get(run: RunId): Promise<RunRow | undefined> {
    const [record] = await this.#read<SummedRecord>('get-run', `SELECT ${SUMMED} WHERE id = $1`, [toText(run)])
    return record && summedRow(record)
  }

  async list(query: RunQuery = {}): Promise<RunRow[]> {
    const { limit = 100, cursor, ...filter } = query
    let before = cursor === undefined ? null : await this.#numberOf(cursor)
    const rows: RunRow[] = []
    for (;;) {
      const statuses = filter.status === undefined ? null : [filter.status].flat()
      const records = await this.#read<SummedRecord>(
        'list-runs',
        `SELECT ${SUMMED} WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text[] IS NULL OR status = ANY ($2))
          AND ($3::text IS NULL OR flow = $3) AND created_at >= $4 AND created_at < $5 ORDER BY number DESC LIMIT $6`,
        [
          before,
          statuses && texts(statuses),
          filter.flow === undefined ? null : toText(filter.flow),
          Math.ceil(filter.since ?? 0),
          Math.ceil(filter.until ?? Number.MAX_SAFE_INTEGER),
          Math.min(limit, ROWS_AT_ONCE),
        ],
      )
      for (const record of records) {
        const row = summedRow(record)
        if (fits(row, filter) && rows.length < limit) rows.push(row)
      }
      const last = records.at(-1)
      if (!last || rows.length >= limit || records.length < Math.min(limit, ROWS_AT_ONCE)) return rows
      before = last.number
    }
  }

  items(run: RunId, from = 0, limit = Number.POSITIVE_INFINITY, statuses?: readonly ItemStatus[]) {
    return this.#options.answered(() => this.#options.reader.items(run, from, limit, statuses), 'read')
  }

  statuses(run: RunId, from = 0, limit = Number.POSITIVE_INFINITY) {
    return this.#options.answered(() => this.#options.reader.statuses(run, from, limit), 'read')
  }

  cached(key: string, now: number) {
    return this.#options.answered(() => this.#options.reader.cached(key, now), 'read')
  }

  async shards(run: RunId): Promise<ShardRow[]> {
    const text = `SELECT ${SHARD_COLUMNS} FROM shards WHERE run = $1 ORDER BY part`
    return (await this.#read<ShardRecord>('shards', text, [toText(run)])).map(shardRow)
  }

  async shard(journal: JournalId): Promise<ShardRow | undefined> {
    const { run, part } = partsOf(journal)
    const text = `SELECT ${SHARD_COLUMNS} FROM shards WHERE run = $1 AND part = $2`
    const [record] = await this.#read<ShardRecord>('shard', text, [toText(run), part])
    return record && shardRow(record)
  }

  async open(run?: RunId): Promise<OpenJournal[]> {
    const select = 'SELECT run, part, driver FROM shards WHERE is_open'
    const rows = await (run === undefined
      ? this.#read<OpenRecord>('open', `${select} ORDER BY run, part`, [])
      : this.#read<OpenRecord>('open-of', `${select} AND run = $1 ORDER BY part`, [toText(run)]))
    if (rows.length === 0) return []
    const living = await this.#options.answered(() => this.#options.presence.living(), 'read')
    return rows.map((row) => {
      const id = fromText(row.run)
      const journal = journalOf(id, row.part)
      return row.driver !== null && living.has(row.driver)
        ? { journal, run: id, heldBy: row.driver }
        : { journal, run: id }
    })
  }

  async remove(run: RunId): Promise<void> {
    await this.#options.answered(
      () => this.#options.connection().query({ text: 'SELECT remove_run($1)', values: [toText(run)] }),
      'write to',
    )
    this.#options.removed(run)
  }

  prune(options: PruneOptions): Promise<{ readonly runs: number; readonly blobs: number }> {
    return this.#options.answered(() => this.#options.pruner.prune(options, (run) => this.remove(run)), 'write to')
  }

  async #numberOf(cursor: RunId): Promise<number> {
    const [found] = await this.#read<{ number: number }>('number', 'SELECT number FROM runs WHERE id = $1', [
      toText(cursor),
    ])
    if (!found) throw new FlowError('NOT_FOUND', `there is no run ${cursor} to go on from`)
    return found.number
  }

  #read<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#options.answered(() => this.#options.connection().query<Row>({ name, text, values }), 'read')
  }
}

// ---

function fits(row: RunRow, { kind, trigger, labels = {} }: RunQuery): boolean {
  if (kind !== undefined && (row.kind ?? 'run') !== kind) return false
  if (trigger !== undefined && row.trigger?.type !== trigger) return false
  return Object.entries(labels).every(([name, value]) => own(row.labels, name) === value)
}

interface OpenRecord {
  readonly run: string
  readonly part: number
  readonly driver: string | null
}
