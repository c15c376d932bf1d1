// What filters do with lists and objects.

import { isRecord, own, setOwn } from '@stepflow/engine'
import type { Given } from './given.ts'
import { runTest } from './tests.ts'
import {
  type Budget,
  elements,
  equals,
  fail,
  groupOf,
  isPlain,
  isTrue,
  kind,
  member,
  need,
  order,
  text,
  Undefined,
} from './values.ts'

export function extreme(value: unknown, args: Given, budget: Budget, sign: number): unknown {
  const [caseSensitive, attribute] = args.read('case_sensitive', false, 'attribute', null)
  const list = elements(value, budget)
  if (list.length === 0) return new Undefined('the list is empty')
  const key = (item: unknown) => need(folded(attributeOf(item, attribute), isTrue(caseSensitive)))
  return list.reduce((best, item) => (order(key(item), key(best), budget) * sign > 0 ? item : best))
}

/** `a.b.0` of an element; the element itself without a name. */
export function attributeOf(item: unknown, attribute: unknown): unknown {
  if (attribute === null || attribute === undefined) return item
  if (typeof attribute === 'number') return member(item, attribute)
  let at = item
  for (const part of String(attribute).split('.'))
    at = member(at, /^\d+$/.test(part) && Array.isArray(at) ? Number(part) : part)
  return at
}

/** Texts are compared without regard to case unless told otherwise. */
export function folded(value: unknown, caseSensitive: boolean): unknown {
  return typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value
}

export function sortKeys(item: unknown, attribute: unknown, caseSensitive: boolean): unknown {
  if (typeof attribute !== 'string' || !attribute.includes(','))
    return need(folded(attributeOf(item, attribute), caseSensitive))
  return attribute.split(',').map((name) => need(folded(attributeOf(item, name.trim()), caseSensitive)))
}

export function columns(list: unknown[], count: number, fill: unknown, budget: Budget): unknown[][] {
  budget.spend(count)
  const size = Math.floor(list.length / count)
  const longer = list.length % count
  const result: unknown[][] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    const take = size + (i < longer ? 1 : 0)
    const column = list.slice(at, at + take)
    if (fill !== null && longer > 0 && i >= longer) column.push(fill)
    result.push(column)
    at += take
  }
  return result
}

export function chosen(value: unknown, args: Given, budget: Budget, wanted: boolean): unknown[] {
  const [name, ...rest] = args.positional
  return elements(value, budget).filter((item) => {
    const passes = name === undefined ? isTrue(item) : runTest(text(name, budget), item, rest, budget)
    return passes === wanted
  })
}

export function chosenBy(value: unknown, args: Given, budget: Budget, wanted: boolean): unknown[] {
  const [attribute, name, ...rest] = args.positional
  return elements(value, budget).filter((item) => {
    const found = attributeOf(item, attribute)
    const isFound = !(found instanceof Undefined)
    const passes = name === undefined ? isFound && isTrue(found) : runTest(text(name, budget), found, rest, budget)
    return passes === wanted
  })
}

/** Each group is a pair, its key and its elements, that can also be read as `grouper` and `list`. */
export function grouped(
  list: unknown[],
  attribute: unknown,
  otherwise: unknown,
  caseSensitive: boolean,
  budget: Budget,
): unknown[] {
  const groups: [key: unknown, items: unknown[]][] = []
  for (const item of list) {
    const found = attributeOf(item, attribute)
    const key = found instanceof Undefined && otherwise !== null ? otherwise : need(found)
    const group = groups.find(([known]) => equals(folded(known, caseSensitive), folded(key, caseSensitive), budget))
    if (group) group[1].push(item)
    else groups.push(groupOf(key, [item]))
  }
  const key = ([name]: [unknown, unknown]) => folded(name, caseSensitive)
  return groups.sort((a, b) => order(key(a), key(b), budget))
}

export function pairs(value: unknown, budget: Budget): [string, unknown][] {
  if (!isRecord(value) || !isPlain(value)) return fail(`expected an object, got ${kind(value)}`)
  const keys = Object.keys(value)
  budget.spend(keys.length)
  return keys.map((key) => [key, own(value, key)])
}

/** `dict(a=1)` and friends. */
export function dictOf(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, value] of entries) setOwn(object, key, value)
  return object
}
