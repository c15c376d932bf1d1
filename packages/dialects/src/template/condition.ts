// Conditions as manifests write them: one expression whose values stand in braces, often in quotes. Values are bound to it,
// never pasted into it.

import { FlowError, isRecord, type PureFunction } from '@stepflow/engine'
import type { Body, Expr } from './ast.ts'
import { compileBody, compileExpr, type Evaluate } from './evaluate.ts'
import { Frame, Out } from './frame.ts'
import { lexExpression, lexInside, TemplateSyntaxError, type Token, unescaped } from './lex.ts'
import { BOOLEANS } from './operators.ts'
import { parse } from './parse.ts'
import { ExprParser } from './parse-expr.ts'
import { rethrow } from './render.ts'
import { isTrue, json, need, Undefined } from './values.ts'

/** `(source, context) => boolean`. Throws EXPRESSION_FAILURE. */
export const condition: PureFunction = (source, context) =>
  evaluated(String(source), context, ({ holds }, frame) => holds(frame))

/** The condition with the values that it saw: what a reader needs to know why it did not hold. */
export const shownCondition: PureFunction = (source, context) =>
  evaluated(String(source), context, ({ show }, frame) => show(frame))

/** Throws a TemplateSyntaxError. A condition with statements (`{% if %}`) is a template whose text is the result. */
export function parseCondition(source: string): Body {
  if (/\{[%#]/.test(source)) return parse(source)
  const outside = (at: number, tokens: Token[]) => {
    const c = source[at]
    if (c === '{' && source[at + 1] === '{') {
      const { value, end } = braces(source, at)
      tokens.push({ kind: 'value', text: source.slice(at, end), value, at })
      return end
    }
    return c === '"' || c === "'" ? quoted(source, at, tokens) : undefined
  }
  const tokens = lexExpression(source, outside)
  return [{ type: 'print', value: new ExprParser(tokens, source.length, 'loose').whole() }]
}

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
    return { holds: (frame) => asBoolean(need(value(frame))), show }
  }
  const write = compileBody(body)
  const rendered = (frame: Frame) => {
    const out = new Out(frame.budget)
    write(frame, out)
    return out.text
  }
  return {
    holds: (frame) => asBoolean(rendered(frame)),
    show: (frame) => excerpt(json(rendered(frame), frame.budget)),
  }
}

/** The text `true` or `false` counts as that boolean. */
function asBoolean(value: unknown): boolean {
  if (typeof value !== 'string') return isTrue(value)
  const word = value.trim()
  return BOOLEANS.get(word) ?? word !== ''
}

const JOINTS: ReadonlySet<string> = new Set(['and', 'or', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in'])

/** Comparisons as they are written, what they stand between as values. */
function shown(expr: Expr): (frame: Frame) => string {
  if (expr.type === 'binary' && JOINTS.has(expr.op)) {
    const [left, right] = [shown(expr.left), shown(expr.right)]
    return (frame) => `${left(frame)} ${expr.op} ${right(frame)}`
  }
  if (expr.type === 'unary' && expr.op === 'not') {
    const of = shown(expr.of)
    return (frame) => `not ${of(frame)}`
  }
  return shownValue(compileExpr(expr))
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

function braces(source: string, open: number): { readonly value: Expr; readonly end: number } {
  const { tokens, end } = lexInside(source, open + 2, '}}', open)
  return { value: new ExprParser(tokens, end - 2, 'loose').whole(), end }
}

/** A text in quotes, with the values of the braces in it joined in. Gives the offset behind it. */
function quoted(source: string, start: number, tokens: Token[]): number {
  const quote = source[start]
  const parts: Expr[] = []
  let from = start + 1
  const text = (to: number) => {
    if (to > from) parts.push({ type: 'const', value: unescaped(source.slice(from, to)) })
  }
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++
    else if (source[at] === '{' && source[at + 1] === '{') {
      text(at)
      const { value, end } = braces(source, at)
      parts.push(value)
      from = end
      at = end - 1
    } else if (source[at] === quote) {
      text(at)
      const empty: Expr = { type: 'const', value: '' }
      // Joined to a text even if it is the only part: the quotes say so.
      const value = parts.reduce<Expr>((left, right) => ({ type: 'binary', op: '~', left, right }), empty)
      const only = parts.length === 1 && parts[0]?.type === 'const' ? parts[0] : value
      tokens.push({ kind: 'value', text: source.slice(start, at + 1), value: only, at: start })
      return at + 1
    }
  }
  throw new TemplateSyntaxError('a text has no closing quote', start)
}
