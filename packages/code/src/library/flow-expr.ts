// Parts of plans that flows are compiled to: makers of expressions, and what they read. Know nothing of steps and blocks.

import { type Expr, type Json, literal, type Plan, setOwn, strictRefs, type TriggerRule } from '@stepflow/engine'
import { nodeOf, pathText } from './ref.ts'

/** Steps that must have succeeded for `expr` to have a value: what a coalesce reads may be skipped. */
export function countedRefs(expr: Expr): number[] {
  switch (expr.op) {
    case 'coalesce':
      return []
    case 'if':
      return countedRefs(expr.cond)
    case 'array':
      return expr.of.flatMap(countedRefs)
    case 'object':
      return expr.of.flatMap(([, one]) => countedRefs(one))
    default:
      return strictRefs(expr)
  }
}

export function guard(rule: TriggerRule, of: readonly number[], lenient: readonly number[], then: Expr): Expr {
  if (of.length === 0 && lenient.length === 0) return then
  return { op: 'guard', rule, of, ...(lenient.length > 0 ? { lenient } : {}), then }
}

export function planInput(plan: Plan, of: readonly (readonly [string, Expr])[]): Expr {
  return { op: 'object', of: [['plan', literal(plan as unknown as Json)], ...of] } // a plan is JSON, though its type does not say so
}

/** `keys` are there; what `path` leads to may not be. */
export function readInput(keys: readonly string[], path: string): Expr {
  const whole = pathText(keys)
  return path === ''
    ? { op: 'input', path: whole }
    : { op: 'input', path: `${whole}${path.slice(1)}`, default: literal(null) }
}

export function hasRef(value: unknown): boolean {
  if (nodeOf(value)) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(hasRef)
}

/** The author keeps the value and may change it: the plan has its own. */
export function plain(value: unknown): Json {
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null) return value as Json // checked when it was noted
  if (Array.isArray(value)) return value.map(plain)
  const copy: Record<string, Json> = {}
  for (const [key, one] of Object.entries(value)) if (one !== undefined) setOwn(copy, key, plain(one))
  return copy
}
