// Blobs by the hash of their content, each kept once.

import { type BlobKind, bareId, type Clock, type EncodedBlob, FlowError, type JournalCodec } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { type Bytes, bytesOf, textOf } from './text.ts'

/** A blob that was put again is as good as new to `prune`; more often than this it need not be written down. */
const TOUCH_MS = 10 * 60_000
const MOST_FRESH = 1_024

export class BlobTable {
  readonly #clock: Clock
  readonly #codec: JournalCodec
  /** Those that were found or put of late, and until when that need not be looked up again: plans, above all. */
  readonly #fresh = new Map<string, number>()
  readonly #sql

  constructor(db: Database, clock: Clock, codec: JournalCodec) {
    this.#clock = clock
    this.#codec = codec
    this.#sql = {
      known: db.prepare('SELECT put_at AS putAt FROM blobs WHERE id = ?'),
      put: db.prepare('INSERT INTO blobs (id, kind, put_at, content) VALUES (?, ?, ?, ?)'),
      touch: db.prepare('UPDATE blobs SET put_at = ? WHERE id = ?'),
      get: db.prepare('SELECT kind, CAST(content AS BLOB) AS content FROM blobs WHERE id = ?'),
    }
  }

  /** Inside a transaction. */
  putEncoded({ id, kind, content }: EncodedBlob): void {
    const now = this.#clock.now()
    if ((this.#fresh.get(id) ?? 0) > now) return
    const known = this.#sql.known.get<{ putAt: number }>(id)
    if (!known) this.#sql.put.run(id, kind, now, content())
    else if (known.putAt < now - TOUCH_MS) this.#sql.touch.run(now, id)
    if (this.#fresh.size >= MOST_FRESH) this.#fresh.clear()
    this.#fresh.set(id, now + TOUCH_MS)
  }

  /** What was put may not be there. */
  rolledBack(): void {
    this.#fresh.clear()
  }

  get(id: string): unknown {
    const bare = bareId(id)
    const row = this.#sql.get.get<{ kind: BlobKind; content: Bytes }>(bare)
    if (!row) throw new FlowError('NOT_FOUND', `there is no blob ${id}`)
    const value = row.kind === 'bytes' ? bytesOf(row.content) : parse(row.content, id)
    this.#codec.remember(value, bare, row.kind)
    return value
  }
}

// ---

function parse(content: Bytes, id: string): unknown {
  const { text, isWhole } = textOf(content)
  try {
    if (isWhole) return JSON.parse(text)
  } catch {
    // Its place in the text helps nobody.
  }
  throw new FlowError('RESOURCE_UNAVAILABLE', `the blob ${id} is damaged: it is not JSON any more`)
}
