// The cookie that stands for a token in a browser: out of reach for scripts, and not sent along from other sites.

import { SESSION_MS } from '@stepflow/host/tokens'
import type { FastifyRequest } from 'fastify'

export function cookieIn(header: string | undefined): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [name, value] = part.split('=', 2)
    if (name?.trim() === NAME && value !== undefined) return value.trim()
  }
  return undefined
}

/** As the header Set-Cookie has it; `''` removes it. */
export function sessionCookie(value: string, basePath: string, request: FastifyRequest): string {
  const isSecure = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https'
  return [
    `${NAME}=${value}`,
    `Path=${basePath === '' ? '/' : basePath}`,
    `Max-Age=${value === '' ? 0 : SESSION_MS / 1000}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ')
}

// ---

const NAME = 'stepflow_session'
