// A plan with other paths for its components, also in the plans of its loops and of the flows inside it.

import { type Expr, type Json, literal, type Plan, type PlanStep } from '@stepflow/engine'

/** The plan itself if none of its components has another path. */
export function renamedPlan(plan: Plan, paths: ReadonlyMap<string, string>): Plan {
  if (paths.size === 0) return plan
  return { ...plan, steps: plan.steps.map((step) => renamedStep(step, paths)) }
}

// ---

function renamedStep(step: PlanStep, paths: ReadonlyMap<string, string>): PlanStep {
  const { component } = step
  if (component?.startsWith('$core/')) return { ...step, input: renamedInside(step.input, paths) }
  const path = component === null ? undefined : paths.get(component)
  return path === undefined ? step : { ...step, component: path }
}

/** What a step of the engine's own is given: an object with a plan, behind the step's conditions. */
function renamedInside(input: Expr, paths: ReadonlyMap<string, string>): Expr {
  switch (input.op) {
    case 'guard':
      return { ...input, then: renamedInside(input.then, paths) }
    case 'if':
      return { ...input, then: renamedInside(input.then, paths) }
    case 'object':
      return {
        ...input,
        of: input.of.map(([key, of]) => [key, key === 'plan' ? renamedLiteral(of, paths) : of] as const),
      }
    default:
      return input
  }
}

function renamedLiteral(of: Expr, paths: ReadonlyMap<string, string>): Expr {
  if (of.op !== 'literal') return of
  const plan = of.value as unknown as Plan // the compiler wrote it
  return literal(renamedPlan(plan, paths) as unknown as Json)
}
