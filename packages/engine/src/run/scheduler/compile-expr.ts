// Expr -> closure. Evaluates as far as it can: beside a blocked part the rest is still walked, so that every step that is
// certainly needed is demanded at once. Pure: no clock, no I/O; what it wants is left in `state.wanted`.

import { type ErrorValue, errorValue, FlowError } from '../../errors.ts'
import { isRecord, own, setOwn } from '../../json.ts'
import type { Expr } from '../../plan/expr.ts'
import { isTruthy, ownFunctions, type PureFunction } from '../../plan/functions.ts'
import { compilePath, MISSING } from '../../plan/path.ts'
import { compileGuard } from './compile-guard.ts'
import { frozenLiteral } from './literal.ts'
import { failedBecause, skipBecause } from './no-output.ts'
import { BLOCKED, failure, NoValue, skip } from './no-value.ts'
import { DONE, type RunState, SKIPPED, type SkipFact } from './state.ts'
import { elementOf, inputAt, noSuchField } from './whose-field.ts'

/** A value, or a NoValue. */
export type Eval = (state: RunState, slot: number) => unknown

export interface ExprContext {
  readonly stepCount: number
  /** The step whose expression this is. */
  readonly self: number
  /** `step "enrich" (pipeline:31)`: how messages begin. */
  readonly where: string
  readonly stepIds: readonly string[]
  readonly functions: ReadonlyMap<string, PureFunction>
  /** Inside a guard of another rule than all_success: a step that did not succeed reads as null. */
  readonly nullable: boolean
  /** In a branch under a guard that counts what was read. */
  readonly tracked: boolean
}

export function compileExpr(expr: Expr, cx: ExprContext): Eval {
  switch (expr.op) {
    case 'literal': {
      const value = frozenLiteral(expr.value)
      return () => value
    }
    case 'input':
      return compileInput(expr, cx)
    case 'arrival':
      return compileArrival(expr, cx)
    case 'error':
      return compileRead(expr, cx, 'the error', (state) => state.error)
    case 'run':
      return compileRead(expr, cx, 'the run', (state, slot) => ({ id: state.facts.id, item: state.item[slot] }))
    case 'variable':
      return compileRead(expr, cx, 'the variables', (state) => state.facts.variables)
    case 'secret':
      return compileSecret(expr.path ?? '', expr.default, cx)
    case 'step':
      return compileStep(expr, cx)
    case 'outcome':
      return compileOutcome(expr, cx)
    case 'skip': {
      const reason = expr.reason && compileExpr(expr.reason, cx)
      const plain = skip('its condition')
      return reason ? (state, slot) => withValue(reason(state, slot), (text) => skip(String(text))) : () => plain
    }
    case 'if': {
      const cond = compileExpr(expr.cond, cx)
      const branch = { ...cx, tracked: true }
      const then = compileExpr(expr.then, branch)
      const otherwise: Eval = expr.else ? compileExpr(expr.else, branch) : () => null
      return (state, slot) => {
        const value = cond(state, slot)
        if (value instanceof NoValue) return value
        return isTruthy(value) ? then(state, slot) : otherwise(state, slot)
      }
    }
    case 'coalesce': {
      const candidates = expr.of.map((e) => compileExpr(e, { ...cx, tracked: true }))
      return (state, slot) => {
        for (const candidate of candidates) {
          const value = candidate(state, slot)
          if (value instanceof NoValue) {
            if (value.kind !== 'skip') return value
          } else if (value !== null && value !== undefined) return value
        }
        return null
      }
    }
    case 'try': {
      const attempt = compileExpr(expr.of, cx)
      const otherwise = compileExpr(expr.else, cx)
      return (state, slot) => {
        const value = attempt(state, slot)
        if (!(value instanceof NoValue) || value.kind !== 'failure' || value.dependency) return value
        const before = state.error
        state.error = value.error as ErrorValue
        const instead = otherwise(state, slot)
        state.error = before
        return instead
      }
    }
    case 'guard':
      return compileGuard(expr, cx, compileExpr)
    case 'array':
      return compileAll(expr.of, cx, (values) => values.slice())
    case 'object':
      return compileObject(expr.of, cx)
    case 'call':
      return compileCall(expr.fn, expr.args, cx)
  }
}

