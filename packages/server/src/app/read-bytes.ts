// A body of bytes, whole: bounded, and cut if it does not come.

import type { Readable } from 'node:stream'
import { type Clock, FlowError } from '@stepflow/engine'

const SILENT_MS = 60_000

/** Throws TOO_LARGE, without reading further. */
export async function readBytes(body: Readable, most: number, clock: Clock): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  const watch = () => clock.timer(SILENT_MS, () => body.destroy())
  let cancel = watch()
  try {
    for await (const part of body) {
      cancel()
      cancel = watch()
      bytes += part.length
      if (bytes > most) throw new FlowError('TOO_LARGE', `the body is larger than ${most / 2 ** 20} MiB`)
      parts.push(part)
    }
  } finally {
    cancel()
  }
  return Buffer.concat(parts, bytes)
}
