// Expressions of a template to closures. Values are JSON and a few things of our own; nothing else is reachable: members are
// own properties, calls go to our own tables.

import { isRecord, setOwn } from '@stepflow/engine'
import type { Args, BinaryOp, Expr } from './ast.ts'
import { runFilter } from './filters.ts'
import type { Frame } from './frame.ts'
import { given } from './given.ts'
import { braces, callMethod } from './methods.ts'
import { number } from './numbers.ts'
import { isTrueLoosely, loosely, OPERATORS } from './operators.ts'
import { runTest } from './tests.ts'
import { Callable, elements, fail, hasPairs, isPlain, isTrue, kind, member, need, text } from './values.ts'

export type Evaluate = (frame: Frame) => unknown

export function compileExpr(expr: Expr): Evaluate {
  switch (expr.type) {
    case 'const': {
      const { value } = expr
      return () => value
    }
    case 'name': {
      const { name } = expr
      return (frame) => frame.get(name)
    }
    case 'member': {
      const [of, key] = [compileExpr(expr.of), compileExpr(expr.key)]
      return (frame) => member(of(frame), need(key(frame)), frame.budget)
    }
    case 'slice':
      return compileSlice(expr)
    case 'call':
      return compileCall(expr)
    case 'filter': {
      const [of, args] = [compileExpr(expr.of), compileArgs(expr.name, expr.args)]
      return (frame) => runFilter(expr.name, of(frame), args(frame), frame.budget)
    }
    case 'test': {
      const [of, args] = [compileExpr(expr.of), compileArgs(expr.name, expr.args)]
      return (frame) => runTest(expr.name, of(frame), args(frame).positional, frame.budget)
    }
    case 'unary': {
      const of = compileExpr(expr.of)
      if (expr.op === 'not') return (frame) => !isTrue(of(frame))
      const sign = expr.op === '-' ? -1 : 1
      return (frame) => sign * number(of(frame))
    }
    case 'truth': {
      const of = compileExpr(expr.of)
      return (frame) => isTrueLoosely(of(frame))
    }
    case 'binary':
      return compileBinary(expr.op, compileExpr(expr.left), compileExpr(expr.right), expr.isLoose === true)
    case 'if': {
      const [cond, yes] = [compileExpr(expr.cond), compileExpr(expr.then)]
      const no = expr.else ? compileExpr(expr.else) : () => ''
      return (frame) => (isTrue(cond(frame)) ? yes(frame) : no(frame))
    }
    case 'list': {
      const items = expr.items.map(compileExpr)
      return (frame) => {
        frame.budget.spend(items.length)
        return items.map((item) => need(item(frame)))
      }
    }
    case 'dict': {
      const entries = expr.entries.map(([key, value]) => [compileExpr(key), compileExpr(value)] as const)
      return (frame) => {
        frame.budget.spend(entries.length)
        const object: Record<string, unknown> = {}
        for (const [key, value] of entries) setOwn(object, text(key(frame), frame.budget), need(value(frame)))
        return object
      }
    }
  }
}

/** The arguments of `owner`, which is named if they do not fit. */
export function compileArgs(owner: string, args: Args) {
  const positional = args.positional.map(compileExpr)
  const named = args.named.map(([name, value]) => [name, compileExpr(value)] as const)
  return (frame: Frame) =>
    given(
      owner,
      positional.map((arg) => need(arg(frame))),
      new Map(named.map(([name, value]) => [name, need(value(frame))])),
    )
}

// ---

function compileCall(expr: Expr & { type: 'call' }): Evaluate {
  const { fn } = expr
  const args = compileArgs('this call', expr.args)
  if (fn.type === 'member' && fn.key.type === 'const' && typeof fn.key.value === 'string') {
    const [of, name] = [compileExpr(fn.of), fn.key.value]
    return (frame) => {
      const target = need(of(frame))
      const { positional, named } = args(frame)
      const field = isRecord(target) && isPlain(target) ? member(target, name) : undefined
      if (field instanceof Callable) return field.run([...positional], named, frame.budget)
      if (typeof target === 'string' && name === 'format') return braces(target, positional, named, frame.budget)
      if (named.size > 0) fail(`"${name}" takes no named arguments`)
      return callMethod(target, name, positional, frame.budget)
    }
  }
  const callee = compileExpr(fn)
  return (frame) => {
    const target = need(callee(frame))
    const { positional, named } = args(frame)
    frame.budget.spend(1)
    if (target instanceof Callable) return target.run([...positional], named, frame.budget)
    return fail(`${kind(target)} cannot be called`)
  }
}

function compileSlice(expr: Expr & { type: 'slice' }): Evaluate {
  const part = (e: Expr | undefined) => (e ? compileExpr(e) : undefined)
  const [of, from, to, step] = [compileExpr(expr.of), part(expr.from), part(expr.to), part(expr.step)]
  const bound = (evaluate: Evaluate | undefined, frame: Frame) => {
    const value = evaluate ? need(evaluate(frame)) : null
    return value === null ? undefined : Math.trunc(number(value))
  }
  return (frame) => {
    const value = need(of(frame))
    if (value === null) return null
    if (typeof value !== 'string' && !Array.isArray(value)) return fail(`cannot slice ${kind(value)}`)
    if (typeof value === 'string') frame.budget.spend(value.length / 64)
    const stride = bound(step, frame) ?? 1
    if (stride === 1 && !(typeof value === 'string' && hasPairs(value))) {
      return value.slice(bound(from, frame), bound(to, frame))
    }
    if (stride === 0) return fail('a slice cannot have step 0')
    const picked = stepped(elements(value, frame.budget), bound(from, frame), bound(to, frame), stride)
    return typeof value === 'string' ? picked.join('') : picked
  }
}

function stepped(list: readonly unknown[], from: number | undefined, to: number | undefined, step: number): unknown[] {
  const clamp = (i: number, least: number, most: number) => Math.min(most, Math.max(least, i < 0 ? i + list.length : i))
  const picked: unknown[] = []
  if (step > 0) {
    const end = to === undefined ? list.length : clamp(to, 0, list.length)
    for (let i = from === undefined ? 0 : clamp(from, 0, list.length); i < end; i += step) picked.push(list[i])
  } else {
    const end = to === undefined ? -1 : clamp(to, -1, list.length - 1)
    const start = from === undefined ? list.length - 1 : clamp(from, -1, list.length - 1)
    for (let i = start; i > end; i += step) picked.push(list[i])
  }
  return picked
}

function compileBinary(op: BinaryOp, left: Evaluate, right: Evaluate, isLoose: boolean): Evaluate {
  const holds = isLoose ? isTrueLoosely : isTrue
  if (op === 'and') {
    return (frame) => {
      const value = left(frame)
      return holds(value) ? right(frame) : value
    }
  }
  if (op === 'or') {
    return (frame) => {
      const value = left(frame)
      return holds(value) ? value : right(frame)
    }
  }
  const operate = isLoose ? loosely(OPERATORS[op]) : OPERATORS[op]
  return (frame) => {
    frame.budget.spend(1)
    return operate(need(left(frame)), need(right(frame)), frame.budget)
  }
}
