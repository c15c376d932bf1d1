// Rows of runs and shards, as the tables have them -> as the engine has them.

import {
  type Counts,
  endedOf,
  type ItemError,
  type RunId,
  type RunRow,
  type RunStatus,
  type ShardRow,
  summed,
} from '@stepflow/engine'
import { journalOf } from './journal-names.ts'
import { fromText } from './text.ts'

/** What is known of a journal without its rows. */
export interface Shard {
  readonly run: RunId
  readonly part: number
  /** How many rows it has. */
  rows: number
  /** The number of its first item, and how many it has. */
  readonly first: number
  readonly items: number
  /** So many of its run's are in hand at once; undefined: nobody has limited the run. */
  readonly shares: number | undefined
  isOpen: boolean
  readonly counts: Counts
}

export const COUNT_COLUMNS = 'success, skipped, failed, cancelled, recovered, running, waiting, error'

export interface CountsRecord {
  readonly success: number
  readonly skipped: number
  readonly failed: number
  readonly cancelled: number
  readonly recovered: number
  readonly running: number
  readonly waiting: number
  readonly error: string | null
}

export const SHARD_COLUMNS = `run, part, rows, first, items, shares, is_open, ${COUNT_COLUMNS}`

export interface ShardRecord extends CountsRecord {
  readonly run: string
  readonly part: number
  readonly rows: number
  readonly first: number
  readonly items: number
  readonly shares: number | null
  readonly is_open: boolean
}

export function countsOf(record: CountsRecord): Counts {
  const { success, skipped, failed, cancelled, recovered, running, waiting } = record
  const error = itemError(record.error)
  return { success, skipped, failed, cancelled, recovered, running, waiting, ...(error ? { error } : {}) }
}

export function shardOf(record: ShardRecord): Shard {
  const { part, rows, first, items, is_open } = record
  const shares = record.shares ?? undefined
  return { run: fromText(record.run), part, rows, first, items, shares, isOpen: is_open, counts: countsOf(record) }
}

export function shardRow(record: ShardRecord): ShardRow {
  const { run, part, rows, first, items, counts } = shardOf(record)
  return { journal: journalOf(run, part), first, items, done: endedOf(counts), counts, rows }
}

export const RUN_COLUMNS = `id, number, version, flow, status, created_at, started_at, ended_at, total,
  runs.success, runs.skipped, runs.failed, runs.cancelled, runs.recovered, runs.error, facts`

export interface RunRecord {
  readonly id: string
  readonly number: number
  readonly version: number
  readonly flow: string | null
  readonly status: string
  readonly created_at: number
  readonly started_at: number | null
  readonly ended_at: number | null
  readonly total: number
  readonly success: number
  readonly skipped: number
  readonly failed: number
  readonly cancelled: number
  readonly recovered: number
  readonly error: string | null
  readonly facts: string
}

/** Without the counts of its open shards. */
export function runRow(record: RunRecord): RunRow {
  const { total, success, skipped, failed, cancelled, recovered } = record
  const error = itemError(record.error)
  return {
    id: fromText(record.id),
    ...(record.flow === null ? {} : { flow: fromText(record.flow) }),
    status: record.status as RunStatus,
    createdAt: record.created_at,
    ...(record.started_at === null ? {} : { startedAt: record.started_at }),
    ...(record.ended_at === null ? {} : { endedAt: record.ended_at }),
    items: { total, success, skipped, failed, cancelled },
    atWork: { running: 0, waiting: 0 },
    recovered,
    ...(error ? { error } : {}),
    ...(JSON.parse(record.facts) as Partial<RunRow>),
  }
}

/** A run's row beside the sum over its open shards: to be read in one statement, so that no shard ends in between. */
export const SUMMED = `${RUN_COLUMNS}, at_work.* FROM runs LEFT JOIN LATERAL (
  SELECT sum(success)::integer AS open_success, sum(skipped)::integer AS open_skipped, sum(failed)::integer AS open_failed,
    sum(cancelled)::integer AS open_cancelled, sum(recovered)::integer AS open_recovered,
    sum(running)::integer AS open_running, sum(waiting)::integer AS open_waiting,
    (array_agg(error ORDER BY error_item) FILTER (WHERE error IS NOT NULL))[1] AS open_error
  FROM shards WHERE shards.run = runs.id AND is_open AND runs.status NOT IN ('completed', 'failed')) AS at_work ON true`

export type SummedRecord = RunRecord & { readonly [K in keyof CountsRecord as `open_${K}`]: CountsRecord[K] | null }

export function summedRow(record: SummedRecord): RunRow {
  const row = runRow(record)
  if (record.open_success === null) return row
  const open: CountsRecord = {
    success: record.open_success,
    skipped: record.open_skipped ?? 0,
    failed: record.open_failed ?? 0,
    cancelled: record.open_cancelled ?? 0,
    recovered: record.open_recovered ?? 0,
    running: record.open_running ?? 0,
    waiting: record.open_waiting ?? 0,
    error: record.open_error,
  }
  return summed(row, [countsOf(open)])
}

// ---

function itemError(text: string | null): ItemError | undefined {
  return text === null ? undefined : (JSON.parse(text) as ItemError)
}
