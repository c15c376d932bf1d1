// The statements that write, and what is remembered of the tables from one transaction to the next.

import type { Clock, JournalId, JournalRow } from '@stepflow/engine'
import type { BlobTable } from './blobs.ts'
import type { Database } from './drivers.ts'

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

/** What outlives a transaction: prepared statements, and how long journals are. */
export class JournalTables {
  readonly clock: Clock
  readonly blobs: BlobTable
  readonly events: TransactionEvents
  /** Journals that were written to of late; valid as long as nobody else has written. */
  readonly known = new Map<JournalId, { readonly shard: number; length: number }>()
  lastPosition = -1
  readonly #dataVersion: () => number
  #seenVersion = -1
  readonly sql

  constructor(db: Database, options: { clock: Clock; blobs: BlobTable; events: TransactionEvents }) {
    this.clock = options.clock
    this.blobs = options.blobs
    this.events = options.events
    const version = db.prepare('PRAGMA data_version')
    this.#dataVersion = () => version.get<{ data_version: number }>()?.data_version ?? 0
    this.sql = {
      lastPosition: db.prepare(`
        SELECT max(value, coalesce((SELECT max(position) FROM journal), 0)) AS position
        FROM marks WHERE name = 'position'`),
      append: db.prepare('INSERT INTO journal (position, shard, seq, entries) VALUES (?, ?, ?, ?)'),
      row: db.prepare('SELECT position FROM journal WHERE seq = ? AND shard = ?'),
      run: db.prepare('SELECT * FROM runs WHERE id = ?'),
      insertRun: db.prepare(`
        INSERT INTO runs (id, flow, status, created_at, ended_at, total, success, skipped, failed, cancelled, facts)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING number`),
      updateRun: db.prepare(`
        UPDATE runs SET status = ?, ended_at = ?, total = ?, success = ?, skipped = ?, failed = ?, cancelled = ?
        WHERE number = ?`),
      shard: db.prepare('SELECT * FROM shards WHERE journal = ?'),
      insertShard: db.prepare(`
        INSERT INTO shards (journal, run, items, done, driver, is_open) VALUES (?, ?, ?, 0, ?, 1)
        RETURNING number`),
      updateShard: db.prepare('UPDATE shards SET done = ?, driver = ?, is_open = ? WHERE number = ?'),
      shardsOf: db.prepare('SELECT number FROM shards WHERE run = ?'),
      openShards: db.prepare('SELECT journal FROM shards WHERE run = ? AND is_open = 1'),
      putItem: db.prepare('INSERT OR REPLACE INTO items (run, item, outcome) VALUES (?, ?, ?)'),
      keepOutput: db.prepare('INSERT OR REPLACE INTO cached (key, until, outcome) VALUES (?, ?, ?)'),
      putWake: db.prepare(`
        INSERT INTO wakes (journal, at) VALUES (?, ?)
        ON CONFLICT (journal) DO UPDATE SET at = min(at, excluded.at)`),
      dropWake: db.prepare('DELETE FROM wakes WHERE journal = ?'),
      dropRow: db.prepare('DELETE FROM journal WHERE seq = ? AND shard = ?'),
      forgetWakes: db.prepare('DELETE FROM wakes WHERE journal IN (SELECT journal FROM shards WHERE run = ?)'),
      forgetItems: db.prepare('DELETE FROM items WHERE run = ?'),
      forgetShards: db.prepare('DELETE FROM shards WHERE run = ?'),
      forgetRun: db.prepare('DELETE FROM runs WHERE number = ?'),
      markPosition: db.prepare(`UPDATE marks SET value = max(value, ?) WHERE name = 'position'`),
    }
  }

  /** To be called inside a transaction: what we know of the tables holds only if nobody else has written since. */
  look(): void {
    const version = this.#dataVersion()
    if (version !== this.#seenVersion || this.known.size > KNOWN_JOURNALS) this.forget()
    this.#seenVersion = version
    if (this.lastPosition < 0) this.lastPosition = this.sql.lastPosition.get<{ position: number }>()?.position ?? 0
  }

  forget(): void {
    this.known.clear()
    this.lastPosition = -1
  }
}

// ---

/** Journals that are remembered. */
const KNOWN_JOURNALS = 100_000
