// What is done for one request stops when its client has gone, or the server drains: by a signal, or by a call.

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

/** Calls `leave` once nobody waits any longer; returns what takes that back. */
export type WhenGone = (leave: () => void) => () => void

/** For a short wait: a signal, with its listeners, costs more than all else that waiting takes. */
export function whenGone(reply: FastifyReply, life: Life): WhenGone {
  return (leave) => {
    const { raw } = reply
    const closed = () => {
      if (!raw.writableFinished) leave()
    }
    raw.on('close', closed)
    const forget = life.onDrain(leave)
    return () => {
      forget()
      raw.off('close', closed)
    }
  }
}

/** The same of a signal. */
export function whenAborted(signal: AbortSignal): WhenGone {
  return (leave) => {
    signal.addEventListener('abort', leave)
    return () => signal.removeEventListener('abort', leave)
  }
}
