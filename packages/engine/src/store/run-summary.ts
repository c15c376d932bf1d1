// How many runs stand how, by when they were created: of the runs that fit, one after the other.

import type { Writable } from '../json.ts'
import { ASKED_STATUSES, type AskedStatus, atLeast, checkFilter, isWaiting, type RunFilter } from './run-query.ts'
import type { RunRow } from './run-row.ts'

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

/** Runs that fit: when they were created, and how they stand. */
export interface TalliedRuns {
  readonly times: Float64Array
  readonly states: Uint8Array
  /** So many of the lists count. */
  readonly size: number
  /** Of each state its place in ASKED_STATUSES. */
  readonly places: Uint8Array
}

export class RunTally {
  readonly #query: SummaryQuery
  readonly #parts: TalliedRuns[] = []
  /** What runs that come one by one are put into. */
  #own: Writable<TalliedRuns> | undefined
  #earliest = Number.POSITIVE_INFINITY
  #latest = Number.NEGATIVE_INFINITY

  constructor(query: SummaryQuery) {
    this.#query = query
  }

  /** A run that fits, and the place of its status in ASKED_STATUSES: of `waiting`, not `running`, if nothing of it moves. */
  add(createdAt: number, status: number): void {
    let own = this.#own
    if (!own || own.size === PART) {
      own = { times: new Float64Array(PART), states: new Uint8Array(PART), size: 0, places: SAME }
      this.#own = own
      this.#parts.push(own)
    }
    own.times[own.size] = createdAt
    own.states[own.size++] = status
    if (createdAt < this.#earliest) this.#earliest = createdAt
    if (createdAt > this.#latest) this.#latest = createdAt
  }

  /** Many at once, which were created from `earliest` to `latest`. Nothing is copied: the lists stay as they are until the summary. */
  addAll(runs: TalliedRuns, { earliest, latest }: { readonly earliest: number; readonly latest: number }): void {
    this.#parts.push(runs)
    if (earliest < this.#earliest) this.#earliest = earliest
    if (latest > this.#latest) this.#latest = latest
  }

  addRow(row: RunRow): void {
    this.add(row.createdAt, ASKED_STATUSES.indexOf(isWaiting(row) ? 'waiting' : row.status))
  }

  summary(): RunsSummary {
    const { since, until, buckets: asked } = this.#query
    const bounds = boundsOf(since ?? this.#earliest, until ?? this.#latest + 1, asked)
    const buckets = Math.max(0, bounds.length - 1)
    const counts = new Float64Array(buckets * STATUSES)
    let total = 0
    for (const part of this.#parts) {
      total += part.size
      if (buckets > 0) countPart(part, bounds, counts)
    }
    const found = bounds.slice(0, buckets).map((from, bucket) => ({
      from,
      to: bounds[bucket + 1] as number,
      counts: countsOf(counts.subarray(bucket * STATUSES, (bucket + 1) * STATUSES)),
    }))
    return { total, buckets: found }
  }
}

// ---

const STATUSES = ASKED_STATUSES.length
/** Of runs that come one by one, so many are in a part; their states are such places already. */
const PART = 1024
const SAME = Uint8Array.from(ASKED_STATUSES, (_, place) => place)

/** `counts`: of each status in each bucket. */
function countPart(
  { times, states, size, places }: TalliedRuns,
  bounds: readonly number[],
  counts: Float64Array,
): void {
  const buckets = bounds.length - 1
  const from = bounds[0] as number
  const scale = buckets / ((bounds[buckets] as number) - from)
  let [bucket, start, end] = [0, from, from]
  for (let i = 0; i < size; i++) {
    const at = times[i] as number
    // Mostly it is where the one before it is.
    if (at < start || at >= end) {
      bucket = Math.min(Math.floor((at - from) * scale), buckets - 1)
      // The bounds are whole milliseconds.
      while (at < (bounds[bucket] as number)) bucket--
      while (at >= (bounds[bucket + 1] as number)) bucket++
      start = bounds[bucket] as number
      end = bounds[bucket + 1] as number
    }
    const place = bucket * STATUSES + (places[states[i] as number] as number)
    counts[place] = (counts[place] as number) + 1
  }
}

/** Those that there are. */
function countsOf(found: Float64Array): SummaryBucket['counts'] {
  const counts: Writable<SummaryBucket['counts']> = {}
  for (const [place, status] of ASKED_STATUSES.entries()) if (found[place]) counts[status] = found[place]
  if (counts.waiting) counts.running = (counts.running ?? 0) + counts.waiting
  return counts
}
