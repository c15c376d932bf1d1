// An answer in JSON that begins before its value is known: its head is sent at once, so that the client knows that it was
// accepted, and space until the value comes keeps proxies from losing patience. (Space in front of JSON means nothing.)

import { Readable } from 'node:stream'
import type { Clock } from '@stepflow/engine'
import type { FastifyReply } from 'fastify'
import { inTime } from '../app/in-time.ts'

const EVERY_MS = 20_000

export function slowAnswer(
  reply: FastifyReply,
  clock: Clock,
  ready: Promise<void>,
  value: () => Promise<unknown>,
): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(Readable.from(text(clock, ready, value)))
}

// ---

async function* text(clock: Clock, ready: Promise<void>, value: () => Promise<unknown>): AsyncGenerator<string> {
  let isReady = false
  const done = ready.then(() => {
    isReady = true
  })
  for (;;) {
    yield '\n'
    await inTime(done, clock, EVERY_MS)
    if (isReady) break
  }
  yield JSON.stringify(await value())
}
