// Sessions: a browser gives its token once, and has a cookie from then on.

import { newSessionSchema, sessionSchema } from '@stepflow/api'
import { FlowError } from '@stepflow/engine'
import type { Caller } from '../access/access.ts'
import { cookieIn, sessionCookie } from '../access/session-cookie.ts'
import type { App } from '../app/app.ts'
import { NOTHING } from '../app/nothing.ts'
import type { Services } from '../services.ts'

export function sessionRoutes(app: App, { config, tokens, sessions }: Services): void {
  app.post(
    '/session',
    {
      config: { access: 'none' },
      schema: {
        operationId: 'beginSession',
        summary: 'Begin a session with a token',
        description: 'Sets a cookie that stands for the token, for 12 hours after its last use.',
        tags: ['access'],
        body: newSessionSchema,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const checked = await tokens.check(request.body.token)
      if (checked.status !== 'valid') {
        const why = checked.status === 'expired' ? 'the token has expired' : 'there is no such token'
        throw new FlowError('UNAUTHENTICATED', why)
      }
      const { cookie, session } = await sessions.begin(checked.token)
      reply.header('Set-Cookie', sessionCookie(cookie, config.basePath, request))
      const { role, name } = checked.token
      return shown({ role, ...(name === undefined ? {} : { name }) }, session.expiresAt)
    },
  )

  app.get(
    '/session',
    {
      config: { access: 'viewer' },
      schema: {
        operationId: 'getSession',
        summary: 'Who the caller is',
        tags: ['access'],
        response: { 200: sessionSchema },
      },
    },
    async ({ caller = NOBODY }) => shown(caller, caller.session?.expiresAt ?? caller.expiresAt),
  )

  app.delete(
    '/session',
    {
      config: { access: 'viewer' },
      schema: { operationId: 'endSession', summary: 'End the session', tags: ['access'], response: { 204: NOTHING } },
    },
    async (request, reply) => {
      const cookie = cookieIn(request.headers.cookie)
      if (cookie !== undefined) await sessions.end(cookie)
      return reply
        .code(204)
        .header('Set-Cookie', sessionCookie('', config.basePath, request))
        .send()
    },
  )
}

// ---

/** The guard lets nobody through that is not known. */
const NOBODY: Caller = { role: 'viewer' }

function shown({ role, name }: Caller, expiresAt: number | undefined) {
  return {
    role,
    ...(name === undefined ? {} : { name }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  }
}
