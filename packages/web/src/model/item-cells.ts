// Items as cells by number: what stands where, and what each failed of.

import type { FailureList } from '@stepflow/api'
import type { ShownStatus } from './run-words.ts'

export type Failure = FailureList['failures'][number]

/** By the byte that the server answers for an item. */
export const ITEM_STATUSES: readonly ShownStatus[] = [
  'pending',
  'running',
  'waiting',
  'success',
  'skipped',
  'failed',
  'cancelled',
]

export const FAILED = 5

export function statusOfItem(statuses: Uint8Array, item: number): ShownStatus {
  return ITEM_STATUSES[statuses[item] ?? 0] ?? 'pending'
}

/** How many items stand in each way, by byte. */
export function countsOf(statuses: Uint8Array): Uint32Array {
  const counts = new Uint32Array(ITEM_STATUSES.length)
  for (let n = 0; n < statuses.length; n++) {
    const byte = statuses[n] as number
    if (byte < counts.length) (counts[byte] as number)++
  }
  return counts
}

/** The numbers of the items that stand so, or that failed of that cause; of all without either. */
export function numbersOf(
  statuses: Uint8Array,
  byte: number | undefined,
  cause: Failure['items'] | undefined,
): Uint32Array {
  const found = new Uint32Array(statuses.length)
  let count = 0
  if (cause) {
    for (const [first = 0, last = 0] of cause) {
      for (let n = first; n <= last && n < statuses.length; n++) found[count++] = n
    }
  } else {
    for (let n = 0; n < statuses.length; n++) if (byte === undefined || statuses[n] === byte) found[count++] = n
  }
  return found.subarray(0, count)
}

/** Why an item failed. */
export function failureOf(failures: readonly Failure[], item: number): Failure | undefined {
  return failures.find(({ items }) => isIn(items, item))
}

export interface Cells {
  readonly perRow: number
  readonly pitch: number
}

/** The item at a place of the drawing; undefined beside the cells. */
export function cellAt({ perRow, pitch }: Cells, count: number, x: number, y: number): number | undefined {
  const column = Math.floor(x / pitch)
  if (column < 0 || column >= perRow || y < 0) return undefined
  const item = Math.floor(y / pitch) * perRow + column
  return item < count ? item : undefined
}

/** For each of so many bands, from the first item to the last: the status that a reader looks for first. */
export function bandsOf(statuses: Uint8Array, bands: number): Uint8Array {
  const found = new Uint8Array(bands)
  for (let band = 0; band < bands; band++) {
    const from = Math.floor((band * statuses.length) / bands)
    const to = Math.max(from + 1, Math.floor(((band + 1) * statuses.length) / bands))
    let best = 0
    for (let n = from; n < to && n < statuses.length; n++) {
      const byte = statuses[n] as number
      if ((WEIGHT[byte] ?? 0) > (WEIGHT[best] ?? 0)) best = byte
    }
    found[band] = best
  }
  return found
}

// ---

/** By byte: failed before what waits, runs and ended. */
const WEIGHT = [0, 4, 5, 2, 1, 6, 3]

/** The ranges are in order. */
function isIn(ranges: Failure['items'], item: number): boolean {
  let [low, high] = [0, ranges.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first = 0, last = 0] = ranges[middle] ?? []
    if (item < first) high = middle - 1
    else if (item > last) low = middle + 1
    else return true
  }
  return false
}
