// The methods of Python's texts, lists and objects, for templates that call them. Nothing here changes a value.

import { isRecord, own } from '@stepflow/engine'
import { dictOf, pairs } from './lists.ts'
import { number } from './numbers.ts'
import { capitalized, formattedBy, padded, replaced, splitText, titled, trimmed } from './texts.ts'
import { type Budget, elements, equals, fail, hasPairs, isPlain, kind, type Named, text } from './values.ts'

type Method<T> = (of: T, args: readonly unknown[], budget: Budget) => unknown

/** The result of `of.name(args)`. */
export function callMethod(of: unknown, name: string, args: readonly unknown[], budget: Budget): unknown {
  budget.spend(typeof of === 'string' ? 1 + of.length / 64 : 1)
  const table =
    typeof of === 'string' ? TEXT : Array.isArray(of) ? LIST : isRecord(of) && isPlain(of) ? OBJECT : undefined
  const method = table && Object.hasOwn(table, name) ? (table[name] as Method<unknown>) : undefined
  if (method) return method(of, args, budget)
  if (CHANGES.has(name)) return fail(`"${name}" would change ${kind(of)}; values never change, make a new one`)
  const known = table ? `; there are: ${Object.keys(table).join(', ')}` : ''
  return fail(`${kind(of)} has no method "${name}"${known}`)
}

// ---

const CHANGES = new Set([
  'append',
  'extend',
  'insert',
  'pop',
  'remove',
  'clear',
  'sort',
  'reverse',
  'update',
  'setdefault',
])

const TEXT: Readonly<Record<string, Method<string>>> = {
  upper: (of) => of.toUpperCase(),
  lower: (of) => of.toLowerCase(),
  capitalize: capitalized,
  title: (source, _, budget) => titled(source, budget),
  swapcase: (of, _, budget) =>
    (elements(of, budget) as string[]).map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join(''),
  strip: (of, [chars]) => trimmed(of, chars, 'both'),
  lstrip: (of, [chars]) => trimmed(of, chars, 'left'),
  rstrip: (of, [chars]) => trimmed(of, chars, 'right'),
  split: (of, [separator, most], budget) => splitText(of, separator, budget, limit(most)),
  rsplit: (of, [separator, most], budget) => splitRight(splitText(of, separator, budget), separator, limit(most)),
  splitlines: (of, _, budget) => splitText(of.endsWith('\n') ? of.slice(0, -1) : of, '\n', budget),
  replace: (of, [from, to, count], budget) => replaced(of, text(from, budget), text(to, budget), count, budget),
  startswith: (of, [start]) => some(start, (s) => of.startsWith(s)),
  endswith: (of, [end]) => some(end, (s) => of.endsWith(s)),
  find: (of, [part], budget) => counted(of, of.indexOf(text(part, budget)), budget),
  rfind: (of, [part], budget) => counted(of, of.lastIndexOf(text(part, budget)), budget),
  index(of, [part], budget) {
    const at = of.indexOf(text(part, budget))
    return at < 0 ? fail(`${JSON.stringify(part)} is not in the text`) : counted(of, at, budget)
  },
  count: (of, [part], budget) => splitText(of, text(part, budget), budget).length - 1,
  join(of, [list], budget) {
    const parts = elements(list, budget).map((item) => text(item, budget))
    budget.text(parts.reduce((sum, part) => sum + part.length + of.length, 0))
    return parts.join(of)
  },
  isdigit: (of) => /^\p{Nd}+$/u.test(of),
  isnumeric: (of) => /^\p{N}+$/u.test(of),
  isalpha: (of) => /^\p{L}+$/u.test(of),
  isalnum: (of) => /^[\p{L}\p{N}]+$/u.test(of),
  isspace: (of) => /^\s+$/.test(of),
  isupper: (of) => of !== of.toLowerCase() && of === of.toUpperCase(),
  islower: (of) => of !== of.toUpperCase() && of === of.toLowerCase(),
  center: (of, [width, fill], budget) => padded(of, width, 'both', filler(fill), budget),
  ljust: (of, [width, fill], budget) => padded(of, width, 'right', filler(fill), budget),
  rjust: (of, [width, fill], budget) => padded(of, width, 'left', filler(fill), budget),
  zfill: (of, [width], budget) =>
    /^[-+]/.test(of)
      ? of[0] + padded(of.slice(1), number(width) - 1, 'left', '0', budget)
      : padded(of, width, 'left', '0', budget),
  removeprefix: (of, [start], budget) =>
    of.startsWith(text(start, budget)) ? of.slice(text(start, budget).length) : of,
  removesuffix: (of, [end], budget) =>
    of.endsWith(text(end, budget)) ? of.slice(0, of.length - text(end, budget).length) : of,
  partition: (of, [separator], budget) =>
    partition(of, text(separator, budget), of.indexOf(text(separator, budget)), 'left'),
  rpartition: (of, [separator], budget) =>
    partition(of, text(separator, budget), of.lastIndexOf(text(separator, budget)), 'right'),
  format: (of, args, budget) => braces(of, args, new Map(), budget),
}

