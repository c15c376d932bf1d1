// A body of bytes, whole: bounded, and cut if it does not come.

import type { Readable } from 'node:stream'
import { type Clock, FlowError } from '@stepflow/engine'

const SILENT_MS = 60_000

/** Throws TOO_LARGE, keeping no more than that, and what `hold` throws, which hears of bytes before they are kept. */
export async function readBytes(
  body: Readable,
  most: number,
  clock: Clock,
  hold: (bytes: number) => void = () => {},
): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  const watch = () => clock.timer(SILENT_MS, () => body.destroy())
  let cancel = watch()
  try {
    for await (const part of body.iterator({ destroyOnReturn: false })) {
      cancel()
      cancel = watch()
      bytes += part.length
      if (bytes > most) throw new FlowError('TOO_LARGE', `the body is larger than ${most / 2 ** 20} MiB`)
      hold(part.length)
      parts.push(part)
    }
  } finally {
    cancel()
    // The rest of one that is too large goes by: the connection would never come to its next request.
    body.resume()
  }
  return Buffer.concat(parts, bytes)
}
