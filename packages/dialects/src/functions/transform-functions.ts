// What a `transform` can do with values: its operators and functions. Each checks what it is given and bounds what it makes.

import { equalJson, FlowError, kindOf } from '@stepflow/engine'

export type Operator = (a: unknown, b: unknown) => unknown

export const OPERATORS: Readonly<Record<string, Operator>> = {
  '+': (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return finite(a + b, '+')
    if (typeof a === 'string' || typeof b === 'string') return bounded(text(a) + text(b))
    return fail(`transform: "+" cannot add ${kindOf(a)} and ${kindOf(b)}`)
  },
  '-': (a, b) => finite(number(a, '-') - number(b, '-'), '-'),
  '*': (a, b) => finite(number(a, '*') * number(b, '*'), '*'),
  '/': (a, b) => finite(number(a, '/') / number(b, '/'), '/'),
  '%': (a, b) => finite(number(a, '%') % number(b, '%'), '%'),
  '==': (a, b) => equalJson(a ?? null, b ?? null),
  '!=': (a, b) => !equalJson(a ?? null, b ?? null),
  '===': (a, b) => equalJson(a ?? null, b ?? null),
  '!==': (a, b) => !equalJson(a ?? null, b ?? null),
  '<': (a, b) => order(a, b, '<') < 0,
  '<=': (a, b) => order(a, b, '<=') <= 0,
  '>': (a, b) => order(a, b, '>') > 0,
  '>=': (a, b) => order(a, b, '>=') >= 0,
}

export interface Fn {
  readonly least: number
  readonly most: number
  readonly run: (...args: unknown[]) => unknown
}

export const FUNCTIONS: Readonly<Record<string, Fn>> = {
  upper: fn(1, 1, (value) => asText(value, 'upper').toUpperCase()),
  lower: fn(1, 1, (value) => asText(value, 'lower').toLowerCase()),
  trim: fn(1, 1, (value) => asText(value, 'trim').trim()),
  length: fn(1, 1, (value) => {
    if (typeof value === 'string' || Array.isArray(value)) return value.length
    return Object.keys(asObject(value, 'length')).length
  }),
  join: fn(1, 2, (list, separator = '') => {
    if (!Array.isArray(list)) return fail(`transform: join() needs a list, not ${kindOf(list)}`)
    return bounded(list.map(text).join(asText(separator, 'join')))
  }),
  split: fn(2, 2, (value, separator) => asText(value, 'split').split(asText(separator, 'split'))),
  contains: fn(2, 2, (of, value) => {
    if (typeof of === 'string') return of.includes(asText(value, 'contains'))
    if (Array.isArray(of)) return of.some((item) => equalJson(item, value))
    return Object.hasOwn(asObject(of, 'contains'), asText(value, 'contains'))
  }),
  round: fn(1, 2, (value, digits = 0) => {
    const places = number(digits, 'round')
    const rounded = Number(`${Math.round(Number(`${number(value, 'round')}e${places}`))}e${-places}`)
    return finite(rounded, 'round')
  }),
  min: fn(1, Number.POSITIVE_INFINITY, (...args) => extreme(args, 'min')),
  max: fn(1, Number.POSITIVE_INFINITY, (...args) => extreme(args, 'max')),
  keys: fn(1, 1, (value) => Object.keys(asObject(value, 'keys'))),
  values: fn(1, 1, (value) => Object.values(asObject(value, 'values'))),
  json: fn(1, 1, (value) => bounded(JSON.stringify(value) ?? 'null')),
  parse_json: fn(1, 1, (value) => {
    const source = asText(value, 'parse_json')
    try {
      return JSON.parse(source)
    } catch {
      return fail('transform: parse_json() got text that is not JSON')
    }
  }),
}

export function fail(message: string): never {
  throw new FlowError('EXPRESSION_FAILURE', message)
}

export function number(value: unknown, operator: string): number {
  if (typeof value === 'number') return value
  return fail(`transform: "${operator}" needs numbers, not ${kindOf(value)}`)
}

// ---

const MAX_TEXT = 10_000_000

/** A number that JSON has. */
function finite(value: number, operator: string): number {
  return Number.isFinite(value) ? value : fail(`transform: the result of "${operator}" is not a number`)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
}

function bounded(value: string): string {
  return value.length <= MAX_TEXT ? value : fail(`transform: a text is longer than ${MAX_TEXT} characters`)
}

function order(a: unknown, b: unknown, operator: string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  return fail(`transform: "${operator}" cannot compare ${kindOf(a)} with ${kindOf(b)}`)
}

function fn(least: number, most: number, run: (...args: unknown[]) => unknown): Fn {
  return { least, most, run }
}

function asText(value: unknown, name: string): string {
  return typeof value === 'string' ? value : fail(`transform: ${name}() needs text, not ${kindOf(value)}`)
}

function asObject(value: unknown, name: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  return fail(`transform: ${name}() needs an object, not ${kindOf(value)}`)
}

function extreme(args: unknown[], name: 'min' | 'max'): unknown {
  const of = args.length === 1 && Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  if (of.length === 0) fail(`transform: ${name}() of nothing`)
  const sign = name === 'min' ? -1 : 1
  return of.reduce((best, value) => (order(value, best, name) * sign > 0 ? value : best))
}
