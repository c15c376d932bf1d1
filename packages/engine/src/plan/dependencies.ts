// Which steps a step must wait for. Read off the plan; nothing is run.

import { allRefs, strictRefs } from './expr.ts'
import type { PlanStep } from './plan.ts'

/** `needs`, and what the input, fallback and cache key certainly read; each once. */
export function strictDependencies(step: PlanStep): readonly number[] {
  const found = new Set(step.needs)
  for (const ref of strictRefs(step.input)) found.add(ref)
  // Everything that a fallback or a cache key may read must be there when it is evaluated: neither can wait.
  if (step.fallback) for (const ref of allRefs(step.fallback)) found.add(ref)
  if (step.cache?.key) for (const ref of allRefs(step.cache.key)) found.add(ref)
  return [...found]
}
