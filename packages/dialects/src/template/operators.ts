// The binary operators, as Python has them.

import type { BinaryOp } from './ast.ts'
import { decimal, number } from './numbers.ts'
import { formatted } from './texts.ts'
import { type Budget, contains, equals, fail, isTrue, kind, order, text } from './values.ts'

export type Operator = (a: unknown, b: unknown, budget: Budget) => unknown

export const OPERATORS: Readonly<Record<Exclude<BinaryOp, 'and' | 'or'>, Operator>> = {
  '+': (a, b, budget) => {
    if (typeof a === 'string' && typeof b === 'string') {
      budget.text(a.length + b.length)
      return a + b
    }
    if (Array.isArray(a) && Array.isArray(b)) {
      budget.spend(a.length + b.length)
      return [...a, ...b]
    }
    if (typeof a === 'string' || typeof b === 'string') {
      return fail(`"+" cannot add ${kind(a)} and ${kind(b)}; "~" joins values to a text`)
    }
    return finite(number(a) + number(b))
  },
  '-': (a, b) => finite(number(a) - number(b)),
  '*': (a, b, budget) => {
    if (typeof a === 'string' || Array.isArray(a)) return repeated(a, b, budget)
    if (typeof b === 'string' || Array.isArray(b)) return repeated(b, a, budget)
    return finite(number(a) * number(b))
  },
  '/': (a, b) => finite(number(a) / divisor(b)),
  '//': (a, b) => finite(Math.floor(number(a) / divisor(b))),
  '%': (a, b, budget) => {
    if (typeof a === 'string') return formatted(a, Array.isArray(b) ? b : [b], budget)
    const [x, y] = [number(a), divisor(b)]
    return x - y * Math.floor(x / y)
  },
  '**': (a, b) => finite(number(a) ** number(b)),
  '~': (a, b, budget) => {
    const [x, y] = [text(a, budget), text(b, budget)]
    budget.text(x.length + y.length)
    return x + y
  },
  '==': equals,
  '!=': (a, b, budget) => !equals(a, b, budget),
  '<': (a, b, budget) => order(a, b, budget) < 0,
  '<=': (a, b, budget) => order(a, b, budget) <= 0,
  '>': (a, b, budget) => order(a, b, budget) > 0,
  '>=': (a, b, budget) => order(a, b, budget) >= 0,
  in: (a, b, budget) => contains(b, a, budget),
  'not in': (a, b, budget) => !contains(b, a, budget),
}

/** The operator for values of which one may have come as text: `"5" > 4`, `"true" == true`. */
export function loosely(operator: Operator): Operator {
  return (a, b, budget) => operator(asKindOf(a, b), asKindOf(b, a), budget)
}

function asKindOf(value: unknown, other: unknown): unknown {
  if (typeof value !== 'string') return value
  const word = value.trim()
  if (typeof other === 'boolean') return BOOLEANS.get(word.toLowerCase()) ?? value
  if (typeof other !== 'number') return value
  const read = decimal(word)
  return Number.isNaN(read) ? value : read
}

/** Truth in a condition: the texts "true" and "false", in any case, count as what they say; blank text is false. */
export function isTrueLoosely(value: unknown): boolean {
  if (typeof value !== 'string') return isTrue(value)
  const word = value.trim().toLowerCase()
  return BOOLEANS.get(word) ?? word !== ''
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

function finite(value: number): number {
  return Number.isFinite(value) ? value : fail('the result is not a number')
}

function divisor(value: unknown): number {
  return number(value) === 0 ? fail('division by zero') : number(value)
}

function repeated(of: string | unknown[], times: unknown, budget: Budget): unknown {
  const count = Math.max(0, Math.trunc(number(times)))
  if (typeof of === 'string') {
    budget.text(of.length * count)
    return of.repeat(count)
  }
  budget.spend(of.length * count)
  return Array.from({ length: count }, () => of).flat(1)
}
