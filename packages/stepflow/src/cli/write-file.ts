// Files that the command line names as places to write to: checked before anything runs, and written whole.

import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { FlowError } from '@stepflow/engine'
import { cannot } from '@stepflow/host'

/** `what` says what it is to the user: "the output", "the export". */
export function writeText(file: string, text: string, what: string, cwd: string): void {
  try {
    writeFileSync(resolve(cwd, file), text)
  } catch (thrown) {
    throw cannot('written', file, what, thrown)
  }
}

/** The same for a file that nobody else may have written yet: one that is there is overwritten only if it is said so. */
export function writeNew(
  file: string,
  content: string | Uint8Array,
  what: string,
  cwd: string,
  existing: 'refuse' | 'overwrite',
): void {
  try {
    const path = resolve(cwd, file)
    // A device or a pipe is there to be written to.
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true
    writeFileSync(path, content, { flag: existing === 'refuse' && isFile ? 'wx' : 'w' })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new FlowError('INVALID_INPUT', `"${file}" exists already; --force overwrites it`)
    }
    throw cannot('written', file, what, thrown)
  }
}

/** Throws if nothing could be written there; leaves no trace. */
export function checkWritable(file: string, cwd: string): void {
  const path = resolve(cwd, file)
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    accessSync(stat ? path : dirname(path), constants.W_OK)
  } catch (thrown) {
    throw cannot('written', file, 'the output', thrown)
  }
}

/** True for two names of one file that is there; a device or a pipe loses nothing. */
export function isSameFile(one: string, other: string, cwd: string): boolean {
  try {
    const [a, b] = [statSync(resolve(cwd, one)), statSync(resolve(cwd, other))]
    return a.isFile() && a.ino === b.ino && a.dev === b.dev
  } catch {
    return false // one of them is not there; whoever reads or writes it says so
  }
}
