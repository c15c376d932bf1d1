// Schemas as authors have them: of any library that follows Standard Schema, or JSON Schema. Knows no library by name.

import { FlowError, isPromise, isRecord, type Json, type SchemaCheck } from '@stepflow/engine'
import { shown, wrong } from '../compile/options.ts'

/** https://standardschema.dev: what Zod, Valibot, ArkType and others give. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a check gives: the value, or why it does not fit. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** Why a value does not fit. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A JSON Schema; it carries no types. */
export type JsonSchema = { readonly [keyword: string]: unknown } | boolean

/** Anything that can serve as a schema. */
// biome-ignore lint/suspicious/noExplicitAny: every schema, whatever it describes
export type SchemaLike = StandardSchema<any, any> | JsonSchema

/** The type that a value must have before the schema is applied. */
export type InputOf<S> = S extends StandardSchema<infer I, infer _> ? I : unknown
/** The type of the value after the schema was applied. */
export type OutputOf<S> = S extends StandardSchema<infer _, infer O> ? O : unknown

/**
 * A schema that checks nothing and carries a type.
 *
 * ```ts
 * const flow = defineFlow('greet', { input: shape<{ name: string }>() }, ({ input, step }) =>
 *   step('say', (name: string) => `Hello ${name}`, input.name),
 * )
 * console.log(await run(flow, { name: 'Ada' })) // Hello Ada
 * ```
 */
export function shape<T>(): StandardSchema<T, T> {
  const standard = { version: 1 as const, vendor: 'stepflow', validate: (value: unknown) => ({ value: value as T }) }
  return { '~standard': { ...standard, [SHAPE]: true } as StandardSchema<T, T>['~standard'] }
}

/** True if the schema has nothing to say when the program runs. */
export function isUnchecked(schema: SchemaLike | undefined): boolean {
  return schema === undefined || (isStandard(schema) && SHAPE in schema['~standard'])
}

export function isStandard(schema: unknown): schema is StandardSchema<unknown, unknown> {
  return (
    (isRecord(schema) || typeof schema === 'function') && isRecord((schema as { '~standard'?: unknown })['~standard'])
  )
}

export function readSchema(schema: unknown, what: string): SchemaLike | undefined {
  if (schema === undefined || isStandard(schema) || typeof schema === 'boolean') return schema as SchemaLike | undefined
  if (isRecord(schema)) return schema
  throw wrong(`${what} must be a Standard Schema (Zod, Valibot, ArkType, ...) or a JSON Schema, not ${shown(schema)}`)
}

type Side = 'input' | 'output'

/** What may be given, or what becomes of it, as JSON Schema, if the schema's library can say it. */
export function jsonSchemaOf(schema: SchemaLike | undefined, side: Side = 'input'): Json | undefined {
  if (schema === undefined || isUnchecked(schema)) return undefined
  if (!isStandard(schema)) return schema as Json // by its type, all but functions and the like
  const json = (schema['~standard'] as { jsonSchema?: Record<Side, (options: object) => unknown> }).jsonSchema
  try {
    return json?.[side]?.({ target: 'draft-2020-12' }) as Json | undefined
  } catch {
    return undefined // something in it has no counterpart in JSON Schema
  }
}

/** Checks a value; throws `code` with every violation. */
export function checker(schema: SchemaLike | undefined, code: 'INVALID_INPUT' | 'COMPONENT_FAILED', what: string) {
  if (schema === undefined || isUnchecked(schema)) return undefined
  return isStandard(schema) ? standardChecker(schema, code, what) : jsonChecker(schema as JsonSchema, code, what)
}

// ---

const SHAPE = Symbol.for('stepflow.shape')

type Check = (value: unknown) => unknown | Promise<unknown>

function standardChecker(schema: StandardSchema, code: 'INVALID_INPUT' | 'COMPONENT_FAILED', what: string): Check {
  const taken = (result: StandardResult<unknown>) => {
    if (!result.issues) return result.value
    const violations = result.issues.map(({ path, message }) => ({ path: pathOf(path), message }))
    throw unfit(violations, code, what)
  }
  return (value) => {
    const result = schema['~standard'].validate(value)
    return isPromise(result) ? result.then(taken) : taken(result)
  }
}

function jsonChecker(schema: JsonSchema, code: 'INVALID_INPUT' | 'COMPONENT_FAILED', what: string): Check {
  let check: Promise<SchemaCheck> | undefined
  return async (value) => {
    check ??= loadCheck(schema)
    const checked = (await check)(value)
    if (checked.violations.length === 0) return checked.value
    throw unfit(checked.violations, code, what)
  }
}

async function loadCheck(schema: JsonSchema): Promise<SchemaCheck> {
  const { createSchemaLoader } = await import('@stepflow/schema')
  return createSchemaLoader()(schema as Json) // by its type, all but functions and the like
}

function unfit(
  violations: readonly { readonly path: string; readonly message: string }[],
  code: 'INVALID_INPUT' | 'COMPONENT_FAILED',
  what: string,
): FlowError {
  const list = violations.map(({ path, message }) => `${path}: ${message}`).join('; ')
  const data = { violations: violations.map(({ path, message }) => ({ path, message })) }
  return new FlowError(code, `${what} does not fit its schema: ${list}`, { data, retryable: false })
}

function pathOf(path: StandardIssue['path']): string {
  const keys = (path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return keys.reduce<string>((text, key) => text + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`), '$')
}
