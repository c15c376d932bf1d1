// How many runs stand how, by when they were created: of the runs that fit, one after the other.

import { type AskedStatus, atLeast, checkFilter, isWaiting, type RunFilter } from './run-query.ts'
import type { RunRow } from './store.ts'

/** Runs that fit, and so many parts of the time in which they were created. */
export interface SummaryQuery extends RunFilter {
  readonly buckets: number
}

/** How many runs stand how. */
export interface RunsSummary {
  readonly total: number
  /** Side by side, the oldest first; none if there is no time to take apart. */
  readonly buckets: readonly SummaryBucket[]
}

/** How the runs stand that were created in a part of the time. */
export interface SummaryBucket {
  /** Created at or after; before. Epoch milliseconds. */
  readonly from: number
  readonly to: number
  /** Those that wait are counted as running too; what is absent is none. */
  readonly counts: { readonly [S in AskedStatus]?: number }
}

/** Throws INVALID_INPUT for what asks for nothing that makes sense. */
export function checkSummary({ buckets, ...filter }: SummaryQuery): void {
  checkFilter(filter)
  atLeast('buckets', buckets, 1)
}

/**
 * Where parts of a span begin, and where the last one ends: of about the same length, in whole milliseconds. Fewer than were
 * asked for if the span has fewer milliseconds; none if it has none.
 */
export function boundsOf(from: number, to: number, buckets: number): number[] {
  const span = to - from
  const parts = Math.min(buckets, span)
  if (!(parts >= 1)) return []
  return Array.from({ length: parts + 1 }, (_, i) => from + Math.floor((span * i) / parts))
}

export class RunTally {
  readonly #query: SummaryQuery
  readonly #statuses: AskedStatus[] = []
  readonly #times: number[] = []

  constructor(query: SummaryQuery) {
    this.#query = query
  }

  /** A run that fits; `waiting` in place of `running` if nothing of it moves. */
  add(createdAt: number, status: AskedStatus): void {
    this.#times.push(createdAt)
    this.#statuses.push(status)
  }

  addRow(row: RunRow): void {
    this.add(row.createdAt, isWaiting(row) ? 'waiting' : row.status)
  }

  summary(): RunsSummary {
    const { since, until, buckets } = this.#query
    const [from, to] = [since ?? this.#first(), until ?? this.#last() + 1]
    const bounds = boundsOf(from, to, buckets)
    const counts = bounds.slice(1).map(() => ({}) as Record<AskedStatus, number>)
    const scale = counts.length / (to - from)
    for (let i = 0; counts.length > 0 && i < this.#times.length; i++) {
      const at = this.#times[i] as number
      let bucket = Math.min(Math.floor((at - from) * scale), counts.length - 1)
      // The bounds are whole milliseconds.
      while (at < (bounds[bucket] as number)) bucket--
      while (at >= (bounds[bucket + 1] as number)) bucket++
      countIn(counts[bucket] as Record<AskedStatus, number>, this.#statuses[i] as AskedStatus)
    }
    return {
      total: this.#times.length,
      buckets: counts.map((found, i) => ({ from: bounds[i] as number, to: bounds[i + 1] as number, counts: found })),
    }
  }

  #first(): number {
    return this.#times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  }

  #last(): number {
    return this.#times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  }
}

// ---

function countIn(counts: Record<AskedStatus, number>, status: AskedStatus): void {
  counts[status] = (counts[status] ?? 0) + 1
  if (status === 'waiting') counts.running = (counts.running ?? 0) + 1
}
