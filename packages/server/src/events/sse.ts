// Server-sent events as text, and the place from which a stream goes on.
//
// A place is a cursor of the store. With `~` behind it, the state after its row has not been sent yet: a client that has heard of
// what happened must hear of where that has led to. With a number behind that, so many happenings of the next row were sent.

import { Readable } from 'node:stream'
import type { Cursor } from '@stepflow/engine'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { unreadable } from '../app/problem.ts'

export interface Place {
  readonly cursor: Cursor
  readonly owesState: boolean
  readonly done?: number
}

export function placeText({ cursor, owesState, done }: Place): string {
  return owesState ? `${cursor}~${done ?? ''}` : cursor
}

/** Where the client wants to go on; undefined if it does not say. */
export function placeOf({ headers }: FastifyRequest, after: string | undefined): Place | undefined {
  const header = headers['last-event-id']
  if (Array.isArray(header)) throw unreadable('there are several headers Last-Event-ID')
  // A browser that connects again sends the header, and the address that it had at first.
  const text = header === undefined || header === '' ? after : header
  if (text === undefined) return undefined
  const [, cursor = text, done] = /^(.*)~(\d{0,9})$/s.exec(text) ?? []
  if (done === undefined) return { cursor, owesState: false }
  return { cursor, owesState: true, ...(done === '' ? {} : { done: Number(done) }) }
}

export function eventText(event: string, data: unknown, place?: Place): string {
  const id = place ? `id: ${placeText(place)}\n` : ''
  return `${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Nothing happens, but a client that connects again goes on from there. */
export function placeOnly(place: Place): string {
  return `id: ${placeText(place)}\n\n`
}

/** No more than one piece is held for a client that does not read. */
export function sendEvents(reply: FastifyReply, events: AsyncIterable<string>): FastifyReply {
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('X-Accel-Buffering', 'no')
    .send(Readable.from(events, { highWaterMark: 1 }))
}
