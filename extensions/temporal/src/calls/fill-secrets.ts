// Puts secrets in the place of the references to them in an input, and references in the place of the secrets in what comes
// back: between the two, in the history, there is none.

import { FlowError } from '@stepflow/engine'

/** What has fewer characters is found in other words, too. */
const SHORTEST = 4

export class FilledSecrets {
  readonly #filling: readonly Replacement[]
  readonly #emptying: readonly Replacement[]

  /** `references`: by name. Throws INVALID_INPUT for a secret that is not set here. */
  constructor(references: Readonly<Record<string, string>>, get: (name: string) => string | undefined) {
    const filling = Object.entries(references).map(([name, reference]): Replacement => {
      const secret = get(name)
      if (secret !== undefined) return [inJson(reference), inJson(secret)]
      const message = `this worker does not have the secret "${name}"; set STEPFLOW_SECRET_${name} in its environment`
      throw new FlowError('INVALID_INPUT', message)
    })
    this.#filling = longestFirst(filling)
    const long = filling.filter(([, secret]) => secret.length >= SHORTEST)
    this.#emptying = longestFirst(long.map(([reference, secret]) => [secret, reference]))
  }

  fill<T>(value: T): T {
    return replaced(value, this.#filling)
  }

  empty<T>(value: T): T {
    return replaced(value, this.#emptying)
  }
}

// ---

/** As both stand in JSON. */
type Replacement = readonly [from: string, to: string]

/** One may be in another. */
function longestFirst(replacements: readonly Replacement[]): readonly Replacement[] {
  return [...replacements].sort(([a], [b]) => b.length - a.length)
}

function replaced<T>(value: T, replacements: readonly Replacement[]): T {
  if (replacements.length === 0 || value === undefined) return value
  let text = JSON.stringify(value)
  for (const [from, to] of replacements) text = text.replaceAll(from, () => to)
  return JSON.parse(text)
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
