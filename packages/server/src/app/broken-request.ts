// What is answered where there is no request: a head that does not come, is too large, or is no HTTP. It is refused in the same
// form as everything else, on the bare connection, which is closed with it. No route, hook or metric hears of it.

import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '@stepflow/engine'
import { PROBLEM_TYPE, problemOf } from './problem.ts'

export function refuseBroken(server: Server): void {
  server.on('clientError', (error: BrokenRequest, socket: AnsweringSocket) => {
    // Nothing is written into the middle of an answer.
    const isMidway = socket._httpMessage?.headersSent === true
    if (error.code !== 'ECONNRESET' && socket.writable && !isMidway) socket.write(refusal(error))
    socket.destroy(error)
  })
  // Without these, Node answers an empty 417, or nothing.
  server.on('checkExpectation', (_request: IncomingMessage, { socket }: ServerResponse) => {
    socket?.end(written(417, 'INVALID_INPUT', 'the only expectation that is met is "Expect: 100-continue"'))
  })
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => {})
    socket.end(written(405, 'METHOD_NOT_ALLOWED', 'this server is no proxy: it takes no CONNECT'))
  })
}

// ---

type BrokenRequest = Error & { readonly code?: string }
/** Where Node itself looks for the answer that a connection is at. */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null }

function refusal({ code, message }: BrokenRequest): string {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return written(408, 'TIMEOUT', 'the request did not come in time: send it whole, on a new connection')
    case 'HPE_HEADER_OVERFLOW':
      return written(431, 'TOO_LARGE', 'the path and the headers together are larger than 16 KiB')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return written(413, 'TOO_LARGE', 'the extensions of a chunk are larger than 16 KiB')
    default:
      return written(400, 'INVALID_INPUT', `this is not HTTP/1.1: ${message.replace(/^Parse Error: /, '')}`)
  }
}

function written(status: number, code: ErrorCode, detail: string): string {
  const requestId = randomUUID()
  const body = JSON.stringify(problemOf({ status, code, detail, requestId }))
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
