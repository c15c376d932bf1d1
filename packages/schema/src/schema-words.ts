// What a validator finds, in words that a person understands. It names what was wanted; values are not quoted (they may be secret).

import { isRecord, kindOf, suggest, type Violation } from '@stepflow/engine'
import type { ErrorObject } from 'ajv/dist/2020.js'
import { segment } from './secret-places.ts'

/** The findings, at most `limit`; those of the branches of an anyOf are told as one. */
export function violations(errors: readonly ErrorObject[], limit: number): Violation[] {
  const branches = errors.filter((e) => e.keyword === 'anyOf' || e.keyword === 'oneOf')
  const isWithin = (e: ErrorObject, of: ErrorObject) => e !== of && e.schemaPath.startsWith(`${of.schemaPath}/`)
  const told = new Map<string, Violation>()
  for (const error of errors) {
    if (SILENT.has(error.keyword) || branches.some((branch) => isWithin(error, branch))) continue
    const violation = {
      path: pathOf(error),
      message: say(
        error,
        errors.filter((e) => isWithin(e, error)),
      ),
    }
    told.set(`${violation.path}\n${violation.message}`, violation)
    if (told.size >= limit) break
  }
  return [...told.values()]
}

// ---

/** `if` only says that then or else failed, which tell it themselves. */
const SILENT = new Set(['if'])

/** Of what is missing or too much the path is its own, not its object's. */
function pathOf(error: ErrorObject): string {
  const keys = error.instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  // A JSON pointer does not tell an index from a key that is a number.
  const path = keys.map((key) => (/^\d+$/.test(key) ? `[${key}]` : segment(key)))
  const { missingProperty, additionalProperty, unevaluatedProperty, propertyName } = error.params
  const named = missingProperty ?? additionalProperty ?? unevaluatedProperty ?? propertyName
  return `$${path.join('')}${typeof named === 'string' ? segment(named) : ''}`
}

function say(error: ErrorObject, within: readonly ErrorObject[]): string {
  const { params } = error
  switch (error.keyword) {
    case 'type':
      return `must be ${typeNames(params.type)}, is ${kindOf(error.data)}`
    case 'required':
    case 'dependentRequired':
      return 'is required'
    case 'enum':
      return `must be one of ${listed(params.allowedValues)}`
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(params.additionalProperty ?? params.unevaluatedProperty, error.parentSchema)
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${COMPARISONS[params.comparison as string] ?? params.comparison} ${params.limit}`
    case 'multipleOf':
      return `must be a multiple of ${error.schema}`
    case 'minLength':
      return `must have at least ${plural(params.limit, 'character')}`
    case 'maxLength':
      return `must have at most ${plural(params.limit, 'character')}`
    case 'minItems':
      return `must have at least ${plural(params.limit, 'element')}`
    case 'maxItems':
    case 'items': // an end of the list behind `prefixItems`
    case 'unevaluatedItems':
      return `must have at most ${plural(params.limit, 'element')}`
    case 'minProperties':
      return `must have at least ${plural(params.limit, 'property', 'properties')}`
    case 'maxProperties':
      return `must have at most ${plural(params.limit, 'property', 'properties')}`
    case 'uniqueItems':
      return `must not repeat an element (${params.i} is the same as ${params.j})`
    case 'pattern':
      return `must match the pattern ${params.pattern}`
    case 'format':
      return `must be ${FORMATS[params.format as string] ?? `of the format "${params.format}"`}`
    case 'contains':
      return 'has too few or too many elements of the kind that it must contain'
    case 'propertyNames':
      return 'is not an allowed property name'
    case 'not':
      return 'is a value that is not allowed'
    case 'false schema':
      return 'must not be there'
    case 'anyOf':
    case 'oneOf':
      return noneOf(error, within)
    default:
      return error.message ?? `breaks "${error.keyword}"`
  }
}

function noneOf(error: ErrorObject, within: readonly ErrorObject[]): string {
  if (Array.isArray(error.params.passingSchemas))
    return 'matches more than one of the allowed forms, but must match exactly one'
  const here = within.filter((e) => e.instancePath === error.instancePath)
  const types = here.flatMap((e) => (e.keyword === 'type' ? [typeNames(e.params.type)] : []))
  if (within.length > 0 && types.length === within.length) {
    return `must be ${[...new Set(types)].join(' or ')}, is ${kindOf(error.data)}`
  }
  const base = pathOf({ ...error, params: {} })
  const reasons = within.map((e) => {
    const place = pathOf(e).slice(base.length)
    return `${place === '' ? '' : `${place.replace(/^\./, '')} `}${say(e, [])}`
  })
  const shown = [...new Set(reasons)].slice(0, 5)
  return `matches none of the allowed forms${shown.length > 0 ? `: ${shown.join('; or ')}` : ''}`
}

function unknownKey(key: string, schema: unknown): string {
  const known = isRecord(schema) && isRecord(schema.properties) ? Object.keys(schema.properties) : []
  const near = suggest(key, known)
  if (near !== undefined) return `is not known; did you mean "${near}"?`
  if (known.length === 0) return 'is not known: nothing may be here'
  return `is not known; there may be ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', ...' : ''}`
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

const COMPARISONS: Readonly<Record<string, string>> = {
  '>=': 'at least',
  '<=': 'at most',
  '>': 'greater than',
  '<': 'less than',
}

const FORMATS: Readonly<Record<string, string>> = {
  date: 'a date (2030-01-31)',
  time: 'a time with its zone (12:00:00Z)',
  'date-time': 'a date and time (2030-01-31T12:00:00Z)',
  email: 'an email address',
  uri: 'a URI',
  uuid: 'a UUID',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
}

function typeNames(type: unknown): string {
  const types: unknown[] = Array.isArray(type) ? type : String(type).split(',')
  return types.map((name) => TYPES[String(name)] ?? String(name)).join(' or ')
}

function listed(values: unknown): string {
  const all: unknown[] = Array.isArray(values) ? values : []
  const shown = all.slice(0, 20).map((value) => JSON.stringify(value))
  return all.length > shown.length ? `${shown.join(', ')}, ... (${all.length} values)` : shown.join(', ')
}

function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}
