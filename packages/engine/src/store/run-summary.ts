// How many runs stand how, by when they were created: of the runs that fit, one after the other.

import { ASKED_STATUSES, type AskedStatus, atLeast, checkFilter, isWaiting, type RunFilter } from './run-query.ts'
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
  #size = 0
  #times = new Float64Array(256)
  /** Places in ASKED_STATUSES. */
  #statuses = new Uint8Array(256)
  #earliest = Number.POSITIVE_INFINITY
  #latest = Number.NEGATIVE_INFINITY

  constructor(query: SummaryQuery) {
    this.#query = query
  }

  /** A run that fits, and the place of its status in ASKED_STATUSES: of `waiting`, not `running`, if nothing of it moves. */
  add(createdAt: number, status: number): void {
    if (this.#size === this.#times.length) this.#grow()
    this.#times[this.#size] = createdAt
    this.#statuses[this.#size++] = status
    if (createdAt < this.#earliest) this.#earliest = createdAt
    if (createdAt > this.#latest) this.#latest = createdAt
  }

  addRow(row: RunRow): void {
    this.add(row.createdAt, ASKED_STATUSES.indexOf(isWaiting(row) ? 'waiting' : row.status))
  }

  summary(): RunsSummary {
    const { since, until, buckets } = this.#query
    const times = this.#times.subarray(0, this.#size)
    const from = since ?? this.#earliest
    const to = until ?? this.#latest + 1
    const bounds = boundsOf(from, to, buckets)
    const parts = Math.max(0, bounds.length - 1)
    const counts = new Float64Array(parts * STATUSES)
    const scale = parts / (to - from)
    let [part, start, end] = [0, from, from]
    for (let i = 0; parts > 0 && i < times.length; i++) {
      const at = times[i] as number
      // Mostly it is where the one before it is.
      if (at < start || at >= end) {
        part = Math.min(Math.floor((at - from) * scale), parts - 1)
        // The bounds are whole milliseconds.
        while (at < (bounds[part] as number)) part--
        while (at >= (bounds[part + 1] as number)) part++
        start = bounds[part] as number
        end = bounds[part + 1] as number
      }
      const place = part * STATUSES + (this.#statuses[i] as number)
      counts[place] = (counts[place] as number) + 1
    }
    const found = bounds.slice(0, parts).map((start, part) => ({
      from: start,
      to: bounds[part + 1] as number,
      counts: countsOf(counts.subarray(part * STATUSES, (part + 1) * STATUSES)),
    }))
    return { total: this.#size, buckets: found }
  }

  #grow(): void {
    const [times, statuses] = [this.#times, this.#statuses]
    this.#times = new Float64Array(times.length * 2)
    this.#times.set(times)
    this.#statuses = new Uint8Array(statuses.length * 2)
    this.#statuses.set(statuses)
  }
}

// ---

const STATUSES = ASKED_STATUSES.length

/** Those that there are. */
function countsOf(found: Float64Array): SummaryBucket['counts'] {
  const counts: { -readonly [S in keyof SummaryBucket['counts']]: number } = {}
  for (const [place, status] of ASKED_STATUSES.entries()) if (found[place]) counts[status] = found[place]
  if (counts.waiting) counts.running = (counts.running ?? 0) + counts.waiting
  return counts
}
