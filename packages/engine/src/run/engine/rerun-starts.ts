// Where a rerun begins to do things again in one item: at what failed, or at a step that is chosen.

import type { RerunFrom } from '../../engine.ts'
import type { JournalEntry, VisitRef } from '../../journal/events.ts'
import type { Plan } from '../../plan/plan.ts'

export type Settled = Extract<JournalEntry, { type: 'settled' }>

export interface Start {
  readonly step: number
  /** Position in the journal; what came before it stays, where a plan has loops. */
  readonly at: number
  /** Chosen by name: a loop is done again with all its elements. */
  readonly isWhole?: true
}

interface Ended {
  readonly settled: readonly Settled[]
  /** Of an item that did not end well: also what follows from other entries. */
  readonly all: readonly Settled[] | undefined
  readonly plan: Plan
  readonly from: RerunFrom
  /** The steps behind one; absent: the plan has loops. */
  readonly reached: ((step: number) => ReadonlySet<number>) | undefined
}

export function startsOf({ settled, all, plan, from, reached }: Ended): readonly Start[] {
  if ('failed' in from) return firstFailures(settled)
  const chosen = lastVisit(settled, stepOf(plan, from.step))
  // What failed the item has no output to take over, and would fail it again at once.
  return all && reached ? [...chosen, ...unhandledFailures(settled, all, plan, reached)] : chosen
}

export function rootStepOf({ sub, step }: VisitRef): number {
  return sub === undefined ? step : Number(sub.split('/')[1])
}

// ---

function firstFailures(settled: readonly Settled[]): Start[] {
  const starts = new Map<number, number>()
  settled.forEach((entry, at) => {
    if (entry.sub !== undefined || entry.outcome.outcome !== 'failed') return
    const first = settled.findIndex((other) => rootStepOf(other) === entry.step && visitOf(other) === entry.visit)
    starts.set(entry.step, Math.min(starts.get(entry.step) ?? at, first))
  })
  return [...starts].map(([step, at]) => ({ step, at }))
}

/** Those behind which no step ran. `all`: also what follows from other entries, as the end of a handler may. */
function unhandledFailures(
  settled: readonly Settled[],
  all: readonly Settled[],
  plan: Plan,
  reached: (step: number) => ReadonlySet<number>,
): Start[] {
  const ran = (entry: Settled) => entry.sub === undefined && entry.outcome.outcome !== 'skipped'
  return firstFailures(settled).filter(({ step }) => {
    const behind = reached(step)
    const failure = all.findIndex((entry) => ran(entry) && entry.step === step)
    const isHandler = (entry: Settled) => {
      if (!ran(entry) || !behind.has(entry.step)) return false
      const { hidden, cleanup } = plan.steps[entry.step] ?? {}
      // What only cleans up behind a skipped step leaves the failure what it is.
      return !hidden && (!cleanup || plan.steps[step]?.handlers?.includes(entry.step) === true)
    }
    return !all.slice(failure + 1).some(isHandler)
  })
}

/** -1 for a step that only the new plan has. */
function stepOf(plan: Plan, id: string): number {
  return plan.steps.findIndex((step) => step.id === id)
}

function lastVisit(settled: readonly Settled[], step: number): Start[] {
  if (step < 0) return []
  const visits = settled.filter((entry) => rootStepOf(entry) === step).map(visitOf)
  if (visits.length === 0) return [{ step, at: 0, isWhole: true }]
  const last = Math.max(...visits)
  const at = settled.findIndex((entry) => rootStepOf(entry) === step && visitOf(entry) === last)
  return [{ step, at, isWhole: true }]
}

function visitOf({ sub, visit }: VisitRef): number {
  return sub === undefined ? visit : Number.parseInt(sub.split('/')[2] as string, 10)
}
