// A run as it stood at a moment: the fold of its journal up to then, which is the server's own.

import { foldInside, foldVisits, type JournalEntry, type Plan, type VisitRow } from '@stepflow/engine'
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
  return fold.rows().map(stepRow)
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

// ---

function stepRow({ step: _, readyAt, startedAt, endedAt, attempts, why, ...row }: VisitRow): StepRow {
  return {
    ...row,
    ...(readyAt === undefined ? {} : { readyAt: iso(readyAt) }),
    ...(startedAt === undefined ? {} : { startedAt: iso(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: iso(endedAt) }),
    attempts: attempts.map(({ startedAt: began, endedAt: ended, ...attempt }) => ({
      ...attempt,
      startedAt: iso(began),
      ...(ended === undefined ? {} : { endedAt: iso(ended) }),
    })),
    ...(why === undefined ? {} : { why: { ...why, until: why.until === undefined ? undefined : iso(why.until) } }),
  } as StepRow
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
