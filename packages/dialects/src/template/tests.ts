// The tests: `value is name(args)`.

import { isRecord } from '@stepflow/engine'
import { type Budget, Callable, contains, equals, fail, isPlain, need, order, text, Undefined } from './values.ts'

type Test = (value: unknown, args: readonly unknown[], budget: Budget) => boolean

export function runTest(name: string, value: unknown, args: readonly unknown[], budget: Budget): boolean {
  budget.spend(typeof value === 'string' ? 1 + value.length / 64 : 1)
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined
  if (!test) return fail(`there is no test "${name}"`)
  return test(LOOKS_AT_UNDEFINED.has(name) ? value : need(value), args, budget)
}

const LOOKS_AT_UNDEFINED = new Set(['defined', 'undefined'])

const same: Test = (value, [other], budget) => equals(value, need(other), budget)
const isNumber = (value: unknown): value is number => typeof value === 'number'
const compared =
  (holds: (order: number) => boolean): Test =>
  (value, [other], budget) =>
    holds(order(value, need(other), budget))
const within: Test = (value, [of], budget) => contains(need(of), value, budget)
const [less, atMost, more, atLeast] = [
  compared((o) => o < 0),
  compared((o) => o <= 0),
  compared((o) => o > 0),
  compared((o) => o >= 0),
]

export const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  null: (value) => value === null,
  string: (value) => typeof value === 'string',
  number: isNumber,
  integer: (value) => Number.isInteger(value),
  float: (value) => isNumber(value) && !Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  mapping: (value) => isRecord(value) && isPlain(value),
  sequence: (value) => Array.isArray(value) || typeof value === 'string',
  iterable: (value) => Array.isArray(value) || typeof value === 'string' || (isRecord(value) && isPlain(value)),
  callable: (value) => value instanceof Callable,
  odd: (value) => isNumber(value) && Math.abs(value % 2) === 1,
  even: (value) => isNumber(value) && value % 2 === 0,
  divisibleby: (value, [by]) => isNumber(value) && isNumber(by) && value % by === 0,
  lower: (value, _, budget) => text(value, budget) === text(value, budget).toLowerCase(),
  upper: (value, _, budget) => text(value, budget) === text(value, budget).toUpperCase(),
  in: within,
  eq: same,
  equalto: same,
  sameas: same,
  ne: (value, args, budget) => !same(value, args, budget),
  lt: less,
  lessthan: less,
  le: atMost,
  gt: more,
  greaterthan: more,
  ge: atLeast,
  startingwith: (value, [start], budget) => text(value, budget).startsWith(text(start, budget)),
  endingwith: (value, [end], budget) => text(value, budget).endsWith(text(end, budget)),
  containing: (value, [part], budget) => contains(value, need(part), budget),
  '==': same,
  '!=': (value, args, budget) => !same(value, args, budget),
  '<': less,
  '<=': atMost,
  '>': more,
  '>=': atLeast,
}