const LIST: Readonly<Record<string, Method<unknown[]>>> = {
  index(of, [value], budget) {
    const at = of.findIndex((item) => equals(item, value, budget))
    return at < 0 ? fail('the value is not in the list') : at
  },
  count: (of, [value], budget) => of.filter((item) => equals(item, value, budget)).length,
  copy: (of, _, budget) => [...elements(of, budget)],
}

const OBJECT: Readonly<Record<string, Method<Record<string, unknown>>>> = {
  items: (of, _, budget) => pairs(of, budget),
  keys: (of, _, budget) => pairs(of, budget).map(([key]) => key),
  values: (of, _, budget) => pairs(of, budget).map(([, value]) => value),
  get: (of, [key, otherwise = null], budget) => {
    const name = text(key, budget)
    return Object.hasOwn(of, name) ? own(of, name) : otherwise
  },
  copy: (of, _, budget) => dictOf(pairs(of, budget)),
}

/** A place in a text, by characters. */
function counted(of: string, at: number, budget: Budget): number {
  if (at <= 0 || !hasPairs(of)) return at
  budget.spend(at)
  return [...of.slice(0, at)].length
}

function limit(most: unknown): number {
  return typeof most === 'number' && most >= 0 ? most : Number.POSITIVE_INFINITY
}

function splitRight(parts: unknown[], separator: unknown, most: number): unknown[] {
  const extra = parts.length - 1 - most
  if (!(extra > 0)) return parts
  return [parts.slice(0, extra + 1).join(typeof separator === 'string' ? separator : ' '), ...parts.slice(extra + 1)]
}

function some(parts: unknown, holds: (part: string) => boolean): boolean {
  return (Array.isArray(parts) ? parts : [parts]).some((part) => typeof part === 'string' && holds(part))
}

function filler(fill: unknown): string {
  return typeof fill === 'string' && fill.length === 1 ? fill : ' '
}

function partition(of: string, separator: string, at: number, side: 'left' | 'right'): string[] {
  if (at < 0) return side === 'left' ? [of, '', ''] : ['', '', of]
  return [of.slice(0, at), separator, of.slice(at + separator.length)]
}

/** `"{} {0} {name:.2f}".format(a, name=b)`; fields of values are not reached into. */
export function braces(of: string, args: readonly unknown[], named: Named, budget: Budget): string {
  budget.spend(of.length)
  let next = 0
  let length = of.length
  return of.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, field?: string) => {
    if (whole === '{{' || whole === '}}') return whole[0] as string
    const match = /^(\d*|[A-Za-z_]\w*)(?::(.*))?$/s.exec(field ?? '-')
    if (!match) return fail(`format does not know "${whole.slice(0, 20)}"; write {}, {0} or {name}, and {{ for a brace`)
    const [, key = '', spec] = match
    const isNamed = /^[A-Za-z_]/.test(key)
    const at = key === '' ? next++ : Number(key)
    if (isNamed ? !named.has(key) : at >= args.length) fail(`format has no value for "${whole}"`)
    const value = isNamed ? named.get(key) : args[at]
    const part = spec ? formattedBy(spec, value, budget) : text(value, budget)
    length += part.length
    budget.text(length)
    return part
  })
}
