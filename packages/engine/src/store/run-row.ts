// What a store knows of a run, a shard and an item without reading a journal.

import type { RunId, RunOptions } from '../journal/events.ts'

/** How the items of a shard stand. */
export interface ShardCounts extends AtWork {
  readonly success: number
  readonly skipped: number
  readonly failed: number
  readonly cancelled: number
  /** Failures that something made good. */
  readonly recovered: number
  /** Of the lowest item that failed. */
  readonly error?: ItemError
}

/** How an item failed. */
export interface ItemError {
  readonly item: number
  readonly code: string
  readonly message: string
  readonly step?: string
}

/** How an item ended. */
export type ItemStatus = 'success' | 'skipped' | 'failed' | 'cancelled'

/** How a run stands. */
export type RunStatus = 'queued' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled'

/** What is known of a run without its journal. */
export interface RunRow {
  readonly id: RunId
  readonly flow?: string
  readonly flowId?: RunOptions['flowId']
  readonly flowVersion?: RunOptions['flowVersion']
  readonly kind?: RunOptions['kind']
  readonly status: RunStatus
  readonly createdAt: number
  /** When somebody took it in hand. */
  readonly startedAt?: number
  readonly endedAt?: number
  /** `total` is -1 until the input has ended. */
  readonly items: ItemCounts
  /** Items that have begun and not ended. */
  readonly atWork: AtWork
  /** Failures that something made good. */
  readonly recovered: number
  /** Of the lowest item that failed. */
  readonly error?: ItemError
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

/** Items that have begun and not ended. */
export interface AtWork {
  readonly running: number
  /** All that they have begun only waits. */
  readonly waiting: number
}
