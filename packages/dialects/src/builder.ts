// Builds a plan of the pull kind: steps by id, and a hidden last step whose value is the item's.

import type { Expr, Plan, PlanStep, TriggerRule } from '@stepflow/engine'

/** The hidden step's id; no author can write it. */
export const OUTPUT = '$output'

export type PlanFrame = Omit<Plan, 'steps' | 'entry' | 'exit'>

/** `steps` in the author's order, then the output; `needs` are the steps that run although the output does not read them. */
export function pullPlan(frame: PlanFrame, steps: readonly PlanStep[], output: Expr, needs: readonly number[]): Plan {
  const exit: PlanStep = {
    id: OUTPUT,
    component: null,
    input: output,
    hidden: true,
    ...(needs.length > 0 ? { needs } : {}),
  }
  return { ...frame, steps: [...steps, exit], entry: steps.length, exit: steps.length }
}

/** `then` once `of` have ended as the rule says; `then` itself if there is nothing to wait for. */
export function guard(rule: TriggerRule, of: readonly number[], lenient: readonly number[], then: Expr): Expr {
  if (of.length === 0 && lenient.length === 0) return then
  return { op: 'guard', rule, of, ...(lenient.length > 0 ? { lenient } : {}), then }
}

/** An object of expressions; a literal if all of them are. */
export function objectOf(entries: readonly (readonly [string, Expr])[]): Expr {
  return { op: 'object', of: entries }
}
