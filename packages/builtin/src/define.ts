// One builtin component: its name and its fields in, the engine's Component out.

import type { CallContext, Component, Json, MaybePromise, Park } from '@stepflow/engine'
import { type Fields, type InputOf, misfitsIn, readInput, schemaOf } from './input.ts'

export interface BuiltinDefinition<F extends Fields> {
  /** Without a slash: `put_blob`. */
  readonly name: string
  readonly description: string
  readonly fields: F
  readonly output: Json
  readonly primary?: string
  readonly repeatable?: boolean
  /** `raw` is the input as it came: for telling null from absent. */
  call(input: InputOf<F>, context: CallContext, raw: unknown): MaybePromise<unknown | Park>
}

export function define<F extends Fields>(definition: BuiltinDefinition<F>): Component {
  const { name, description, fields, output, primary, repeatable } = definition
  const shownAs = `/builtin/${name}`
  return {
    info: {
      name: `/${name}`,
      description,
      inputSchema: schemaOf(fields),
      outputSchema: output,
      ...(primary === undefined ? {} : { primary }),
      ...(repeatable === undefined ? {} : { repeatable }),
    },
    misfits: (known, keys) => misfitsIn(shownAs, fields, known, keys),
    call: (input, context) => definition.call(readInput(shownAs, fields, input, context), context, input),
  }
}
