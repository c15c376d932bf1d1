// Which secrets a plan reads.

import { walk } from './expr.ts'
import type { Plan } from './plan.ts'
import { subPlanOf } from './step-parts.ts'

/** The names of the secrets that a plan reads, the plans inside it too. */
export function secretsReadBy(
  plan: Plan,
  which: 'all' | 'those without a default' = 'all',
  names = new Set<string>(),
): ReadonlySet<string> {
  for (const step of plan.steps) {
    for (const expr of [step.input, step.fallback, step.cache?.key]) {
      if (!expr) continue
      walk(expr, (e) => {
        if (e.op === 'secret' && e.path !== undefined && (which === 'all' || !e.default)) names.add(e.path)
      })
    }
    const inside = subPlanOf(step)?.plan
    if (inside) secretsReadBy(inside, which, names)
  }
  return names
}
