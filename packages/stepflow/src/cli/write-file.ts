// Files that the command line names as places to write to: checked before anything runs, and written whole.

import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { FlowError } from '@stepflow/engine'
import { cannot } from '@stepflow/host'

/** All of it, or piece by piece. */
export type Content = string | Uint8Array | Iterable<string>

/** `what` says what it is to the user: "the output", "the export". */
export function writeText(file: string, text: Content, what: string, cwd: string): void {
  try {
    put(resolve(cwd, file), text)
  } catch (thrown) {
    throw cannot('written', file, what, thrown)
  }
}

/** The same for a file whose text was read and edited: it keeps its byte order mark. */
export function rewriteText(file: string, text: string, what: string, cwd: string): void {
  writeText(file, beginsWithMark(resolve(cwd, file)) ? `\ufeff${text}` : text, what, cwd)
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
    if (existing === 'refuse' && isFile) createFile(path, content)
    else put(path, content)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new FlowError('INVALID_INPUT', `"${file}" exists already; --force overwrites it`)
    }
    throw cannot('written', file, what, thrown)
  }
}

/** A file that is not there yet, whole or not at all: what is left of it would keep the next try from being made. */
export function createFile(path: string, content: Content): void {
  const fd = openSync(path, 'wx')
  try {
    fill(fd, content)
  } catch (thrown) {
    rmSync(path, { force: true })
    throw thrown
  } finally {
    closeSync(fd)
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

// ---

/** What is there stays whole until all of the new is written: a full disk must not cost somebody a flow. */
function put(path: string, content: Content): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  // (What is not there may be a link that leads nowhere yet.)
  if (!stat && !lstatSync(path, { throwIfNoEntry: false })) return createFile(path, content)
  if (stat?.isFile() && isOurs(stat) && replace(realpathSync(path), content, stat)) return
  fillFile(path, content)
}

function fillFile(path: string, content: Content): void {
  const fd = openSync(path, 'w')
  try {
    fill(fd, content)
  } finally {
    closeSync(fd)
  }
}

function fill(fd: number, content: Content): void {
  if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(fd, content)
  else for (const piece of content) writeFileSync(fd, piece)
}

/** Another file in its place would have another owner, or leave its other names behind. */
function isOurs({ uid, nlink }: Stats): boolean {
  return nlink === 1 && (process.getuid === undefined || uid === process.getuid())
}

/** False if its folder takes no other file. */
function replace(path: string, content: Content, { mode }: Stats): boolean {
  accessSync(path, constants.W_OK)
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    closeSync(openSync(beside, 'wx', mode))
  } catch {
    return false
  }
  try {
    fillFile(beside, content)
    renameSync(beside, path)
    return true
  } catch (thrown) {
    rmSync(beside, { force: true })
    throw thrown
  }
}

function beginsWithMark(path: string): boolean {
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(3)
    return readSync(fd, bytes) === 3 && bytes.toString() === '\ufeff'
  } finally {
    closeSync(fd)
  }
}
