// What template values are and how they compare, read and print. Everything that walks or makes a value pays for it: a
// template runs out of budget, never the process out of time or memory.

import { isRecord, keysAt, kindOf, own, setOwn } from '@stepflow/engine'

/** A template that failed while it ran. */
export class TemplateError extends Error {}

export function fail(message: string): never {
  throw new TemplateError(message)
}

/** About 50 ms of the heaviest work there is. */
const MAX_WORK = 300_000
const MAX_TEXT = 5_000_000
const MAX_NESTING = 500

/** What one rendering may still spend. */
export class Budget {
  #left = MAX_WORK
  calls = 0

  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) fail('this template does too much work; its loops or texts are too large')
  }

  /** A text about to be made. */
  text(length: number): void {
    if (!(length <= MAX_TEXT)) fail(`a text would be longer than ${MAX_TEXT} characters`)
    this.spend(1 + length / 64)
  }
}

/** What is not there. Only `default` and `is defined` may look at it. */
export class Undefined {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** Something that can be called: a macro, a global function, a bound method. */
export class Callable {
  readonly name: string
  readonly run: (args: unknown[], named: Named, budget: Budget) => unknown
  constructor(name: string, run: Callable['run']) {
    this.name = name
    this.run = run
  }
}

/** `namespace()`: the one thing whose fields a template may set. */
export class Namespace {
  readonly fields = new Map<string, unknown>()
}

const groups = new WeakSet<unknown[]>()

/** A pair that `groupby` made. */
export function groupOf(key: unknown, items: unknown[]): [unknown, unknown[]] {
  const group: [unknown, unknown[]] = [key, items]
  groups.add(group)
  return group
}

export type Named = ReadonlyMap<string, unknown>

/** The value, or the failure that it is not there. */
export function need(value: unknown): unknown {
  return value instanceof Undefined ? fail(value.message) : value
}

export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (isRecord(value) && isPlain(value)) {
    for (const _ in value) return true
    return false
  }
  return Boolean(need(value))
}

/** A field or an element; below null all is null. */
export function member(of: unknown, key: unknown, budget?: Budget): unknown {
  if (of instanceof Undefined) return of
  if (of === null || of === undefined) return null
  if (Array.isArray(of)) {
    if (groups.has(of) && (key === 'grouper' || key === 'list')) return of[key === 'list' ? 1 : 0]
    const index = typeof key === 'number' ? key : Number.NaN
    const at = index < 0 ? of.length + index : index
    if (Number.isInteger(at) && at >= 0 && at < of.length) return of[at] ?? null
    return new Undefined(`${describe(key)} is not in ${keysAt(of)}`)
  }
  if (typeof of === 'string') {
    if (typeof key !== 'number') return new Undefined(`a text has no field ${describe(key)}`)
    return characterAt(of, key, budget) ?? new Undefined(`${key} is not in a text of ${of.length}`)
  }
  if (of instanceof Namespace)
    return of.fields.get(String(key)) ?? new Undefined(`the namespace has no ${describe(key)}`)
  if (typeof of === 'object' && isPlain(of)) {
    const name = typeof key === 'string' ? key : text(key)
    if (Object.hasOwn(of, name)) return own(of, name) ?? null
    const there = isTrue(of) ? `there are: ${keysAt(of)}` : 'the object is empty'
    return new Undefined(`there is no field ${describe(key)}; ${there}`)
  }
  return new Undefined(`${kind(of)} has no field ${describe(key)}`)
}

/** As a part of a text: strings bare, other values as compact JSON. */
export function text(value: unknown, budget?: Budget): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return json(need(value), budget ?? new Budget())
}

/**
 * JSON, compact or with each level moved in by `pad`; bounded, for a template can build values that share their parts.
 */
export function json(value: unknown, budget: Budget, pad?: string, depth = 0): string {
  budget.spend(1)
  if (depth > MAX_NESTING) fail('a value is nested too deeply')
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') {
    budget.text(value.length)
    return JSON.stringify(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value === 'boolean') return String(value)
  const isList = Array.isArray(value)
  if (!isList) budget.spend(2)
  if (!isList && !isPlain(value as object)) return fail(`${kind(value)} cannot be printed`)
  const colon = pad === undefined ? ':' : ': '
  const parts = isList
    ? value.map((item) => json(need(item), budget, pad, depth + 1))
    : Object.keys(value as object).map(
        (key) => `${JSON.stringify(key)}${colon}${json(need(own(value, key)), budget, pad, depth + 1)}`,
      )
  let length = 2
  for (const part of parts) length += part.length + 1 + (pad?.length ?? 0) * (depth + 1)
  budget.text(length)
  const [open, close] = isList ? '[]' : '{}'
  if (pad === undefined || parts.length === 0) return `${open}${parts.join(',')}${close}`
  const inner = `\n${pad.repeat(depth + 1)}`
  return `${open}${inner}${parts.join(`,${inner}`)}\n${pad.repeat(depth)}${close}`
}

