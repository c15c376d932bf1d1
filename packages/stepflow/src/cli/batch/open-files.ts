// The two ends of a batch as file descriptors: opened by the names that the user gave, with messages that name them. Reads
// and writes nothing.

import { closeSync, fstatSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { cannot } from '@stepflow/host'
import { usage } from '../args.ts'
import type { Io } from '../command.ts'

export function openInput(name: string, io: Io): number {
  if (name === '-') {
    if (io.terminal.in) throw usage({ name: 'run' }, '--inputs is -, but nothing is piped in on stdin')
    return io.fds.in
  }
  try {
    const fd = openSync(resolve(io.cwd, name), 'r')
    if (!fstatSync(fd).isDirectory()) return fd
    closeSync(fd)
    throw Object.assign(new Error(), { code: 'EISDIR' })
  } catch (thrown) {
    throw cannot('read', name, 'the inputs', thrown)
  }
}

export function openOutput(name: string | undefined, isResumed: boolean, io: Io): number {
  if (name === undefined) return io.fds.out
  try {
    return openSync(resolve(io.cwd, name), isResumed ? 'a' : 'w')
  } catch (thrown) {
    throw cannot('written', name, 'the output', thrown)
  }
}

/** Opening the output empties it: it must not be the input. */
export function refuseSameFile(input: number, output: string | undefined, io: Io) {
  if (output === undefined) return
  let fd: number
  try {
    fd = openSync(resolve(io.cwd, output), 'r')
  } catch {
    return
  }
  const [a, b] = [fstatSync(input), fstatSync(fd)]
  closeSync(fd)
  if (b.isFile() && a.ino === b.ino && a.dev === b.dev) {
    throw usage({ name: 'run' }, `--inputs and --output are the same file: ${output}`)
  }
}

/** Undefined where it cannot be known: of a pipe. */
export function sizeOf(fd: number): number | undefined {
  const stat = fstatSync(fd)
  return stat.isFile() && stat.size > 0 ? stat.size : undefined
}
