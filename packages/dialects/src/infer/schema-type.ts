// JSON Schemas as types: what is in a field, could this value go there, what is either of two. Validates no values.
//
// `{}` is "not known" and fits everything: a finding is only made of what is certain.

import { isRecord, own, setOwn } from '@stepflow/engine'

export type Schema = Readonly<Record<string, unknown>>

export const unknown: Schema = {}

export function isKnown(schema: Schema): boolean {
  return Object.keys(schema).some((key) => meaningful.has(key))
}

/** The schema with its local references written out, as far as it stays small: beyond that parts are not known. */
export function resolved(schema: unknown): Schema {
  let room = 5_000
  const resolve = (at: unknown, depth: number, via: readonly string[]): unknown => {
    if (at === true) return {}
    if (Array.isArray(at)) return at.map((part) => resolve(part, depth, via))
    if (!isRecord(at)) return at
    if (--room < 0 || depth > 40) return {}
    const target = at.$ref
    if (typeof target === 'string') {
      // What contains itself has no end: its inside is not known.
      if (via.includes(target)) return {}
      return resolve(pointed(schema, target), depth + 1, [...via, target])
    }
    const copy: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(at)) {
      if (key === '$defs' || key === 'definitions') continue
      setOwn(copy, key, asData.has(key) ? value : resolve(value, depth + 1, via))
    }
    return copy
  }
  const found = resolve(schema, 0, [])
  return isRecord(found) ? found : unknown
}

/** The type of one value: exact, so that it can be compared with an `enum`. */
export function schemaOfValue(value: unknown, depth = 0): Schema {
  if (value === null) return { type: 'null' }
  if (Array.isArray(value)) {
    if (value.length === 0 || depth > 20) return { type: 'array' }
    return { type: 'array', items: either(value.slice(0, 50).map((v) => schemaOfValue(v, depth + 1))) }
  }
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number', const: value }
  if (typeof value === 'string' || typeof value === 'boolean') return { type: typeof value, const: value }
  if (!isRecord(value) || depth > 20) return unknown
  return objectSchema(Object.entries(value).map(([key, v]) => [key, schemaOfValue(v, depth + 1)]))
}

/** An object of these fields and no others. */
export function objectSchema(
  fields: readonly (readonly [string, Schema])[],
  presence: 'required' | 'optional' = 'required',
): Schema {
  const properties: Record<string, unknown> = {}
  for (const [key, schema] of fields) setOwn(properties, key, schema)
  const required = presence === 'optional' ? [] : fields.map(([key]) => key)
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
}

/** A type that has the values of all of them. */
export function either(schemas: readonly Schema[]): Schema {
  const parts = new Map<string, Schema>()
  for (const schema of schemas) {
    for (const part of Array.isArray(schema.anyOf) && Object.keys(schema).length === 1 ? schema.anyOf : [schema]) {
      if (isRecord(part)) parts.set(JSON.stringify(part), part)
    }
  }
  const all = [...parts.values()]
  const [only = unknown] = all
  if (all.length <= 1) return only
  if (all.some((part) => !isKnown(part)) || all.length > 40) return unknown
  const widened = new Map(all.map((part) => [JSON.stringify(widen(part)), widen(part)]))
  return widened.size === 1 ? ([...widened.values()][0] ?? unknown) : { anyOf: all }
}

/** Without exact values, and open: what one would write down of a type that was read off a value. */
export function widen(schema: Schema): Schema {
  const wide: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'const' && 'type' in schema) continue
    if (key === 'additionalProperties' && value === false) continue
    if (key === 'properties' && isRecord(value)) {
      const properties: Record<string, unknown> = {}
      for (const [name, inner] of Object.entries(value))
        setOwn(properties, name, isRecord(inner) ? widen(inner) : inner)
      wide[key] = properties
    } else if (key === 'items' && isRecord(value)) wide[key] = widen(value)
    else if (key === 'anyOf' && Array.isArray(value)) {
      const parts = new Map(value.filter(isRecord).map((part) => [JSON.stringify(widen(part)), widen(part)]))
      if (parts.size === 1) return [...parts.values()][0] ?? unknown
      wide[key] = [...parts.values()]
    } else setOwn(wide, key, value)
  }
  return wide
}

/** The type of a field or an element; `absent` only if it cannot be there. */
export function inside(schema: Schema, segment: string | number): Schema | 'absent' {
  const parts = alternatives(schema)
  if (parts) {
    const found = parts.map((part) => inside(part, segment)).filter((part) => part !== 'absent')
    return found.length === 0 ? 'absent' : either(found)
  }
  const types = typesOf(schema)
  if (types?.includes('null') && types.length === 1) return { type: 'null' }
  if (typeof segment === 'number') return element(schema, types, segment)
  if (types && !types.includes('object')) return 'absent'
  const property = own(schema.properties, segment)
  if (isRecord(property)) return property
  if (property !== undefined) return unknown
  if (isRecord(schema.additionalProperties)) return schema.additionalProperties
  if (schema.additionalProperties === true || schema.patternProperties || schema.allOf) return unknown
  const isListed = isRecord(schema.properties) && Object.keys(schema.properties).length > 0
  return isListed || schema.additionalProperties === false ? 'absent' : unknown
}

