// Tells callers apart by their token or their session; on loopback, who brings neither may do all.

import { FlowError } from '@stepflow/engine'
import type { Sessions, Tokens } from '@stepflow/host/tokens'
import type { FastifyRequest } from 'fastify'
import type { Access, Caller } from './access.ts'
import { cookieIn } from './session-cookie.ts'

export interface TokenAccessOptions {
  readonly tokens: Tokens
  readonly sessions: Sessions
  /** Whoever reaches the server from this machine needs no token. */
  readonly isOpen: boolean
}

export function createTokenAccess({ tokens, sessions, isOpen }: TokenAccessOptions): Access {
  const openCaller = (request: FastifyRequest) => (isOpen && isFromHere(request) ? EVERYBODY : undefined)

  async function known(request: FastifyRequest): Promise<Caller | undefined> {
    const { authorization } = request.headers
    if (authorization !== undefined) {
      const token = /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1]
      const checked = token === undefined ? undefined : await tokens.check(token)
      if (checked?.status === 'valid') return { ...checked.token, tokenId: checked.token.id }
      const why = checked?.status === 'expired' ? 'the token has expired' : 'there is no such token'
      throw new FlowError('UNAUTHENTICATED', checked ? why : 'the header Authorization must be: Bearer TOKEN')
    }
    const cookie = cookieIn(request.headers.cookie)
    const session = cookie === undefined ? undefined : await sessions.check(cookie)
    if (!session) return openCaller(request)
    const { token, expiresAt, isRenewed } = session
    return { ...token, tokenId: token.id, session: { expiresAt, isRenewed } }
  }

  return {
    callerOf(request) {
      const { authorization, cookie } = request.headers
      return authorization === undefined && cookie === undefined ? openCaller(request) : known(request)
    },
  }
}

// ---

const EVERYBODY: Caller = { role: 'admin' }

/** A proxy on this machine speaks for somebody who may be anywhere. */
function isFromHere({ socket, headers }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? ''
  if (!/^(?:::ffff:)?127\.|^::1$/.test(address)) return false
  return !Object.keys(headers).some((name) => FORWARDING.test(name))
}

const FORWARDING =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-original-(?:host|for|url)|x-real-ip|x-client-ip|x-cluster-client-ip|true-client-ip|cf-connecting-ip|fastly-client-ip)$/
