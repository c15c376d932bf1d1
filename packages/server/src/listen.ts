// Where a server listens, and who reaches it there.

import { isIP } from 'node:net'
import { FlowError } from '@stepflow/engine'
import type { FastifyInstance } from 'fastify'

export const LOOPBACK = '127.0.0.1'

/** Only this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** Answers where it listens: `http://127.0.0.1:7837`. Throws INVALID_INPUT for what cannot be listened to. */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (thrown) {
    throw cannotListen(thrown, host, port)
  }
  const address = app.server.address()
  const actual = typeof address === 'object' && address ? address.port : port
  // All addresses of the machine: this one is among them.
  const shown = host === '0.0.0.0' || host === '::' ? LOOPBACK : isIP(host) === 6 ? `[${host}]` : host
  return `http://${shown}:${actual}`
}

// ---

function cannotListen(thrown: unknown, host: string, port: number): unknown {
  const { code } = thrown as NodeJS.ErrnoException
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} of ${host} is in use: end what listens there, or take another --port`,
    EACCES: `port ${port} of ${host} may not be used by this user: take one above 1023`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
    ENOTFOUND: `there is no host ${host}`,
    EAI_AGAIN: `the name ${host} cannot be looked up now`,
  }
  const message = code === undefined ? undefined : why[code]
  return message === undefined ? thrown : new FlowError('INVALID_INPUT', message, { cause: thrown })
}