// ---

type Read = Extract<Expr, { op: 'input' | 'arrival' | 'error' | 'variable' | 'secret' | 'run' }>

function compileRead(expr: Read, cx: ExprContext, what: string, read: Eval): Eval {
  const path = expr.path ?? ''
  if (path === '' || path === '$') return (state, slot) => read(state, slot) ?? null
  const get = compilePath(path, expr.default !== undefined)
  const otherwise = expr.default && compileExpr(expr.default, cx)
  return (state, slot) => {
    const value = get(read(state, slot))
    if (value !== MISSING) return value
    return otherwise ? otherwise(state, slot) : failure(noSuchField(cx.where, path, what, read(state, slot)))
  }
}

function compileInput(expr: Read, cx: ExprContext): Eval {
  const { path = '', default: fallback } = expr
  if (path === '' || path === '$') return (state, slot) => state.input[slot] ?? null
  const get = compilePath(path, fallback !== undefined)
  const otherwise = fallback && compileExpr(fallback, cx)
  return (state, slot) => {
    const value = get(state.input[slot])
    if (value !== MISSING) return value
    if (otherwise) return otherwise(state, slot)
    const at = inputAt(path, state, slot)
    return failure(noSuchField(cx.where, at.path, at.what, at.value))
  }
}

function compileArrival(expr: Read, cx: ExprContext): Eval {
  const { stepCount, self } = cx
  // The whole of it is what every step of a chain takes.
  if (expr.path === undefined) return (state, slot) => state.arrival[slot * stepCount + self] ?? null
  return compileRead(expr, cx, 'what led here', (state, slot) => state.arrival[slot * stepCount + self])
}

function compileSecret(name: string, fallback: Expr | undefined, cx: ExprContext): Eval {
  const otherwise = fallback && compileExpr(fallback, cx)
  return (state, slot) => {
    const value = state.facts.secret(name)
    if (value !== undefined) return value
    if (otherwise) return otherwise(state, slot)
    return failure({
      code: 'EXPRESSION_FAILURE',
      message: `${cx.where} reads the secret "${name}", which is not set; set STEPFLOW_SECRET_${name} in the environment`,
    })
  }
}

function compileStep(expr: Extract<Expr, { op: 'step' }>, cx: ExprContext): Eval {
  const { step, primary } = expr
  const { stepCount, nullable, tracked } = cx
  const path = expr.path ?? ''
  const get = compilePath(path, expr.default !== undefined)
  const otherwise = expr.default && compileExpr(expr.default, cx)
  const onSkip = expr.onSkip && compileExpr(expr.onSkip, cx)
  const whole = path === '' || path === '$'

  const read: Eval = (state, slot) => {
    const key = slot * stepCount + step
    const status = state.status[key] as number
    if (tracked && state.touched !== null) state.touched.push(step)
    if (status === DONE) {
      const output = state.value[key]
      if (whole) return output
      let value = get(output)
      if (value === MISSING && primary !== undefined) value = get(own(output, primary))
      if (value !== MISSING) return value
      if (otherwise) return otherwise(state, slot)
      return failure(noSuchField(cx.where, path, `step "${cx.stepIds[step]}"`, output))
    }
    if (status < DONE) {
      state.wanted.push(step)
      return BLOCKED
    }
    if (status === SKIPPED && onSkip) return onSkip(state, slot)
    if (nullable) return otherwise && !whole ? otherwise(state, slot) : null
    return status === SKIPPED ? skipBecause(state, key, cx.stepIds[step]) : failedBecause(state, key)
  }
  return whole && !tracked ? readWhole(step, stepCount, read) : read
}

