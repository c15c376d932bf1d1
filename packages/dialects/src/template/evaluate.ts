// The statements of a template to closures that write, made once per template. What a value is, is evaluate-expr.ts's affair.

import { isRecord } from '@stepflow/engine'
import type { Body, FilterCall, Node, Param, Target } from './ast.ts'
import { compileArgs, compileExpr, type Evaluate } from './evaluate-expr.ts'
import { runFilter } from './filters.ts'
import { type Frame, Out } from './frame.ts'
import { Callable, elements, equals, fail, isTrue, kind, Namespace, need, text, Undefined } from './values.ts'

/** Writes into `out`. */
export type Write = (frame: Frame, out: Out) => void

export function compileBody(body: Body): Write {
  const parts = body.map(compileNode)
  return (frame, out) => {
    for (let i = 0; i < parts.length; i++) (parts[i] as Write)(frame, out)
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
          return fail(`"${node.name}" is not a namespace: only the fields of a namespace can be set`)
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
    const loop: Loop = { list, depth: depthOf(frame) + 1, changed: changes() }
    for (let i = 0; i < list.length; i++) {
      frame.budget.spend(1)
      const inner = frame.inner()
      assign(inner, node.target, list[i])
      inner.set('loop', loopState(loop, i))
      body(inner, out)
    }
  }
}

interface Loop {
  readonly list: readonly unknown[]
  readonly depth: number
  readonly changed: Callable
}

function loopState({ list, depth, changed }: Loop, i: number): Record<string, unknown> {
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
    depth,
    depth0: depth - 1,
    changed,
  }
}

/** How many loops there are around. */
function depthOf(frame: Frame): number {
  const loop = frame.get('loop')
  return isRecord(loop) && typeof loop.depth === 'number' ? loop.depth : 0
}

/** `loop.changed(...)`: was it called with something else the last time, or never? */
function changes(): Callable {
  let last: unknown[] | undefined
  return new Callable('changed', (args, _, budget) => {
    const isOther = last === undefined || !equals(last, args, budget)
    last = args
    return isOther
  })
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
    if (args.length > params.length)
      fail(`macro "${name}" takes at most ${params.length} ${params.length === 1 ? 'argument' : 'arguments'}`)
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
