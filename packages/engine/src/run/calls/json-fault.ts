// Can JSON carry this value? Says where it cannot. Iterative over depth is not needed: JSON.stringify has the same limit.

import { SCANNED_FIELDS } from '../../journal/large-values.ts'
import { MOST_LEVELS } from '../../json.ts'

/** `$.list[3] is a function`; undefined if all of it is JSON (or bytes). An undefined field is left out, as JSON does. */
export function jsonFault(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return undefined
  return faultAt(value, '$', 0)
}

// ---

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
    return `${path} is a ${value.constructor?.name ?? 'object of a class'}`
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
