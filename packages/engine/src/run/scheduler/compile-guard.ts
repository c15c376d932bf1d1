// The guard expression: may a step go on after what it depends on has ended? Airflow's trigger rules.

import type { ErrorValue } from '../../errors.ts'
import type { Expr, TriggerRule } from '../../plan/expr.ts'
import { compileExpr, type Eval, type ExprContext, failedBecause, skipBecause } from './compile-expr.ts'
import { BLOCKED, NoValue, skip } from './no-value.ts'
import { DONE, FAILED, type RunState, SKIPPED, type SkipFact } from './state.ts'

export function compileGuard(expr: Extract<Expr, { op: 'guard' }>, cx: ExprContext): Eval {
  const { rule, of, lenient = [] } = expr
  const nullable = rule !== 'all_success'
  const then = compileExpr(expr.then, { ...cx, nullable })
  if (saysNothing(expr)) return then
  const waitFor = [...of, ...lenient]
  const forbidsFailure = rule === 'all_success' || rule === 'none_failed' || rule === 'none_failed_min_one_success'
  const wants =
    rule === 'one_failed' ? FAILED : rule === 'one_success' || rule === 'none_failed_min_one_success' ? DONE : undefined

  return (state, slot) => {
    const base = slot * cx.stepCount
    let isBlocked = false
    for (let i = 0; i < waitFor.length; i++) {
      const step = waitFor[i] as number
      if ((state.status[base + step] as number) >= DONE) continue
      state.wanted.push(step)
      isBlocked = true
    }
    // What its branches read is not certainly needed before the rule has spoken.
    if (isBlocked) return BLOCKED

    if (forbidsFailure) {
      for (let i = 0; i < waitFor.length; i++) {
        if (state.status[base + (waitFor[i] as number)] === FAILED)
          return failedBecause(state, base + (waitFor[i] as number))
      }
    }
    if (rule === 'all_success') {
      for (let i = 0; i < of.length; i++) {
        const step = of[i] as number
        if (state.status[base + step] === SKIPPED) return skipBecause(state, base + step, cx.stepIds[step])
      }
      return then(state, slot)
    }

    const outer = state.touched
    const touched: number[] = []
    state.touched = touched
    const value = then(state, slot)
    state.touched = outer
    if (value === BLOCKED) return value
    const read = [...waitFor, ...touched]
    if (forbidsFailure) {
      for (const step of touched) if (state.status[base + step] === FAILED) return failedBecause(state, base + step)
    }
    if (wants !== undefined && !read.some((step) => state.status[base + step] === wants)) {
      return ruleNotMet(rule, state, base, read)
    }
    return value instanceof NoValue && value.dependency ? skip('a step it reads failed', value.error) : value
  }
}

// ---

/** Over the one step that is read anyway, as a whole or by path: reading it asks the same. */
function saysNothing({ rule, of, lenient = [], then }: Extract<Expr, { op: 'guard' }>): boolean {
  const isOne = rule === 'all_success' && of.length === 1 && lenient.length === 0
  return isOne && then.op === 'step' && then.step === of[0] && then.onSkip === undefined
}

function ruleNotMet(rule: TriggerRule, state: RunState, base: number, steps: readonly number[]): NoValue {
  if (rule === 'one_failed') return skip(`trigger rule ${rule}: none of the steps it depends on failed`)
  return skip(`trigger rule ${rule}: none of the steps it depends on succeeded`, firstCause(state, base, steps))
}

function firstCause(state: RunState, base: number, steps: readonly number[]): ErrorValue | undefined {
  for (const step of steps) {
    const value = state.value[base + step]
    const cause = state.status[base + step] === FAILED ? (value as ErrorValue) : (value as SkipFact).cause
    if (cause) return cause
  }
  return undefined
}
