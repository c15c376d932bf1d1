// The types of our fastify: routes whose request types follow from their schemas, and which say who may call them.

// What a schema says for the document is declared there.
import type {} from '@fastify/swagger'
import type { Role, Shape } from '@stepflow/api'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'

/** What a request is, is read off the schema that checks it. */
export interface Shapes extends FastifyTypeProvider {
  readonly validator: Shape<this['schema']>
  /** Answers are checked by tests: nothing is left out of one because its schema forgot it. */
  readonly serializer: unknown
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  Shapes
>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route; `none`: anybody, without a token. */
    readonly access?: Role | 'none'
  }
}
