// What a rerun takes over from the run that it repeats: journal entries for the new journal, fewer than the old ones by
// what is to be done again and by what that reaches. Pure; going on from them is replay.

import type { ItemRange, RerunFrom } from '../../engine.ts'
import { FlowError } from '../../errors.ts'
import type { JournalEntry, VisitRef } from '../../journal/events.ts'
import { strictDependencies } from '../../plan/dependencies.ts'
import { suggest } from '../../plan/diagnostic.ts'
import { allRefs } from '../../plan/expr.ts'
import type { Plan } from '../../plan/plan.ts'
import { subPlanOf } from '../../plan/step-parts.ts'
import type { JournalRow } from '../../store/store.ts'
import { failed } from '../outcome.ts'
import { rootStepOf, type Settled, startsOf } from './rerun-starts.ts'

type Finished = Extract<JournalEntry, { type: 'finished' }>

/** The index of a step that can be rerun from; throws NOT_FOUND, with a suggestion. */
export function stepToRerun(plan: Plan, id: string): number {
  const index = plan.steps.findIndex((step) => step.id === id && !step.hidden)
  if (index >= 0) return index
  const ids = plan.steps.filter((step) => !step.hidden).map((step) => step.id)
  const near = suggest(id, ids)
  const hint = near ? `Did you mean "${near}"?` : `There are: ${ids.join(', ')}`
  throw new FlowError('NOT_FOUND', `the run has no step "${id}". ${hint}`)
}

/** What is taken over of one journal. */
export interface CarriedOver {
  /** In the order in which the items were heard of. */
  readonly entries: readonly JournalEntry[]
  /** How many of its items keep their results. */
  readonly kept: number
}

export interface CarryOver {
  readonly plan: Plan
  /** Of the journal, whose first entry says which items it has. */
  readonly rows: readonly JournalRow[]
  /** Absent: nothing of an item that is done again is taken over. */
  readonly from?: RerunFrom | undefined
  /** The plan of the new run, whose steps are found by their ids; what it does not have is left out. */
  readonly next?: Plan
  /** The items that are done again; absent: all. */
  readonly items?: readonly ItemRange[] | undefined
}

export function carryOver({ plan, rows, from, next = plan, items }: CarryOver): CarriedOver {
  const [created] = rows[0]?.entries ?? []
  if (created?.type !== 'created') return { entries: [], kept: 0 }
  const [first, last] = [created.from, created.from + created.inputs.length - 1]
  const { settled, finished } = byItemOf(rows, first, last)
  const isChosen = chosenIn(items)
  const reached = reachOf(plan)
  const placed = placesIn(plan, next, from && 'step' in from ? from.step : undefined)
  const placedOfKept = placesIn(plan, next, undefined)
  const entries: JournalEntry[] = []
  let count = 0
  for (let item = first; item <= last; item++) {
    const end = finished[item - first]
    const all = settled[item - first] ?? []
    const known = all.filter(({ derived }) => !derived)
    const isKept = !isChosen(item) || (from !== undefined && 'failed' in from && isFine(end))
    const kept = isKept ? known : from ? keptOf(known, plan, from, reached, isFine(end) ? undefined : all) : []
    for (const { took: _, ...entry } of kept) {
      const there = (isKept ? placedOfKept : placed)(entry)
      if (there) entries.push({ ...there, carried: true })
    }
    if (!isKept) continue
    count++
    entries.push({ ...(end ? onlyOf(end, item) : cancelledItem(item, created.at)), carried: true })
  }
  return { entries, kept: count }
}

/** Is an item among those that are done again? */
export function chosenIn(items: readonly ItemRange[] | undefined): (item: number) => boolean {
  if (!items) return () => true
  const ranges = [...items].sort(([a], [b]) => a - b)
  // How far any of those that begin before it reach.
  const reach: number[] = []
  for (const [, last] of ranges) reach.push(Math.max(last, reach.at(-1) ?? -1))
  return (item) => {
    let [low, high] = [0, ranges.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ranges[middle]?.[0] ?? 0) <= item) low = middle + 1
      else high = middle
    }
    return low > 0 && (reach[low - 1] ?? -1) >= item
  }
}

// ---

/** By place in the journal. */
interface ByItem {
  /** Also what follows from other entries. */
  readonly settled: readonly (Settled[] | undefined)[]
  readonly finished: readonly (Finished | undefined)[]
}

