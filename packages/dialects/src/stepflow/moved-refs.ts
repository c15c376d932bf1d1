// The references of a schema that becomes a part of another: those that lead into it are told its new place.

import { isRecord, type Json, type JsonObject, own, setOwn } from '@stepflow/engine'
import { leadsSomewhere } from './check-schema.ts'

/** `to` is where the schema will stand: `#/properties/order`. What it does not hold itself is left to the whole. */
export function movedRefs(schema: JsonObject, to: string): JsonObject {
  if (own(schema, '$id') !== undefined) return schema
  return moved(schema, schema, to) as JsonObject
}

// ---

function moved(part: Json, root: JsonObject, to: string): Json {
  if (Array.isArray(part)) return part.map((item) => moved(item, root, to))
  if (!isRecord(part)) return part
  const made: Record<string, Json> = {}
  for (const [key, value] of Object.entries(part) as [string, Json][]) {
    const isRef = key === '$ref' && typeof value === 'string' && (value === '#' || value.startsWith('#/'))
    setOwn(made, key, isRef && leadsSomewhere(value, root) ? to + value.slice(1) : moved(value, root, to))
  }
  return made as JsonObject
}
