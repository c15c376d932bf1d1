// Where a value comes from. Pure JSON: what each operation means is in docs/plan.md, how it runs in run/scheduler/compile-expr.ts.

import type { Json } from '../json.ts'

/**
 * When a step may go on after the steps it depends on have ended (Airflow's terms; every rule waits until all have ended).
 */
export type TriggerRule =
  | 'all_success'
  | 'none_failed_min_one_success'
  | 'one_success'
  | 'one_failed'
  | 'all_done'
  | 'none_failed'

/** All of them, in the order in which they are told. */
export const triggerRules: readonly TriggerRule[] = [
  'all_success',
  'none_failed_min_one_success',
  'one_success',
  'one_failed',
  'all_done',
  'none_failed',
]

/** Where a value comes from. */
export type Expr =
  | { readonly op: 'literal'; readonly value: Json }
  /** The item's input, the value that a transition brought, the error (in `fallback`), a variable, a secret, the run (`id`, `item`). */
  | {
      readonly op: 'input' | 'arrival' | 'error' | 'variable' | 'secret' | 'run'
      readonly path?: string
      readonly default?: Expr
    }
  /** A step's output. Of a skipped step: `onSkip`, else a skip; of a failed one: its failure. */
  | {
      readonly op: 'step'
      readonly step: number
      readonly path?: string
      /** A field of the output to look in when the path is not in the output itself. */
      readonly primary?: string
      readonly default?: Expr
      readonly onSkip?: Expr
    }
  /** How a step ended, as data: `{status, value?, reason?, error?}`, absent parts read as null. */
  | { readonly op: 'outcome'; readonly step: number; readonly path?: string }
  | { readonly op: 'skip'; readonly reason?: Expr }
  | { readonly op: 'if'; readonly cond: Expr; readonly then: Expr; readonly else?: Expr }
  /** The first value that is neither null nor a skip; null if there is none. */
  | { readonly op: 'coalesce'; readonly of: readonly Expr[] }
  /** `else` (which may read `error`) in place of a failure of `of`. */
  | { readonly op: 'try'; readonly of: Expr; readonly else: Expr }
  /**
   * `then`, if the outcomes of `of` (and of the lazily read steps that `then` did read) satisfy the rule; else a skip whose
   * reason names the step. Steps in `lenient` must have ended too, but being skipped does not count against the rule.
   * Inside a rule other than `all_success`, a reference to a step that did not succeed is null.
   */
  | {
      readonly op: 'guard'
      readonly rule: TriggerRule
      readonly of: readonly number[]
      readonly lenient?: readonly number[]
      readonly then: Expr
    }
  | { readonly op: 'array'; readonly of: readonly Expr[] }
  | { readonly op: 'object'; readonly of: readonly (readonly [key: string, value: Expr])[] }
  /** A pure function by name; see plan/functions.ts for those that are always there. */
  | { readonly op: 'call'; readonly fn: string; readonly args: readonly Expr[] }

export const literal = (value: Json): Expr => ({ op: 'literal', value })

/** Calls `visit` for every expression in `expr`, outermost first. `lazy`: it may turn out not to be evaluated. */
export function walk(expr: Expr, visit: (expr: Expr, lazy: boolean) => void, lazy = false): void {
  visit(expr, lazy)
  const sub = (e: Expr | undefined, l: boolean) => {
    if (e) walk(e, visit, l)
  }
  switch (expr.op) {
    case 'literal':
    case 'outcome':
      return
    case 'input':
    case 'arrival':
    case 'error':
    case 'variable':
    case 'secret':
    case 'run':
      return sub(expr.default, true)
    case 'step':
      sub(expr.default, true)
      return sub(expr.onSkip, true)
    case 'skip':
      return sub(expr.reason, lazy)
    case 'if':
      sub(expr.cond, lazy)
      sub(expr.then, true)
      return sub(expr.else, true)
    case 'coalesce':
      expr.of.forEach((e, i) => {
        walk(e, visit, lazy || i > 0)
      })
      return
    case 'try':
      sub(expr.of, lazy)
      return sub(expr.else, true)
    case 'guard':
      return sub(expr.then, lazy)
    case 'array':
      for (const e of expr.of) walk(e, visit, lazy)
      return
    case 'object':
      for (const [, e] of expr.of) walk(e, visit, lazy)
      return
    case 'call':
      for (const e of expr.args) walk(e, visit, lazy)
  }
}

/** Steps that must have ended before `expr` has a value, whatever branch it takes; in order, each once. */
export function strictRefs(expr: Expr): number[] {
  return refs(expr, true)
}

/** Every step that `expr` may read; in order, each once. */
export function allRefs(expr: Expr): number[] {
  return refs(expr, false)
}

// ---

function refs(expr: Expr, strictOnly: boolean): number[] {
  const found = new Set<number>()
  walk(expr, (e, lazy) => {
    if (strictOnly && lazy) return
    if (e.op === 'step' || e.op === 'outcome') found.add(e.step)
    if (e.op === 'guard') for (const step of [...e.of, ...(e.lenient ?? [])]) found.add(step)
  })
  return [...found]
}
