// The keys that secrets are encrypted with: STEPFLOW_MASTER_KEY, or a file beside the store that is made at first use. A key
// stands in no message.
//
// The file has a key a line. The first is the one in use; others are there only while `secrets rotate` is under way, so a
// rotation that was killed leaves nothing that cannot be read.

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { FlowError } from '@stepflow/engine'
import type { Env } from '../config/substitute.ts'
import { KEY_BYTES, type MasterKey, masterKey } from './seal.ts'

export class MasterKeys {
  readonly #env: Env
  /** Absent for a store that ends with its process: its key does, too. */
  readonly #file: string | undefined
  /** By id: all that this process has had in hand, also those that a rotation has dropped since. */
  readonly #seen = new Map<string, MasterKey>()
  #ofProcess: MasterKey | undefined

  constructor(env: Env, file: string | undefined) {
    this.#env = env
    this.#file = file
  }

  /** What is encrypted from now on is encrypted with it. The file is made if there is none. */
  current(): MasterKey {
    const key = fromEnv(this.#env, 'STEPFLOW_MASTER_KEY') ?? this.#ownKey()
    this.#seen.set(key.id, key)
    return key
  }

  /** Throws INVALID_INPUT if nobody gave that key. */
  get(id: string): MasterKey {
    if (!this.#seen.has(id)) {
      const given = ['STEPFLOW_MASTER_KEY', 'STEPFLOW_MASTER_KEY_OLD'].map((name) => fromEnv(this.#env, name))
      for (const key of [...given, ...this.#inFile()]) if (key) this.#seen.set(key.id, key)
    }
    const found = this.#seen.get(id)
    if (found) return found
    throw new FlowError('INVALID_INPUT', `the secrets of this store cannot be read: ${this.#whyUnknown()}`)
  }

  /** Where the current one is, or would be. */
  get place(): string {
    return fromEnv(this.#env, 'STEPFLOW_MASTER_KEY') ? 'STEPFLOW_MASTER_KEY' : (this.#file ?? 'this process')
  }

  /** Puts a new key in front of those of the file. */
  addToFile(): void {
    if (this.#file === undefined || this.place !== this.#file) return
    replaceFile(this.#file, [masterKey(randomBytes(KEY_BYTES)), ...this.#inFile()])
  }

  /** Leaves the first key of the file alone in it. */
  dropOldOfFile(): void {
    if (this.#file === undefined || this.place !== this.#file) return
    replaceFile(this.#file, this.#inFile().slice(0, 1))
  }

  #ownKey(): MasterKey {
    if (this.#file === undefined) {
      this.#ofProcess ??= masterKey(randomBytes(KEY_BYTES))
      return this.#ofProcess
    }
    const [first] = this.#inFile()
    if (first) return first
    createFile(this.#file, [masterKey(randomBytes(KEY_BYTES))])
    // Another process may have been faster: its key is the one.
    return this.#inFile()[0] as MasterKey // there by now
  }

  #inFile(): readonly MasterKey[] {
    return this.#file === undefined ? [] : readFile(this.#file)
  }

  #whyUnknown(): string {
    const forget = 'if that key is lost, `stepflow secrets remove NAME --forget` and set them again'
    if (fromEnv(this.#env, 'STEPFLOW_MASTER_KEY')) {
      const old =
        'after a change of the key, give the one of before as STEPFLOW_MASTER_KEY_OLD to `stepflow secrets rotate`'
      return `they were encrypted with another key than STEPFLOW_MASTER_KEY; ${old}; ${forget}`
    }
    if (this.#file === undefined || this.#inFile().length > 0) {
      return `they were encrypted with another key than that of ${this.#file}: set STEPFLOW_MASTER_KEY to it; ${forget}`
    }
    return `the file with their key, ${this.#file}, is not there: bring it back, or set STEPFLOW_MASTER_KEY; ${forget}`
  }
}

// ---

function fromEnv(env: Env, name: string): MasterKey | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const bytes = keyBytes(text.trim())
  if (bytes) return masterKey(bytes)
  const how = 'make one with `openssl rand -base64 32`'
  throw new FlowError('INVALID_INPUT', `${name} must be a key of 32 bytes as base64 or hex: ${how}`)
}

function keyBytes(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}

function readFile(file: string): readonly MasterKey[] {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw unusable(file, (thrown as Error).message)
  }
  try {
    // Windows has no such modes.
    if (process.platform !== 'win32' && (fstatSync(fd).mode & 0o077) !== 0) {
      throw unusable(file, `others than its owner may read it: chmod 600 ${file}`)
    }
    const lines = readFileSync(fd, 'utf8').split('\n').filter(Boolean)
    const keys = lines.map((line) => keyBytes(line.trim()))
    if (keys.length === 0 || keys.includes(undefined))
      throw unusable(file, 'it does not hold keys of 32 bytes as base64')
    return (keys as Buffer[]).map(masterKey) // none is missing: asked just now
  } finally {
    closeSync(fd)
  }
}

function unusable(file: string, why: string): FlowError {
  return new FlowError('INVALID_INPUT', `the file with the key of the secrets, ${file}, cannot be used: ${why}`)
}

/** Whole or not at all: nobody reads half a key. If there is a file by now, it stays. */
function createFile(file: string, keys: readonly MasterKey[]): void {
  writeBeside(file, keys, (written) => {
    try {
      linkSync(written, file)
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
    }
    rmSync(written)
  })
}

function replaceFile(file: string, keys: readonly MasterKey[]): void {
  writeBeside(file, keys, (written) => renameSync(written, file))
}

function writeBeside(file: string, keys: readonly MasterKey[], put: (written: string) => void): void {
  const written = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const fd = openSync(written, 'wx', 0o600)
    try {
      writeSync(fd, keys.map(({ bytes }) => `${bytes.toString('base64')}\n`).join(''))
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    put(written)
  } catch (thrown) {
    rmSync(written, { force: true })
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw unusable(file, `it cannot be written: ${message}`)
    throw new FlowError('RESOURCE_UNAVAILABLE', `the disk has no space left for the key of the secrets, ${file}`)
  }
}
