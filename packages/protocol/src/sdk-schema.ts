// The schemas that a component declares: any Standard Schema (zod, valibot, arktype, ...), which also validates, or a
// plain JSON Schema, which is only shown. Imports no schema library.

import type { Json } from '@stepflow/engine'
import { isObject, RpcError, rpcCode } from './wire.ts'

/** The part of https://standardschema.dev that we use. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
    readonly jsonSchema?: { readonly input: (options: { target: string }) => unknown } | undefined
  }
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A JSON Schema as it is written in JSON. */
export type JsonSchema = { readonly [key: string]: unknown; readonly '~standard'?: never }
/** What describes an input or an output. */
export type Schema = StandardSchema | JsonSchema

/** What a handler receives: the schema's output type; without one, whatever was sent. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema says nothing to the compiler, and the author knows more.
export type Received<S> = S extends StandardSchema<infer Output> ? Output : any

/** The JSON Schema to announce, if there is one. */
export function announced(schema: Schema | undefined): Json | undefined {
  if (schema === undefined) return undefined
  if (!isStandard(schema)) return schema as Json // JSON by its declaration
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) as Json | undefined
  } catch {
    // Not every schema can be written as JSON Schema; it still validates.
    return undefined
  }
}

/** The value as the schema makes it, at once if the schema can. Throws an RpcError that names what is wrong. */
export function validate(schema: Schema | undefined, value: unknown, what: 'input' | 'output'): unknown {
  if (schema === undefined || !isStandard(schema)) return value
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then((settled) => accept(settled, what)) : accept(result, what)
}

// ---

function isStandard(schema: Schema): schema is StandardSchema {
  return isObject(schema['~standard'])
}

function accept(result: StandardResult<unknown>, what: 'input' | 'output'): unknown {
  if (!result.issues) return result.value
  const issues = result.issues.map(({ message, path = [] }) => ({ path: pathText(path), message }))
  const list = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
  const code = what === 'input' ? rpcCode.invalidParams : rpcCode.executionFailed
  throw new RpcError(code, `the ${what} does not fit its schema: ${list}`, { issues })
}

function pathText(path: NonNullable<StandardIssue['path']>): string {
  let text = '$'
  for (const part of path) {
    const key = typeof part === 'object' ? part.key : part
    text += typeof key === 'number' ? `[${key}]` : `.${String(key)}`
  }
  return text
}
