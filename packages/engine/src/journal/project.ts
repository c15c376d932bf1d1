// Journal entries -> what changes in the rows that can be asked for. Pure; every store applies the same changes in the
// transaction of the append, so that journal and rows cannot disagree.

import type { Outcome } from '../run/outcome.ts'
import type { ItemCounts, RunRow, RunStatus } from '../store/store.ts'
import type { JournalEntry, RunOptions } from './events.ts'

export interface Changes {
  readonly created?: { readonly run: string; readonly at: number; readonly options: RunOptions }
  /** Of the first row of a journal: how many items it has. */
  readonly items?: number
  /** The driver that took the journal. */
  readonly claimed?: string
  /** The number of items, once it is known. */
  readonly total?: number
  readonly finished: readonly { readonly item: number; readonly outcome: Outcome }[]
  readonly signal?: 'cancel' | 'pause' | 'resume'
  /** Outputs that later calls may use. */
  readonly cached: readonly CachedOutput[]
  readonly at: number
}

export interface CachedOutput {
  readonly key: string
  /** Epoch milliseconds; absent: for good. */
  readonly until?: number
  readonly output: unknown
}

export type ItemStatus = 'success' | 'skipped' | 'failed' | 'cancelled'

export function itemStatus(outcome: Outcome): ItemStatus {
  return outcome.outcome === 'failed' && outcome.error.code === 'CANCELLED' ? 'cancelled' : outcome.outcome
}

export function project(entries: readonly JournalEntry[]): Changes {
  // Built in place: every append of every store comes through here.
  const finished: { readonly item: number; readonly outcome: Outcome }[] = []
  const cached: CachedOutput[] = []
  const changes: { -readonly [K in keyof Changes]: Changes[K] } = { finished, cached, at: 0 }
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as JournalEntry
    changes.at = entry.at
    switch (entry.type) {
      case 'created':
        changes.items = entry.inputs.length
        if (entry.plan) changes.created = { run: entry.run, at: entry.at, options: entry.options ?? {} }
        break
      case 'claimed':
        changes.claimed = entry.driver
        break
      case 'sealed':
        changes.total = entry.items
        break
      case 'finished':
        finished.push(entry)
        break
      case 'signalled':
        if (entry.name !== 'signal') changes.signal = entry.name
        break
      case 'settled':
        if (entry.cache && entry.outcome.outcome === 'success') {
          cached.push({ ...entry.cache, output: entry.outcome.result })
        }
    }
  }
  return changes
}

/** A run's row after some changes. `total` is -1 until the input has ended. */
export function applyChanges(row: RunRow, changes: Changes): RunRow {
  const items: { -readonly [K in keyof ItemCounts]: number } = { ...row.items }
  if (changes.total !== undefined) items.total = changes.total
  for (const { outcome } of changes.finished) items[itemStatus(outcome)]++
  const status = statusAfter(row.status, items, changes)
  const isEnd = status === 'completed' || status === 'failed' || status === 'cancelled'
  return { ...row, status, items, ...(isEnd && row.endedAt === undefined ? { endedAt: changes.at } : {}) }
}

/** What a run's row repeats of the run's options. */
export function rowFacts(options: RunOptions): Pick<RunRow, 'flow' | 'labels' | 'origin' | 'trigger'> {
  const { flow, labels, origin, trigger } = options
  return {
    ...(flow === undefined ? {} : { flow }),
    ...(labels === undefined ? {} : { labels }),
    ...(origin === undefined ? {} : { origin }),
    ...(trigger === undefined ? {} : { trigger }),
  }
}

export function isEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

// ---

function statusAfter(before: RunStatus, items: ItemCounts, { signal, claimed }: Changes): RunStatus {
  if (isEnded(before)) return before
  if (signal === 'cancel') return 'cancelled'
  const ended = items.success + items.skipped + items.failed + items.cancelled
  if (items.total >= 0 && ended >= items.total) return items.failed + items.cancelled > 0 ? 'failed' : 'completed'
  if (signal === 'pause') return 'paused'
  if (signal === 'resume') return 'running'
  if (before === 'paused') return 'paused'
  return before === 'queued' && ended === 0 && claimed === undefined ? 'queued' : 'running'
}
