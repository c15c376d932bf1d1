// Which parts of a value a JSON Schema marks `is_secret`. It validates nothing: a value that does not fit has secrets too.

import { isRecord, type Json, own, redactedMark, setOwn } from '@stepflow/engine'

/**
 * What the schema marks `is_secret` in a value: for a Redactor.
 *
 * ```ts
 * secretValues({ properties: { key: { is_secret: true } } }, { key: 'hunter2', n: 1 }) // ['hunter2']
 * ```
 */
export function secretValues(schema: Json, value: unknown): unknown[] {
  const found: unknown[] = []
  collect(schema, value, new Set())
  return found

  /** `seen`: the schemas that this value has met, so that a $ref that leads back to itself ends. */
  function collect(at: unknown, value: unknown, seen: Set<unknown>): void {
    if (!isRecord(at) || seen.has(at) || value === undefined) return
    seen.add(at)
    if (at.is_secret === true) {
      found.push(value)
      return
    }
    for (const same of sameValue(schema, at)) collect(same, value, seen)
    if (Array.isArray(value)) {
      value.forEach((element, i) => {
        for (const sub of elementSchemas(at, i)) collect(sub, element, new Set())
      })
    } else if (isRecord(value)) {
      for (const key of Object.keys(value)) {
        for (const sub of propertySchemas(at, key)) collect(sub, value[key], new Set())
      }
    }
  }
}

/**
 * A value with `[redacted]` in the places that the schema marks `is_secret`, whatever is there: what is too short to be found
 * elsewhere, a number, true or false. Itself if there are none.
 */
export function hideSecrets(schema: Json, value: unknown): unknown {
  return hide([schema], value)

  function hide(schemas: readonly unknown[], value: unknown): unknown {
    if (typeof value === 'undefined') return value
    const about = new Set<unknown>()
    for (const at of schemas) gather(at, about)
    const all = [...about] as Record<string, unknown>[] // nothing else is gathered
    if (all.some((at) => at.is_secret === true)) return redactedMark
    if (all.length === 0) return value
    if (Array.isArray(value)) {
      const list = value.map((one, i) =>
        hide(
          all.flatMap((at) => elementSchemas(at, i)),
          one,
        ),
      )
      return list.every((one, i) => one === value[i]) ? value : list
    }
    return isRecord(value) ? hideIn(all, value) : value
  }

  function hideIn(all: readonly Record<string, unknown>[], record: Record<string, unknown>): Record<string, unknown> {
    const copy: Record<string, unknown> = {}
    let isChanged = false
    for (const key of Object.keys(record)) {
      const hidden = hide(
        all.flatMap((at) => propertySchemas(at, key)),
        record[key],
      )
      isChanged ||= hidden !== record[key]
      setOwn(copy, key, hidden)
    }
    return isChanged ? copy : record
  }

  /** The schema, and those that speak of the same value. */
  function gather(at: unknown, about: Set<unknown>): void {
    if (!isRecord(at) || about.has(at)) return
    about.add(at)
    for (const same of sameValue(schema, at)) gather(same, about)
  }
}

/**
 * The places that the schema marks `is_secret`: `$.users[*].password`; `.*` stands for properties without a name of their
 * own. A schema that contains itself is followed once.
 */
export function secretPaths(schema: Json): string[] {
  const found = new Set<string>()
  collect(schema, '$', [])
  return [...found]

  function collect(at: unknown, path: string, above: readonly unknown[]): void {
    if (!isRecord(at) || above.includes(at) || found.size >= MAX_PATHS) return
    if (at.is_secret === true) {
      found.add(path)
      return
    }
    const here = [...above, at]
    for (const same of sameValue(schema, at)) collect(same, path, here)
    for (const [key, sub] of entriesOf(at.properties)) collect(sub, path + segment(key), here)
    for (const [, sub] of entriesOf(at.patternProperties)) collect(sub, `${path}.*`, here)
    collect(at.additionalProperties, `${path}.*`, here)
    collect(at.unevaluatedProperties, `${path}.*`, here)
    for (const [i, sub] of listOf(at.prefixItems).entries()) collect(sub, `${path}[${i}]`, here)
    for (const [i, sub] of listOf(at.items).entries()) collect(sub, `${path}[${i}]`, here)
    for (const rest of [at.items, at.additionalItems, at.unevaluatedItems, at.contains])
      collect(rest, `${path}[*]`, here)
  }
}

/** `.name`, or `["any key"]` for what is no word. */
export function segment(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

// ---

const MAX_PATHS = 10_000

/** The schemas that speak of the same value: what it refers to and what it is composed of. */
function sameValue(root: Json, at: Record<string, unknown>): unknown[] {
  const referred = [at.$ref, at.$dynamicRef].flatMap((ref) => (typeof ref === 'string' ? [resolveRef(root, ref)] : []))
  const dependent = entriesOf(at.dependentSchemas).map(([, sub]) => sub)
  const composed = [at.allOf, at.anyOf, at.oneOf].flatMap(listOf)
  return [...referred, ...composed, ...dependent, at.if, at.then, at.else]
}

function propertySchemas(at: Record<string, unknown>, key: string): unknown[] {
  const named = own(at.properties, key)
  const matching = entriesOf(at.patternProperties).filter(([pattern]) => matches(pattern, key))
  const found = [...(named === undefined ? [] : [named]), ...matching.map(([, sub]) => sub)]
  return found.length > 0 ? found : [at.additionalProperties, at.unevaluatedProperties]
}

function elementSchemas(at: Record<string, unknown>, i: number): unknown[] {
  const first = [...listOf(at.prefixItems), ...listOf(at.items)]
  return i < first.length ? [first[i], at.contains] : [at.items, at.additionalItems, at.unevaluatedItems, at.contains]
}

function matches(pattern: string, key: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(key)
  } catch {
    // Better too much hidden than too little: the pattern is reported where the schema is compiled.
    return true
  }
}

/** `#/$defs/name`, or `#name` for an anchor. Other documents are not looked at. */
function resolveRef(root: Json, ref: string): unknown {
  if (ref === '#') return root
  if (ref.startsWith('#/')) {
    return ref
      .slice(2)
      .split('/')
      .map((part) => decode(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>(own, root)
  }
  const anchor = ref.startsWith('#') ? ref.slice(1) : undefined
  const definitions = isRecord(root) ? [...entriesOf(root.$defs), ...entriesOf(root.definitions)] : []
  return definitions.find(([, sub]) => own(sub, '$id') === ref || own(sub, '$anchor') === anchor)?.[1]
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : []
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
