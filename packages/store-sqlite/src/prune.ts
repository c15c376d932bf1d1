// Retention: removes ended runs, then the blobs that nothing that is left names. Works in small transactions, so that
// runs in flight hardly notice.

import type { Clock, PruneOptions, RunPage, RunQuery } from '@stepflow/engine'
import type { Database } from './drivers.ts'
import { ENDED } from './run-columns.ts'
import { type Bytes, textOf } from './text.ts'
import type { JournalTransaction } from './transaction.ts'
import type { Writer } from './writer.ts'

const RUNS_AT_ONCE = 32
const RUNS_LISTED = 1024
const ROWS_AT_ONCE = 256
/** A blob that was put, or put again, lately may be about to be used. */
const FRESH_MS = 3_600_000

export class Pruner {
  readonly #writer: Writer<JournalTransaction>
  readonly #clock: Clock
  readonly #sql

  constructor(db: Database, writer: Writer<JournalTransaction>, clock: Clock) {
    this.#writer = writer
    this.#clock = clock
    this.#sql = {
      expire: db.prepare('DELETE FROM cached WHERE until <= ?'),
      cached: db.prepare(
        'SELECT key AS place, CAST(outcome AS BLOB) AS text FROM cached WHERE key > ? ORDER BY key LIMIT ?',
      ),
      records: db.prepare(
        `SELECT collection, key, CAST(value AS BLOB) AS text FROM records WHERE (collection, key) > (?, ?)
         ORDER BY collection, key LIMIT ?`,
      ),
      candidates: db.prepare('SELECT id FROM blobs WHERE put_at <= ?'),
      journal: db.prepare(
        'SELECT position AS place, CAST(entries AS BLOB) AS text FROM journal WHERE position > ? ORDER BY position LIMIT ?',
      ),
      blobs: db.prepare(
        `SELECT rowid AS place, id, CAST(content AS BLOB) AS text FROM blobs WHERE rowid > ? AND kind = 'json' ORDER BY rowid LIMIT ?`,
      ),
      drop: db.prepare('DELETE FROM blobs WHERE id = ? AND put_at <= ?'),
    }
  }

  /** `list`: the runs that are there. */
  async prune(
    { olderThanMs, keep }: PruneOptions,
    list: (query: RunQuery) => Promise<RunPage>,
  ): Promise<{ readonly runs: number; readonly blobs: number }> {
    const now = this.#clock.now()
    let runs = 0
    if (olderThanMs !== undefined) {
      runs += await this.#removeRuns(async () => {
        const { rows } = await list({ status: ENDED, sort: 'completedAt', limit: RUNS_LISTED })
        return rows.filter(({ endedAt = now }) => endedAt <= now - olderThanMs)
      })
    }
    if (keep !== undefined) {
      runs += await this.#removeRuns(async () => {
        const query = { status: ENDED, sort: 'createdAt', limit: RUNS_LISTED, count: Number.MAX_SAFE_INTEGER } as const
        const { rows, total = 0 } = await list(query)
        return rows.slice(0, Math.max(0, total - keep))
      })
    }
    await this.#writer.write(() => this.#sql.expire.run(now))
    const blobs = await this.#removeBlobs(now - Math.max(olderThanMs ?? 0, FRESH_MS))
    return { runs, blobs }
  }

  async #removeRuns(next: () => Promise<readonly { readonly id: string }[]>): Promise<number> {
    for (let removed = 0; ; ) {
      const runs = await next()
      if (runs.length === 0) return removed
      for (let from = 0; from < runs.length; from += RUNS_AT_ONCE) {
        const some = runs.slice(from, from + RUNS_AT_ONCE)
        await Promise.all(some.map(({ id }) => this.#writer.write((tx) => tx.remove(id))))
      }
      removed += runs.length
    }
  }

  /** Removes what was put before `before` and is named nowhere. An id is named where its 64 digits stand. */
  async #removeBlobs(before: number): Promise<number> {
    const unnamed = new Set(this.#sql.candidates.all<{ id: string }>(before).map(({ id }) => id))
    let last = 0
    for (;;) {
      const read = unnamed.size > 0 ? this.#strike(unnamed, last) : undefined
      if (read === undefined) break
      last = read
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#strikeNamedByCached(unnamed)
    this.#strikeNamedByRecords(unnamed)
    this.#strikeNamedByBlobs(unnamed)
    if (unnamed.size === 0) return 0
    return this.#writer.write((tx) => {
      tx.flush()
      // What came in while we were reading.
      for (let read = this.#strike(unnamed, last); read !== undefined; read = this.#strike(unnamed, read));
      let removed = 0
      for (const id of unnamed) removed += this.#sql.drop.run(id, before)
      return removed
    })
  }

  /** Strikes out what the next rows of the journal name; answers how far it came. */
  #strike(unnamed: Set<string>, after: number): number | undefined {
    const rows = this.#sql.journal.all<{ place: number; text: Bytes }>(after, ROWS_AT_ONCE)
    for (const { text } of rows) strikeNamed(unnamed, text)
    return rows.at(-1)?.place
  }

  #strikeNamedByCached(unnamed: Set<string>): void {
    let last = ''
    while (unnamed.size > 0) {
      const rows = this.#sql.cached.all<{ place: string; text: Bytes }>(last, ROWS_AT_ONCE)
      for (const { text } of rows) strikeNamed(unnamed, text)
      if (rows.length === 0) return
      last = rows.at(-1)?.place as string
    }
  }

  /** Versions of flows name their texts. */
  #strikeNamedByRecords(unnamed: Set<string>): void {
    let last = ['', '']
    while (unnamed.size > 0) {
      const rows = this.#sql.records.all<{ collection: string; key: string; text: Bytes }>(...last, ROWS_AT_ONCE)
      for (const { text } of rows) strikeNamed(unnamed, text)
      const end = rows.at(-1)
      if (!end) return
      last = [end.collection, end.key]
    }
  }

  /** A blob that stays keeps those that it names; flows name flows. */
  #strikeNamedByBlobs(unnamed: Set<string>): void {
    for (let before = -1; before !== unnamed.size && unnamed.size > 0; ) {
      before = unnamed.size
      let last = 0
      for (;;) {
        const rows = this.#sql.blobs.all<{ place: number; id: string; text: Bytes }>(last, 16)
        for (const { id, text } of rows) if (!unnamed.has(id)) strikeNamed(unnamed, text)
        if (rows.length === 0) break
        last = rows.at(-1)?.place as number
      }
    }
  }
}

// ---

function strikeNamed(unnamed: Set<string>, content: Bytes): void {
  for (const [id] of textOf(content).text.matchAll(/[0-9a-f]{64}/g)) unnamed.delete(id)
}
