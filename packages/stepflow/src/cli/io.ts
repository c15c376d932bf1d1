// The process as commands see it: files 0, 1 and 2 and what is known of them. Opens no Node streams: those cost start-up.

import { fstatSync, statSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { Io } from './command.ts'

/** Thrown when whoever read our output is gone: the end of the work, not an error. */
export class ReaderGone extends Error {}

export function processIo(words: readonly string[]): Io {
  const { env } = process
  const [isIn, isOut, isErr] = [isTerminal(0), isTerminal(1), isTerminal(2)]
  const wanted = words.includes('--color') ? true : words.includes('--no-color') ? false : undefined
  const allowed = (terminal: boolean) =>
    wanted ?? (env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : terminal && !env.NO_COLOR && env.TERM !== 'dumb')
  return {
    env,
    cwd: process.cwd(),
    out: (text) => writeAll(1, text),
    err(text) {
      try {
        writeAll(2, text)
      } catch (thrown) {
        // Nobody reads the messages: the work itself goes on.
        if (!(thrown instanceof ReaderGone)) throw thrown
      }
    },
    fds: { in: 0, out: 1, err: 2 },
    terminal: {
      in: isIn,
      out: isOut,
      err: isErr,
      // process.stderr is opened only where a picture is drawn on it.
      get columns() {
        return (isErr ? process.stderr.columns : isOut ? process.stdout.columns : 0) || 80
      },
      get rows() {
        return (isErr ? process.stderr.rows : 0) || 24
      },
      color: { out: allowed(isOut), err: allowed(isErr) },
    },
  }
}

/** Writes all of it before it returns. Throws ReaderGone if the other end of a pipe is closed. */
export function writeAll(fd: number, content: string | Uint8Array): void {
  let rest = Buffer.from(content)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'EPIPE' || code === 'EIO') throw new ReaderGone(code)
      if (code !== 'EAGAIN') throw thrown
      // A pipe that somebody set to non-blocking is full: its reader needs a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

// ---

/** Asks node:tty only about what could be one: loading it costs more than the rest of this file. */
function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd)
    if (!stat.isCharacterDevice()) return false
    if (stat.rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev) return false
  } catch {
    return false
  }
  return isatty(fd)
}
