// What a field of a step can take its value from: the input, other steps, by name, with what is known of them; and how either
// form of flow writes that down.

import type { Json } from '@stepflow/engine'
import type { Schema } from './fields.ts'

export interface Reference {
  readonly group: 'Input' | 'Steps'
  /** As it is shown: `fetch.body`. */
  readonly name: string
  /** As it is written. */
  readonly value: Json
  readonly type: string
  /** The last value; undefined if there is none. */
  readonly last?: unknown
}

export interface Source {
  readonly id: string
  readonly outputSchema: unknown
  readonly sample: { readonly value: unknown } | undefined
}

const MOST_DEPTH = 2

export function referencesTo(
  inputSchema: unknown,
  input: unknown,
  steps: readonly Source[],
  isManifest: boolean,
): readonly Reference[] {
  const found: Reference[] = []
  for (const path of fieldsOf(inputSchema, input, [], MOST_DEPTH)) {
    found.push({
      group: 'Input',
      name: ['input', ...path].join('.'),
      value: isManifest ? `{{ ${['inputs', ...path].join('.')} }}` : { $input: pathText(path) },
      ...typeAt(inputSchema, input, path),
    })
  }
  for (const { id, outputSchema, sample } of steps) {
    const value = sample?.value
    for (const path of fieldsOf(outputSchema, value, [], MOST_DEPTH)) {
      found.push({
        group: 'Steps',
        name: [id, ...path].join('.'),
        value: isManifest
          ? `{{ ${['steps', id, 'result', ...path].join('.')} }}`
          : path.length === 0
            ? { $step: id }
            : { $step: id, path: pathText(path) },
        ...typeAt(outputSchema, value, path),
      })
    }
  }
  return found
}

/** `fetch.body`, if a value is nothing but a reference. */
export function referenceText(value: unknown, isManifest: boolean): string | undefined {
  if (isManifest) {
    const path = typeof value === 'string' ? /^\{\{\s*([\w.[\]-]+)\s*\}\}$/.exec(value)?.[1] : undefined
    return path?.replace(/^inputs\b/, 'input').replace(/^steps\.([\w-]+)\.(?:result|output)\b/, '$1')
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { $step, $input, $variable, $secret, $item, path } = value as Readonly<Record<string, unknown>>
  for (const [name, of] of [
    ['variable', $variable],
    ['secret', $secret],
    ['item', $item],
    ['input', $input],
  ] as const) {
    if (of !== undefined) return [name, ...wordsOf(of)].join('.')
  }
  return typeof $step === 'string' ? [$step, ...wordsOf(path)].join('.') : undefined
}

/** A value in a few words: `"Ada"`, `{7 fields}`, `[38]`. */
export function shortValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`
  if (typeof value === 'object' && value !== null) {
    const count = Object.keys(value).length
    return `{${count} ${count === 1 ? 'field' : 'fields'}}`
  }
  const text = JSON.stringify(value) ?? ''
  return text.length > 24 ? `${text.slice(0, 23)}…` : text
}

// ---

/** The whole, and what is known to be in it. */
function fieldsOf(schema: unknown, sample: unknown, path: readonly string[], depth: number): (readonly string[])[] {
  const names = new Set<string>()
  const properties = (schema as Schema | null | undefined)?.properties
  for (const holder of [properties, sample]) {
    if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) continue
    for (const name of Object.keys(holder)) if (/^[A-Za-z_][\w-]*$/.test(name)) names.add(name)
  }
  const inner = depth === 0 ? [] : [...names].slice(0, 100)
  return [
    path,
    ...inner.flatMap((name) =>
      fieldsOf(
        (properties as Schema | undefined)?.[name],
        (sample as Schema | null | undefined)?.[name],
        [...path, name],
        depth - 1,
      ),
    ),
  ]
}

function typeAt(schema: unknown, sample: unknown, path: readonly string[]): { type: string; last?: unknown } {
  let [of, value] = [schema as Schema | undefined, sample]
  for (const name of path) {
    of = (of?.properties as Schema | undefined)?.[name] as Schema | undefined
    value = (value as Schema | null | undefined)?.[name]
  }
  const type = typeof of?.type === 'string' ? of.type : value === undefined ? '' : typeOf(value)
  return value === undefined ? { type } : { type, last: value }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function pathText(path: readonly string[]): string {
  if (path.length === 0) return '$'
  const [only] = path
  return path.length === 1 && only !== undefined ? only : `$.${path.join('.')}`
}

function wordsOf(path: unknown): string[] {
  if (typeof path !== 'string') return []
  const words = path.replace(/^\$\.?/, '')
  return words === '' ? [] : [words]
}
