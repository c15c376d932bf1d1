// Journal entries -> what changes in the rows that can be asked for. Pure; every store applies the same changes in the
// transaction of the append, so that journal and rows cannot disagree.
//
// P1  A shard's counts change with each append to its journal.
// P2  A run's row changes when its journal or a shard begins or ends, when the input ends, and on a signal: never with an
//     item. It holds the counts of the shards that have ended; `summed` adds those that are open.
// P3  A shard has ended when all its items have and, for the run's own journal, when no more can come.

import type { ErrorValue } from '../errors.ts'
import { joined } from '../joined.ts'
import type { Writable } from '../json.ts'
import type { Outcome } from '../run/outcome.ts'
import type { AtWork, ItemCounts, ItemError, ItemStatus, RunRow, RunStatus, ShardCounts } from '../store/store.ts'
import type { JournalEntry, RunOptions } from './events.ts'

export interface Changes {
  readonly created?: { readonly run: string; readonly at: number; readonly options: RunOptions }
  /** Of the first row of a journal: its items. */
  readonly items?: { readonly first: number; readonly count: number }
  /** Of the first row of a journal: so many of its run's are driven at once. */
  readonly shares?: number
  /** The driver that took the journal. */
  readonly claimed?: string
  /** When the first of it was done: a driver took the journal, or what needs none began a step. */
  readonly begun?: number
  /** The number of items, once it is known; and why they are no more, if that is a failure of the run. */
  readonly total?: number
  readonly broken?: ErrorValue
  readonly finished: readonly Ends[]
  readonly signal?: 'cancel' | 'pause' | 'resume'
  /** Something was sent to the run. */
  readonly isSignalled: boolean
  /** Failures that something made good. */
  readonly recovered: number
  /** Outputs that later calls may use. */
  readonly cached: readonly CachedOutput[]
  readonly at: number
}

/** How the items from `item` to `to` ended: nearly always one. */
export interface Ends {
  readonly item: number
  readonly to: number
  readonly status: ItemStatus
  readonly outcome: Outcome
}

export interface CachedOutput {
  readonly key: string
  /** Epoch milliseconds; absent: for good. */
  readonly until?: number
  readonly output: unknown
}

export function itemStatus(outcome: Outcome): ItemStatus {
  return outcome.outcome === 'failed' && outcome.error.code === 'CANCELLED' ? 'cancelled' : outcome.outcome
}

/** How an item stands, as a byte. */
export const ITEM_BYTES = {
  pending: 0,
  running: 1,
  waiting: 2,
  success: 3,
  skipped: 4,
  failed: 5,
  cancelled: 6,
} as const

export function project(entries: readonly JournalEntry[]): Changes {
  // Built in place: every append of every store comes through here.
  let finished = NO_ENDS
  let cached = NO_OUTPUTS
  const changes: Writable<Changes> = {
    finished,
    cached,
    isSignalled: false,
    recovered: 0,
    at: 0,
  }
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as JournalEntry
    // What is taken over from another run has the times of that one.
    if (!('carried' in entry)) changes.at = entry.at
    switch (entry.type) {
      case 'created':
        changes.items = { first: entry.from, count: entry.inputs.length }
        if (entry.share) changes.shares = entry.share.of
        if (entry.plan) changes.created = { run: entry.run, at: entry.at, options: entry.options ?? {} }
        break
      case 'claimed':
        changes.claimed = entry.driver
        changes.begun ??= entry.at
        break
      case 'started':
      case 'parked':
      case 'opened':
        changes.begun ??= entry.at
        break
      case 'sealed':
        changes.total = entry.items
        if (entry.error) changes.broken = entry.error
        break
      case 'finished': {
        const { item, to = item, outcome } = entry
        finished = joined(finished, { item, to, status: itemStatus(outcome), outcome })
        if (!entry.carried) changes.begun ??= entry.at
        break
      }
      case 'signalled':
        changes.isSignalled = true
        if (entry.name !== 'signal') changes.signal = entry.name
        break
      case 'settled':
        if (!entry.carried) changes.begun ??= entry.at
        changes.recovered += (entry.recovered ? 1 : 0) + (entry.lost ?? 0)
        if (entry.cache && entry.outcome.outcome === 'success') {
          cached = joined(cached, { ...entry.cache, output: entry.outcome.result })
        }
    }
  }
  changes.finished = finished
  changes.cached = cached
  return changes
}

// --- shards

/** The counts of a shard, to be changed in place. */
export type Counts = Writable<ShardCounts>

export function noCounts(): Counts {
  return { success: 0, skipped: 0, failed: 0, cancelled: 0, recovered: 0, running: 0, waiting: 0 }
}

/** How many items have ended, of a shard or of a run. */
export function endedOf({ success, skipped, failed, cancelled }: Omit<ItemCounts, 'total'>): number {
  return success + skipped + failed + cancelled
}

/** P1. Answers whether something is another than before. */
export function count(counts: Counts, { finished, recovered }: Changes, atWork: AtWork | undefined): boolean {
  let isChanged = finished.length > 0 || recovered > 0
  counts.recovered += recovered
  for (let i = 0; i < finished.length; i++) {
    const { item, to, status, outcome } = finished[i] as Ends
    counts[status] += to - item + 1
    if (
      status === 'failed' &&
      outcome.outcome === 'failed' &&
      (counts.error === undefined || item < counts.error.item)
    ) {
      counts.error = itemError(item, outcome.error)
    }
  }
  if (atWork && (counts.running !== atWork.running || counts.waiting !== atWork.waiting)) {
    counts.running = atWork.running
    counts.waiting = atWork.waiting
    isChanged = true
  }
  return isChanged
}

