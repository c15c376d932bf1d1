// What a visit of a step read, evaluated again with what its run had; and the plan of what runs inside a step.

import {
  lookBack,
  type Past,
  type Plan,
  type PlanStep,
  subPlanOf,
  type VisitReads,
  type VisitRef,
} from '@stepflow/engine'
import { createSchemaLoader, hideSecrets } from '@stepflow/schema'

/** What the schemas mark as secret is hidden in its place; what else is secret, whoever shows it takes out. */
export async function readsOf(past: Omit<Past, 'shown'>, visit: VisitRef): Promise<VisitReads | undefined> {
  const { input, variables } = past.plan.schemas ?? {}
  const shown = {
    input: input === undefined ? past.input : hideSecrets(input, past.input),
    variables: variables === undefined ? past.variables : hidden(hideSecrets(variables, past.variables)),
  }
  const { functions } = await import('@stepflow/dialects')
  return lookBack({ ...past, shown }, visit, { functions, schema: createSchemaLoader() })
}

/** By its key; undefined if a component made the plan. */
export function planInside(plan: Plan, inside: string): Plan | undefined {
  const parts = inside.split('/')
  let at: Plan | undefined = plan
  for (let i = 1; at && i < parts.length; i += 3) {
    const step: PlanStep | undefined = at.steps[Number(parts[i])]
    at = step && subPlanOf(step)?.plan
  }
  return at
}

// ---

/** All of them may be secret, and stand for nothing then. */
function hidden(variables: unknown): Record<string, unknown> {
  return typeof variables === 'object' ? (variables as Record<string, unknown>) : {}
}
