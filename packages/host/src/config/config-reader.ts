// Reads values out of a configuration and collects what is wrong with them. Knows no key by name.

import type { RateLimit } from '@stepflow/builtin'
import type { Node } from '@stepflow/dialects'
import { type Diagnostic, kindOf, type Level, parseDuration, setOwn, suggest } from '@stepflow/engine'
import { type Env, substitute } from './substitute.ts'

/** A value, its path (`$.plugins.python.args[0]`), and where it stands; line 0 is "not known". */
export interface At {
  readonly node: Node
  readonly path: string
  readonly line: number
  readonly column: number
}

export function rootOf(node: Node, path = '$'): At {
  return { node, path, line: node.line, column: node.column }
}

/** By canonical name: what an object says. */
export type Fields = ReadonlyMap<string, At>

/** A canonical (snake_case) key and other names for it; its camelCase spelling needs no mention. */
export type Keys = Readonly<Record<string, readonly string[]>>

/** Every method answers undefined for what is not there or not right; the latter is also in `diagnostics`. */
export class ConfigReader {
  readonly diagnostics: Diagnostic[] = []
  readonly #file: string | undefined
  readonly #env: Env

  constructor(env: Env, file?: string) {
    this.#env = env
    this.#file = file
  }

  say(level: Level, code: string, at: At, message: string, hint?: string): void {
    this.diagnostics.push({
      code,
      level,
      message,
      path: at.path,
      ...(this.#file === undefined ? {} : { file: this.#file }),
      ...(at.line > 0 && { line: at.line, column: at.column }),
      ...(hint === undefined ? {} : { hint }),
    })
  }

  error(at: At, message: string, hint?: string): undefined {
    this.say('error', 'INVALID_CONFIG', at, message, hint)
  }

  /** The fields of an object whose keys are known; others are warned of. */
  fields(at: At | undefined, what: string, keys: Keys): Fields | undefined {
    const entries = this.entries(at, what)
    if (!entries) return undefined
    const found = new Map<string, At>()
    const spelt = new Map<string, string>()
    for (const [key, value] of entries) {
      const name = canonical(key, keys)
      const earlier = name === undefined ? undefined : spelt.get(name)
      if (name === undefined) this.#unknownKey(value, key, what, keys)
      else if (earlier !== undefined) {
        this.error(value, `"${earlier}" and "${key}" are two spellings of one key in ${what}`, `keep "${name}"`)
      } else {
        spelt.set(name, key)
        if (value.node.kind !== 'scalar' || value.node.value !== null) found.set(name, value)
      }
    }
    return found
  }

  /** The entries of an object whose keys are names that the author chose. */
  entries(at: At | undefined, what: string): (readonly [key: string, value: At])[] | undefined {
    if (!at) return undefined
    if (at.node.kind !== 'map') return this.error(at, `${what} must be an object, but is ${kind(at.node)}`)
    return at.node.entries.map(({ key, value: node, line, column }) => {
      return [key, { node, path: step(at.path, key), line, column }] as const
    })
  }

  items(at: At | undefined, what: string): At[] | undefined {
    if (!at) return undefined
    if (at.node.kind !== 'list') return this.error(at, `${what} must be a list, but is ${kind(at.node)}`)
    return at.node.items.map((node, i) => rootOf(node, `${at.path}[${i}]`))
  }

  /** Text, with environment variables put in. Numbers and booleans are taken for the text that they look like. */
  text(at: At | undefined, what: string, names: 'braced' | 'bareNames' = 'braced'): string | undefined {
    if (!at) return undefined
    const scalar = at.node.kind === 'scalar' ? at.node.value : null
    if (scalar === null) return this.error(at, `${what} must be text, but is ${kind(at.node)}`)
    return typeof scalar === 'string' ? this.#substitute(at, scalar, names) : String(scalar)
  }

  texts(at: At | undefined, what: string, names: 'braced' | 'bareNames' = 'braced'): string[] | undefined {
    return this.items(at, what)
      ?.map((item) => this.text(item, `an element of ${what}`, names))
      .filter((text) => text !== undefined)
  }

  textsByName(at: At | undefined, what: string, names: 'braced' | 'bareNames'): Record<string, string> | undefined {
    const entries = this.entries(at, what)
    if (!entries) return undefined
    const found: Record<string, string> = {}
    for (const [key, value] of entries) {
      const text = this.text(value, `"${key}" of ${what}`, names)
      if (text !== undefined) setOwn(found, key, text)
    }
    return found
  }

  oneOf<T extends string>(at: At | undefined, what: string, choices: Readonly<Record<string, T>>): T | undefined {
    const text = this.text(at, what)
    if (!at || text === undefined) return undefined
    if (Object.hasOwn(choices, text)) return choices[text]
    const meant = suggest(text, Object.keys(choices))
    const hint = meant === undefined ? `there are: ${Object.keys(choices).join(', ')}` : `did you mean "${meant}"?`
    return this.error(at, `${what} is "${text}", which is not one of its values`, hint)
  }

  /** A whole number. */
  count(at: At | undefined, what: string, minimum = 1, maximum = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(at, what)
    if (!at || text === undefined) return undefined
    const count = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(count) && count >= minimum && count <= maximum) return count
    const upTo = maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`
    return this.error(at, `${what} must be a whole number from ${minimum}${upTo}, but is "${text}"`)
  }

  /** `256`, `256MB`, `1 GB`. */
  megabytes(at: At | undefined, what: string): number | undefined {
    const text = this.text(at, what)
    if (!at || text === undefined) return undefined
    const [, digits, unit] = /^\s*(\d{1,7})\s*(?:(m|g)i?b?)?\s*$/i.exec(text) ?? []
    const megabytes = Number(digits) * (unit?.toLowerCase() === 'g' ? 1024 : 1)
    if (megabytes >= 16 && megabytes <= 1024 * 1024) return megabytes
    return this.error(at, `${what} is "${text}", which is not a size from 16 MB on`, 'write 256MB, 1GB, or megabytes')
  }

  /** Milliseconds. */
  duration(at: At | undefined, what: string): number | undefined {
    const text = this.text(at, what)
    if (!at || text === undefined) return undefined
    const ms = parseDuration(text)
    if (ms !== undefined) return ms
    return this.error(at, `${what} is "${text}", which is not a duration`, 'write 500ms, 30s, 5m, or seconds')
  }

  /** `100/s`, `10/m`, `5/h`. */
  rate(at: At | undefined, what: string): RateLimit | undefined {
    const text = this.text(at, what)
    if (!at || text === undefined) return undefined
    const [, count, unit] = /^\s*(\d{1,6})\s*\/\s*([smh])\s*$/.exec(text) ?? []
    if (count !== undefined && Number(count) > 0)
      return { count: Number(count), perMs: UNITS_MS[unit as keyof typeof UNITS_MS] } // by the pattern
    return this.error(at, `${what} is "${text}", which is not a rate`, 'write 10/s, 100/m or 1000/h')
  }

  /** Any value, with environment variables put into its texts. */
  json(at: At): unknown {
    const { node } = at
    if (node.kind === 'scalar') {
      return typeof node.value === 'string' ? (this.#substitute(at, node.value, 'braced') ?? null) : node.value
    }
    if (node.kind === 'list') return (this.items(at, 'this value') ?? []).map((item) => this.json(item))
    const made: Record<string, unknown> = {}
    for (const [key, item] of this.entries(at, 'this value') ?? []) setOwn(made, key, this.json(item))
    return made
  }

  #substitute(at: At, text: string, names: 'braced' | 'bareNames'): string | undefined {
    const result = substitute(text, this.#env, names)
    return 'text' in result ? result.text : this.error(at, result.error, result.hint)
  }

  #unknownKey(at: At, key: string, what: string, keys: Keys): void {
    const meant = suggest(
      key,
      Object.entries(keys).flatMap(([name, aliases]) => [name, ...aliases]),
    )
    const message = `unknown key "${key}" in ${what}${at.line > 0 ? ` (line ${at.line})` : ''}`
    if (meant === undefined) this.say('warning', 'UNKNOWN_KEY', at, message, `it takes ${Object.keys(keys).join(', ')}`)
    else this.say('warning', 'UNKNOWN_KEY', at, `${message}. Did you mean "${meant}"?`)
  }
}

// ---

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000 }

function canonical(key: string, keys: Keys): string | undefined {
  const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  if (Object.hasOwn(keys, snake)) return snake
  return Object.keys(keys).find((name) => keys[name]?.includes(snake))
}

function step(path: string, name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`
}

function kind(node: Node): string {
  return node.kind === 'list' ? 'a list' : node.kind === 'map' ? 'an object' : kindOf(node.value)
}
