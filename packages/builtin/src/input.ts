// What a builtin takes, said once: the same table checks a step's input, types it and describes it as a JSON Schema.

import {
  FlowError,
  isRecord,
  type Json,
  type JsonObject,
  kindOf,
  type Log,
  type Misfit,
  parseDuration,
  suggest,
} from '@stepflow/engine'

export interface Field<T> {
  readonly schema: JsonObject
  /** How a message names what is wanted: `text`. */
  readonly wanted: string
  /** The value as the component wants it, or MISFIT. */
  readonly read: (value: unknown) => T | typeof MISFIT
  readonly optional?: boolean
  /** Older or shorter names of the same field. */
  readonly aliases?: readonly string[]
}
export type Fields = Readonly<Record<string, Field<unknown>>>
export type InputOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

const MISFIT: unique symbol = Symbol('misfit')

/** A field that may be absent; null counts as absent. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return { ...field, optional: true }
}

/** The same field under more names. */
export function also<T>(field: Field<T>, ...aliases: string[]): Field<T> {
  return { ...field, aliases }
}

export function text(description: string): Field<string> {
  return field('text', { type: 'string', description }, (value) => (typeof value === 'string' ? value : MISFIT))
}

export function flag(description: string): Field<boolean> {
  return field('true or false', { type: 'boolean', description }, (value) => {
    return typeof value === 'boolean' ? value : MISFIT
  })
}

export function number(description: string): Field<number> {
  return field('a number', { type: 'number', description }, (value) => (isNumber(value) ? value : MISFIT))
}

export function count(description: string, minimum = 0): Field<number> {
  const wanted = `a whole number from ${minimum} on`
  return field(wanted, { type: 'integer', minimum, description }, (value) => {
    return isNumber(value) && Number.isSafeInteger(value) && value >= minimum ? value : MISFIT
  })
}

/** In milliseconds when read. */
export function duration(description: string): Field<number> {
  return field('a duration ("30s", "5m", or seconds)', { type: ['string', 'number'], description }, (value) => {
    return parseDuration(value) ?? MISFIT
  })
}

export function list(description: string): Field<readonly unknown[]> {
  return field('a list', { type: 'array', description }, (value) => (Array.isArray(value) ? value : MISFIT))
}

export function object(description: string): Field<Readonly<Record<string, unknown>>> {
  return field('an object', { type: 'object', description }, (value) => (isRecord(value) ? value : MISFIT))
}

export function oneOf<T extends string>(description: string, words: readonly T[]): Field<T> {
  return field(words.map((w) => `"${w}"`).join(' or '), { enum: words, description }, (value) => {
    return words.find((word) => word === value) ?? MISFIT
  })
}

/** Any value, null included. */
export function anything(description: string): Field<unknown> {
  return field('a value', { description }, (value) => value)
}

/** A field that is read by a rule of its own: `read` gives undefined for what it cannot take. */
export function custom<T>(wanted: string, schema: JsonObject, read: (value: unknown) => T | undefined): Field<T> {
  return field(wanted, schema, (value) => read(value) ?? MISFIT)
}

/** The input, checked; throws INVALID_INPUT. Keys it does not know are reported to the log, since older flows have some. */
export function readInput<F extends Fields>(
  name: string,
  fields: F,
  input: unknown,
  context: { readonly log: Log },
): InputOf<F> {
  if (!isRecord(input)) {
    throw new FlowError('INVALID_INPUT', `${name} needs an object with ${listNames(fields)}, got ${kindOf(input)}`)
  }
  const given = new Map<string, unknown>()
  const strange: string[] = []
  for (const key of Object.keys(input)) {
    const known = fieldNamed(fields, key)
    if (known === undefined) strange.push(key)
    else if (!given.has(known) || key === known) given.set(known, input[key])
  }
  const result: Record<string, unknown> = {}
  for (const [key, wanted] of Object.entries(fields)) {
    result[key] = readField(name, key, wanted, given, strange)
  }
  // Asking for the log makes one.
  for (const key of strange) context.log('warning', unknown(name, key, fields))
  return result as InputOf<F> // each field was read by its own reader
}

/** What `readInput` would throw for, among the fields that are known, and what it would report to the log, among all. */
export function misfitsIn(
  name: string,
  fields: Fields,
  known: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Misfit[] {
  const strange = keys.filter((key) => fieldNamed(fields, key) === undefined)
  const unread = strange.map((key) => ({ key, message: unknown(name, key, fields), instead: Object.keys(fields) }))
  const refused = Object.entries(known).flatMap(([key, value]) => {
    const named = fieldNamed(fields, key)
    if (named === undefined) return []
    const wanted = fields[named] as Field<unknown> // it was found by this name
    if (value === null && wanted.optional) return []
    return wanted.read(value) === MISFIT ? [{ key, message: misfit(name, named, wanted, value) }] : []
  })
  return [...refused, ...unread]
}

/** The JSON Schema of what `readInput` takes. */
export function schemaOf(fields: Fields): Json {
  const entries = Object.entries(fields)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
    required: entries.filter(([, { optional, aliases }]) => !optional && !aliases).map(([name]) => name),
  }
}

// ---

function field<T>(wanted: string, schema: JsonObject, read: (value: unknown) => T | typeof MISFIT): Field<T> {
  return { wanted, schema, read }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function readField(
  name: string,
  key: string,
  wanted: Field<unknown>,
  given: Map<string, unknown>,
  strange: readonly string[],
) {
  const value = given.get(key)
  if (wanted.optional && (value === undefined || value === null)) return undefined
  if (!given.has(key) || value === undefined) {
    const misspelt = suggest(key, strange)
    const hint = misspelt === undefined ? '' : `; "${misspelt}" is not a field of it`
    throw new FlowError('INVALID_INPUT', `${name} needs "${key}": ${wanted.wanted}${hint}`)
  }
  const read = wanted.read(value)
  if (read === MISFIT) {
    throw new FlowError('INVALID_INPUT', misfit(name, key, wanted, value))
  }
  return read
}

function misfit(name: string, key: string, wanted: Field<unknown>, value: unknown): string {
  return `${name} needs "${key}" to be ${wanted.wanted}, got ${shown(value)}`
}

/** A short text or a number is shown, since it is likely to be what is misspelt. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.length <= 40 ? JSON.stringify(value) : kindOf(value)
}

function fieldNamed(fields: Fields, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key
  const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  if (Object.hasOwn(fields, snake)) return snake
  return Object.keys(fields).find((name) => fields[name]?.aliases?.some((alias) => alias === key || alias === snake))
}

function listNames(fields: Fields): string {
  const required = Object.keys(fields).filter((name) => !fields[name]?.optional)
  const names = required.length > 0 ? required : Object.keys(fields)
  return names.map((name) => `"${name}"`).join(', ')
}

function unknown(name: string, key: string, fields: Fields): string {
  return `${name} does not know "${key}"${hint(key, fields)}`
}

function hint(key: string, fields: Fields): string {
  const near = suggest(key, Object.keys(fields))
  return near === undefined
    ? `; it takes ${Object.keys(fields)
        .map((name) => `"${name}"`)
        .join(', ')}`
    : `; did you mean "${near}"?`
}
