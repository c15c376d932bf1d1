// Runs the conditions of manifests, and shows them with the values that they saw.

import { FlowError, isRecord, type PureFunction } from '@stepflow/engine'
import type { Body, Expr } from './ast.ts'
import { compileBody } from './evaluate.ts'
import { compileExpr, type Evaluate } from './evaluate-expr.ts'
import { Frame, Out } from './frame.ts'
import { namesIn } from './names.ts'
import { isTrueLoosely } from './operators.ts'
import { parseCondition } from './parse-condition.ts'
import { rethrow } from './render.ts'
import { json, need, Undefined } from './values.ts'

/** `(source, context) => boolean`. Throws EXPRESSION_FAILURE. */
export const condition: PureFunction = (source, context) =>
  evaluated(String(source), context, ({ holds }, frame) => holds(frame))

/** The condition with the values that it saw: what a reader needs to know why it did not hold. */
export const shownCondition: PureFunction = (source, context) =>
  evaluated(String(source), context, ({ show }, frame) => show(frame))

// ---

interface Compiled {
  readonly holds: (frame: Frame) => boolean
  readonly show: (frame: Frame) => string
}

const MAX_CACHED = 1000
const MAX_SHOWN = 60
const cache = new Map<string, Compiled>()

function evaluated<T>(source: string, context: unknown, use: (compiled: Compiled, frame: Frame) => T): T {
  try {
    let compiled = cache.get(source)
    if (!compiled) {
      compiled = compile(parseCondition(source))
      if (cache.size >= MAX_CACHED) cache.clear()
      cache.set(source, compiled)
    }
    return use(compiled, new Frame(isRecord(context) ? context : {}))
  } catch (error) {
    if (FlowError.is(error)) throw error
    return rethrow(source, error)
  }
}

function compile(body: Body): Compiled {
  const [only] = body
  if (body.length === 1 && only?.type === 'print') {
    const value = compileExpr(only.value)
    const show = shown(only.value)
    return { holds: (frame) => isTrueLoosely(need(value(frame))), show }
  }
  const write = compileBody(body)
  const isSecret = readsSecret(body)
  const rendered = (frame: Frame) => {
    const out = new Out(frame.budget)
    write(frame, out)
    return out.text
  }
  return {
    holds: (frame) => isTrueLoosely(rendered(frame)),
    show: (frame) => (isSecret ? '[redacted]' : excerpt(json(rendered(frame), frame.budget))),
  }
}

const JOINTS: ReadonlySet<string> = new Set(['and', 'or', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in'])

/** Comparisons as they are written, what they stand between as values. */
function shown(expr: Expr): (frame: Frame) => string {
  if (expr.type === 'truth') return shown(expr.of)
  if (expr.type === 'binary' && JOINTS.has(expr.op)) {
    const [left, right] = [shown(expr.left), shown(expr.right)]
    return (frame) => `${left(frame)} ${expr.op} ${right(frame)}`
  }
  if (expr.type === 'unary' && expr.op === 'not') {
    const of = shown(expr.of)
    return (frame) => `not ${of(frame)}`
  }
  // What is cut short could not be redacted any more.
  if (readsSecret([{ type: 'print', value: expr }])) return () => '[redacted]'
  return shownValue(compileExpr(expr))
}

function readsSecret(body: Body): boolean {
  return namesIn(body).reads.some(({ path: [root] }) => root === 'secrets')
}

function shownValue(evaluate: Evaluate): (frame: Frame) => string {
  return (frame) => {
    const value = evaluate(frame)
    return value instanceof Undefined ? 'undefined' : excerpt(json(value, frame.budget))
  }
}

function excerpt(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text
}
