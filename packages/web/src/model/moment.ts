// A run as it stood at a moment: the fold of its journal up to then, which is the server's own.

import { foldInside, foldVisits, type JournalEntry, type Plan, stepSummary } from '@stepflow/engine'
import type { StepRow } from './run-graph.ts'

/** Which steps: of an item, or of what runs inside a step of it. */
export interface Among {
  readonly plan: Plan
  readonly item: number
  readonly inside: string | undefined
}

/** `at`: epoch milliseconds. */
export function stepsAt(entries: readonly JournalEntry[], at: number, { plan, item, inside }: Among): StepRow[] {
  const fold = inside === undefined ? foldVisits(plan, item) : foldInside(plan, inside)
  fold.see(entries.filter((entry) => entry.at <= at))
  return fold.rows().map(stepSummary) as StepRow[] // what nobody knows is left out there, too
}

/** The moments at which something happened, in order. */
export function momentsOf(entries: readonly JournalEntry[], from: number): readonly number[] {
  const moments = new Set<number>()
  // What a rerun took over has the times of the run before.
  for (const { at } of entries) if (at >= from) moments.add(at)
  return [...moments].sort((a, b) => a - b)
}

/** The next moment after a time, or the last before it. */
export function beside(moments: readonly number[], at: number, way: 'next' | 'before'): number | undefined {
  return way === 'next' ? moments.find((moment) => moment > at) : moments.findLast((moment) => moment < at)
}
