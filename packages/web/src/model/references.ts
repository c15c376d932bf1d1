// What a field of a step can take its value from: the input, other steps, variables, secrets, by name, with what is known of them.

import type { Schema } from './fields.ts'
import { type Root, type Written, written } from './written-reference.ts'

export interface Reference extends Written {
  readonly group: 'Input' | 'Element' | 'Steps' | 'Variables' | 'Secrets' | 'Not upstream: would make a cycle'
  readonly type: string
  /** The last value; undefined if there is none. */
  readonly last?: unknown
  /** It would make a cycle. */
  readonly isRefused?: boolean
}

export interface Source {
  readonly id: string
  readonly outputSchema: unknown
  readonly sample: { readonly value: unknown } | undefined
  /** It comes after the step that would read it. */
  readonly isLater?: boolean
}

export interface Sources {
  readonly isManifest: boolean
  readonly inputSchema: unknown
  /** What the last run was given. */
  readonly input: unknown
  readonly steps: readonly Source[]
  readonly variablesSchema?: unknown
  readonly secrets?: readonly string[]
  /** One element of what the step goes through; undefined: it goes through nothing. */
  readonly element?: { readonly value: unknown } | undefined
}

const MOST_DEPTH = 2

export function referencesTo(sources: Sources): readonly Reference[] {
  const { isManifest, inputSchema, input, steps, variablesSchema, secrets = [], element } = sources
  const all = (group: Reference['group'], root: Root, schema: unknown, value: unknown, isRefused = false) =>
    fieldsOf(schema, value, [], MOST_DEPTH).map(
      (keys): Reference => ({
        group,
        ...written(root, keys, isManifest),
        ...typeAt(schema, value, keys),
        ...(isRefused ? { isRefused } : {}),
      }),
    )
  const variables = Object.entries(((variablesSchema as Schema | undefined)?.properties ?? {}) as Schema)
  return [
    ...(element ? all('Element', { of: 'element' }, undefined, element.value) : []),
    ...all('Input', { of: 'input' }, inputSchema, input),
    ...steps.filter(({ isLater }) => !isLater).flatMap((step) => all('Steps', ...sourceOf(step))),
    ...variables.flatMap(([name, schema]) => all('Variables', { of: 'variable', name }, schema, undefined)),
    ...secrets.flatMap((name) => all('Secrets', { of: 'secret', name }, { type: 'string' }, undefined)),
    ...steps
      .filter(({ isLater }) => isLater)
      .flatMap((step) => all('Not upstream: would make a cycle', ...sourceOf(step), true)),
  ]
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
    if (of !== undefined) return name + below(of)
  }
  return typeof $step === 'string' ? $step + below(path) : undefined
}

const IN_LINE =
  /\$step["']?:\s*["']?([\w-]+)["']?(?:\s*,\s*path["']?:\s*(?:"([^"]*)"|'([^']*)'|([\w.$]+)))?|\$input["']?:\s*(?:"([^"]*)"|'([^']*)'|([\w.$]+))|\{\{\s*(inputs[\w.]*|steps\.[\w-]+\.result[\w.]*)\s*\}\}/g

/** The name of the reference that a line of text holds; undefined if it holds none, or several. */
export function readReference(line: string): string | undefined {
  const found = [...line.replace(/(^|\s)#.*$/, '').matchAll(IN_LINE)]
  const [match] = found
  if (!match || found.length > 1) return undefined
  const [, step, a, b, c, d, e, f, template] = match
  if (template !== undefined) return referenceText(`{{ ${template} }}`, true)
  return step === undefined
    ? referenceText({ $input: d ?? e ?? f }, false)
    : referenceText({ $step: step, path: a ?? b ?? c }, false)
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

function sourceOf({ id, outputSchema, sample }: Source): readonly [Root, unknown, unknown] {
  return [{ of: 'step', name: id }, outputSchema, sample?.value]
}

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

/** A path as it follows a name: `.body`, `[0]`. */
function below(path: unknown): string {
  const words = typeof path === 'string' ? path.replace(/^\$/, '') : ''
  return words === '' || /^[.[]/.test(words) ? words : `.${words}`
}
