// The address and the key of a service: from the step's own settings, else from the environment of the process that runs
// the engine.

import { FlowError } from '@stepflow/engine'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Base {
  readonly url: string
  /** The environment chose it, not a step's data. */
  readonly trusted: boolean
}

/** Without a slash at the end. */
export function baseOf(given: string | undefined, env: Environment, variable: string, otherwise: string): Base {
  const ours = (env[variable] || otherwise).replace(/\/+$/, '')
  const url = given?.trim().replace(/\/+$/, '') || ours
  return { url, trusted: url === ours }
}

/** Throws INVALID_INPUT, saying how to give one; `field` is how a step does. */
export function keyOf(
  name: string,
  given: string | undefined,
  env: Environment,
  variables: readonly string[],
  field = '"token", best as {{secrets.NAME}}',
): string {
  const key = (given || variables.map((variable) => env[variable]).find(Boolean))?.trim()
  if (!key) {
    throw new FlowError(
      'INVALID_INPUT',
      `${name} has no key: set ${variables.join(' or ')} in the environment, or give ${field}`,
    )
  }
  // It travels in a header: what cannot stand there would be refused with a message that names no cause.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new FlowError(
      'INVALID_INPUT',
      `${name}: the key has characters that no key can have; is it cut off or quoted wrongly?`,
    )
  }
  return key
}
