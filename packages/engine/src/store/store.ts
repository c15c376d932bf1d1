// The port of everything that is kept. `append` writes, `work` takes in what is due, the rest reads.

import type { Clock } from '../clock.ts'
import type { JournalEntry, JournalId, RunId } from '../journal/events.ts'
import type { Json, MaybePromise } from '../json.ts'
import type { Outcome } from '../run/outcome.ts'
import type { LogLine, RunLogs, WrittenLine } from './run-log.ts'
import type { RunPage, RunQuery } from './run-query.ts'
import type { AtWork, ItemStatus, RunRow, ShardCounts } from './run-row.ts'
import type { RunsSummary, SummaryQuery } from './run-summary.ts'

export type { AtWork, ItemCounts, ItemError, ItemStatus, RunRow, RunStatus, ShardCounts } from './run-row.ts'

/** Where runs are kept. */
export interface Store {
  /** True if what was appended survives the process. */
  readonly durable: boolean
  /** False if the journal's rows are passed to watchers but not kept: nothing can be replayed. */
  readonly keepsSteps: boolean
  /** Who we are in the journal, for stores that several processes share. */
  readonly driver?: string
  /** What people call this process, where a store knows several. */
  readonly node?: string
  /**
   * So many journals this process drives at once, of a store on which others work too: what begins here and finds no room, or is
   * part of something large, is woken, and whoever has room drives it. Absent: who begins a run drives it.
   */
  readonly capacity?: number
  /** The time of all who share the store, where that is not the machine's. */
  readonly clock?: Clock
  /** Aborted with the reason once this program may not work on the store any more: a newer one has changed it. */
  readonly unfit?: AbortSignal
  /** One row, all or nothing; throws CONFLICT if `after` is not the number of the journal's rows. */
  append(batch: Batch): MaybePromise<void>
  /** A row for each of several journals, all of them or none: of each journal one. */
  appendAll(batches: readonly Batch[]): MaybePromise<void>
  /** The journal's rows from row `from` (0) on. */
  read(journal: JournalId, from?: number): MaybePromise<readonly JournalRow[]>
  /**
   * Calls `drive` once, at or after its time, for each wake, and for each journal whose driver is gone. What `drive`
   * answers is the journal's next wake (`Infinity`: when its run is signalled), or null when it is done. A `signalled`
   * entry wakes the run's journals that nobody drives, in the transaction that appends it. `beside`: how many other journals
   * this process drives by itself; they count where there is a `capacity`. `place`: of a run whose items are shared out, which of
   * the journals that are driven at once it is, from 0.
   */
  work(
    drive: (journal: JournalId, signal: AbortSignal, place?: number) => Promise<Wake | null>,
    beside?: () => number,
  ): { stop(): Promise<void> }
  /** Nobody drives the journal any more until its wake. Needed by stores that outlive their process. */
  putDown?(wake: Wake): MaybePromise<void>
  /** The processes that work on the store, where there may be several: in the order of their names. */
  nodes?(): Promise<readonly StoreNode[]>
  readonly runs: Runs
  readonly blobs: Blobs
  readonly records: Records
  /** What is logged in runs. */
  readonly logs: RunLogs
  /** Where the rows end that are written now: what is watched after it goes on from there. */
  cursor(): MaybePromise<Cursor>
  /**
   * The rows that were written after a place, in that order: for whoever reads at his own pace. Undefined if what follows the
   * place is not there any more, or it is no cursor of this store. With `logs`, the lines of logs come in between: rows and
   * lines are written in one order, and a cursor is a place in it. Lines that came with a row (`Batch.log`) stand before
   * it, or behind it if it is the first of its journal.
   */
  rowsAfter(of: RowsAfter): MaybePromise<WrittenRows | undefined>
  /** Calls `listener` for each row, once and in the order of writing; returns the way to stop it. */
  watch(of: WatchOptions, listener: Listener): () => void
  close(): MaybePromise<void>
}

/** A place in the order in which all rows of a store were written; nobody but the store reads it. */
export type Cursor = string

/** Before the first row: a watch of a run begins at its beginning. */
export const BEGINNING: Cursor = 'beginning'

/** Hears of a row, and where the order of all rows stands after it. */
export type Listener = (row: JournalRow, cursor: Cursor) => void

/** Which rows a watcher hears of. */
export interface WatchOptions {
  /** Of one run; absent: of all. */
  readonly run?: RunId
  /** From there on; absent: what is written from now on. */
  readonly after?: Cursor
  /** Called once if what follows `after` is not there any more, or it is no cursor of this store: hears from now on, then. */
  readonly onGap?: () => void
  /** Called after lines were written to logs, perhaps to those of other runs: `rowsAfter` has what there is. */
  readonly onLog?: () => void
}

/** Which rows are read. */
export interface RowsAfter {
  /** Of one run; absent: of all. */
  readonly run?: RunId
  readonly after: Cursor
  /** So many at most. */
  readonly limit: number
  /** Lines of logs, too. */
  readonly logs?: boolean
}

/** A row, and where the order of all that was written stands after it. */
export interface WrittenRow {
  readonly row: JournalRow
  readonly cursor: Cursor
}

/** What was written, in that order. */
export interface WrittenRows {
  /** Lines are among them only if `logs` was asked for. */
  readonly rows: readonly (WrittenRow | WrittenLine)[]
  /** Others follow, perhaps none of those that were asked for: from there. Absent: these were all there are by now. */
  readonly next?: Cursor
}