function byItemOf(rows: readonly JournalRow[], first: number, last: number): ByItem {
  const settled: (Settled[] | undefined)[] = []
  const finished: (Finished | undefined)[] = []
  for (const { entries } of rows) {
    for (const entry of entries) {
      if (entry.type === 'settled') {
        const place = rootItemOf(entry) - first
        const known = settled[place]
        if (known) known.push(entry)
        else settled[place] = [entry]
      } else if (entry.type === 'finished') {
        const to = Math.min(entry.to ?? entry.item, last)
        for (let item = entry.item; item <= to; item++) finished[item - first] = entry
      }
    }
  }
  return { settled, finished }
}

function isFine(end: Finished | undefined): boolean {
  return end !== undefined && end.outcome.outcome !== 'failed'
}

function onlyOf({ to: _, ...end }: Finished, item: number): Finished {
  return { ...end, item }
}

/** Nobody drove the run when it was cancelled, so nobody wrote how its items ended. */
function cancelledItem(item: number, at: number): Finished {
  const outcome = failed({ code: 'CANCELLED', message: 'the run was cancelled' })
  return { type: 'finished', at, item, outcome }
}

/** Where an entry stands in the plan of the new run; undefined if that has no such step. */
function placesIn(plan: Plan, next: Plan, from: string | undefined): (entry: Settled) => Settled | undefined {
  if (next === plan) return (entry) => entry
  const isAgain = from === undefined ? () => false : reachedIn(next, from)
  const index = new Map(next.steps.map((step, at) => [step.id, at]))
  const places = plan.steps.map(({ id }) => index.get(id))
  // Steps inside a step are numbered in a plan of its own: another one numbers others.
  const isSame = plan.steps.map((step, at) => {
    const there = next.steps[places[at] ?? -1]
    return JSON.stringify(subPlanOf(step)?.plan) === JSON.stringify(there && subPlanOf(there)?.plan)
  })
  return (entry) => {
    const before = rootStepOf(entry)
    const step = places[before]
    if (step === undefined || isAgain(step)) return undefined
    if (entry.sub === undefined) return step === entry.step ? entry : { ...entry, step }
    if (!isSame[before]) return undefined
    const [item, , ...rest] = entry.sub.split('/')
    return { ...entry, sub: [item, step, ...rest].join('/') }
  }
}

/** The steps that the new plan leads to from there; where steps are visited again, the old plan's order says more. */
function reachedIn(next: Plan, from: string): (step: number) => boolean {
  if (isPush(next)) return () => false
  const start = stepToRerun(next, from)
  const reached = reachOf(next)(start)
  return (step) => step === start || reached.has(step)
}

function isPush(plan: Plan): boolean {
  return plan.steps.some((step) => step.next !== undefined)
}

/** By step: the steps that read it, need it, or are led to from it, directly or not. */
function reachOf(plan: Plan): (step: number) => ReadonlySet<number> {
  const after: Set<number>[] = plan.steps.map(() => new Set())
  plan.steps.forEach((step, index) => {
    for (const before of [...strictDependencies(step), ...allRefs(step.input)]) after[before]?.add(index)
    for (const { to } of step.next ?? []) after[index]?.add(to)
  })
  const known = new Map<number, Set<number>>()
  return (start) => {
    const before = known.get(start)
    if (before) return before
    const reached = new Set<number>()
    const stack = [start]
    for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
      for (const next of after[step] as Set<number>) {
        if (reached.has(next)) continue
        reached.add(next)
        stack.push(next)
      }
    }
    known.set(start, reached)
    return reached
  }
}

function keptOf(
  settled: readonly Settled[],
  plan: Plan,
  from: RerunFrom,
  reached: (step: number) => ReadonlySet<number>,
  /** Of an item that did not end well: also what follows from other entries. */
  all: readonly Settled[] | undefined,
) {
  const loops = isPush(plan)
  const again = startsOf({ settled, all, plan, from, reached: loops ? undefined : reached })
  return settled.filter((entry, at) => {
    const step = rootStepOf(entry)
    for (const start of again) {
      if (step === start.step && at >= start.at) {
        // A loop that failed keeps its elements that succeeded; chosen by name, it is done again as a whole.
        if (start.isWhole || entry.sub === undefined || entry.outcome.outcome === 'failed') return false
        if (isBelowFailure(entry, settled)) return false
      } else if (reached(start.step).has(step) && (!loops || at >= start.at)) return false
    }
    return true
  })
}

/** In the same element, something failed before it: it may have read that. */
function isBelowFailure(entry: Settled, settled: readonly Settled[]): boolean {
  return settled.some(
    (other) =>
      other.sub === entry.sub &&
      other.item === entry.item &&
      other.outcome.outcome === 'failed' &&
      settled.indexOf(other) < settled.indexOf(entry),
  )
}

function rootItemOf({ sub, item }: VisitRef): number {
  return sub === undefined ? item : Number.parseInt(sub, 10)
}
