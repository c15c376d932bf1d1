// Secrets of the store: their names, never their values.

import { listedSecretSchema, listedSecretsSchema, newSecretSchema } from '@stepflow/api'
import { listSecrets } from '@stepflow/host/secrets'
import type { App } from '../app/app.ts'
import { NOTHING } from '../app/nothing.ts'
import { pageOf, pageQuery } from '../app/pages.ts'
import { secretUses } from '../flows/secret-uses.ts'
import type { Services } from '../services.ts'

export function secretRoutes(app: App, { storedSecrets, secrets, namedFlows, env }: Services): void {
  app.get(
    '/secrets',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'listSecrets',
        summary: 'List the names of secrets',
        tags: ['secrets'],
        querystring: pageQuery,
        response: { 200: listedSecretsSchema },
      },
    },
    async ({ query }) => {
      const uses = await secretUses(namedFlows)
      const listed = await listSecrets(storedSecrets, env)
      const { page, next } = pageOf('secrets', listed, ({ name }) => name, query)
      return { secrets: page.map((secret) => ({ ...secret, usedBy: uses.of(secret.name) })), ...next }
    },
  )

  app.put(
    '/secrets/:name',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'setSecret',
        summary: 'Set a secret',
        tags: ['secrets'],
        params: secretParams,
        body: newSecretSchema,
        response: { 200: listedSecretSchema },
      },
    },
    async ({ params, body }) => {
      await storedSecrets.set(params.name, body.value)
      // Before anybody reads it: what is not known is not redacted.
      await secrets.refresh()
      const listed = await listSecrets(storedSecrets, env)
      const found = listed.find(({ name }) => name === params.name)
      return { ...found, usedBy: (await secretUses(namedFlows)).of(params.name) }
    },
  )

  app.delete(
    '/secrets/:name',
    {
      config: { access: 'admin' },
      schema: {
        operationId: 'removeSecret',
        summary: 'Remove a secret; runs that hold its value still hide it',
        tags: ['secrets'],
        params: secretParams,
        response: { 204: NOTHING },
      },
    },
    async ({ params }, reply) => {
      await storedSecrets.remove(params.name)
      await secrets.refresh()
      return reply.code(204).send()
    },
  )
}

// ---

const secretParams = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } as const
