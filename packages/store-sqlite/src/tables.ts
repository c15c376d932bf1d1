// The statements that write, and what is remembered of the tables from one transaction to the next.

import type { Clock, JournalId, JournalRow } from '@stepflow/engine'
import type { BlobTable } from './blobs.ts'
import type { Database } from './drivers.ts'
import { RunRows } from './run-rows.ts'
import { OF_RUN, ShardRows } from './shard-rows.ts'

export interface WrittenRow {
  readonly position: number
  readonly row: JournalRow
}

/** What the rest of the store learns of a transaction. */
export interface TransactionEvents {
  /** This store's name as a driver, kept in the file from now on. */
  driver(): string
  /** May a journal with a wake that is due be taken at once, in the transaction that brings the wake? */
  mayTake(): boolean
  committed(news: {
    rows: readonly WrittenRow[]
    taken: readonly JournalId[]
    left: readonly JournalId[]
    wakeAt: number
  }): void
  rolledBack(): void
}

/** What outlives a transaction: prepared statements, and the rows that were written or read last. */
export class JournalTables {
  readonly clock: Clock
  readonly blobs: BlobTable
  readonly events: TransactionEvents
  /** Of late; valid as long as nobody else has written. */
  readonly shards: ShardRows
  readonly runs: RunRows
  lastPosition = -1
  readonly #dataVersion: () => number
  #seenVersion = -1
  readonly sql

  constructor(db: Database, options: { clock: Clock; blobs: BlobTable; events: TransactionEvents }) {
    this.clock = options.clock
    this.blobs = options.blobs
    this.events = options.events
    this.shards = new ShardRows(db)
    this.runs = new RunRows(db)
    const version = db.prepare('PRAGMA data_version')
    this.#dataVersion = () => version.get<{ data_version: number }>()?.data_version ?? 0
    this.sql = {
      lastPosition: db.prepare(`
        SELECT max(value, coalesce((SELECT max(position) FROM journal), 0)) AS position
        FROM marks WHERE name = 'position'`),
      openShards: db.prepare(`SELECT journal, first, items FROM shards WHERE ${OF_RUN} AND is_open = 1`),
      keepOutput: db.prepare('INSERT OR REPLACE INTO cached (key, until, outcome) VALUES (?, ?, ?)'),
      putWake: db.prepare(`
        INSERT INTO wakes (journal, at) VALUES (?, ?)
        ON CONFLICT (journal) DO UPDATE SET at = min(at, excluded.at)`),
      dropWake: db.prepare('DELETE FROM wakes WHERE journal = ?'),
      dropRow: db.prepare('DELETE FROM journal WHERE position = ?'),
      previous: db.prepare('SELECT previous FROM journal WHERE position = ?'),
      shorten: db.prepare('UPDATE shards SET rows = ?, last = ? WHERE number = ?'),
      rowsOf: db.prepare(`SELECT coalesce(sum(rows), 0) AS count FROM shards WHERE ${OF_RUN}`),
      // A link that leads astray is not followed: it would take the rows of another journal along.
      forgetRows: db.prepare(`
        DELETE FROM journal WHERE position IN (
          WITH RECURSIVE chain (position, shard, seq, previous) AS (
            SELECT position, shard, seq, previous FROM shards JOIN journal ON position = last AND shard = number
            WHERE ${OF_RUN}
            UNION ALL
            SELECT before.position, before.shard, before.seq, before.previous FROM chain JOIN journal AS before
            ON before.position = chain.previous AND before.shard = chain.shard AND before.seq = chain.seq - 1)
          SELECT position FROM chain)`),
      // Looks at each row of the file: only what is damaged needs it.
      sweepRows: db.prepare(`DELETE FROM journal WHERE shard IN (SELECT number FROM shards WHERE ${OF_RUN})`),
      forgetWakes: db.prepare(`DELETE FROM wakes WHERE journal IN (SELECT journal FROM shards WHERE ${OF_RUN})`),
      forgetItems: db.prepare('DELETE FROM items WHERE run = (SELECT number FROM runs WHERE id = ?)'),
      forgetShards: db.prepare(`DELETE FROM shards WHERE ${OF_RUN}`),
      forgetRun: db.prepare('DELETE FROM runs WHERE id = ?'),
      markRemoved: db.prepare(`
        UPDATE marks SET value = max(value, (SELECT coalesce(max(last), 0) FROM shards WHERE ${OF_RUN}))
        WHERE name = 'removed'`),
      markPosition: db.prepare(`UPDATE marks SET value = max(value, ?) WHERE name = 'position'`),
    }
  }

  /** To be called inside a transaction: what we know of the tables holds only if nobody else has written since. */
  look(): void {
    const version = this.#dataVersion()
    if (version !== this.#seenVersion || this.shards.size + this.runs.size > KEPT_ROWS) this.forget()
    this.#seenVersion = version
    if (this.lastPosition < 0) this.lastPosition = this.sql.lastPosition.get<{ position: number }>()?.position ?? 0
  }

  flush(): void {
    this.shards.flush()
    this.runs.flush()
  }

  committed(): void {
    this.shards.committed()
    this.runs.committed()
  }

  forget(): void {
    this.shards.forget()
    this.runs.forget()
    this.lastPosition = -1
  }

  rolledBack(): void {
    this.forget()
    this.blobs.rolledBack()
  }
}

// ---

/** Rows that are remembered. */
const KEPT_ROWS = 100_000
