// The examples of a flow, as inputs.

import { emptyValue, type Schema } from './fields.ts'

/** What a form begins with: the first example, or what the schema says of itself. */
export function firstInput(examples: readonly unknown[], schema: unknown): unknown {
  const [example] = examples
  return example === undefined ? emptyInput(schema) : inputIn(example)
}

/** The least that has the schema's shape. */
export function emptyInput(schema: unknown): unknown {
  return emptyValue(schema, (schema ?? {}) as Schema) ?? {}
}

/** An example is an input with a name, or the input alone. */
export function inputIn(example: unknown): unknown {
  const holder = example as { input?: unknown } | null
  return typeof holder === 'object' && holder !== null && 'input' in holder ? holder.input : example
}

export function nameIn(example: unknown): string | undefined {
  const name = (example as { name?: unknown } | null)?.name
  return typeof name === 'string' ? name : undefined
}
