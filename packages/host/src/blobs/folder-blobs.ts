// Blobs in a folder, which any number of processes may share. Each file is written beside its place, brought to the disk and
// renamed: whoever reads finds all of it, or nothing.

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type BlobStorage, FlowError } from '@stepflow/engine'

/** `absent`: what becomes of a folder that is not there. Throws INVALID_INPUT for what cannot be one. */
export async function openFolder(path: string, absent: 'made' | 'left' | 'refused'): Promise<BlobStorage> {
  try {
    if (absent === 'left' && !existsSync(path)) return new FolderBlobs(path)
    if (absent !== 'refused') await makeFolder(join(path, UNFINISHED))
    if (!(await stat(path)).isDirectory()) throw Object.assign(new Error('it is a file'), { code: 'ENOTDIR' })
    await removeUnfinished(path)
  } catch (error) {
    throw new FlowError('INVALID_INPUT', `cannot keep blobs in the folder ${path}: ${why(error)}`, { cause: error })
  }
  return new FolderBlobs(path)
}

// ---

/** What is being written. */
const UNFINISHED = 'unfinished'
/** What has not been finished by then was left by a process that ended. */
const LEFT_MS = 24 * 3_600_000

class FolderBlobs implements BlobStorage {
  readonly name: string
  /** Folders in it that are there, and on the disk. */
  readonly #made = new Set<string>()

  constructor(path: string) {
    this.name = path
  }

  async put(name: string, content: Uint8Array): Promise<void> {
    const place = join(this.name, name)
    const unfinished = join(this.name, UNFINISHED, randomUUID())
    try {
      await this.#make(dirname(place))
      const file = await open(unfinished, 'wx')
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, place)
      await syncFolder(dirname(place))
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {})
      // It may have been removed by somebody: looked for again the next time.
      this.#made.clear()
      throw this.#failure('write to', error)
    }
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.name, name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw this.#failure('read', error)
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await rm(join(this.name, name), { force: true })
    } catch (error) {
      throw this.#failure('write to', error)
    }
  }

  // ---

  async #make(folder: string): Promise<void> {
    if (this.#made.has(folder)) return
    // Not its parents: a folder that was unmounted must not be made again somewhere else.
    await makeOne(folder)
    await syncFolder(dirname(folder))
    this.#made.add(folder)
  }

  #failure(doing: string, error: unknown): FlowError {
    return new FlowError('RESOURCE_UNAVAILABLE', `cannot ${doing} the folder of blobs ${this.name}: ${why(error)}`, {
      cause: error,
    })
  }
}

/** With those above it, also if others make them at the same time. Not by `recursive`: in /proc that never ends. */
async function makeFolder(path: string): Promise<void> {
  const above = dirname(path)
  try {
    await makeOne(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path) throw error
    if (!(await stat(above).catch(() => undefined))) await makeFolder(above)
    await makeOne(path)
  }
}

async function makeOne(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

/** A rename is on the disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    // Some network file systems know no such thing for folders.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await folder.close()
  }
}

async function removeUnfinished(path: string): Promise<void> {
  const folder = join(path, UNFINISHED)
  for (const name of await readdir(folder).catch(() => [])) {
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > LEFT_MS) await rm(join(folder, name), { force: true })
  }
}

function why(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOSPC':
      return 'its disk is full; make room'
    case 'EDQUOT':
      return 'its quota is used up; make room'
    case 'EROFS':
      return 'it is read-only'
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there'
    case 'ENOENT':
      return 'it is not there; is it mounted?'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'it is a file, or lies below one'
    default:
      return message
  }
}
