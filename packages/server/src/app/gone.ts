// A signal for what is done for one request: aborted when its client has gone, or the server drains.

import type { FastifyReply } from 'fastify'
import type { Life } from './life.ts'

export function gone(reply: FastifyReply, life: Life): AbortSignal {
  const left = new AbortController()
  const forget = life.onDrain(() => left.abort())
  reply.raw.once('close', () => {
    forget()
    // After an answer that is complete nothing is left to be stopped; and to abort costs more than most of a request.
    if (!reply.raw.writableFinished) left.abort()
  })
  return left.signal
}
