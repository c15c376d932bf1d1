// Time to the right: where a moment stands, with long stretches in which nothing ran folded away.

import { durationText } from './format.ts'
import type { StepRow } from './run-graph.ts'
import { spansOf } from './spans.ts'

export interface TimeScale {
  /** Pixels from the left. */
  readonly at: (time: number) => number
  readonly folds: readonly { readonly at: number; readonly width: number; readonly ms: number }[]
  readonly marks: readonly { readonly at: number; readonly text: string }[]
}

export const FOLD_WIDTH = 64
/** Longer than that share of all that ran, nothing is shown of a stretch in which nothing did. */
const FOLD_ABOVE = 0.5
const LEAST_FOLD_MS = 2_000

export function scaleOf(rows: readonly StepRow[], from: number, to: number, width: number): TimeScale {
  const busy = stretches(rows, from, to)
  const worked = busy.reduce((sum, [a, b]) => sum + (b - a), 0)
  const least = Math.max(LEAST_FOLD_MS, worked * FOLD_ABOVE)
  const idle: (readonly [number, number])[] = []
  let before = from
  for (const [a, b] of [...busy, [to, to] as const]) {
    if (a - before > least) idle.push([before, a])
    before = Math.max(before, b)
  }
  const shownMs = Math.max(1, to - from - idle.reduce((sum, [a, b]) => sum + (b - a), 0))
  const perMs = Math.max(0, width - idle.length * FOLD_WIDTH - 64) / shownMs
  const at = (time: number): number => {
    let x = 0
    let start = from
    for (const [a, b] of idle) {
      if (time <= a) break
      x += (a - start) * perMs
      if (time < b) return x + ((time - a) / (b - a)) * FOLD_WIDTH
      x += FOLD_WIDTH
      start = b
    }
    return x + Math.max(0, Math.min(time, to) - start) * perMs
  }
  const folds = idle.map(([a, b]) => ({ at: at(a), width: FOLD_WIDTH, ms: b - a }))
  return {
    at,
    folds,
    marks: [
      ...ticks(from, to, perMs, at, idle),
      ...folds.map((fold) => ({ at: fold.at + 8, text: durationText(fold.ms) })),
    ],
  }
}

// ---

/** When something ran, joined. */
function stretches(rows: readonly StepRow[], from: number, to: number): (readonly [number, number])[] {
  const spans = rows
    .flatMap((row) => spansOf(row, to))
    .map(([a, b]): [number, number] => [Math.max(from, a), Math.min(to, b)])
    .sort((a, b) => a[0] - b[0])
  const joined: [number, number][] = []
  for (const span of spans) {
    const last = joined.at(-1)
    if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1])
    else joined.push([...span])
  }
  return joined
}

/** Between two marks of time. */
const TICK_WIDTH = 64
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5,
  864e5,
]

function ticks(
  from: number,
  to: number,
  perMs: number,
  at: (time: number) => number,
  idle: readonly (readonly [number, number])[],
): { at: number; text: string }[] {
  const step = STEPS.find((ms) => ms * perMs >= TICK_WIDTH) ?? 864e5
  const marks: { at: number; text: string }[] = []
  for (let time = from; time <= to && marks.length < 60; time += step) {
    if (idle.some(([a, b]) => time > a && time < b)) continue
    marks.push({ at: at(time), text: time === from ? '0' : durationText(time - from) })
  }
  return marks
}
