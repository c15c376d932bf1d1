// The OpenAPI 3.1 document, made from the schemas that check the requests. Made when somebody asks: a server that nobody asks
// loads nothing for it.

import { problemSchema } from '@stepflow/api'
import { isRecord } from '@stepflow/engine'
import type { FastifyInstance } from 'fastify'
import type { App } from './app.ts'
import { compilers } from './validate.ts'

export interface DescribedApi {
  readonly version: string
  /** Where the API stands: `/x/api/v1`. */
  readonly prefix: string
  /** Adds the routes, whose handlers are never called. */
  readonly routes: (app: App) => void
}

export async function describeApi({ version, prefix, routes }: DescribedApi): Promise<object> {
  const [{ default: fastify }, { default: swagger }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
  ])
  const app: FastifyInstance = fastify({ exposeHeadRoutes: false, schemaController: compilers(() => () => true) })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Stepflow',
        version,
        description:
          'Starts, follows and steers runs of workflows. Times are ISO 8601 in UTC; errors are problem+json.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: prefix }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'A token of `stepflow tokens create`.' },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access
      return {
        url,
        schema: {
          ...schema,
          security: access === 'none' ? [] : [{ token: [] }],
          response: withProblem((schema.response ?? {}) as Record<string, unknown>),
          ...(access === undefined || access === 'none' ? {} : { 'x-access': access }),
        },
      }
    },
  })
  await app.register(async (scope) => routes(scope as unknown as App))
  await app.ready()
  const described = named(app.swagger())
  await app.close()
  return described
}

// ---

/** Every route may refuse. */
function withProblem(response: Record<string, unknown>): Record<string, unknown> {
  const schema = { 'application/problem+json': { schema: problemSchema } }
  const refused = { description: 'Why the request was refused.', content: schema }
  return {
    '4XX': refused,
    '5XX': { ...refused, description: 'Not now: the store is away, or the server is ending.' },
    ...response,
  }
}

/** Schemas with a title are written once, under `components`, and referred to. */
function named(document: object): object {
  const schemas: Record<string, unknown> = {}
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isRecord(value)) return value
    const { title } = value
    const isNamed = typeof title === 'string' && /^[A-Z][A-Za-z]+$/.test(title) && ('type' in value || 'anyOf' in value)
    const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]))
    if (!isNamed) return inner
    schemas[title] = inner
    return { $ref: `#/components/schemas/${title}` }
  }
  const paths = walk((document as { paths: unknown }).paths)
  const { components } = document as { components?: object }
  return { ...document, paths, components: { ...components, schemas } }
}
