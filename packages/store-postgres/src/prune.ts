// Retention: removes ended runs, then the blobs that nothing that is left names. Works in small steps, so that runs in flight
// hardly notice; any number of stores may do it at once.

import { contentId, type PruneOptions, type RunId } from '@stepflow/engine'
import { texts } from './arrays.ts'
import type { Connection } from './connection.ts'
import type { OutsideBlobs } from './outside-blobs.ts'
import { fromText } from './text.ts'

export interface PrunerOptions {
  readonly connection: () => Connection
  readonly now: () => number
  readonly outside: OutsideBlobs
}

const RUNS_AT_ONCE = 32
const ROWS_AT_ONCE = 256
const BLOBS_AT_ONCE = 256
/** A blob that was put, or put again, lately may be about to be used. */
const FRESH_MS = 3_600_000

/** What may name a blob, each with the columns by which it is read in order. */
const PLACES = [
  { from: 'journal', key: ['run', 'part', 'seq'], first: ["''", '-1', '-1'], text: 'entries' },
  { from: 'cached', key: ['key'], first: ["''"], text: 'outcome' },
  // Versions of flows name their texts.
  { from: 'records', key: ['collection', 'key'], first: ["''", "''"], text: 'value' },
]

export class Pruner {
  readonly #options: PrunerOptions

  constructor(options: PrunerOptions) {
    this.#options = options
  }

  async prune(
    { olderThanMs, keep }: PruneOptions,
    remove: (run: RunId) => Promise<boolean>,
  ): Promise<{ readonly runs: number; readonly blobs: number }> {
    const now = Math.floor(this.#options.now())
    let runs = 0
    if (olderThanMs !== undefined) {
      const old = 'SELECT id FROM runs WHERE ended_at <= $1 ORDER BY number LIMIT $2'
      runs += await this.#removeRuns(old, now - olderThanMs, remove)
    }
    if (keep !== undefined) {
      const surplus = `SELECT id FROM runs WHERE ended_at IS NOT NULL AND number <=
        (SELECT number FROM runs WHERE ended_at IS NOT NULL ORDER BY number DESC LIMIT 1 OFFSET $1) ORDER BY number LIMIT $2`
      runs += await this.#removeRuns(surplus, keep, remove)
    }
    await this.#options.connection().query({ text: 'DELETE FROM cached WHERE until <= $1', values: [now] })
    const blobs = await this.#removeBlobs(now - Math.max(olderThanMs ?? 0, FRESH_MS))
    return { runs, blobs }
  }

  /** `remove`: false if somebody else has done so meanwhile. */
  async #removeRuns(text: string, bound: number, remove: (run: RunId) => Promise<boolean>): Promise<number> {
    for (let removed = 0; ; ) {
      const runs = await this.#options.connection().query<{ id: string }>({ text, values: [bound, RUNS_AT_ONCE] })
      if (runs.length === 0) return removed
      for (const { id } of runs) if (await remove(fromText(id))) removed++
    }
  }

  /** Removes what was put before `before` and is named nowhere. An id is named where its 64 digits stand. */
  async #removeBlobs(before: number): Promise<number> {
    const candidates = await this.#options.connection().query<{ id: string }>({
      text: 'SELECT id FROM blobs WHERE put_at <= $1',
      values: [before],
    })
    const unnamed = new Set(candidates.map(({ id }) => id))
    for (const { from, key, first, text } of PLACES) await this.#strike(unnamed, from, key, first, text)
    await this.#strikeNamedByBlobs(unnamed)
    // Whoever has named one while we were reading has put it again: it is fresh by then.
    const ids = [...unnamed].sort()
    let removed = 0
    for (let from = 0; from < ids.length; from += BLOBS_AT_ONCE) {
      const gone = await this.#options.connection().query({
        text: REMOVE_BLOBS,
        values: [texts(ids.slice(from, from + BLOBS_AT_ONCE)), before],
      })
      removed += gone.length
    }
    await this.#options.outside.removeContents()
    return removed
  }

  /** Strikes out what the rows of a table name. */
  async #strike(
    unnamed: Set<string>,
    from: string,
    key: readonly string[],
    first: readonly string[],
    text: string,
  ): Promise<void> {
    let last: unknown[] | undefined
    while (unnamed.size > 0) {
      const place = last ? key.map((_, i) => `$${i + 2}`).join(', ') : first.join(', ')
      const rows = await this.#options.connection().query<Record<string, unknown>>({
        text: `SELECT ${key.join(', ')}, ${text} AS named_by FROM ${from} WHERE (${key.join(', ')}) > (${place})
          ORDER BY ${key.join(', ')} LIMIT $1`,
        values: [ROWS_AT_ONCE, ...(last ?? [])],
      })
      for (const { named_by } of rows) strikeNamed(unnamed, String(named_by))
      const end = rows.at(-1)
      if (!end) return
      last = key.map((name) => end[name])
    }
  }

  /** A blob that stays keeps those that it names; flows name flows. */
  async #strikeNamedByBlobs(unnamed: Set<string>): Promise<void> {
    for (let before = -1; before !== unnamed.size && unnamed.size > 0; ) {
      before = unnamed.size
      let last = ''
      for (;;) {
        const rows = await this.#options.connection().query<KeptBlob>({
          text: `SELECT id, coalesce(json, names) AS text, object FROM blobs WHERE id > $1 AND kind = 'json' ORDER BY id LIMIT 16`,
          values: [last],
        })
        for (const row of rows) {
          if (unnamed.has(row.id)) continue
          const text = row.text ?? (await this.#contentOf(row))
          // What cannot be read may name any: until it is restored, none is removed.
          if (text === undefined) return unnamed.clear()
          strikeNamed(unnamed, text)
        }
        const end = rows.at(-1)
        if (!end) break
        last = end.id
      }
    }
  }

  /** Undefined if it is not there, or is not what it was. */
  async #contentOf({ id, object }: KeptBlob): Promise<string | undefined> {
    if (object === null) return ''
    const found = (await this.#options.outside.contents([{ id, object }])).get(id)
    return found && contentId(found) === id ? Buffer.from(found).toString() : undefined
  }
}

// ---

/** In the order in which appends put them: whoever puts some of them at this moment waits for us, or we for him. */
const REMOVE_BLOBS = `WITH old AS (
    SELECT id FROM blobs WHERE id = ANY ($1::text[]) AND put_at <= $2 ORDER BY id FOR UPDATE),
  gone AS (DELETE FROM blobs USING old WHERE blobs.id = old.id RETURNING blobs.id, object),
  left_over AS (INSERT INTO removed_objects SELECT object FROM gone WHERE object IS NOT NULL)
SELECT id FROM gone`

interface KeptBlob {
  readonly id: string
  /** What may name others. */
  readonly text: string | null
  readonly object: string | null
}

function strikeNamed(unnamed: Set<string>, content: string): void {
  for (const [id] of content.matchAll(/[0-9a-f]{64}/g)) unnamed.delete(id)
}
