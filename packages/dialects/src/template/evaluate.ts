// A template's tree to closures, made once per template. Values are JSON and a few things of our own; nothing else is
// reachable: members are own properties, calls go to our own tables.

import { isRecord, setOwn } from '@stepflow/engine'
import type { Args, BinaryOp, Body, Expr, FilterCall, Node, Param, Target } from './ast.ts'
import { runFilter } from './filters.ts'
import { type Frame, Out } from './frame.ts'
import { given } from './given.ts'
import { callMethod } from './methods.ts'
import { number } from './numbers.ts'
import { loosely, OPERATORS } from './operators.ts'
import { runTest } from './tests.ts'
import { Callable, elements, fail, isPlain, isTrue, kind, member, Namespace, need, text, Undefined } from './values.ts'

export type Evaluate = (frame: Frame) => unknown
/** Writes into `out`. */
export type Write = (frame: Frame, out: Out) => void

export function compileBody(body: Body): Write {
  const parts = body.map(compileNode)
  return (frame, out) => {
    for (let i = 0; i < parts.length; i++) (parts[i] as Write)(frame, out)
  }
}

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
      return (frame) => member(of(frame), need(key(frame)))
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

// ---

const MAX_CALLS = 100

function compileNode(node: Node): Write {
  switch (node.type) {
    case 'text':
      return (_, out) => out.add(node.text)
    case 'print': {
      const value = compileExpr(node.value)
      return (frame, out) => {
        frame.budget.spend(1)
        out.add(text(need(value(frame)), frame.budget))
      }
    }
    case 'if': {
      const branches = node.branches.map(({ cond, body }) => ({ cond: compileExpr(cond), body: compileBody(body) }))
      const otherwise = node.else && compileBody(node.else)
      return (frame, out) => {
        for (const { cond, body } of branches) if (isTrue(cond(frame))) return body(frame, out)
        otherwise?.(frame, out)
      }
    }
    case 'for':
      return compileFor(node)
    case 'set': {
      const value = compileExpr(node.value)
      return (frame) => assign(frame, node.target, need(value(frame)))
    }
    case 'set-member': {
      const value = compileExpr(node.value)
      return (frame) => {
        const of = frame.get(node.name)
        if (!(of instanceof Namespace))
          return fail(`"${node.name}" is no namespace: only a namespace's fields can be set`)
        of.fields.set(node.field, need(value(frame)))
      }
    }
    case 'set-block': {
      const [body, filters] = [compileBody(node.body), compileFilters(node.filters)]
      return (frame) => frame.set(node.name, filters(captured(body, frame.inner()), frame))
    }
    case 'filter': {
      const [body, filters] = [compileBody(node.body), compileFilters(node.filters)]
      return (frame, out) => out.add(text(need(filters(captured(body, frame.inner()), frame)), frame.budget))
    }
    case 'with': {
      const values = node.values.map(([target, value]) => [target, compileExpr(value)] as const)
      const body = compileBody(node.body)
      return (frame, out) => {
        const inner = frame.inner()
        for (const [target, value] of values) assign(inner, target, need(value(frame)))
        body(inner, out)
      }
    }
    case 'macro': {
      const body = compileBody(node.body)
      const params = node.params.map(({ name, default: value }) => ({ name, value: value && compileExpr(value) }))
      return (frame) => frame.set(node.name, macro(node.name, params, body, frame))
    }
  }
}

function compileFor(node: Node & { type: 'for' }): Write {
  const [of, body] = [compileExpr(node.of), compileBody(node.body)]
  const cond = node.cond && compileExpr(node.cond)
  const otherwise = node.else && compileBody(node.else)
  return (frame, out) => {
    let list = elements(of(frame), frame.budget)
    if (cond) {
      list = list.filter((item) => {
        const inner = frame.inner()
        assign(inner, node.target, item)
        return isTrue(cond(inner))
      })
    }
    if (list.length === 0) return otherwise?.(frame, out)
    for (let i = 0; i < list.length; i++) {
      frame.budget.spend(1)
      const inner = frame.inner()
      assign(inner, node.target, list[i])
      inner.set('loop', loopState(list, i))
      body(inner, out)
    }
  }
}

