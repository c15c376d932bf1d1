// When a step ran: its attempts, without what lies between them and without what they were put aside for.

import type { StepRow } from './run-graph.ts'

/** From, to; epoch milliseconds. */
export type Span = readonly [number, number]

/** In order; none before it has started. `now`: the end of what has none. */
export function spansOf({ startedAt, endedAt, attempts }: StepRow, now: number): readonly Span[] {
  if (startedAt === undefined) return []
  const end = endedAt === undefined ? now : Date.parse(endedAt)
  if (attempts.length === 0) return [[Date.parse(startedAt), end]]
  const spans: Span[] = []
  for (const attempt of attempts) {
    let from = Date.parse(attempt.startedAt)
    for (const wait of attempt.waits ?? []) {
      spans.push([from, Date.parse(wait.from)])
      from = wait.to === undefined ? end : Date.parse(wait.to)
    }
    const to = attempt.endedAt === undefined ? end : Date.parse(attempt.endedAt)
    // What is still put aside does not run at its end.
    if (from < to || (from === to && attempt.waits === undefined)) spans.push([from, to])
  }
  return spans
}
