// Is this an expression? For plans that come from elsewhere than our compilers; says what is wrong at the first place.

import { isRecord } from '../json.ts'
import { type TriggerRule, triggerRules } from './expr.ts'

/** What a field of an expression holds. */
type Shape = 'expr' | 'expr?' | 'exprs' | 'pairs' | 'text' | 'text?' | 'steps' | 'steps?' | 'step' | 'rule' | 'any'

const READ = { path: 'text?', default: 'expr?' } as const
const SHAPES: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  literal: { value: 'any' },
  input: READ,
  arrival: READ,
  error: READ,
  variable: READ,
  secret: READ,
  run: READ,
  step: { step: 'step', ...READ, primary: 'text?', onSkip: 'expr?' },
  outcome: { step: 'step', path: 'text?' },
  skip: { reason: 'expr?' },
  if: { cond: 'expr', then: 'expr', else: 'expr?' },
  coalesce: { of: 'exprs' },
  try: { of: 'expr', else: 'expr' },
  guard: { rule: 'rule', of: 'steps', lenient: 'steps?', then: 'expr' },
  array: { of: 'exprs' },
  object: { of: 'pairs' },
  call: { fn: 'text', args: 'exprs' },
}

/** Undefined if `expr` is an expression. Iterative: long ones are no deeper than what they are read into, but may be wide. */
export function exprFault(expr: unknown): string | undefined {
  const open: unknown[] = [expr]
  while (open.length > 0) {
    const at = open.pop()
    const op = isRecord(at) ? at.op : undefined
    const shapes = typeof op === 'string' && Object.hasOwn(SHAPES, op) ? SHAPES[op] : undefined
    if (!isRecord(at) || !shapes)
      return `there is no operation ${shown(op)}; there are ${Object.keys(SHAPES).join(', ')}`
    for (const [field, shape] of Object.entries(shapes)) {
      const value = at[field]
      if (value === undefined && (shape.endsWith('?') || shape === 'any')) continue
      const parts = partsOf(value, shape)
      if (!parts) return `"${field}" of operation "${op}" is ${shown(value)}, not ${WHAT[shape]}`
      for (const part of parts) open.push(part)
    }
  }
  return undefined
}

// ---

const WHAT: Readonly<Record<Shape, string>> = {
  expr: 'an expression',
  'expr?': 'an expression',
  exprs: 'a list of expressions',
  pairs: 'a list of pairs of a text and an expression',
  text: 'a text',
  'text?': 'a text',
  step: 'the number of a step',
  steps: 'a list of numbers of steps',
  'steps?': 'a list of numbers of steps',
  rule: `one of ${triggerRules.join(', ')}`,
  any: 'a value',
}

/** The expressions inside; undefined if the value has not that shape. */
function partsOf(value: unknown, shape: Shape): readonly unknown[] | undefined {
  switch (shape) {
    case 'any':
      return []
    case 'expr':
    case 'expr?':
      return isRecord(value) ? [value] : undefined
    case 'exprs':
      return Array.isArray(value) ? value : undefined
    case 'pairs':
      return Array.isArray(value) && value.every(isPair) ? value.map(([, one]) => one) : undefined
    case 'text':
    case 'text?':
      return typeof value === 'string' ? [] : undefined
    case 'step':
      return Number.isInteger(value) ? [] : undefined
    case 'steps':
    case 'steps?':
      return Array.isArray(value) && value.every(Number.isInteger) ? [] : undefined
    case 'rule':
      return triggerRules.includes(value as TriggerRule) ? [] : undefined
  }
}

function isPair(value: unknown): value is readonly [string, unknown] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string'
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? String(value))
}
