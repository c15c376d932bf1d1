// Blobs whose content stands in a blob storage. The table has a row for each; content is put there before anything that is
// appended names it, and is removed after its row.
//
// O1  The row is there before the content: what a process leaves behind that ends in between is removed like any other blob.
// O2  What a name stands for never changes, and a name is not used again: a blob that is removed and put at the same time has
//     two names, and the content of the one is removed.
// O3  A blob counts as put once its row, with the name that we have put, says so: it is fresh from then on.

import type { BlobStorage, EncodedBlob } from '@stepflow/engine'
import { texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import type { OwnStorage } from './own-storage.ts'

export interface OutsideOptions {
  readonly connection: () => Connection
  readonly now: () => number
  readonly storage: OwnStorage
}

/** A blob that stands elsewhere. */
export interface OutsideBlob {
  readonly id: string
  readonly object: string
}

/** So many requests at once, for one append. */
const AT_ONCE = 8
/** A value that holds more is looked through when it matters. */
const MOST_NAMES = 4_096
const REMOVED_AT_ONCE = 64

export class OutsideBlobs {
  readonly #options: OutsideOptions

  constructor(options: OutsideOptions) {
    this.#options = options
  }

  /** Do blobs that are new go elsewhere? */
  get isInUse(): boolean {
    return this.#options.storage.isInUse
  }

  /** They are there, fresh. */
  async put(blobs: readonly EncodedBlob[]): Promise<void> {
    if (blobs.length === 0) return
    const storage = await this.#storage()
    let missing = [...new Map(blobs.map((blob) => [blob.id, blob])).values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    while (missing.length > 0) {
      const contents = new Map(missing.map((blob) => [blob.id, blob.content()]))
      const rows = await this.#announce(missing, contents)
      const lacking = rows.filter(isLacking)
      await each(lacking, ({ id, object }) => storage.put(object, bytesOf(contents.get(id) as string | Uint8Array)))
      const done = await this.#confirm(lacking)
      // Removed meanwhile by somebody who thought that nobody wants it: under another name, then.
      missing = missing.filter(({ id }) => !done.has(id) && lacking.some((one) => one.id === id))
    }
  }

  /** By id, as they stand there: whether one is what it was, its id says. Those that are not there are left out. */
  async contents(blobs: readonly OutsideBlob[]): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>()
    if (blobs.length === 0) return found
    const storage = await this.#storage()
    await each(blobs, async ({ id, object }) => {
      const content = await storage.get(object)
      if (content) found.set(id, content)
    })
    return found
  }

  /** Removes the content of blobs whose rows are gone, also those that somebody else has left. */
  async removeContents(): Promise<void> {
    for (;;) {
      const gone = await this.#query<{ object: string }>(
        'SELECT object FROM removed_objects ORDER BY object LIMIT $1',
        [REMOVED_AT_ONCE],
      )
      if (gone.length === 0) return
      const storage = await this.#storage()
      await each(gone, ({ object }) => storage.remove(object))
      await this.#query('DELETE FROM removed_objects WHERE object = ANY ($1::text[])', [
        texts(gone.map(({ object }) => object)),
      ])
    }
  }

  // ---

  /** O1. */
  #announce(blobs: readonly EncodedBlob[], contents: Map<string, string | Uint8Array>): Promise<AnnouncedBlob[]> {
    const names = blobs.map(({ id }) => namesIn(contents.get(id) as string | Uint8Array))
    return this.#query<AnnouncedBlob>(
      `INSERT INTO blobs (id, kind, put_at, object, is_there, names)
       SELECT id, kind, $1, object, false, names
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS b (id, kind, object, names)
       ON CONFLICT (id) DO UPDATE SET put_at = greatest(blobs.put_at, excluded.put_at)
       RETURNING id, object, is_there AS "isThere"`,
      [
        Math.floor(this.#options.now()),
        texts(blobs.map(({ id }) => id)),
        texts(blobs.map(({ kind }) => kind)),
        texts(blobs.map(({ id }) => newName(id))),
        texts(names),
      ],
    )
  }

  /** O3. */
  async #confirm(put: readonly OutsideBlob[]): Promise<Set<string>> {
    if (put.length === 0) return new Set()
    const rows = await this.#query<{ id: string }>(
      `UPDATE blobs SET is_there = true, put_at = greatest(put_at, $1)
       FROM unnest($2::text[], $3::text[]) AS b (id, object) WHERE blobs.id = b.id AND blobs.object = b.object RETURNING blobs.id`,
      [Math.floor(this.#options.now()), texts(put.map(({ id }) => id)), texts(put.map(({ object }) => object))],
    )
    return new Set(rows.map(({ id }) => id))
  }

  #storage(): Promise<BlobStorage> {
    const { connection, storage } = this.#options
    return storage.get((text) => connection().query({ text }))
  }

  #query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#options.connection().query<Row>({ text, values })
  }
}

// ---

interface AnnouncedBlob {
  readonly id: string
  readonly object: string | null
  readonly isThere: boolean
}

function isLacking(blob: AnnouncedBlob): blob is AnnouncedBlob & OutsideBlob {
  return blob.object !== null && !blob.isThere
}

/** O2. In 256 folders: file systems do not like to have a million files in one. */
function newName(id: string): string {
  return `${id.slice(0, 2)}/${id}-${Math.random().toString(36).slice(2, 10)}`
}

function namesIn(content: string | Uint8Array): string | null {
  if (typeof content !== 'string') return ''
  const names = new Set<string>()
  for (const [id] of content.matchAll(/[0-9a-f]{64}/g)) {
    names.add(id)
    if (names.size > MOST_NAMES) return null
  }
  return [...names].join(' ')
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content
}

/** A few at once; when one fails, no other begins. */
async function each<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  let next = 0
  const go = async () => {
    while (next < all.length) {
      try {
        await act(all[next++] as T)
      } catch (error) {
        next = all.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, go))
}
