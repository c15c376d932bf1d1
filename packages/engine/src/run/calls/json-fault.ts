// Can JSON carry this value? If not, says where it cannot. Recursive, since JSON.stringify has the same limit of depth.

import { SCANNED_FIELDS } from '../../journal/large-values.ts'
import { isTooDeep, MOST_LEVELS } from '../../json.ts'

/** `$.list[3] is a function`; undefined if all of it is JSON (or bytes). An undefined field is left out, as JSON does. */
export function jsonFault(value: unknown): string | undefined {
  // Nearly always: told without making paths.
  if (isPlainJson(value, 0) || value instanceof Uint8Array) return undefined
  const fault = faultAt(value, '$', 0)
  return fault !== undefined && isTooDeep(value) ? (cycleAt(value, '$', [], []) ?? fault) : fault
}

// ---

/** False also for what only may be at its place. Each result of a function is looked at: a field costs a comparison. */
function isPlainJson(value: unknown, depth: number): boolean {
  if (typeof value !== 'object') return isPlainScalar(value)
  if (value === null) return true
  if (depth >= MOST_LEVELS) return false
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const element: unknown = value[i]
      if (typeof element !== 'string' && !isPlainJson(element, depth + 1)) return false
    }
    return true
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    if (typeof field !== 'string' && !isPlainJson(field, depth + 1)) return false
  }
  return true
}

function isPlainScalar(value: unknown): boolean {
  // Of numbers, only what JSON has: NaN and the infinities are not equal to themselves when they are subtracted.
  if (typeof value === 'number') return value - value === 0
  return typeof value === 'string' || typeof value === 'boolean' || value === undefined
}

/** `$.node.parent contains itself: it is $.node`; undefined if nothing does. */
function cycleAt(value: unknown, path: string, above: object[], paths: string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const known = above.indexOf(value)
  if (known >= 0) return `${path} is ${paths[known]} again, so the value contains itself`
  if (above.length >= MOST_LEVELS) return undefined
  above.push(value)
  paths.push(path)
  for (const [key, field] of Object.entries(value)) {
    const found = cycleAt(field, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, above, paths)
    if (found) return found
  }
  above.pop()
  paths.pop()
  return undefined
}

function faultAt(value: unknown, path: string, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}`
    case 'object':
      return value === null ? undefined : objectFault(value, path, depth)
    default:
      return `${path} is a ${typeof value}`
  }
}

function objectFault(value: object, path: string, depth: number): string | undefined {
  // The path is as long as the value is deep: its beginning says where to look.
  if (depth >= MOST_LEVELS) return `${path.slice(0, 60)}... has more than ${MOST_LEVELS} levels, or contains itself`
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (depth === 0 && value.length <= SCANNED_FIELDS && value[i] instanceof Uint8Array) continue
      const fault = faultAt(value[i], `${path}[${i}]`, depth + 1)
      if (fault) return fault
    }
    return undefined
  }
  const prototype = Object.getPrototypeOf(value)
  if (value instanceof Uint8Array) {
    return `${path} is bytes: they are kept if they are the result, or one of up to ${SCANNED_FIELDS} fields of it`
  }
  if (prototype !== Object.prototype && prototype !== null) {
    const name = value.constructor?.name || 'object of a class'
    return `${path} is ${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`
  }
  const keys = Object.keys(value)
  for (const key of keys) {
    const field = (value as Record<string, unknown>)[key]
    if (depth === 0 && keys.length <= SCANNED_FIELDS && field instanceof Uint8Array) continue
    const fault = faultAt(field, `${path}.${key}`, depth + 1)
    if (fault) return fault
  }
  return undefined
}
