// Tokens: a new one is in the answer to the request that made it, and nowhere else.

import { newTokenSchema, tokenListSchema, tokenSchema } from '@stepflow/api'
import { tokenSummary } from '@stepflow/host/tokens'
import type { App } from '../app/app.ts'
import { durationOf } from '../app/duration.ts'
import { NOTHING } from '../app/nothing.ts'
import { inOrder, pageOf, pageQuery } from '../app/pages.ts'
import type { Services } from '../services.ts'

export function tokenRoutes(app: App, { tokens }: Services): void {
  app.get(
    '/tokens',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'listTokens',
        summary: 'List tokens',
        tags: ['access'],
        querystring: pageQuery,
        response: { 200: tokenListSchema },
      },
    },
    async ({ query }) => {
      const placeOf = ({ createdAt, id }: { readonly createdAt: number; readonly id: string }) =>
        `${inOrder(createdAt)} ${id}`
      const { page, next } = pageOf('tokens', await tokens.list(), placeOf, query)
      return { tokens: page.map(tokenSummary), ...next }
    },
  )

  app.post(
    '/tokens',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'createToken',
        summary: 'Create a token, which is shown once',
        tags: ['access'],
        body: newTokenSchema,
        response: { 201: tokenSchema },
      },
    },
    async ({ body }, reply) => {
      const { role, name, expiresIn } = body
      const expiresInMs = expiresIn === undefined ? undefined : durationOf('expiresIn', expiresIn, '30d')
      const made = await tokens.create({ role, name, expiresInMs })
      return reply.code(201).send(made)
    },
  )

  app.delete(
    '/tokens/:tokenId',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'revokeToken',
        summary: 'Revoke a token, with its sessions and streams',
        tags: ['access'],
        params: { type: 'object', properties: { tokenId: { type: 'string' } }, required: ['tokenId'] } as const,
        response: { 204: NOTHING },
      },
    },
    async ({ params }, reply) => {
      await tokens.revoke(params.tokenId)
      return reply.code(204).send()
    },
  )
}
