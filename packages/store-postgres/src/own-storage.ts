// Which blob storage belongs to a store: both hold the same mark. So a folder that is another one, or that is not mounted, is
// noticed before anything is put there.
//
// A process that is told a storage claims it when it starts. One that is told none uses what the store remembers, once it
// needs it; a store whose blobs have never left it keeps them in its table.

import { randomUUID } from 'node:crypto'
import { type BlobStorage, FlowError, isRecord } from '@stepflow/engine'
import type pg from 'pg'

/**
 * Opens the storage that this process was told to use; or that one, which a store remembers. Undefined: there is none. `absent`:
 * one that is not there is made, or left so, and has nothing in it.
 */
export type OpenBlobStorage = (remembered?: string, absent?: 'made' | 'left') => Promise<BlobStorage | undefined>

type Ask = (text: string) => Promise<readonly object[]>

export class OwnStorage {
  /** Of the store, for messages. */
  readonly #store: string
  readonly #open: OpenBlobStorage
  #storage: Promise<BlobStorage> | undefined
  #isInUse = false

  constructor(store: string, open: OpenBlobStorage = async () => undefined) {
    this.#store = store
    this.#open = open
  }

  /** Do new blobs go there? */
  get isInUse(): boolean {
    return this.#isInUse
  }

  /** At the start of the store. */
  async open(client: pg.Client): Promise<void> {
    const record = await remembered((text) => rowsOf(client, text))
    // Whatever holds blobs is there: one that would have to be made is another place, or is not mounted.
    const told = await this.#open(undefined, record ? 'left' : 'made')
    if (told) {
      await this.#claim(client, told)
      this.#storage = Promise.resolve(told)
    }
    this.#isInUse = told !== undefined || record !== undefined
  }

  /** Where blobs are, if not in the table. */
  async get(ask: Ask): Promise<BlobStorage> {
    this.#storage ??= this.#openRemembered(ask)
    try {
      return await this.#storage
    } catch (error) {
      this.#storage = undefined
      // What this process was not told may be put right beside it: what needs it waits.
      throw FlowError.is(error) ? new FlowError('RESOURCE_UNAVAILABLE', error.message, { cause: error }) : error
    }
  }

  // ---

  /** It becomes the store's, if that has none yet. */
  async #claim(client: pg.Client, storage: BlobStorage): Promise<void> {
    await client.query('BEGIN')
    try {
      // Several nodes may start at once.
      await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`stepflow blobs ${this.#store}`])
      const record = await remembered((text) => rowsOf(client, text))
      const mark = await readMark(storage)
      if (record) this.#checkMark(record, mark, storage)
      const now: StorageRecord = { mark: mark ?? randomUUID(), name: storage.name }
      if (mark === undefined) await storage.put(MARK, Buffer.from(JSON.stringify({ stepflow: now.mark })))
      if (record?.name !== now.name) {
        await client.query(
          `INSERT INTO records (collection, key, version, value) VALUES ('blobs', 'storage', nextval('record_versions'), $1)
           ON CONFLICT (collection, key) DO UPDATE SET version = excluded.version, value = excluded.value`,
          [JSON.stringify(now)],
        )
      }
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {})
      throw error
    }
  }

  async #openRemembered(ask: Ask): Promise<BlobStorage> {
    const record = await remembered(ask)
    const storage = record && (await this.#open(record.name))
    if (!storage) {
      const where = record ? ` in ${record.name}` : ', and it is not recorded where'
      throw new FlowError(
        'INVALID_INPUT',
        `the store ${this.#store} keeps blobs elsewhere${where}: name it with --blobs`,
      )
    }
    this.#checkMark(record, await readMark(storage), storage)
    return storage
  }

  #checkMark(record: StorageRecord, mark: string | undefined, { name }: BlobStorage): void {
    if (mark === record.mark) return
    const isSame = record.name === name
    const why =
      mark === undefined
        ? isSame
          ? 'none of them is there now'
          : `${name} holds none of them`
        : `${name} holds those of another store`
    const advice = isSame
      ? 'mount the folder, or name the place where they are with --blobs'
      : 'name the same place with --blobs on all nodes, or copy everything there first'
    const message = `the store ${this.#store} keeps its blobs in ${record.name}, and ${why}: ${advice}`
    throw new FlowError('INVALID_INPUT', message)
  }
}

// ---

/** What a store remembers of its storage. */
interface StorageRecord {
  readonly mark: string
  /** As it was last named. */
  readonly name: string
}

/** The one object whose name is no blob's. */
const MARK = 'stepflow.json'

async function remembered(ask: Ask): Promise<StorageRecord | undefined> {
  const [row] = await ask(`SELECT value FROM records WHERE collection = 'blobs' AND key = 'storage'`)
  return row && (JSON.parse((row as { value: string }).value) as StorageRecord) // we wrote it
}

async function rowsOf(client: pg.Client, text: string): Promise<readonly object[]> {
  return (await client.query<object>(text)).rows
}

async function readMark(storage: BlobStorage): Promise<string | undefined> {
  const content = await storage.get(MARK)
  if (!content) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(content).toString())
    if (isRecord(value) && typeof value.stepflow === 'string') return value.stepflow
  } catch {
    // Said below.
  }
  throw new FlowError('INVALID_INPUT', `${MARK} in ${storage.name} is damaged: restore it from a backup`)
}
