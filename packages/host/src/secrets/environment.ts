// Secrets of the environment: `STEPFLOW_SECRET_NAME`.

import type { Env } from '../config/substitute.ts'

const PREFIX = 'STEPFLOW_SECRET_'

/** Of `STEPFLOW_SECRET_NAME`, as the flow spells it or in capitals. */
export function secretFrom(env: Env, name: string): string | undefined {
  const variable = [`${PREFIX}${name}`, `${PREFIX}${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`].find((candidate) =>
    Object.hasOwn(env, candidate),
  )
  return variable === undefined ? undefined : env[variable]
}

/** All that are set, by the name after the prefix. */
export function secretsIn(env: Env): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith(PREFIX) && value !== undefined) secrets.set(name.slice(PREFIX.length), value)
  }
  return secrets
}
