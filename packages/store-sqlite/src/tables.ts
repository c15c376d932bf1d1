// The statements that write, and what is remembered of the tables from one transaction to the next.

import type { Clock, JournalId, JournalRow, RunId, RunRow } from '@stepflow/engine'
import type { BlobTable } from './blobs.ts'
import type { Database } from './drivers.ts'
import { LAST, NEWS, ROWS } from './journal-names.ts'
import type { LogTable } from './log-table.ts'
import { LoneRow } from './lone-row.ts'
import { RunRows } from './run-rows.ts'
import { ShardRows } from './shard-rows.ts'

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
    /** Runs whose logs have grown. */
    logged: ReadonlySet<RunId>
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
  readonly logs: LogTable
  readonly events: TransactionEvents
  /** Of late; valid as long as nobody else has written. */
  readonly shards: ShardRows
  readonly runs: RunRows
  readonly loneRow: LoneRow
  lastPosition = -1
  /** Somebody waits to be woken, as far as is known; undefined: nobody has looked. */
  #hasWakes: boolean | undefined
  readonly #dataVersion: () => number
  #seenVersion = -1
  readonly sql

  constructor(db: Database, options: { clock: Clock; blobs: BlobTable; logs: LogTable; events: TransactionEvents }) {
    this.clock = options.clock
    this.blobs = options.blobs
    this.logs = options.logs
    this.events = options.events
    this.runs = new RunRows(db)
    this.shards = new ShardRows(db, this.runs)
    this.loneRow = new LoneRow(db)
    const version = db.prepare('PRAGMA data_version')
    this.#dataVersion = () => version.get<{ data_version: number }>()?.data_version ?? 0
    this.sql = {
      lastPosition: db.prepare(`
        SELECT max(value, coalesce((SELECT max(position) FROM journal), 0),
          coalesce((SELECT max(position) FROM logs), 0)) AS position
        FROM marks WHERE name = 'position'`),
      openShards: db.prepare('SELECT name AS journal, first, items FROM journals WHERE run = ? AND is_open = 1'),
      keepOutput: db.prepare('INSERT OR REPLACE INTO cached (key, until, outcome) VALUES (?, ?, ?)'),
      putWake: db.prepare(`
        INSERT INTO wakes (journal, at) VALUES (?, ?)
        ON CONFLICT (journal) DO UPDATE SET at = min(at, excluded.at)`),
      anyWake: db.prepare('SELECT EXISTS (SELECT 1 FROM wakes) AS found'),
      dropWake: db.prepare('DELETE FROM wakes WHERE journal = ?'),
      dropRow: db.prepare('DELETE FROM journal WHERE position = ?'),
      previous: db.prepare('SELECT previous FROM journal WHERE position = ?'),
      shorten: db.prepare('UPDATE shards SET rows = ?, last = ? WHERE number = ?'),
      shortenHead: db.prepare('UPDATE runs SET head_rows = ?, head_last = ? WHERE id = ?'),
      rowsOf: db.prepare(`SELECT coalesce(sum(${ROWS}), 0) AS count FROM journals ${NEWS} WHERE run = ?`),
      // A link that leads astray is not followed: it would take the rows of another journal along.
      forgetRows: db.prepare(`
        DELETE FROM journal WHERE position IN (
          WITH RECURSIVE chain (position, shard, seq, previous) AS (
            SELECT first.position, first.shard, first.seq, first.previous
            FROM journals ${NEWS} JOIN journal AS first ON first.position = ${LAST} AND first.shard = number
            WHERE run = ?
            UNION ALL
            SELECT before.position, before.shard, before.seq, before.previous FROM chain JOIN journal AS before
            ON before.position = chain.previous AND before.shard = chain.shard AND before.seq = chain.seq - 1)
          SELECT position FROM chain)`),
      // Looks at each row of the file: only what is damaged needs it.
      sweepRows: db.prepare('DELETE FROM journal WHERE shard IN (SELECT number FROM journals WHERE run = ?)'),
      forgetWakes: db.prepare('DELETE FROM wakes WHERE journal IN (SELECT name FROM journals WHERE run = ?)'),
      forgetItems: db.prepare('DELETE FROM items WHERE run = (SELECT number FROM runs WHERE id = ?)'),
      forgetShards: db.prepare(
        'DELETE FROM shards WHERE number IN (SELECT number FROM journals WHERE run = ? AND part > 0)',
      ),
      forgetRun: db.prepare('DELETE FROM runs WHERE id = ?'),
      countRemoval: db.prepare(`UPDATE marks SET value = value + 1 WHERE name = 'removals'`),
      forgetLate: db.prepare('DELETE FROM late_runs WHERE number = (SELECT number FROM runs WHERE id = ?)'),
      // One that was late is in no slice: then it is struck from none.
      strike: db.prepare(`
        INSERT INTO gone_runs SELECT number FROM runs
        WHERE id = ? AND number <= (SELECT value FROM marks WHERE name = 'listed')
          AND number NOT IN (SELECT number FROM late_runs)`),
      markRemoved: db.prepare(`
        UPDATE marks SET value = max(value, (SELECT coalesce(max(${LAST}), 0) FROM journals ${NEWS} WHERE run = ?1),
          (SELECT coalesce(max(position), 0) FROM logs WHERE run = (SELECT number FROM runs WHERE id = ?1)))
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

  putWake(journal: JournalId, at: number): void {
    this.sql.putWake.run(journal, at)
    this.#hasWakes = true
  }

  /** Nearly always there is none at all, and that is known. */
  dropWake(journal: JournalId): void {
    this.#hasWakes ??= this.sql.anyWake.get<{ found: number }>()?.found === 1
    if (this.#hasWakes && this.sql.dropWake.run(journal) > 0) this.#hasWakes = undefined
  }

  /** The row of a run that has ended in this process of late, if nobody has written since. */
  ended(run: RunId): RunRow | undefined {
    const row = this.runs.ended(run)
    return row && this.#isCurrent ? row : undefined
  }

  /** The position of the last row of all. */
  get end(): number {
    if (this.lastPosition >= 0 && this.#isCurrent) return this.lastPosition
    return this.sql.lastPosition.get<{ position: number }>()?.position ?? 0
  }

  flush(): void {
    this.runs.flush()
    this.shards.flush()
  }

  committed(): void {
    this.shards.committed()
    this.runs.committed()
  }

  forget(): void {
    this.shards.forget()
    this.runs.forget()
    this.lastPosition = -1
    this.#hasWakes = undefined
  }

  rolledBack(): void {
    this.forget()
    this.blobs.rolledBack()
  }

  /** Nobody else has written since we looked. */
  get #isCurrent(): boolean {
    return this.#dataVersion() === this.#seenVersion
  }
}

// ---

/** Rows that are remembered. */
const KEPT_ROWS = 100_000