/** A template's value as data for the outside: nothing in it but JSON, and not blown up. */
export function plainData(value: unknown, budget: Budget, depth = 0): unknown {
  budget.spend(1)
  if (depth > MAX_NESTING) fail('a value is nested too deeply')
  if (typeof value !== 'object' || value === null) return need(value ?? null)
  if (Array.isArray(value)) {
    for (const item of value) plainData(item, budget, depth + 1)
    return value
  }
  if (value instanceof Undefined) return need(value)
  if (value instanceof Namespace) {
    const object: Record<string, unknown> = {}
    for (const [key, field] of value.fields) setOwn(object, key, plainData(field, budget, depth + 1))
    return object
  }
  if (!isPlain(value)) return fail(`${kind(value)} is no value`)
  for (const key of Object.keys(value)) plainData(own(value, key), budget, depth + 1)
  return value
}

export function equals(a: unknown, b: unknown, budget: Budget): boolean {
  budget.spend(1)
  if (typeof a === 'string' && typeof b === 'string') budget.spend(Math.min(a.length, b.length) / 64)
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return (a ?? null) === (b ?? null)
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, i) => equals(item, b[i], budget))
  }
  if (!isPlain(a) || !isPlain(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && equals(own(a, key), own(b, key), budget))
}

/** Negative, zero or positive; fails for values that have no order. */
export function order(a: unknown, b: unknown, budget: Budget): number {
  budget.spend(1)
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') {
    budget.spend(Math.min(a.length, b.length) / 64)
    return a < b ? -1 : a > b ? 1 : 0
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      if (!equals(a[i], b[i], budget)) return order(a[i], b[i], budget)
    }
    return a.length - b.length
  }
  return fail(`cannot compare ${kind(a)} with ${kind(b)}`)
}

/** What a loop goes over: elements, characters, or keys. */
export function elements(value: unknown, budget: Budget): unknown[] {
  const list = need(value)
  if (Array.isArray(list)) {
    budget.spend(list.length)
    return list
  }
  if (typeof list === 'string') {
    budget.spend(list.length)
    return [...list]
  }
  if (isRecord(list) && isPlain(list)) {
    const keys = Object.keys(list)
    budget.spend(keys.length)
    return keys
  }
  return fail(`cannot go over ${kind(list)}`)
}

/** By what people count: a character outside of the basic plane is one, not two. */
export function characters(source: string): string | readonly string[] {
  return hasPairs(source) ? [...source] : source
}

/** Reads no further than it must: a template may ask for one after the other. */
function characterAt(source: string, at: number, budget: Budget | undefined): string | undefined {
  if (!Number.isInteger(at)) return undefined
  const read = at < 0 ? source : source.slice(0, 2 * at + 2)
  budget?.spend(read.length / 64)
  if (!hasPairs(read)) return read.at(at)
  budget?.spend(read.length)
  return [...read].at(at)
}

export function hasPairs(source: string): boolean {
  return /[\ud800-\udbff]/.test(source)
}

export function contains(of: unknown, value: unknown, budget: Budget): boolean {
  if (typeof of === 'string') budget.spend(of.length / 64)
  if (typeof of === 'string')
    return typeof value === 'string' ? of.includes(value) : fail(`cannot look for ${kind(value)} in a text`)
  if (Array.isArray(of)) return of.some((item) => equals(item, value, budget))
  if (isRecord(of) && isPlain(of)) return Object.hasOwn(of, text(value, budget))
  return fail(`cannot look into ${kind(of)}`)
}

export function kind(value: unknown): string {
  if (value instanceof Undefined) return 'something undefined'
  if (value instanceof Callable) return `the function "${value.name}"`
  if (value instanceof Namespace) return 'a namespace'
  return kindOf(value)
}

export function isPlain(value: object): boolean {
  return !(value instanceof Undefined || value instanceof Callable || value instanceof Namespace)
}

// ---

function describe(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key.slice(0, 100)) : typeof key === 'number' ? String(key) : kind(key)
}
