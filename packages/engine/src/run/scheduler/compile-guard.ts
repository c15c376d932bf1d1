// The guard expression: may a step go on after what it depends on has ended? Airflow's trigger rules: a step that was
// skipped because something failed counts as failed, unless the reader has a default for it.

import type { ErrorValue } from '../../errors.ts'
import { becauseOfRule } from '../../journal/why.ts'
import type { Expr } from '../../plan/expr.ts'
import type { Eval, ExprContext } from './compile-expr.ts'
import { failedBecause, skipBecause } from './no-output.ts'
import { BLOCKED, NoValue, skip } from './no-value.ts'
import { causeAt, DONE, FAILED, type RunState, SKIPPED } from './state.ts'

/** `compile`: whoever compiles what stands behind the guard. */
export function compileGuard(
  expr: Extract<Expr, { op: 'guard' }>,
  cx: ExprContext,
  compile: (expr: Expr, cx: ExprContext) => Eval,
): Eval {
  const { rule, of, lenient = [] } = expr
  const nullable = rule !== 'all_success'
  const then = compile(expr.then, { ...cx, nullable })
  if (saysNothing(expr)) return then
  const waitFor = [...of, ...lenient]
  const forbidsFailure = rule === 'all_success' || rule === 'none_failed' || rule === 'none_failed_min_one_success'
  const needsSuccess = rule === 'one_success' || rule === 'none_failed_min_one_success'

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
      for (let i = 0; i < of.length; i++) {
        const step = of[i] as number
        if (state.status[base + step] !== SKIPPED) continue
        if (rule === 'all_success' || causeAt(state, base + step))
          return skipBecause(state, base + step, cx.stepIds[step])
      }
    }
    if (rule === 'all_success') return then(state, slot)

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
    if (needsSuccess && !read.some((step) => state.status[base + step] === DONE)) {
      return skip(becauseOfRule(rule, 'succeeded'), firstCause(state, base, read))
    }
    if (rule === 'one_failed' && !firstCause(state, base, read)) {
      return skip(becauseOfRule(rule, 'failed'))
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

function firstCause(state: RunState, base: number, steps: readonly number[]): ErrorValue | undefined {
  for (const step of steps) {
    const cause = causeAt(state, base + step)
    if (cause) return cause
  }
  return undefined
}
