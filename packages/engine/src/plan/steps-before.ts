// For each step the steps that come before it, as its author sees them: through those that a compiler put between. And those
// from which transitions lead to it.

import { allRefs } from './expr.ts'
import type { Plan } from './plan.ts'

/** By step number, each list in the order of the steps. Found once for a plan, which is asked for with each look at its runs. */
export function stepsBefore(plan: Plan): readonly (readonly number[])[] {
  let before = ofPlans.get(plan)
  if (!before) {
    before = findBefore(plan)
    ofPlans.set(plan, before)
  }
  return before
}

/** For each step to which ways lead from steps that `isSource`, through others: the nearest of those. */
export function nearestBefore(steps: Plan['steps'], isSource: (step: number) => boolean): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  let open = [...steps.keys()]
    .filter((step) => steps[step]?.next && isSource(step))
    .map((step) => [step, step] as const)
  while (open.length > 0) {
    const further: (readonly [number, number])[] = []
    for (const [at, source] of open) {
      for (const { to } of steps[at]?.next ?? []) {
        if (found.has(to) || isSource(to)) continue
        found.set(to, source)
        further.push([to, source])
      }
    }
    open = further
  }
  return found
}

// ---

const ofPlans = new WeakMap<Plan, readonly (readonly number[])[]>()

function findBefore(plan: Plan): readonly (readonly number[])[] {
  const direct = plan.steps.map((step) => new Set([...allRefs(step.input), ...(step.needs ?? [])]))
  plan.steps.forEach((step, i) => {
    for (const next of step.next ?? []) if (next.to !== i) direct[next.to]?.add(i)
  })
  return direct.map((before, i) => {
    const found = new Set<number>()
    const seen = new Set<number>([i])
    const open = [...before]
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      if (seen.has(step)) continue
      seen.add(step)
      if (!plan.steps[step]?.hidden) found.add(step)
      else for (const further of direct[step] ?? []) open.push(further)
    }
    return [...found].sort((a, b) => a - b)
  })
}
