// What can be asked of the runs, and how they are removed.

import type {
  ItemStatus,
  JournalId,
  OpenJournal,
  PruneOptions,
  RunId,
  RunPage,
  RunQuery,
  RunRow,
  Runs,
  RunsSummary,
  ShardRow,
  SummaryQuery,
} from '@stepflow/engine'
import type { Connection } from './connection.ts'
import type { JournalReader } from './journal.ts'
import { journalOf, partsOf } from './journal-names.ts'
import type { Presence } from './presence.ts'
import type { Pruner } from './prune.ts'
import { SHARD_COLUMNS, type ShardRecord, SUMMED, type SummedRecord, shardRow, summedRow } from './rows.ts'
import { listRuns, summarizeRuns } from './run-lists.ts'
import { fromText, toText } from './text.ts'

export interface RunTableOptions {
  readonly connection: () => Connection
  readonly reader: JournalReader
  readonly presence: Presence
  readonly pruner: Pruner
  /** One that has just ended here. */
  readonly ended: (run: RunId) => RunRow | undefined
  readonly removed: (run: RunId) => void
  /** Turns what goes wrong into what happened to which store. */
  readonly answered: <T>(ask: () => Promise<T>, doing: 'read' | 'write to') => Promise<T>
}

export class RunTable implements Runs {
  readonly #options: RunTableOptions

  constructor(options: RunTableOptions) {
    this.#options = options
  }

  async get(run: RunId): Promise<RunRow | undefined> {
    const ended = this.#options.ended(run)
    if (ended) return ended
    const [record] = await this.#read<SummedRecord>('get-run', `SELECT ${SUMMED} WHERE id = $1`, [toText(run)])
    return record && summedRow(record)
  }

  list(query: RunQuery = {}): Promise<RunPage> {
    return this.#options.answered(() => listRuns(this.#options.connection(), query), 'read')
  }

  summary(query: SummaryQuery): Promise<RunsSummary> {
    return this.#options.answered(() => summarizeRuns(this.#options.connection(), query), 'read')
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
    const { presence } = this.#options
    const living = await this.#options.answered(() => presence.living(), 'read')
    return rows.map(({ run: text, part, driver }) => {
      const run = fromText(text)
      const journal = journalOf(run, part)
      if (driver === presence.id) return { journal, run, isOurs: true }
      return driver !== null && living.has(driver) ? { journal, run, heldBy: driver } : { journal, run }
    })
  }

  async remove(run: RunId): Promise<void> {
    await this.#removed(run)
  }

  prune(options: PruneOptions): Promise<{ readonly runs: number; readonly blobs: number }> {
    return this.#options.answered(() => this.#options.pruner.prune(options, (run) => this.#removed(run)), 'write to')
  }

  /** False if it was not there: another may have removed it while we waited for it. */
  async #removed(run: RunId): Promise<boolean> {
    const { answered, connection, removed } = this.#options
    const text = 'SELECT remove_run(id) FROM (SELECT id FROM runs WHERE id = $1 FOR UPDATE) AS there'
    const found = await answered(() => connection().query({ text, values: [toText(run)] }), 'write to')
    removed(run)
    return found.length > 0
  }

  #read<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#options.answered(() => this.#options.connection().query<Row>({ name, text, values }), 'read')
  }
}

// ---

interface OpenRecord {
  readonly run: string
  readonly part: number
  readonly driver: string | null
}
