// The secrets that this process knows by name, and the redaction of those in inputs. A line that belongs to no call is
// redacted by the former.

import type { Log } from '../component/plugin.ts'
import { Redactor } from './redactor.ts'

/** Inputs often bring the same secrets: so many are kept, unless they are long. */
const MOST_KEPT = 16
const LONGEST_KEPT = 4096

export class KnownSecrets {
  readonly named: Redactor
  readonly #warn: (message: string) => void
  readonly #warned = new Set<string>()
  /** By the secrets of an input, as JSON. */
  readonly #kept = new Map<string, Redactor>()

  constructor(secrets: Iterable<unknown> = [], warn: (message: string) => void = () => {}) {
    this.named = new Redactor(secrets)
    this.#warn = warn
  }

  /** A secret that a flow asked for. */
  add(name: string, value: string): void {
    this.named.add(value)
    if (isShort(value)) this.#warnOnce(`the secret ${name}`)
  }

  /** What takes out the secrets of an input; the same for the same ones, if they come again soon. */
  of(values: readonly unknown[]): Redactor {
    const key = JSON.stringify(values)
    const kept = this.#kept.get(key)
    if (kept) return kept
    const redactor = Redactor.forFew(values)
    if (values.some(isShort)) this.#warnOnce('a value that a schema marks is_secret')
    if (key.length > LONGEST_KEPT) return redactor
    if (this.#kept.size === MOST_KEPT) this.#kept.clear()
    this.#kept.set(key, redactor)
    return redactor
  }

  /** A log that gets its lines without the named ones. */
  log(log: Log): Log {
    return (level, message, data) => log(level, this.named.text(message), this.named.value(data))
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
