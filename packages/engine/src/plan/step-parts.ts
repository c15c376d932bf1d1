// What an author said about a step, found again in its expression: the condition, the trigger rule, the plan inside it.

import { isRecord, own } from '../json.ts'
import type { Expr, TriggerRule } from './expr.ts'
import type { Plan, PlanStep } from './plan.ts'

export interface Condition {
  readonly when: readonly { readonly cond: Expr; readonly negated: boolean }[]
  readonly rule?: TriggerRule
  /** The input without its conditions. */
  readonly input: Expr
}

/** Takes the guards and conditions off an input. */
export function conditionOf(input: Expr): Condition {
  const when: { cond: Expr; negated: boolean }[] = []
  let rule: TriggerRule | undefined
  let at = input
  for (;;) {
    if (at.op === 'guard') {
      rule ??= at.rule
      at = at.then
    } else if (at.op === 'try' && at.else.op === 'skip') {
      at = at.of
    } else if (at.op === 'if' && at.else?.op === 'skip') {
      when.push({ cond: at.cond, negated: false })
      at = at.then
    } else if (at.op === 'if' && at.then.op === 'skip' && at.else) {
      when.push({ cond: at.cond, negated: true })
      at = at.else
    } else {
      return rule === undefined ? { when, input: at } : { when, rule, input: at }
    }
  }
}

export interface SubPlan {
  readonly plan: Plan
  /** True if it runs once per element of `items`. */
  readonly each: boolean
  readonly items?: Expr
  /** What each run of it is given besides. */
  readonly shared: readonly (readonly [key: string, value: Expr])[]
}

/** The plan that a step of the engine's own (`$core/...`) runs. */
export function subPlanOf(step: PlanStep): SubPlan | undefined {
  if (!step.component?.startsWith('$core/')) return undefined
  const { input } = conditionOf(step.input)
  const each = step.component === '$core/map'
  if (input.op === 'object') {
    const fields = new Map(input.of)
    const plan = fields.get('plan')
    const items = fields.get('items')
    if (plan?.op !== 'literal' || !isPlan(plan.value)) return undefined
    const shared = fields.get('shared')
    return { plan: plan.value, each, ...(items ? { items } : {}), shared: shared?.op === 'object' ? shared.of : [] }
  }
  const plan = input.op === 'literal' ? own(input.value, 'plan') : undefined
  return isPlan(plan) ? { plan, each, shared: [] } : undefined
}

// ---

function isPlan(value: unknown): value is Plan {
  return (
    isRecord(value) && Array.isArray(value.steps) && typeof value.exit === 'number' && typeof value.entry === 'number'
  )
}
