// Reading and writing what is no file. A thread that is blocked on a pipe would keep the process from ending; Node's own
// streams wait without one.

import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'

export function isFile(fd: number): boolean {
  return fstatSync(fd).isFile()
}

/** A pipe, socket or terminal, which from then on owns the descriptor; undefined for what is none. */
export function openPipe(fd: number): { read(): Promise<Buffer>; close(): void } | undefined {
  const stream = streamOf(fd)
  if (!stream) return undefined
  const chunks = stream[Symbol.asyncIterator]()
  return {
    async read() {
      const { done, value } = await chunks.next()
      return done ? Buffer.alloc(0) : (value as Buffer)
    },
    close: () => stream.destroy(),
  }
}

/** Writes all of it to stdout; resolves when it is out, so that a slow reader is waited for. */
export function pipeWriter(): (fd: number, bytes: Buffer) => Promise<number> {
  const stream: Writable = process.stdout
  // Not its own one, by which functions of this process print: that leads to stderr.
  const { write } = Object.getPrototypeOf(stream) as Writable
  // The error comes with the write that failed; unheard, the event would end the process.
  stream.on('error', () => {})
  return (_fd, bytes) =>
    new Promise((resolve, reject) => {
      write.call(stream, bytes, 'utf8', (error) => (error ? reject(error) : resolve(bytes.length)))
    })
}

// ---

function streamOf(fd: number): Readable | undefined {
  const stat = fstatSync(fd)
  if (stat.isFIFO() || stat.isSocket())
    return fd === 0 ? process.stdin : new Socket({ fd, readable: true, writable: false })
  return isatty(fd) ? new ReadStream(fd) : undefined
}
