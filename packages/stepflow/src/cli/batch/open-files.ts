// The two ends of a batch: opened by the names that the user gave, with messages that name them.

import { closeSync, constants, fstatSync, openSync, read } from 'node:fs'
import { resolve } from 'node:path'
import { cannot } from '@stepflow/host'
import { usage } from '../args.ts'
import type { Io } from '../command.ts'
import { openPipe } from './pipes.ts'

/** What the lines of a batch come from. */
export interface Input {
  readonly fd: number
  /** Of a file; undefined where it cannot be known. */
  readonly size: number | undefined
  /** The next bytes; none at the end. */
  read(): Promise<Buffer>
  close(): void
}

const CHUNK_BYTES = 1 << 18

export function openInput(name: string, io: Io): Input {
  if (STDIN.has(name)) {
    if (io.terminal.in)
      throw usage({ name: 'run' }, `--inputs is ${name}, but stdin is a terminal: pipe the inputs in, or name a file`)
    return inputOf(io.fds.in, () => {})
  }
  try {
    // Without O_NONBLOCK, opening a named pipe that nobody writes to yet would stop the whole process.
    const fd = openSync(resolve(io.cwd, name), constants.O_RDONLY | constants.O_NONBLOCK)
    if (!fstatSync(fd).isDirectory()) return inputOf(fd, () => closeSync(fd))
    closeSync(fd)
    throw Object.assign(new Error(), { code: 'EISDIR' })
  } catch (thrown) {
    throw cannot('read', name, 'the file of inputs', thrown)
  }
}

/** The file is emptied unless its lines are `kept`. */
export function openOutput(name: string | undefined, isKept: boolean, io: Io): number {
  if (name === undefined) return io.fds.out
  try {
    return openSync(resolve(io.cwd, name), isKept ? 'a' : 'w')
  } catch (thrown) {
    throw cannot('written', name, 'the output', thrown)
  }
}

/** Opening the output empties it: it must not be the input. */
export function refuseSameFile(input: Input, output: string | undefined, io: Io): void {
  if (output === undefined) return
  let fd: number
  try {
    fd = openSync(resolve(io.cwd, output), constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return
  }
  const [a, b] = [fstatSync(input.fd), fstatSync(fd)]
  closeSync(fd)
  if (b.isFile() && a.ino === b.ino && a.dev === b.dev) {
    throw usage({ name: 'run' }, `--inputs and --output are the same file: ${output}`)
  }
}

/** The next bytes of a file, or of a device that is no terminal. */
export function fileReader(fd: number, chunkBytes = CHUNK_BYTES): () => Promise<Buffer> {
  return () => {
    const buffer = Buffer.allocUnsafeSlow(chunkBytes)
    return new Promise((resolve, reject) => {
      read(fd, buffer, 0, chunkBytes, null, (error, count) =>
        error ? reject(error) : resolve(buffer.subarray(0, count)),
      )
    })
  }
}

// ---

/** Opened anew, a pipe between two programs that is a socket could not be had. */
const STDIN: ReadonlySet<string> = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])

function inputOf(fd: number, close: () => void): Input {
  const stat = fstatSync(fd)
  if (stat.isFile()) return { fd, size: stat.size, read: fileReader(fd), close }
  const pipe = openPipe(fd)
  return pipe ? { fd, size: undefined, ...pipe } : { fd, size: undefined, read: fileReader(fd), close }
}
