// Checks requests against the schemas of their routes, and reports all that is wrong at once. A body that does not fit is
// 422; a query that cannot be read is 400.

import type { Shape, ShapeSchema } from '@stepflow/api'
import { type Diagnostic, FlowError, isDateTime, type Json } from '@stepflow/engine'
import { violations } from '@stepflow/schema'
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify'

const MOST_TOLD = 100

/** What fastify is given in place of the validator and the serializer that it brings along. */
export function compilers(validator: FastifySchemaCompiler<ShapeSchema> = createValidator()): Compilers {
  return {
    compilersFactory: {
      buildValidator: () => validator,
      // Schemas of answers describe them, and tests hold answers against them; they take nothing out.
      buildSerializer: () => () => JSON.stringify,
    },
  } as unknown as Compilers // its types are those of the ones that it brings along
}

/** Throws INVALID_INPUT for a value that does not fit; `what` is how it is called then. */
export function createCheck<S extends ShapeSchema>(schema: S, what: string): (value: unknown) => Shape<S> {
  let validate: ValidateFunction | undefined
  return (value) => {
    validate ??= new Ajv2020({ ...SHARED, useDefaults: true }).compile(schema)
    if (validate(value)) return value as Shape<S> // that is what was checked
    throw misfit(what, validate.errors ?? [])
  }
}

// ---

type Compilers = NonNullable<FastifyServerOptions['schemaController']>

function createValidator(): FastifySchemaCompiler<ShapeSchema> {
  // What fits is found out by one that stops at the first fault, and asks for no words.
  const quick = whenUsed({ allErrors: false, verbose: false })
  const body = whenUsed({})
  // All of a query is text.
  const text = whenUsed({ coerceTypes: 'array' })
  return ({ schema, httpPart = 'body' }) => {
    // With the first request: those of all routes together would take longer than all else that a server does to start.
    let fits: ValidateFunction | undefined
    let validate: ValidateFunction | undefined
    return (value: unknown) => {
      if (httpPart === 'body') {
        fits ??= quick().compile(schema)
        if (fits(value)) return true
      }
      validate ??= (httpPart === 'body' ? body : text)().compile(closed(schema, httpPart))
      if (validate(value)) return true
      return { error: misfit(httpPart, validate.errors ?? []) }
    }
  }
}

/** Made with the first request that needs it: to load and make them takes a tenth of a server's start. */
function whenUsed(options: Options): () => Ajv2020 {
  let made: Ajv2020 | undefined
  return () => {
    made ??= new Ajv2020({ ...SHARED, useDefaults: true, ...options })
    return made
  }
}

const formats = { 'date-time': isDateTime }

const SHARED = {
  allErrors: true,
  verbose: true,
  strict: false,
  ownProperties: true,
  logger: false,
  formats,
  // The schemas are ours, and compiling the schema of schemas takes 200 ms.
  meta: false,
  validateSchema: false,
} as const

const WHAT: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the path',
  headers: 'the headers',
}

/** A misspelt parameter is not passed over. */
function closed(schema: ShapeSchema, part: string): ShapeSchema {
  if (part !== 'querystring') return schema
  const properties = Object.entries(schema.properties ?? {}).map(([name, one]) => [name, bounded(one)])
  return { additionalProperties: false, ...schema, properties: Object.fromEntries(properties) }
}

/** 1e309 is read as Infinity, which is no place in any list. */
function bounded(schema: ShapeSchema): ShapeSchema {
  return schema.type === 'integer' ? { maximum: Number.MAX_SAFE_INTEGER, ...schema } : schema
}

function misfit(part: string, errors: readonly ErrorObject[]): FlowError {
  const found = violations(errors, MOST_TOLD)
  const diagnostics = found.map(({ path, message }): Diagnostic => {
    return { code: 'DOES_NOT_FIT', level: 'error', message, path }
  })
  const told = found.slice(0, 5).map(({ path, message }) => `${path} ${message}`)
  return new FlowError('INVALID_INPUT', `${WHAT[part] ?? part} does not fit: ${told.join('; ')}`, {
    ...(Object.hasOwn(WHAT, part) && part !== 'body' ? { status: 400 } : {}),
    data: diagnostics as unknown as Json, // plain JSON
  })
}
