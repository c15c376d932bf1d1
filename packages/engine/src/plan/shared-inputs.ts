// Which steps are given values that others read too: what such a step does to its input must not reach them. Pure: the
// plan alone decides.
//
// A step's output may be part of what it was given, so a value is followed through all the steps that it may have passed.
// Where the paths lead matters not: it is taken for shared rather than not.

import { type Expr, walk } from './expr.ts'
import type { Plan, PlanStep } from './plan.ts'

/** 1 for steps whose input, or a part of it, another step reads as well, or the next try of the same one. */
export function sharedInputs(plan: Plan): Uint8Array {
  const reads = plan.steps.map(readsOf)
  if (plan.steps.some((step) => step.next)) return sharedInChain(plan, reads)
  const readers = new Map<Source, number>()
  for (const sources of reads) for (const source of sources) readers.set(source, (readers.get(source) ?? 0) + 1)
  const isSharedSource = (source: Source) =>
    source === EVERYBODYS || (readers.get(source) ?? 0) > 1 || (source >= 0 && plan.steps[source]?.cache !== undefined)
  // As far as it is known by now: the sources of a step's output that are shared.
  const isTainted = new Uint8Array(plan.steps.length)
  const stack: number[] = []
  const readersOf: number[][] = plan.steps.map(() => [])
  reads.forEach((sources, step) => {
    for (const source of sources) if (source >= 0) readersOf[source]?.push(step)
    if ([...sources].some(isSharedSource)) stack.push(step)
  })
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    if (isTainted[step] === 1) continue
    isTainted[step] = 1
    for (const reader of readersOf[step] as number[]) stack.push(reader)
  }
  plan.steps.forEach((step, i) => {
    if (step.retry) isTainted[i] = 1
  })
  return isTainted
}

// ---

/** A step by its index, the item's input, or what every item is given. */
type Source = number
const INPUT = -1
const EVERYBODYS = -2

/** The plan that the engine's own loops run, and give to nobody. */
function innerPlan({ component, input }: PlanStep): Expr | undefined {
  if (!component?.startsWith('$core/') || input?.op !== 'object') return undefined
  return input.of.find(([key]) => key === 'plan')?.[1]
}

/** Every item and every run has the same list or object. */
function isKept(e: Expr): boolean {
  return e.op === 'literal' && typeof e.value === 'object' && e.value !== null
}

function readsOf(step: PlanStep): ReadonlySet<Source> {
  const inner = innerPlan(step)
  const sources = new Set<Source>()
  const read = (expr: Expr | undefined) => {
    if (!expr) return
    walk(expr, (e) => {
      if (e.op === 'input') sources.add(INPUT)
      else if (e.op === 'variable' || e.op === 'error' || (isKept(e) && e !== inner)) sources.add(EVERYBODYS)
      else if (e.op === 'step' || e.op === 'outcome') sources.add(e.step)
    })
  }
  read(step.input)
  read(step.fallback)
  read(step.cache?.key)
  return sources
}

/** Where one step leads to the next, each is given what the last one gave, unless something reads besides. */
function sharedInChain({ steps }: Plan, reads: readonly ReadonlySet<Source>[]): Uint8Array {
  const isMixed = reads.some((sources) => sources.size > 0)
  return Uint8Array.from(steps, ({ next, retry, cache }) => {
    // A step that passes on what it was given is not the last to read it.
    return isMixed || retry || cache || next?.some(({ pass }) => pass) ? 1 : 0
  })
}
