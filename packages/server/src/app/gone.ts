// A signal for what is done for one request: aborted when its client has gone, or the server drains.

import type { FastifyReply } from 'fastify'

export function gone(reply: FastifyReply, draining: AbortSignal): AbortSignal {
  const left = new AbortController()
  // After an answer that is complete nothing is left to be stopped, and this stops it all the same.
  reply.raw.once('close', () => left.abort())
  return AbortSignal.any([left.signal, draining])
}
