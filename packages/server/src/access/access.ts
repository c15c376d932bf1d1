// Who calls, and whether they may: each route names the least role that it needs. Knows no token itself.

import { type Role, roles } from '@stepflow/api'
import { FlowError, type MaybePromise } from '@stepflow/engine'
import type { FastifyRequest } from 'fastify'
import type { App } from '../app/app.ts'
import type { EndedTokens } from './ended-tokens.ts'
import { cookieIn, sessionCookie } from './session-cookie.ts'

/** Who sends a request, as far as it is known. */
export interface Caller {
  readonly role: Role
  /** The token's; stays on record as `by`. */
  readonly name?: string
  /** Absent for whoever needs no token. */
  readonly tokenId?: string
  /** When the token ends; epoch milliseconds. */
  readonly expiresAt?: number
  /** Of a browser that has a cookie in place of the token. */
  readonly session?: { readonly expiresAt: number; readonly isRenewed: boolean }
}

/** Tells callers apart. */
export interface Access {
  /** Undefined for a request that brings no token and needs one; throws UNAUTHENTICATED for a wrong one. */
  callerOf(request: FastifyRequest): MaybePromise<Caller | undefined>
}

export interface GuardOptions {
  readonly basePath: string
  /** What ends answers that go on for longer than a token. */
  readonly ended: EndedTokens
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it; on a route that anybody may call, perhaps nobody that is known. */
    caller: Caller | undefined
  }
}

/** Refuses, before its body is read, what the caller may not do; and, at once, a route that does not say who may call it. */
export function guard(app: App, access: Access, { basePath, ended }: GuardOptions): void {
  app.decorateRequest('caller', undefined)
  app.addHook('onRoute', ({ config, url, method }) => {
    if (config?.access === undefined) throw new Error(`route ${method} ${url} does not say who may call it`)
  })
  app.addHook('onRequest', async (request, reply) => {
    const needed = request.routeOptions.config.access
    if (needed === undefined || needed === 'none') return
    request.caller = await access.callerOf(request)
    if (!request.caller) {
      throw new FlowError('UNAUTHENTICATED', 'this needs a token: Authorization: Bearer TOKEN')
    }
    if (roles.indexOf(request.caller.role) < roles.indexOf(needed)) {
      throw new FlowError('FORBIDDEN', `this needs the role ${needed}, and the token's is ${request.caller.role}`)
    }
    const { tokenId, session } = request.caller
    if (tokenId !== undefined) ended.follow(tokenId, reply.raw)
    const cookie = session?.isRenewed ? cookieIn(request.headers.cookie) : undefined
    if (cookie !== undefined) reply.header('Set-Cookie', sessionCookie(cookie, basePath, request))
  })
}
