// Defaults where the validator looks for them: beside the property that they are for. People also write them behind a `$ref`
// or inside an `allOf`.

import { isRecord, own, setOwn } from '@stepflow/engine'

/** The schema with each such default beside its property as well. */
export function withNearDefaults(schema: Record<string, unknown>): Record<string, unknown> {
  return walk(schema, schema) as Record<string, unknown>
}

// ---

/** Keywords that hold values, not schemas; and those that hold schemas by name. */
const VALUES = new Set(['default', 'const', 'enum', 'examples'])
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

function walk(part: unknown, root: unknown): unknown {
  if (Array.isArray(part)) return part.map((item) => walk(item, root))
  if (!isRecord(part)) return part
  const made: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(part)) {
    if (VALUES.has(key)) setOwn(made, key, value)
    else if (MAPS.has(key) && isRecord(value)) setOwn(made, key, walkMap(key, value, root))
    else if (key === 'prefixItems' && Array.isArray(value)) made[key] = value.map((item) => filled(item, root))
    else setOwn(made, key, walk(value, root))
  }
  return made
}

function walkMap(keyword: string, schemas: Record<string, unknown>, root: unknown): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(schemas)) {
    setOwn(made, name, keyword === 'properties' ? filled(schema, root) : walk(schema, root))
  }
  return made
}

function filled(schema: unknown, root: unknown): unknown {
  const walked = walk(schema, root)
  if (!isRecord(walked) || Object.hasOwn(walked, 'default')) return walked
  const found = defaultOf(schema, root, new Set())
  return found ? { ...walked, default: found.value } : walked
}

/** Its own, that of what it refers to, or the first one of its `allOf`. */
function defaultOf(schema: unknown, root: unknown, seen: Set<unknown>): { readonly value: unknown } | undefined {
  if (!isRecord(schema) || seen.has(schema)) return undefined
  seen.add(schema)
  if (Object.hasOwn(schema, 'default')) return { value: schema.default }
  const to = own(schema, '$ref')
  const at = typeof to === 'string' ? target(to, root) : undefined
  const behind = defaultOf(at, root, seen)
  // An object that is put into every one of its kind would have no end.
  if (behind && !(typeof behind.value === 'object' && behind.value !== null && contains(at, at, root, new Set())))
    return behind
  const all = own(schema, 'allOf')
  for (const part of Array.isArray(all) ? all : []) {
    const found = defaultOf(part, root, seen)
    if (found) return found
  }
  return undefined
}

/** True if `wanted` stands somewhere below a schema, by itself or behind references. */
function contains(schema: unknown, wanted: unknown, root: unknown, seen: Set<unknown>): boolean {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return false
  seen.add(schema)
  const to = own(schema, '$ref')
  const below = [...Object.values(schema), ...(typeof to === 'string' ? [target(to, root)] : [])]
  return below.some((part) => part === wanted || contains(part, wanted, root, seen))
}

/** What a pointer leads to; undefined for anchors and other documents. */
function target(ref: string, root: unknown): unknown {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined
  let at = root
  for (const part of ref.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = Array.isArray(at) ? at[Number(key)] : own(at, key)
  }
  return at
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