/** Entries that are appended together, or not at all. */
export interface Batch {
  readonly journal: JournalId
  /**
   * How many rows the journal had when the writer last looked: the fence. Absent: at the journal's end, wherever that is;
   * NOT_FOUND if there is no such journal.
   */
  readonly after?: number
  /** Refused with CONFLICT once the run has ended. */
  readonly ifOpen?: true
  /** Refused with CONFLICT once the run takes no more inputs: its `sealed` is written. */
  readonly ifUnsealed?: true
  readonly entries: readonly JournalEntry[]
  readonly wakes?: readonly Wake[]
  /** How the journal's items stand from then on. */
  readonly atWork?: AtWork
  /** Lines of the run's log that are written with the row, or not at all. */
  readonly log?: readonly LogLine[]
}

/** What was appended at once. */
export interface JournalRow {
  readonly journal: JournalId
  /** From 0. */
  readonly seq: number
  readonly entries: readonly JournalEntry[]
}

/** "Drive this journal at that time" (epoch milliseconds). */
export interface Wake {
  readonly journal: JournalId
  readonly at: number
  /** This process cannot drive it: where others work on the store, they are asked first. */
  readonly forOthers?: true
}

/** A process that works on a store. Times in epoch milliseconds. */
export interface StoreNode {
  /** Who it is in the journal. */
  readonly id: string
  readonly name: string
  readonly host: string
  /** Of the program, if it has said so. */
  readonly version?: string
  readonly startedAt: number
  readonly seenAt: number
  /** How many journals it drives at once, and how many it has in hand. */
  readonly capacity: number
  readonly shards: number
  /** `draining`: takes no more; `silent`: was not heard of for so long that its journals are given to others. */
  readonly status: 'active' | 'draining' | 'silent'
}

/** What can be asked of the runs; derived from the journal. */
export interface Runs {
  get(run: RunId): MaybePromise<RunRow | undefined>
  /**
   * A page of the runs that fit, in the order that is asked for; INVALID_INPUT if `checkQuery` refuses it, or for a cursor that
   * is none of this list. What fits, `createFit` says: a store that looks for runs in its own way (indices, SQL) finds the same
   * ones. What stands before what, `placeOf` says: by the value, then by the order of creation in the store. A cursor is a
   * place, so runs that are added or removed move no other onto another page, and the run that it was made from may be gone.
   * 50 of 100,000, or how many there are, is asked each second: no filter may read all of the runs' rows.
   */
  list(query?: RunQuery): MaybePromise<RunPage>
  /** All runs that fit, by when they were created; see `RunTally`, of which a store may do the counting itself (`boundsOf`). */
  summary(query: SummaryQuery): MaybePromise<RunsSummary>
  /** Finished items from number `from` on, in order, at most `limit`, of these statuses or all; unfinished ones are left out. */
  items(run: RunId, from?: number, limit?: number, statuses?: readonly ItemStatus[]): MaybePromise<readonly ItemRow[]>
  /** A byte for each item that was taken in, from number `from` on, at most `limit`: `itemByte` of its end, or 0. */
  statuses(run: RunId, from?: number, limit?: number): MaybePromise<Uint8Array>
  /** An output that was kept under the key and is not too old; undefined if there is none. */
  cached(key: string, now: number): MaybePromise<{ readonly output: unknown } | undefined>
  /** The run's journals, in order. */
  shards(run: RunId): MaybePromise<readonly ShardRow[]>
  /** One of them. */
  shard(journal: JournalId): MaybePromise<ShardRow | undefined>
  /** Journals whose work is not done; of one run, or of all. */
  open(run?: RunId): MaybePromise<readonly OpenJournal[]>
  remove(run: RunId): MaybePromise<void>
  /** Removes ended runs, and blobs that nothing that is left refers to. Only where what is kept outlives the process. */
  prune?(options: PruneOptions): Promise<{ readonly runs: number; readonly blobs: number }>
}

/** A journal that has not ended. */
export interface OpenJournal {
  readonly journal: JournalId
  readonly run: RunId
  /** The driver, of another process that is alive, that has it in hand. */
  readonly heldBy?: string
  /** This process has it in hand. */
  readonly isOurs?: true
}

/** Which of the ended runs are removed. */
export interface PruneOptions {
  /** Removes what ended longer ago. */
  readonly olderThanMs?: number
  /** Removes all but the newest of the ended runs. */
  readonly keep?: number
}

/** A part of a run that is driven by itself. */
export interface ShardRow {
  readonly journal: JournalId
  /** The number of its first item. */
  readonly first: number
  /** How many items it has, and how many of them have ended. */
  readonly items: number
  readonly done: number
  readonly counts: ShardCounts
  /** How many rows its journal has. */
  readonly rows: number
}

/** How one item ended. */
export interface ItemRow {
  readonly item: number
  readonly outcome: Outcome
}

/** Values by what is in them. */
export interface Blobs {
  put(value: unknown): MaybePromise<string>
  /** Throws NOT_FOUND. */
  get(id: string): MaybePromise<unknown>
}

/** Small documents by collection and key, each with a version. */
export interface Records {
  get(collection: string, key: string): MaybePromise<StoredRecord | undefined>
  /** In the order of their keys, at most `limit`, those after the key `after`. */
  list(collection: string, query?: RecordQuery): MaybePromise<readonly StoredRecord[]>
  /**
   * Puts a document in the place of the one with `version`, or where there was none: 0. Answers its version, which no other
   * document of the store has had or will have. Throws CONFLICT if another is there by now.
   */
  put(record: StoredRecord): MaybePromise<number>
  /** Throws CONFLICT if another version is there; removing what is gone is no error. */
  delete(record: Omit<StoredRecord, 'value'>): MaybePromise<void>
}

/** A small document, and which version of it. */
export interface StoredRecord {
  readonly collection: string
  readonly key: string
  readonly version: number
  readonly value: Json
}

/** Which records are listed. */
export interface RecordQuery {
  readonly after?: string
  readonly limit?: number
}
