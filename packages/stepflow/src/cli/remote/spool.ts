// The bytes of a batch's input, to be read several times: a file by its positions, a pipe by a copy of what has come.

import { closeSync, mkdtempSync, openSync, read, rmSync, write } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Input } from '../batch/open-files.ts'

const PIECE_BYTES = 1 << 18

export interface Spool {
  /** All bytes from the first on, those to come too. One reader at a time: a new one takes the place of the one before. */
  chunks(): AsyncGenerator<Buffer>
  close(): void
}

export function openSpool(input: Input): Spool {
  if (input.size !== undefined) return { chunks: () => piecesOf(input.fd), close() {} }
  const copy = temporaryFile()
  let size = 0
  let isEnded = false
  let reading: Promise<void> | undefined
  const readMore = async () => {
    const bytes = await input.read()
    if (bytes.length === 0) isEnded = true
    await writeAll(copy, bytes, size)
    size += bytes.length
  }
  // Shared by all readers: what one of them was waiting for when it was given up is not lost.
  const more = () => {
    reading ??= readMore().finally(() => {
      reading = undefined
    })
    return reading
  }
  return {
    async *chunks() {
      for (let at = 0; ; ) {
        const piece = at < size ? await readAt(copy, at, Math.min(PIECE_BYTES, size - at)) : undefined
        if (piece) {
          at += piece.length
          yield piece
        } else if (isEnded) return
        else await more()
      }
    },
    close: () => closeSync(copy),
  }
}

// ---

async function* piecesOf(fd: number): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const piece = await readAt(fd, at, PIECE_BYTES)
    if (piece.length === 0) return
    at += piece.length
    yield piece
  }
}

/** Without a name: it is gone with this process. */
function temporaryFile(): number {
  const folder = mkdtempSync(join(tmpdir(), 'stepflow-submit-'))
  try {
    return openSync(join(folder, 'input'), 'w+', 0o600)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readAt(fd: number, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length)
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, length, at, (error, count) => (error ? reject(error) : resolve(buffer.subarray(0, count))))
  })
}

async function writeAll(fd: number, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += await new Promise<number>((resolve, reject) => {
      write(fd, bytes, done, bytes.length - done, at + done, (error, count) => (error ? reject(error) : resolve(count)))
    })
  }
}
