// The files of a folder of flows: found, read and written, never through a link, and never outside the folder.

import { isUtf8 } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, lstat, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FlowError } from '@stepflow/engine'
import { isCodeFile } from '../flows/code-file.ts'
import { cannot } from '../flows/read-file.ts'

/** What tells whether a file was changed. */
export interface FileMark {
  readonly size: number
  readonly mtimeMs: number
  readonly inode: number
}

export interface FileContent {
  /** Without a byte order mark. */
  readonly text: string
  readonly hasMark: boolean
  /** Of all bytes. */
  readonly hash: string
  readonly mark: FileMark
}

/** A larger file is no flow. */
export const MOST_FILE_BYTES = 16 * 1024 * 1024

export class FlowFolder {
  /** Absolute. */
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  async isWritable(): Promise<boolean> {
    return access(this.root, constants.W_OK).then(
      () => true,
      () => false,
    )
  }

  /** All files that may be flows, by their path below the folder, with `/`; undefined if the folder cannot be read. */
  async files(): Promise<Map<string, FileMark> | undefined> {
    const found = new Map<string, FileMark>()
    try {
      await this.#collect('', found)
      return found
    } catch {
      // It is being moved, or its disk is away: that is no reason to forget the flows.
      return undefined
    }
  }

  /** Takes away what writes have left that were killed. What is young may be another node's, which is writing it. */
  async clear(now: number): Promise<void> {
    const left = new Map<string, FileMark>()
    await this.#collect('', left, (path) => LEFT.test(path)).catch(() => {})
    for (const [path, { mtimeMs }] of left) {
      if (now - mtimeMs > LEFT_MS) await rm(this.#full(path), { force: true }).catch(() => {})
    }
  }

  /** Undefined if it is not there, or not to be read. Throws INVALID_INPUT for what is no text. */
  async read(path: string): Promise<FileContent | undefined> {
    const opened = await this.#open(path)
    if (!opened) return undefined
    const { file, stat } = opened
    try {
      const { size, mtimeMs, ino } = stat
      if (size > MOST_FILE_BYTES) {
        throw new FlowError('INVALID_INPUT', `the file has ${size} bytes, more than the 16 MiB that a flow may have`)
      }
      const bytes = await file.readFile()
      if (!isUtf8(bytes)) throw new FlowError('INVALID_INPUT', 'the file is not text in UTF-8')
      const text = bytes.toString()
      const hasMark = text.charCodeAt(0) === BYTE_ORDER_MARK
      const mark = { size: bytes.length, mtimeMs, inode: ino }
      return { text: hasMark ? text.slice(1) : text, hasMark, hash: hashOf(bytes), mark }
    } finally {
      await file.close()
    }
  }

  /**
   * Writes a file as a whole. `seen`: what it was when it was read; absent: it must not be there. Throws CONFLICT if it is
   * something else by now.
   */
  async write(path: string, text: string, seen: FileContent | undefined): Promise<FileContent> {
    await this.#checkPlace(path)
    const bytes = Buffer.from(seen?.hasMark ? `\ufeff${text}` : text)
    const beside = join(this.root, dirname(path), `${BESIDE}${randomBytes(6).toString('hex')}`)
    try {
      const file = await open(beside, 'wx')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await this.#checkSeen(path, seen)
      await rename(beside, this.#full(path))
    } catch (thrown) {
      await rm(beside, { force: true })
      throw FlowError.is(thrown) ? thrown : cannot('written', path, 'the flow', thrown)
    }
    const { size, mtimeMs, ino } = await lstat(this.#full(path))
    return { text, hasMark: seen?.hasMark === true, hash: hashOf(bytes), mark: { size, mtimeMs, inode: ino } }
  }

  /** Throws CONFLICT if it is no longer what was seen. */
  async remove(path: string, seen: FileContent): Promise<void> {
    await this.#checkPlace(path)
    await this.#checkSeen(path, seen)
    try {
      await rm(this.#full(path), { force: true })
    } catch (thrown) {
      throw cannot('written', path, 'the flow', thrown)
    }
  }

  #full(path: string): string {
    return join(this.root, path)
  }

  async #collect(folder: string, found: Map<string, FileMark>, isMeant = isFlowFile): Promise<void> {
    for (const entry of await readdir(join(this.root, folder), { withFileTypes: true })) {
      if (entry.name === 'node_modules') continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      // A link is neither: it may lead anywhere.
      if (entry.isDirectory() && !entry.name.startsWith('.')) await this.#collect(path, found, isMeant).catch(ifGone)
      else if (entry.isFile() && isMeant(path)) {
        const stat = await lstat(this.#full(path)).catch(ifGone)
        if (stat?.isFile()) found.set(path, { size: stat.size, mtimeMs: stat.mtimeMs, inode: stat.ino })
      }
    }
  }

  async #open(path: string) {
    try {
      if (!(await this.#isInside(path))) return undefined
      const file = await open(this.#full(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
      const stat = await file.stat()
      if (stat.isFile()) return { file, stat }
      await file.close()
      return undefined
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
      throw cannot('read', path, 'the flow', thrown)
    }
  }

  async #checkPlace(path: string): Promise<void> {
    await mkdir(join(this.root, dirname(path)), { recursive: true })
    if (await this.#isInside(path)) return
    throw new FlowError('CONFLICT', `the flow "${path}" is behind a link, which leads out of the folder of flows`)
  }

  /** False if a folder on the way is a link by now. */
  async #isInside(path: string): Promise<boolean> {
    // Nothing is on the way.
    if (dirname(path) === '.') return true
    return (await realpath(join(this.root, dirname(path)))) === join(await realpath(this.root), dirname(path))
  }

  async #checkSeen(path: string, seen: FileContent | undefined): Promise<void> {
    const now = await this.read(path)
    if (now?.hash === seen?.hash) {
      if (now || !(await lstat(this.#full(path)).catch(ifGone))) return
    }
    const what = !seen ? 'is there already' : now ? 'was changed since it was read' : 'is not there any more'
    throw new FlowError('CONFLICT', `the file "${path}" ${what}: look at what it is now, and decide`)
  }
}

/** True for what may hold a flow, by its name. */
export function mayBeFlow(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path) || (isCodeFile(path) && !/\.(d|test|spec)\.[mc]?[jt]sx?$/i.test(path))
}

// ---

const BYTE_ORDER_MARK = 0xfeff

/** What a file is called while it is written. */
const BESIDE = '.stepflow-'
const LEFT = /(?:^|\/)\.stepflow-[0-9a-f]{12}$/
const LEFT_MS = 60_000

function isFlowFile(path: string): boolean {
  return !/(?:^|\/)\.[^/]*$/.test(path) && mayBeFlow(path)
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function ifGone(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== 'ENOENT' && thrown.code !== 'ENOTDIR') throw thrown
}
