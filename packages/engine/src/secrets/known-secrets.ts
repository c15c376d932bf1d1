// The secrets that this process has met: those of the workspace and of variables for good, those of inputs while they are
// likely to be seen. It is what lines are redacted by that belong to no call: what a component server prints.

import type { Log } from '../component/plugin.ts'
import type { Json } from '../json.ts'
import { Redactor } from './redactor.ts'

/** Of inputs, the latest ones: their lists, and their characters in all. An index takes much more than its secret. */
const MOST_REMEMBERED = 1024
const MOST_CHARACTERS = 131_072

export class KnownSecrets {
  /** Those that have a name. */
  readonly named: Redactor
  readonly #warn: (message: string) => void
  readonly #warned = new Set<string>()
  /** By the secrets of an input, as JSON: many inputs bring the same. */
  readonly #recent = new Map<string, Redactor>()
  #characters = 0

  constructor(secrets: Iterable<unknown> = [], warn: (message: string) => void = () => {}) {
    this.named = new Redactor(secrets)
    this.#warn = warn
  }

  /** A secret that a flow asked for. */
  add(name: string, value: string): void {
    this.named.add(value)
    if (isShort(value)) this.#warnOnce(`the secret ${name}`)
  }

  /** What takes out the secrets of an input, or of variables: it is made once for the same ones. */
  of(values: readonly unknown[]): Redactor {
    const key = JSON.stringify(values)
    let redactor = this.#recent.get(key)
    // The latest one is the last.
    if (redactor) this.#recent.delete(key)
    else {
      redactor = new Redactor(values)
      this.#characters += key.length
      if (values.some(isShort)) this.#warnOnce('a value that a schema marks is_secret')
    }
    this.#recent.set(key, redactor)
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= MOST_REMEMBERED && this.#characters <= MOST_CHARACTERS) break
      this.#recent.delete(oldest)
      this.#characters -= oldest.length
    }
    return redactor
  }

  /** A log that gets its lines without any of them. */
  log(log: Log): Log {
    return (level, message, data) => {
      const redactor = new Redactor([], [this.named, ...this.#recent.values()])
      const clean: Json | undefined = redactor.value(data)
      log(level, redactor.text(message), clean)
    }
  }

  #warnOnce(what: string): void {
    if (this.#warned.has(what)) return
    this.#warned.add(what)
    this.#warn(`${what} has fewer than 4 characters: it is redacted only where it stands alone, not inside other words`)
  }
}

// ---

function isShort(secret: unknown): boolean {
  if (typeof secret === 'string') return secret.length > 0 && secret.length < 4
  return typeof secret === 'number' && String(secret).length < 4
}
