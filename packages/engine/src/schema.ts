// JSON Schema, as the engine needs it: a check that is passed in, and the one way to say what did not fit.

import type { ErrorValue } from './errors.ts'

/** Checks a value against a JSON Schema and fills in its defaults, on a copy. */
export type SchemaCheck = ((value: unknown) => {
  readonly value: unknown
  readonly violations: readonly Violation[]
}) & {
  /** The values that the schema marks with `is_secret`. */
  readonly secretsIn?: (value: unknown) => readonly unknown[]
}

export interface Violation {
  /** `$.items[0].name` */
  readonly path: string
  readonly message: string
}

/** The error of a value that does not fit: `what` is "the input does", or the like; all violations, also as data. */
export function misfit(
  what: string,
  violations: readonly Violation[],
): ErrorValue & { readonly code: 'INVALID_INPUT' } {
  const list = violations.map(({ path, message }) => ({ path, message }))
  const told = list.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return { code: 'INVALID_INPUT', message: `${what} not fit the flow's schema: ${told}`, data: { violations: list } }
}