/** P3. */
export function hasShardEnded(counts: ShardCounts, items: number, isHead: boolean, run: RunRow): boolean {
  return endedOf(counts) >= items && (!isHead || run.items.total >= 0 || isEnded(run.status))
}

// --- runs

/** A run's row while it is changed in place. */
export type ChangingRow = Writable<RunRow>

/** A run's row as it is before anything has happened. */
export function newRunRow(id: string, { created, at }: Changes): ChangingRow {
  const row: ChangingRow = {
    id,
    status: 'queued',
    createdAt: created?.at ?? at,
    items: { total: -1, success: 0, skipped: 0, failed: 0, cancelled: 0 },
    atWork: { running: 0, waiting: 0 },
    recovered: 0,
  }
  if (created) copyFacts(created.options, row as Record<string, unknown>)
  return row
}

/** Does the run's row change, whatever becomes of the shard? */
export function concernsRun(row: RunRow, { created, begun, total, signal, finished }: Changes): boolean {
  if (created !== undefined || total !== undefined || signal !== undefined) return true
  return row.status === 'queued' && (begun !== undefined || finished.length > 0)
}

/** P2. A run's row after some changes, and after a shard has ended with these counts. */
export function applyChanges(before: RunRow, changes: Changes, ended?: ShardCounts): RunRow {
  const row = { ...before }
  changeRow(row, changes, ended)
  return row
}

/** The same, of a row that nobody else has. */
export function changeRow(row: ChangingRow, changes: Changes, ended?: ShardCounts): void {
  if (ended) {
    row.items = itemsWith(row.items, ended)
    row.recovered += ended.recovered
    const error = lowerError(row.error, ended.error)
    if (error !== undefined) row.error = error
  }
  const { total = row.items.total, broken, at } = changes
  if (total !== row.items.total) row.items = { ...row.items, total }
  // It is that of the item which did not come: one that came and failed is lower.
  if (row.error === undefined && broken) row.error = itemError(total, broken)
  row.status = statusAfter(row.status, row.items, row.error, changes)
  const { begun, finished } = changes
  if (row.startedAt === undefined && (begun !== undefined || finished.length > 0)) row.startedAt = begun ?? at
  if (isEnded(row.status) && row.endedAt === undefined) row.endedAt = at
}

/** A run's row with the counts of its open shards. */
export function summed(row: RunRow, open: Iterable<ShardCounts>): RunRow {
  let sum = row
  for (const counts of open) sum = plus(sum, counts)
  return sum
}

/** What a run's row repeats of the run's options. */
export function rowFacts(options: RunFacts): RunFacts {
  const facts: Record<string, unknown> = {}
  copyFacts(options, facts)
  return facts
}

/** Names of the options that a run's row repeats. */
export const RUN_FACTS = ['flow', 'flowId', 'flowVersion', 'kind', 'labels', 'origin', 'trigger'] as const
type RunFacts = { readonly [K in (typeof RUN_FACTS)[number]]?: RunOptions[K] | undefined }

export function isEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

// ---

/** Nothing is put into these. */
const NO_ENDS: Ends[] = []
const NO_OUTPUTS: CachedOutput[] = []

function itemError(item: number, { code, message, step }: { code: string; message: string; step?: string }): ItemError {
  return step === undefined ? { item, code, message } : { item, code, message, step }
}

function copyFacts(options: RunFacts, to: Record<string, unknown>): void {
  for (const name of RUN_FACTS) if (options[name] !== undefined) to[name] = options[name]
}

function plus(row: RunRow, counts: ShardCounts): RunRow {
  const { atWork } = row
  const error = lowerError(row.error, counts.error)
  const sum: ChangingRow = {
    ...row,
    items: itemsWith(row.items, counts),
    atWork: { running: atWork.running + counts.running, waiting: atWork.waiting + counts.waiting },
    recovered: row.recovered + counts.recovered,
  }
  if (error !== undefined) sum.error = error
  return sum
}

function itemsWith(items: RunRow['items'], counts: ShardCounts): RunRow['items'] {
  return {
    total: items.total,
    success: items.success + counts.success,
    skipped: items.skipped + counts.skipped,
    failed: items.failed + counts.failed,
    cancelled: items.cancelled + counts.cancelled,
  }
}

/** That of the item which comes first. */
function lowerError(one: ItemError | undefined, other: ItemError | undefined): ItemError | undefined {
  return other !== undefined && (one === undefined || other.item < one.item) ? other : one
}

function statusAfter(
  before: RunStatus,
  items: RunRow['items'],
  error: ItemError | undefined,
  { signal, begun, finished }: Changes,
): RunStatus {
  if (isEnded(before)) return before
  if (signal === 'cancel') return 'cancelled'
  const ended = endedOf(items)
  if (items.total >= 0 && ended >= items.total) {
    return items.failed + items.cancelled > 0 || error !== undefined ? 'failed' : 'completed'
  }
  if (signal === 'pause') return 'paused'
  if (signal === 'resume') return 'running'
  if (before === 'paused') return 'paused'
  return before === 'queued' && ended === 0 && finished.length === 0 && begun === undefined ? 'queued' : 'running'
}