/** The fields that a type is known to have. */
export function fieldsOf(schema: Schema): string[] {
  const parts = alternatives(schema) ?? [schema]
  return [...new Set(parts.flatMap((part) => (isRecord(part.properties) ? Object.keys(part.properties) : [])))]
}

export interface Mismatch {
  /** Below the value: `.url`, `[0].name`; empty for the value itself. */
  readonly path: string
  readonly message: string
}

/** Why a value of type `given` can never be a `wanted`; undefined if it might. */
export function mismatch(given: Schema, wanted: Schema, path = '', depth = 0): Mismatch | undefined {
  if (depth > 30 || !isKnown(given) || !isKnown(wanted)) return undefined
  const givenParts = alternatives(given)
  if (givenParts) return every(givenParts.map((part) => mismatch(part, wanted, path, depth + 1)))
  const wantedParts = alternatives(wanted)
  if (wantedParts) return every(wantedParts.map((part) => mismatch(given, part, path, depth + 1)))
  const givenTypes = typesOf(given)
  const wantedTypes = typesOf(wanted)
  if (givenTypes && wantedTypes && !givenTypes.some((type) => wantedTypes.some((w) => overlaps(type, w)))) {
    return { path, message: `is ${say(givenTypes)}, but ${say(wantedTypes)} is wanted` }
  }
  if ('const' in given && Array.isArray(wanted.enum) && !wanted.enum.includes(given.const)) {
    const choices = wanted.enum.slice(0, 8).map((choice) => JSON.stringify(choice))
    return { path, message: `is ${JSON.stringify(given.const)}, but must be one of ${choices.join(', ')}` }
  }
  if (isOnly(givenTypes, 'object') && isOnly(wantedTypes ?? givenTypes, 'object')) {
    return mismatchedField(given, wanted, path, depth)
  }
  if (isOnly(givenTypes, 'array') && isRecord(given.items) && isRecord(wanted.items)) {
    return mismatch(given.items, wanted.items, `${path}[]`, depth + 1)
  }
  return undefined
}

/** A type that fits both, as far as that can be told; else not known. */
export function both(a: Schema, b: Schema): Schema {
  if (!isKnown(a)) return b
  if (!isKnown(b) || JSON.stringify(a) === JSON.stringify(b)) return a
  if (a.type === 'number' && b.type === 'integer') return b
  if (a.type === 'integer' && b.type === 'number') return a
  if (a.type === b.type) return Object.keys(a).length >= Object.keys(b).length ? a : b
  return unknown
}

// ---

const meaningful = new Set(['type', 'const', 'enum', 'anyOf', 'oneOf', 'allOf', 'properties', 'required', 'items'])
const asData = new Set(['const', 'enum', 'default', 'examples', 'required', 'type'])

function pointed(root: unknown, ref: string): unknown {
  if (!ref.startsWith('#')) return {}
  let at = root
  for (const part of ref.slice(1).split('/').filter(Boolean)) {
    let key = part
    try {
      key = decodeURIComponent(part)
    } catch {
      return {}
    }
    at = own(at, key.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  return at ?? {}
}

function alternatives(schema: Schema): Schema[] | undefined {
  const parts = schema.anyOf ?? schema.oneOf
  return Array.isArray(parts) && parts.length > 0 ? parts.map((part) => (isRecord(part) ? part : unknown)) : undefined
}

function typesOf(schema: Schema): string[] | undefined {
  if (typeof schema.type === 'string') return [schema.type]
  if (Array.isArray(schema.type)) return schema.type.filter((type) => typeof type === 'string')
  if (isRecord(schema.properties)) return ['object']
  return undefined
}

function element(schema: Schema, types: readonly string[] | undefined, index: number): Schema | 'absent' {
  if (types && !types.includes('array')) return 'absent'
  const at = Array.isArray(schema.prefixItems) ? schema.prefixItems[index] : undefined
  if (isRecord(at)) return at
  return isRecord(schema.items) ? schema.items : unknown
}

function mismatchedField(given: Schema, wanted: Schema, path: string, depth: number): Mismatch | undefined {
  const fields = fieldsOf(given)
  for (const name of fields) {
    const inner = own(given.properties, name)
    const goal = own(wanted.properties, name)
    if (goal === undefined && wanted.additionalProperties === false && given.additionalProperties === false) {
      const known = fieldsOf(wanted)
      return {
        path: `${path}.${name}`,
        message: `is not allowed${known.length > 0 ? `; there are: ${known.join(', ')}` : ''}`,
      }
    }
    if (!isRecord(inner) || !isRecord(goal)) continue
    const found = mismatch(inner, goal, `${path}.${name}`, depth + 1)
    if (found) return found
  }
  const required = Array.isArray(wanted.required) ? wanted.required : []
  const missing = required.find((name) => typeof name === 'string' && !fields.includes(name))
  if (missing === undefined || given.additionalProperties !== false) return undefined
  return { path, message: `has no "${missing}", which is required` }
}

function every(found: readonly (Mismatch | undefined)[]): Mismatch | undefined {
  return found.every((one) => one !== undefined) ? found[0] : undefined
}

const overlaps = (a: string, b: string) => a === b || (isNumeric(a) && isNumeric(b))
const isNumeric = (type: string) => type === 'number' || type === 'integer'
const isOnly = (types: readonly string[] | undefined, type: string) => types?.length === 1 && types[0] === type

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
}

const say = (types: readonly string[]) => types.map((type) => words[type] ?? type).join(' or ')
