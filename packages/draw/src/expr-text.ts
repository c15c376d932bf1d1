// An expression as a person would say it, for a drawing's small print. Short rather than exact: nothing reads it back.

import { type Expr, isRecord, type Plan } from '@stepflow/engine'

/** `user.tier == "gold"`, at most `limit` characters. */
export function exprText(expr: Expr, plan: Plan, limit = 60): string {
  return shorten(say(expr, plan, 0), limit)
}

/** Without line breaks, control characters and invisible direction marks; cut at `limit` characters. */
export function shorten(text: string, limit: number): string {
  const line = [...printable(text).trim()]
  return line.length > limit ? `${line.slice(0, limit - 1).join('')}…` : line.join('')
}

/** Text that can move neither a cursor nor the reading direction: names come from files that we did not write. */
export function printable(text: string): string {
  return text
    .slice(0, 2_000)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
}

// ---

const infix: Readonly<Record<string, string>> = {
  and: 'and',
  or: 'or',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  add: '+',
}

function say(expr: Expr, plan: Plan, depth: number): string {
  // Deeper than this nothing survives the cut.
  if (depth > 8) return '…'
  const sub = (e: Expr) => say(e, plan, depth + 1)
  switch (expr.op) {
    case 'literal':
      return value(expr.value)
    case 'input':
    case 'arrival':
    case 'error':
    case 'variable':
    case 'secret':
    case 'run':
      return join(expr.op === 'arrival' ? 'result' : expr.op, expr.path)
    case 'step':
      return join(name(plan, expr.step), expr.path)
    case 'outcome':
      return join(name(plan, expr.step), expr.path ?? '.outcome')
    case 'skip':
      return 'skip'
    case 'if':
      return `if ${sub(expr.cond)} then ${sub(expr.then)}${expr.else ? ` else ${sub(expr.else)}` : ''}`
    case 'coalesce':
      return expr.of.slice(0, 6).map(sub).join(' ?? ')
    case 'try':
      return sub(expr.of)
    case 'guard':
      return sub(expr.then)
    case 'array':
      return `[${expr.of.slice(0, 6).map(sub).join(', ')}]`
    case 'object': {
      const fields = expr.of.slice(0, 6).map(([key, e]) => `${key}: ${sub(e)}`)
      return `{${fields.join(', ')}}`
    }
    case 'call':
      return call(expr.fn, expr.args, sub)
  }
}

function call(fn: string, args: readonly Expr[], sub: (e: Expr) => string): string {
  const [first, second] = args
  if (fn === 'not' && first) return `not ${sub(first)}`
  if (infix[fn] && first && second) return `${sub(first)} ${infix[fn]} ${sub(second)}`
  if (fn === 'transform' && first?.op === 'literal' && second) return `${String(first.value)}, x = ${sub(second)}`
  // A template or a condition in a language of its own comes with its source as a literal: that is what the author wrote.
  const source = args.find((a) => a.op === 'literal' && typeof a.value === 'string')
  if (source?.op === 'literal' && fn !== 'field') return unbrace(String(source.value))
  if (fn === 'field' && first) return fieldText(args, sub)
  if (args.length === 1 && first) return sub(first)
  return `${fn}(${args.slice(0, 4).map(sub).join(', ')})`
}

function fieldText(args: readonly Expr[], sub: (e: Expr) => string): string {
  const names = args
    .slice(1)
    .flatMap((a) => (a.op === 'literal' ? (Array.isArray(a.value) ? a.value : [a.value]) : []))
    .map((n) => (typeof n === 'number' ? `[${n}]` : `.${String(n)}`))
  return `${args[0] ? sub(args[0]) : ''}${names.join('')}`
}

/** The inside of a text that is exactly one `{{ ... }}`. */
function unbrace(text: string): string {
  const one = /^\s*\{\{((?:(?!\}\}).)*)\}\}\s*$/s.exec(text)
  return (one?.[1] ?? text).trim()
}

function join(head: string, path: string | undefined): string {
  if (path === undefined || path === '' || path === '$') return head
  if (path.startsWith('$')) return head + path.slice(1)
  return path.startsWith('.') || path.startsWith('[') ? head + path : `${head}.${path}`
}

function name(plan: Plan, step: number): string {
  return plan.steps[step]?.id ?? `step ${step}`
}

function value(of: unknown): string {
  if (Array.isArray(of)) return of.length > 4 ? `[${of.length} elements]` : `[${of.map(value).join(', ')}]`
  if (isRecord(of)) return Object.keys(of).length === 0 ? '{}' : '{…}'
  return JSON.stringify(of) ?? 'null'
}
