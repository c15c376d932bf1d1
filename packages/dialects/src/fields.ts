// Reads one field as the type that it must have; a field of another type is reported and counts as absent.

import { parseDuration } from '@stepflow/engine'
import { below, didYouMean, type Findings, type Place, type Trail } from './findings.ts'
import { type Entry, type Node, shownNode, textOf } from './source/node.ts'

/** A value and where it stands. */
export interface Field {
  readonly node: Node
  readonly trail: Trail
  /** The key's place. */
  readonly place: Place
}

export class FieldReader {
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #findings: Findings
  readonly #trail: Trail | undefined
  readonly #owner: string

  constructor(entries: ReadonlyMap<string, Entry>, findings: Findings, trail: Trail | undefined, owner: string) {
    this.#entries = entries
    this.#findings = findings
    this.#trail = trail
    this.#owner = owner
  }

  field(key: string): Field | undefined {
    const entry = this.#entries.get(key)
    return entry && { node: entry.value, trail: below(this.#trail, entry.key), place: entry }
  }

  text(key: string): string | undefined {
    const field = this.field(key)
    if (!field) return undefined
    const text = textOf(field.node)
    // A version such as 1.0 is written without quotes by nearly everybody.
    if (text === undefined && field.node.kind === 'scalar' && typeof field.node.value === 'number') {
      return String(field.node.value)
    }
    if (text === undefined && !isNullNode(field.node)) this.#wrong(key, field, 'text')
    return text
  }

  boolean(key: string): boolean | undefined {
    const field = this.#written(key)
    if (!field) return undefined
    if (field.node.kind === 'scalar' && typeof field.node.value === 'boolean') return field.node.value
    return this.#wrong(key, field, 'true or false')
  }

  number(key: string, least: number, whole: boolean): number | undefined {
    const field = this.#written(key)
    if (!field) return undefined
    const value = field.node.kind === 'scalar' ? field.node.value : undefined
    if (typeof value === 'number' && value >= least && (!whole || Number.isSafeInteger(value))) return value
    return this.#wrong(key, field, `a ${whole ? 'whole ' : ''}number from ${least}`)
  }

  durationMs(key: string): number | undefined {
    const field = this.#written(key)
    if (!field) return undefined
    const ms = field.node.kind === 'scalar' ? parseDuration(field.node.value) : undefined
    return ms ?? this.#wrong(key, field, 'a duration such as 30s, 5m, 500ms, or seconds as a number')
  }

  choice<T extends string>(key: string, choices: Readonly<Record<string, T>>): T | undefined {
    const field = this.#written(key)
    if (!field) return undefined
    const text = textOf(field.node)
    if (text !== undefined && Object.hasOwn(choices, text)) return choices[text] as T
    const names = Object.keys(choices)
    return this.#wrong(key, field, `one of ${names.join(', ')}`, text === undefined ? '' : didYouMean(text, names))
  }

  /** A key without a value is as good as none: what it held was commented out, or a program wrote null for nothing. */
  #written(key: string): Field | undefined {
    const field = this.field(key)
    return field && isNullNode(field.node) ? undefined : field
  }

  #wrong(key: string, field: Field, wanted: string, more = ''): undefined {
    const { node } = field
    this.#findings.error(
      'INVALID_VALUE',
      `"${key}" of ${this.#owner} must be ${wanted}, not ${shownNode(node)}${more}`,
      node,
      field.trail,
    )
    return undefined
  }
}

function isNullNode(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null
}
