// An answer that is written as it comes. Its head is sent at once: whoever waits for the first line knows that he does.

import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

export function streamAnswer(reply: FastifyReply, type: string, parts: AsyncIterable<string>): FastifyReply {
  return reply.type(type).send(Readable.from(withHead(reply, parts)))
}

// ---

/** It is read from when the headers are set. */
async function* withHead(reply: FastifyReply, parts: AsyncIterable<string>): AsyncGenerator<string> {
  reply.raw.flushHeaders()
  yield* parts
}
