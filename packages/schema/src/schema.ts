// JSON Schema 2020-12 over a library that is loaded at first use: compiles, checks, fills in defaults. It loads no schema from elsewhere.

import {
  FlowError,
  isDateTime,
  isRecord,
  type Json,
  kindOf,
  own,
  redactedMark,
  type SchemaCheck,
  setOwn,
} from '@stepflow/engine'
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js'
import { useDecimalMultiples } from './multiple-of.ts'
import { withNearDefaults } from './near-defaults.ts'
import { violations } from './schema-words.ts'
import { secretValues, segment } from './secret-places.ts'

const MAX_VIOLATIONS = 100
const MAX_CACHED = 500
const MAX_DEPTH = 256

/**
 * Compiles schemas, each once; throws INVALID_FLOW for one that is not a schema. A check never changes the value that it
 * is given.
 */
export function createSchemaLoader(): (schema: Json) => Promise<SchemaCheck> {
  const cache = new Map<string, Promise<SchemaCheck>>()

  return async (schema) => {
    const text = textOf(schema)
    const cached = cache.get(text)
    if (cached) return cached
    if (cache.size >= MAX_CACHED) cache.clear()
    const check = compile(schema, text)
    cache.set(text, check)
    return check
  }
}

// ---

async function compile(schema: Json, text: string): Promise<SchemaCheck> {
  if (schema === true || !(isRecord(schema) || schema === false)) return notASchema(schema)
  // By its default export: a CommonJS file that is bundled into modules has no other.
  const { Ajv2020 } = (await import('ajv/dist/2020.js')).default
  // One validator for each schema: an `$id` in one must neither clash with nor be visible to another.
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: false,
    useDefaults: true,
    ownProperties: true,
    logger: false,
    addUsedSchema: false,
    formats: FORMATS,
  })
  if (text.includes('"multipleOf"')) useDecimalMultiples(ajv)
  const hasDefaults = text.includes('"default"')
  const hasSecrets = text.includes('"is_secret"')
  const validate = compileWith(ajv, withoutDialect(schema), hasDefaults)

  const check = (given: unknown) => {
    const root = given === undefined && isRecord(schema) ? schema.default : given
    const value = hasDefaults ? copy(root) : root
    try {
      if (validate(value)) return { value, violations: hasSecrets ? marks(schema, value) : [] }
    } catch (error) {
      // A schema that contains itself meets a value that is nested as deeply as the stack goes.
      if (error instanceof RangeError) return { value, violations: [{ path: '$', message: 'is nested too deeply' }] }
      throw error
    }
    return { value, violations: violations(validate.errors ?? [], MAX_VIOLATIONS) }
  }
  return hasSecrets ? Object.assign(check, { secretsIn: (value: unknown) => secretValues(schema, value) }) : check
}

/** A value that was taken from what is shown of another: the secrets are not in it. */
function marks(schema: Json, value: unknown): { readonly path: string; readonly message: string }[] {
  if (!secretValues(schema, value).includes(redactedMark)) return []
  const message = `is "${redactedMark}", which stands in the place of a secret, and is none`
  return pathsTo(redactedMark, value, '$').map((path) => ({ path, message }))
}

function pathsTo(wanted: string, value: unknown, path: string): string[] {
  if (value === wanted) return [path]
  if (Array.isArray(value)) return value.flatMap((one, i) => pathsTo(wanted, one, `${path}[${i}]`))
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, one]) => pathsTo(wanted, one, path + segment(key)))
}

function notASchema(schema: unknown): SchemaCheck {
  if (schema === true) return (value) => ({ value, violations: [] })
  throw new FlowError('INVALID_FLOW', `a JSON Schema must be an object, true or false, got ${kindOf(schema)}`)
}

function compileWith(ajv: Ajv2020, schema: Record<string, unknown> | boolean, hasDefaults: boolean): ValidateFunction {
  try {
    if (ajv.validateSchema(schema) === true) {
      return ajv.compile(hasDefaults && isRecord(schema) ? withNearDefaults(schema) : schema)
    }
  } catch (error) {
    throw new FlowError('INVALID_FLOW', `the JSON Schema cannot be used: ${compileFault(error)}`, { cause: error })
  }
  // A wrong value of a keyword is reported by every vocabulary that knows it.
  const problems = violations(ajv.errors ?? [], 20).map(({ path, message }) => `${path} ${message}`)
  throw new FlowError('INVALID_FLOW', `not a JSON Schema (2020-12): ${problems.slice(0, 5).join('; ')}`, {
    data: { problems },
  })
}

function compileFault(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const missing = own(error, 'missingRef')
  if (typeof missing !== 'string') return message
  return missing.startsWith('#') || missing === ''
    ? `"$ref": ${JSON.stringify(missing)} leads nowhere`
    : `"$ref": ${JSON.stringify(missing)} is not in the schema; other documents are not loaded: put it under $defs`
}

/** Every schema is read as 2020-12, whichever draft it names: the keywords in use mean the same. */
function withoutDialect(schema: Record<string, unknown> | boolean): Record<string, unknown> | boolean {
  if (schema === false || schema === true || !Object.hasOwn(schema, '$schema')) return schema
  const { $schema: _dialect, ...rest } = schema
  return rest
}

/** The schema as text: what it is known by. Not for one that is cyclic, or so deep that compiling it would fail. */
function textOf(schema: Json): string {
  if (depthOf(schema) > MAX_DEPTH) {
    throw new FlowError(
      'INVALID_FLOW',
      `a JSON Schema may be nested ${MAX_DEPTH} levels deep at most, and must not contain itself: use $ref`,
    )
  }
  return JSON.stringify(schema) ?? ''
}

/** Stops one level beyond what is permitted; level by level, so that no depth overflows the stack. */
function depthOf(root: unknown): number {
  let level: ReadonlySet<unknown> = new Set([root])
  let depth = 0
  while (level.size > 0 && depth <= MAX_DEPTH) {
    depth++
    const below = new Set<unknown>()
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue
      for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) below.add(child)
    }
    level = below
  }
  return depth
}

/** Defaults are written into the copy. Only JSON is copied; whatever else an in-process value holds is handed on. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  if (!isRecord(value) || ![Object.prototype, null].includes(Object.getPrototypeOf(value))) return value
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setOwn(result, key, copy(value[key]))
  return result
}

/** Those that people use; others are annotations. */
const FORMATS = {
  date: isDate,
  time: /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i,
  'date-time': isDateTime,
  email: /^[^\s@"]{1,64}@[^\s@.]+(\.[^\s@.]+)*$/,
  uri: (text: string) => /^[a-z][a-z0-9+.-]*:[^\s]/i.test(text) && (!/^https?:/i.test(text) || URL.canParse(text)),
  uuid: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  ipv4: /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$/,
  ipv6: (text: string) => text.includes(':') && URL.canParse(`http://[${text}]`),
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
