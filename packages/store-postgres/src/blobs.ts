// Blobs by the hash of their content, each kept once: in the table, or beside it (`outside-blobs.ts`).

import {
  type BlobKind,
  type Blobs,
  bareId,
  contentId,
  type EncodedBlob,
  encodeBlob,
  FlowError,
  type JournalCodec,
} from '@stepflow/engine'
import { texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import { FILLED, TOUCH_MS } from './group-statement.ts'
import type { OutsideBlobs } from './outside-blobs.ts'

export interface BlobOptions {
  readonly codec: JournalCodec
  readonly connection: () => Connection
  readonly now: () => number
  readonly outside: OutsideBlobs
}

/** Those that were put of late need not be put again: plans, above all. */
const MOST_FRESH = 4_096

export class BlobTable {
  readonly #options: BlobOptions
  readonly #fresh = new Map<string, number>()

  constructor(options: BlobOptions) {
    this.#options = options
  }

  /** Those that have to be written. */
  stale(blobs: readonly EncodedBlob[]): readonly EncodedBlob[] {
    if (blobs.length === 0) return blobs
    const now = this.#options.now()
    return blobs.filter(({ id }) => (this.#fresh.get(id) ?? 0) <= now)
  }

  /** They are there. */
  put(ids: Iterable<string>): void {
    if (this.#fresh.size >= MOST_FRESH) this.#fresh.clear()
    const until = this.#options.now() + TOUCH_MS
    for (const id of ids) this.#fresh.set(id, until)
  }

  /** By id; those that are not there, or cannot be read, are left out. */
  async fetch(ids: readonly string[]): Promise<Map<string, Fetched>> {
    const found = new Map<string, Fetched>()
    if (ids.length === 0) return found
    const { connection, codec, outside } = this.#options
    const rows = await connection().query<BlobRecord>({
      text: 'SELECT id, kind, json, bytes, object FROM blobs WHERE id = ANY ($1::text[])',
      values: [texts(ids)],
    })
    const elsewhere = await outside.contents(rows.filter(isOutside))
    for (const { id, kind, json, bytes, object } of rows) {
      const content = object === null ? undefined : elsewhere.get(id)
      if (object !== null && (!content || contentId(content) !== id)) continue
      const text = content ? () => Buffer.from(content).toString() : () => json ?? ''
      const value = kind === 'bytes' ? new Uint8Array(content ?? bytes ?? []) : parse(text())
      if (value === undefined) continue
      codec.remember(value, id, kind)
      found.set(id, { value })
    }
    return found
  }

  /** For whoever keeps values by himself. */
  access(answered: <T>(ask: () => Promise<T>, doing: 'read' | 'write to') => Promise<T>): Blobs {
    const { codec, connection, outside } = this.#options
    return {
      put: async (value) => {
        const blob = encodeBlob(value)
        if (outside.isInUse) {
          await answered(() => outside.put([blob]), 'write to')
          codec.remember(value, blob.id, blob.kind)
          return blob.id
        }
        const content = blob.content()
        const [json, bytes] = typeof content === 'string' ? [content, null] : [null, Buffer.from(content)]
        const text = `INSERT INTO blobs (id, kind, put_at, json, bytes) VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT (id) DO UPDATE SET put_at = excluded.put_at, ${FILLED}`
        const values = [blob.id, blob.kind, Math.floor(this.#options.now()), json, bytes]
        await answered(() => connection().query({ text, values }), 'write to')
        codec.remember(value, blob.id, blob.kind)
        return blob.id
      },
      get: async (id) => {
        const bare = bareId(id)
        const found = (await answered(() => this.fetch([bare]), 'read')).get(bare)
        if (!found) throw new FlowError('NOT_FOUND', `there is no blob ${id}`)
        return found.value
      },
    }
  }
}

/** A value that was found; it may be null. */
export interface Fetched {
  readonly value: unknown
}

// ---

interface BlobRecord {
  readonly id: string
  readonly kind: BlobKind
  readonly json: string | null
  readonly bytes: Buffer | null
  readonly object: string | null
}

function isOutside(blob: BlobRecord): blob is BlobRecord & { readonly object: string } {
  return blob.object !== null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
