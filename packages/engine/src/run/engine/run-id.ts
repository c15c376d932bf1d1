// Names for runs: first the time, so that they sort by it, then 82 bits of chance, so that no two machines make the same.

import type { RunId } from '../../journal/events.ts'

/** `now`: epoch milliseconds; `random`: in [0, 1), asked twice. */
export function newRunId(now: number, random: () => number): RunId {
  if (now !== latest) {
    latest = now
    time = `${digits(now)}-`
  }
  return `${time}${chance(random)}${chance(random)}`
}

// ---

const LARGEST = 36 ** 8
const PAIRS = 36 * 36

/** All numbers of two digits. */
const pairs = Array.from({ length: PAIRS }, (_, value) => value.toString(36).padStart(2, '0'))

/** Many begin within the same millisecond. */
let latest = Number.NaN
let time = ''

function chance(random: () => number): string {
  return digits(Math.floor(random() * LARGEST))
}

/** The last eight digits to base 36: `toString` takes longer for one of them than a step does. */
function digits(value: number): string {
  const high = Math.floor(value / (PAIRS * PAIRS))
  const low = value - high * PAIRS * PAIRS
  return pair(Math.floor(high / PAIRS)) + pair(high) + pair(Math.floor(low / PAIRS)) + pair(low)
}

function pair(value: number): string {
  return pairs[value % PAIRS] as string
}
