// What of a value does not fit a JSON Schema; so far as a page can say it without the server.

import { Validator } from '@cfworker/json-schema'
import type { Schema } from './fields.ts'

/** What does not fit the schema, by path; empty if all does. */
export function problemsIn(schema: unknown, value: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  if (typeof schema !== 'object' || schema === null) return found
  try {
    const { errors } = new Validator(schema, '2020-12', false).validate(value)
    for (const { instanceLocation, error, keyword } of errors) {
      if (keyword === 'properties' || keyword === 'items' || keyword === '$ref') continue
      const missing = keyword === 'required' ? /required property "(.*)"/.exec(error)?.[1] : undefined
      const path = instanceLocation.replace(/^#/, '')
      found.set(missing === undefined ? path : `${path}/${missing}`, missing === undefined ? error : 'This is needed.')
    }
  } catch {
    // A schema that this check does not know is checked by the server.
  }
  return found
}

/** Does it? A schema that cannot be read refuses all. */
export function fits(schema: Schema, value: unknown, root: Schema): boolean {
  try {
    return new Validator({ $defs: root.$defs, ...schema } as object, '2020-12', true).validate(value).valid
  } catch {
    return false
  }
}
