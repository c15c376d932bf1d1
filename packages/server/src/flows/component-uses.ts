// Which flows call which component, by its path: of each flow the version that is listed, with the plans inside its steps.

import { type Plan, subPlanOf } from '@stepflow/engine'
import type { NamedFlows } from '@stepflow/host/named-flows'

export async function componentUses(flows: NamedFlows): Promise<ReadonlyMap<string, readonly string[]>> {
  const uses = new Map<string, string[]>()
  for (const { name, read } of await flows.list()) {
    if (name === undefined || !read.plan) continue
    for (const path of calledBy(read.plan)) {
      const users = uses.get(path)
      if (users) users.push(name)
      else uses.set(path, [name])
    }
  }
  return uses
}

// ---

function calledBy(plan: Plan, paths = new Set<string>()): ReadonlySet<string> {
  for (const step of plan.steps) {
    const inside = subPlanOf(step)?.plan
    if (inside) calledBy(inside, paths)
    else if (step.component !== null && !step.component.startsWith('$')) paths.add(step.component)
  }
  return paths
}
