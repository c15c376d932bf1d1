// The port of everything that is kept. One write (`append`), one pull-in (`work`), the rest are reads.

import type { JournalEntry, JournalId, RunId, RunOptions } from '../journal/events.ts'
import type { MaybePromise } from '../json.ts'
import type { Outcome } from '../run/outcome.ts'

/** Where runs are kept. */
export interface Store {
  /** True if what was appended survives the process. */
  readonly durable: boolean
  /** False if the journal's rows are passed to watchers but not kept: nothing can be replayed. */
  readonly keepsSteps: boolean
  /** Who we are in the journal, for stores that several processes share. */
  readonly driver?: string
  /** One row, all or nothing; throws CONFLICT if `after` is not the number of the journal's rows. */
  append(batch: Batch): MaybePromise<void>
  /** The journal's rows from row `from` (0) on. */
  read(journal: JournalId, from?: number): MaybePromise<readonly JournalRow[]>
  /**
   * Calls `drive` once, at or after its time, for each wake, and for each journal whose driver is gone. What `drive`
   * answers is the journal's next wake (`Infinity`: when its run is signalled), or null when it is done. A `signalled`
   * entry wakes the run's journals that nobody drives, in the transaction that appends it.
   */
  work(drive: (journal: JournalId, signal: AbortSignal) => Promise<Wake | null>): { stop(): Promise<void> }
  /** Nobody drives the journal any more until its wake. Needed by stores that outlive their process. */
  putDown?(wake: Wake): MaybePromise<void>
  readonly runs: Runs
  readonly blobs: Blobs
  /** Calls `listener` for each row that is appended from now on; returns the way to stop it. */
  watch(of: { readonly run?: RunId }, listener: (row: JournalRow) => void): () => void
  close(): MaybePromise<void>
}

/** Entries that are appended together, or not at all. */
export interface Batch {
  readonly journal: JournalId
  /** How many rows the journal had when the writer last looked: the fence. */
  readonly after: number
  readonly entries: readonly JournalEntry[]
  readonly wakes?: readonly Wake[]
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
}

/** What can be asked of the runs; derived from the journal. */
export interface Runs {
  get(run: RunId): MaybePromise<RunRow | undefined>
  /** Newest first. */
  list(query?: RunQuery): MaybePromise<readonly RunRow[]>
  /** Finished items from number `from` on, in order, at most `limit`; unfinished ones are left out. */
  items(run: RunId, from?: number, limit?: number): MaybePromise<readonly ItemRow[]>
  /** An output that was kept under the key and is not too old; undefined if there is none. */
  cached(key: string, now: number): MaybePromise<{ readonly output: unknown } | undefined>
  /** The run's journals, in order. */
  shards(run: RunId): MaybePromise<readonly ShardRow[]>
  /** Journals whose work is not done; of one run, or of all. */
  open(run?: RunId): MaybePromise<readonly OpenJournal[]>
  remove(run: RunId): MaybePromise<void>
  /** Removes ended runs, and blobs that nothing that is left refers to. Only where what is kept outlives the process. */
  prune?(options: PruneOptions): Promise<{ readonly runs: number; readonly blobs: number }>
}

/** Which runs are listed. */
export interface RunQuery {
  /** 100 unless told. */
  readonly limit?: number
  readonly status?: RunStatus
  readonly flow?: string
  /** All of them. */
  readonly labels?: Readonly<Record<string, string>>
  /** Created at or after; before. Epoch milliseconds. */
  readonly since?: number
  readonly until?: number
  /** The last run of the page before. */
  readonly cursor?: RunId
}

/** A journal that has not ended. */
export interface OpenJournal {
  readonly journal: JournalId
  readonly run: RunId
  /** The driver, of another process that is alive, that has it in hand. */
  readonly heldBy?: string
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
  /** How many items it has, and how many of them have ended. */
  readonly items: number
  readonly done: number
}

/** How a run stands. */
export type RunStatus = 'queued' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled'

/** What is known of a run without its journal. */
export interface RunRow {
  readonly id: RunId
  readonly flow?: string
  readonly status: RunStatus
  readonly createdAt: number
  readonly endedAt?: number
  /** `total` is -1 until the input has ended. */
  readonly items: ItemCounts
  readonly labels?: RunOptions['labels']
  readonly origin?: RunOptions['origin']
  readonly trigger?: RunOptions['trigger']
}

/** How many of the items have ended, and how. */
export interface ItemCounts {
  readonly total: number
  readonly success: number
  readonly skipped: number
  readonly failed: number
  readonly cancelled: number
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
