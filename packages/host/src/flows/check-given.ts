// What a flow would be run with, checked without running it: variables against its schema, secrets against what it reads.

import { type Diagnostic, type Plan, secretsReadBy } from '@stepflow/engine'
import { createSchemaLoader } from '@stepflow/schema'
import type { Env } from '../config/substitute.ts'
import { secretFrom } from '../secrets/environment.ts'
import { unknownVariables } from './variables.ts'

/** Names that the flow does not have, and what does not fit its schema. */
export async function checkVariables(given: Readonly<Record<string, unknown>>, plan: Plan): Promise<Diagnostic[]> {
  const schema = plan.schemas?.variables
  if (schema === undefined) return unknownVariables(given, plan)
  const check = await createSchemaLoader()(schema)
  const { violations } = check(given)
  const wrong = violations.map(({ path, message }): Diagnostic => {
    return {
      code: 'VARIABLES_DO_NOT_FIT',
      level: 'error',
      message: `the variables do not fit the flow's schema: ${path}: ${message}`,
    }
  })
  return [...unknownVariables(given, plan), ...wrong]
}

/** Secrets that the flow reads, and that are neither in the file nor in the environment. */
export function checkSecrets(plan: Plan, file: ReadonlyMap<string, string>, env: Env): Diagnostic[] {
  const missing = [...secretsReadBy(plan, 'those without a default')].filter(
    (name) => file.get(name) === undefined && secretFrom(env, name) === undefined,
  )
  return missing.map((name) => ({
    code: 'SECRET_NOT_SET',
    level: 'error',
    message: `the flow reads the secret "${name}", which is not set`,
    hint: `set STEPFLOW_SECRET_${name} in the environment, or put it into the file of --secrets`,
  }))
}