function loopState(list: readonly unknown[], i: number): Record<string, unknown> {
  return {
    index: i + 1,
    index0: i,
    revindex: list.length - i,
    revindex0: list.length - i - 1,
    first: i === 0,
    last: i === list.length - 1,
    length: list.length,
    previtem: i > 0 ? list[i - 1] : new Undefined('there is no item before the first'),
    nextitem: i < list.length - 1 ? list[i + 1] : new Undefined('there is no item after the last'),
    cycle: new Callable('cycle', (args) => args[i % Math.max(1, args.length)]),
  }
}

function assign(frame: Frame, target: Target, value: unknown): void {
  if (typeof target === 'string') return frame.set(target, value)
  if (!Array.isArray(value) || value.length !== target.length) {
    const got = Array.isArray(value) ? `a list of ${value.length}` : kind(value)
    return fail(`cannot share ${got} among ${target.join(', ')}`)
  }
  target.forEach((name, i) => {
    frame.set(name, value[i])
  })
}

function captured(body: Write, frame: Frame): string {
  const out = new Out(frame.budget)
  body(frame, out)
  return out.text
}

function macro(
  name: string,
  params: readonly { name: string; value: Evaluate | undefined }[],
  body: Write,
  home: Frame,
): Callable {
  return new Callable(name, (args, named, budget) => {
    if (args.length > params.length) fail(`macro "${name}" takes at most ${params.length} arguments`)
    for (const key of named.keys())
      if (!params.some((p) => p.name === key)) fail(`macro "${name}" has no argument "${key}"`)
    budget.spend(5)
    if (++budget.calls > MAX_CALLS) fail('macros call one another too deep')
    const frame = home.inner()
    params.forEach((param, i) => {
      const value = i < args.length ? args[i] : named.get(param.name)
      frame.set(param.name, value ?? param.value?.(frame) ?? missing(param, name, args, named, i))
    })
    const result = captured(body, frame)
    budget.calls--
    return result
  })
}

function missing(
  param: Pick<Param, 'name'>,
  macroName: string,
  args: unknown[],
  named: ReadonlyMap<string, unknown>,
  i: number,
): unknown {
  if (i < args.length || named.has(param.name)) return null
  return new Undefined(`argument "${param.name}" of macro "${macroName}" was not given`)
}

function compileFilters(filters: readonly FilterCall[]): (value: unknown, frame: Frame) => unknown {
  const compiled = filters.map(({ name, args }) => ({ name, args: compileArgs(name, args) }))
  return (value, frame) => compiled.reduce((v, { name, args }) => runFilter(name, v, args(frame), frame.budget), value)
}

function compileArgs(owner: string, args: Args) {
  const positional = args.positional.map(compileExpr)
  const named = args.named.map(([name, value]) => [name, compileExpr(value)] as const)
  return (frame: Frame) =>
    given(
      owner,
      positional.map((arg) => need(arg(frame))),
      new Map(named.map(([name, value]) => [name, need(value(frame))])),
    )
}

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
    const stride = bound(step, frame) ?? 1
    if (stride === 1) return value.slice(bound(from, frame), bound(to, frame))
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
  if (op === 'and') {
    return (frame) => {
      const value = left(frame)
      return isTrue(value) ? right(frame) : value
    }
  }
  if (op === 'or') {
    return (frame) => {
      const value = left(frame)
      return isTrue(value) ? value : right(frame)
    }
  }
  const operate = isLoose ? loosely(OPERATORS[op]) : OPERATORS[op]
  return (frame) => {
    frame.budget.spend(1)
    return operate(need(left(frame)), need(right(frame)), frame.budget)
  }
}
