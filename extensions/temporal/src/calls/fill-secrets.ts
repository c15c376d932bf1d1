// Puts secrets in the place of the references to them in an input, and references in the place of the secrets in what comes
// back: between the two, in the history, there is none.

import { FlowError } from '@stepflow/engine'

/** What has fewer characters is found in other words, too. */
const SHORTEST = 4

export class FilledSecrets {
  /** Reference and secret, as they stand in JSON. */
  readonly #pairs: readonly (readonly [reference: string, secret: string])[]

  /** `references`: by name. Throws INVALID_INPUT for a secret that is not set here. */
  constructor(references: Readonly<Record<string, string>>, get: (name: string) => string | undefined) {
    this.#pairs = Object.entries(references).map(([name, reference]) => {
      const secret = get(name)
      if (secret !== undefined) return [inJson(reference), inJson(secret)]
      const message = `this worker does not have the secret "${name}"; set STEPFLOW_SECRET_${name} in its environment`
      throw new FlowError('INVALID_INPUT', message)
    })
  }

  fill<T>(value: T): T {
    return this.#replaced(value, ([reference, secret]) => [reference, secret])
  }

  /** The longest first: one may be in another. */
  empty<T>(value: T): T {
    return this.#replaced(value, ([reference, secret]) => (secret.length < SHORTEST ? undefined : [secret, reference]))
  }

  #replaced<T>(value: T, pairOf: (pair: readonly [string, string]) => readonly [string, string] | undefined): T {
    if (this.#pairs.length === 0 || value === undefined) return value
    const pairs = this.#pairs.flatMap((pair) => [pairOf(pair) ?? []].filter((one) => one.length === 2))
    pairs.sort(([a = ''], [b = '']) => b.length - a.length)
    let text = JSON.stringify(value)
    for (const [from, to] of pairs) text = text.replaceAll(from as string, () => to as string)
    return JSON.parse(text)
  }
}

// ---

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
