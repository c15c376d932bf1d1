// The body of a request over HTTP, with a bound. Loads no engine.

import type { IncomingMessage } from 'node:http'

/** `body` is undefined if it is longer than `maxBytes`; `bytes` is its whole length: the rest of it is read and dropped. */
export interface RequestBody {
  readonly bytes: number
  readonly body: Buffer | undefined
}

export async function readBody(request: IncomingMessage, maxBytes: number): Promise<RequestBody> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= maxBytes) parts.push(part)
    else parts.length = 0
  }
  return { bytes, body: bytes <= maxBytes ? Buffer.concat(parts) : undefined }
}
