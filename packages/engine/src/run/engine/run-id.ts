// Names for runs: first the time, so that they sort by it, then 82 bits of chance, so that no two machines make the same.

import type { RunId } from '../../journal/events.ts'

/** `now`: epoch milliseconds; `random`: in [0, 1), asked twice. */
export function newRunId(now: number, random: () => number): RunId {
  return `${now.toString(36).padStart(8, '0')}-${chance(random)}${chance(random)}`
}

// ---

const DIGITS = 8

function chance(random: () => number): string {
  return Math.floor(random() * 36 ** DIGITS)
    .toString(36)
    .padStart(DIGITS, '0')
}