/** What nearly every step of a chain does, apart from the rest: a long plan is slow by what its closures hold. */
function readWhole(step: number, stepCount: number, otherwise: Eval): Eval {
  return (state, slot) => {
    const key = slot * stepCount + step
    return state.status[key] === DONE ? state.value[key] : otherwise(state, slot)
  }
}

function compileOutcome(expr: Extract<Expr, { op: 'outcome' }>, cx: ExprContext): Eval {
  const { step } = expr
  const get = compilePath(expr.path ?? '', true)
  return (state, slot) => {
    const key = slot * cx.stepCount + step
    const status = state.status[key] as number
    if (cx.tracked && state.touched !== null) state.touched.push(step)
    if (status < DONE) {
      state.wanted.push(step)
      return BLOCKED
    }
    const value = get(outcomeFacts(state, key, status))
    return value === MISSING ? null : value
  }
}

function outcomeFacts(state: RunState, key: number, status: number): Record<string, unknown> {
  if (status === DONE) return { status: 'success', value: state.value[key] }
  if (status === SKIPPED) {
    const { reason, cause } = state.value[key] as SkipFact
    return cause ? { status: 'skipped', reason, error: cause } : { status: 'skipped', reason }
  }
  const error = state.value[key] as ErrorValue
  return { status: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error }
}

/** The reverse of an outcome's facts: its value, or the skip or failure that it stands for. */
function reopen(facts: unknown): unknown {
  if (!isRecord(facts) || facts.status === 'success') return own(facts, 'value') ?? null
  const error = (own(facts, 'error') ?? undefined) as ErrorValue | undefined
  if (facts.status === 'skipped') return skip(String(facts.reason), error)
  return failure(error ?? { code: 'INTERNAL', message: 'the step failed' })
}

type Build = (values: unknown[], state: RunState, slot: number) => unknown

/** Evaluates all, even beside a part without a value; then the first without a value in order, blocked parts first. */
function compileAll(of: readonly Expr[], cx: ExprContext, build: Build): Eval {
  const parts = of.map((e) => compileExpr(e, cx))
  return (state, slot) => {
    const values: unknown[] = new Array(parts.length)
    let none: NoValue | undefined
    for (let i = 0; i < parts.length; i++) {
      const value = (parts[i] as Eval)(state, slot)
      if (value instanceof NoValue) {
        if (none === undefined || value.kind === 'blocked') none = value
      } else values[i] = value
    }
    return none ?? build(values, state, slot)
  }
}

function compileObject(of: readonly (readonly [string, Expr])[], cx: ExprContext): Eval {
  const keys = of.map(([key]) => key)
  const parts = of.map(([, e]) => compileExpr(e, cx))
  const isPlain = !keys.includes('__proto__')
  return (state, slot) => {
    const object: Record<string, unknown> = {}
    let none: NoValue | undefined
    for (let i = 0; i < parts.length; i++) {
      const value = (parts[i] as Eval)(state, slot)
      if (value instanceof NoValue) {
        if (none === undefined || value.kind === 'blocked') none = value
      } else if (isPlain) object[keys[i] as string] = value
      else setOwn(object, keys[i] as string, value)
    }
    return none ?? object
  }
}

function compileCall(name: string, args: readonly Expr[], cx: ExprContext): Eval {
  if (name === 'reopen') return compileAll(args, cx, ([facts]) => reopen(facts))
  const fn = Object.hasOwn(ownFunctions, name) ? ownFunctions[name] : cx.functions.get(name)
  if (!fn) throw new FlowError('INVALID_FLOW', `${cx.where} calls "${name}", a function that this engine does not have`)
  return compileAll(args, cx, (values, state, slot) => {
    try {
      return fn(...values)
    } catch (thrown) {
      const error = errorValue(thrown)
      const element = elementOf(state, slot)
      const message = `${cx.where}${element === undefined ? '' : `, ${element}`}: ${error.message}`
      return failure(FlowError.is(thrown) ? { ...error, message } : { code: 'INTERNAL', message })
    }
  })
}

function withValue(value: unknown, then: (value: unknown) => unknown): unknown {
  return value instanceof NoValue ? value : then(value)
}
