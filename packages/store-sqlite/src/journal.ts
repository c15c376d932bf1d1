// Reads journals back, and says what is wrong with one that is damaged.

import {
  type Damage,
  type Decoded,
  FlowError,
  ITEM_BYTES,
  type ItemRow,
  type ItemStatus,
  isDamage,
  type JournalCodec,
  type JournalEntry,
  type JournalId,
  type JournalRow,
  type Log,
  type Outcome,
  type RunId,
} from '@stepflow/engine'
import type { BlobTable } from './blobs.ts'
import type { Database } from './drivers.ts'
import { HEAD, LAST, NEWS, PARTS, partsOf, ROWS, SHARD } from './journal-names.ts'
import type { WrittenRow } from './tables.ts'
import { type Bytes, textOf } from './text.ts'

interface ItemText {
  readonly item: number
  readonly outcome: Bytes
}

interface ItemStatusRecord {
  readonly item: number
  readonly status: number
}

interface Text {
  readonly position: number
  readonly journal: JournalId
  readonly seq: number
  readonly entries: Bytes
}

export class JournalReader {
  readonly #codec: JournalCodec
  readonly #blobs: BlobTable
  readonly #log: Log
  readonly #sql

  constructor(db: Database, options: { codec: JournalCodec; blobs: BlobTable; log: Log }) {
    this.#codec = options.codec
    this.#blobs = options.blobs
    this.#log = options.log
    this.#sql = {
      chainOf: db.prepare(chainOf(HEAD)),
      chainOfShard: db.prepare(chainOf(SHARD)),
      since: db.prepare(`
        SELECT position, runs.id || '/' || (shard % ${PARTS}) AS journal, seq, CAST(entries AS BLOB) AS entries
        FROM journal JOIN runs ON runs.number = shard / ${PARTS}
        WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`),
      sinceOf: db.prepare(`
        SELECT position, ?3 || '/' || (shard % ${PARTS}) AS journal, seq, CAST(entries AS BLOB) AS entries FROM journal
        WHERE position > ?1 AND position <= ?2 AND shard / ${PARTS} = (SELECT number FROM runs WHERE id = ?3)
        ORDER BY position LIMIT ?4`),
      cached: db.prepare(
        'SELECT CAST(outcome AS BLOB) AS outcome FROM cached WHERE key = ? AND (until IS NULL OR until > ?)',
      ),
      items: db.prepare(`
        SELECT items.item, CAST(items.outcome AS BLOB) AS outcome FROM items JOIN runs ON runs.number = items.run
        WHERE runs.id = ?1 AND items.item >= ?2
        UNION ALL SELECT item, outcome FROM ${ONLY_ITEM} WHERE item >= ?2 ORDER BY item LIMIT ?3`),
      itemsThat: db.prepare(`
        SELECT item, CAST(outcome AS BLOB) AS outcome FROM items
        WHERE run = (SELECT number FROM runs WHERE id = ?1) AND item >= ?2
          AND status IN (SELECT value FROM json_each(?3))
        UNION ALL SELECT item, outcome FROM ${ONLY_ITEM} WHERE item >= ?2 AND status IN (SELECT value FROM json_each(?3))
        ORDER BY item LIMIT ?4`),
      itemsThatDidNotSucceed: db.prepare(`
        SELECT item, CAST(outcome AS BLOB) AS outcome FROM items INDEXED BY items_that_did_not_succeed
        WHERE run = (SELECT number FROM runs WHERE id = ?1) AND status > 3 AND item >= ?2
          AND status IN (SELECT value FROM json_each(?3))
        UNION ALL SELECT item, outcome FROM ${ONLY_ITEM} WHERE item >= ?2 AND status IN (SELECT value FROM json_each(?3))
        ORDER BY item LIMIT ?4`),
      taken: db.prepare('SELECT coalesce(sum(items), 0) AS count FROM journals WHERE run = ?'),
      statuses: db.prepare(`
        SELECT item, status FROM items WHERE run = (SELECT number FROM runs WHERE id = ?1) AND item >= ?2 AND item < ?3
        UNION ALL SELECT item, status FROM ${ONLY_ITEM} WHERE item >= ?2 AND item < ?3`),
    }
  }

  /**
   * The rows from `from` on. A last row that was cut short is left out, and its position told: what it recorded is done
   * again. Any other damage is INTERNAL, with the journal, the row and what was found in its `data`.
   */
  read(journal: JournalId, from: number): { readonly rows: JournalRow[]; readonly torn?: number } {
    const rows: JournalRow[] = []
    const { run, part } = partsOf(journal)
    const { chainOf, chainOfShard } = this.#sql
    const links = part === 0 ? chainOf.all<Link>(run, from) : chainOfShard.all<Link>(run, from, part)
    links.reverse()
    for (const [index, { expected: seq, entries, ...found }] of links.entries()) {
      if (entries === null) throw damaged(journal, seq, 'it is missing')
      if (found.seq !== seq || found.isOwn === 0) {
        const whose = found.isOwn === 0 ? 'another journal' : 'the same journal'
        throw damaged(journal, seq, `in its place is row ${found.seq} of ${whose}`)
      }
      const decoded = readWhole(entries, (text) => this.#codec.decode(text))
      if (!isDamage(decoded)) rows.push({ journal, seq, entries: this.#whole(decoded, journal, seq) })
      else if (!decoded.isTorn || seq === 0 || index < links.length - 1) throw damaged(journal, seq, decoded.damage)
      else {
        this.#log('warning', `journal ${journal}: dropped its last row ${seq}, which was cut short: ${decoded.damage}`)
        return { rows, torn: found.position }
      }
    }
    return { rows }
  }

  items(run: RunId, from: number, limit: number, statuses: readonly ItemStatus[] | undefined): ItemRow[] {
    // SQLite's word for "no limit" is a negative one.
    const most = Number.isFinite(limit) ? limit : -1
    const texts = statuses ? this.#itemsThat(run, from, most, statuses) : this.#sql.items.all<ItemText>(run, from, most)
    return texts.map(({ item, outcome: bytes }) => {
      const decoded = readWhole(bytes, (text) => this.#codec.decodeOutcome(text))
      if (isDamage(decoded)) {
        throw new FlowError(
          'RESOURCE_UNAVAILABLE',
          `the result of item ${item} of run ${run} is damaged: ${decoded.damage}`,
        )
      }
      return { item, outcome: this.#whole<Outcome>(decoded, run, item) }
    })
  }

  /** A byte for each item that was taken in. */
  statuses(run: RunId, from: number, limit: number): Uint8Array {
    const taken = this.#sql.taken.get<{ count: number }>(run)?.count ?? 0
    const bytes = new Uint8Array(Math.max(0, Math.min(limit, taken - from)))
    for (const { item, status } of this.#sql.statuses.all<ItemStatusRecord>(run, from, from + bytes.length)) {
      bytes[item - from] = status
    }
    return bytes
  }

  cached(key: string, now: number): { readonly output: unknown } | undefined {
    const bytes = this.#sql.cached.get<{ outcome: Bytes }>(key, now)?.outcome
    if (bytes === undefined) return undefined
    const decoded = readWhole(bytes, (text) => this.#codec.decodeOutcome(text))
    // It can be had again: what cannot be read was not kept.
    if (isDamage(decoded)) return undefined
    const outcome = this.#whole<Outcome>(decoded, 'of kept outputs', 0)
    return outcome.outcome === 'success' ? { output: outcome.result } : undefined
  }

  /** Rows of one run in the order of writing; damaged ones are left out. */
  sinceOf(run: RunId, position: number, to: number, limit: number) {
    return this.#written(this.#sql.sinceOf.all<Text>(position, to, run, limit), () => true)
  }

  /** Rows of all journals in the order of writing, of those runs that `isWanted`; damaged ones are left out. */
  since(position: number, to: number, limit: number, isWanted: (journal: JournalId) => boolean) {
    return this.#written(this.#sql.since.all<Text>(position, to, limit), isWanted)
  }

  #itemsThat(run: RunId, from: number, limit: number, statuses: readonly ItemStatus[]): ItemText[] {
    const bytes = JSON.stringify(statuses.map((status) => ITEM_BYTES[status]))
    const select = statuses.includes('success') ? this.#sql.itemsThat : this.#sql.itemsThatDidNotSucceed
    return select.all<ItemText>(run, from, bytes, limit)
  }

  #written(
    texts: readonly Text[],
    isWanted: (journal: JournalId) => boolean,
  ): { readonly rows: WrittenRow[]; readonly last: number | undefined } {
    const rows: WrittenRow[] = []
    for (const { position, journal, seq, entries } of texts) {
      if (!isWanted(journal)) continue
      const decoded = readWhole(entries, (text) => this.#codec.decode(text))
      if (isDamage(decoded)) this.#log('error', damaged(journal, seq, decoded.damage).message)
      else rows.push({ position, row: { journal, seq, entries: this.#whole<JournalEntry[]>(decoded, journal, seq) } })
    }
    return { rows, last: texts.at(-1)?.position }
  }

  #whole<T>({ value, holes }: Decoded<T>, journal: string, row: number): T {
    if (holes.length === 0) return value
    // One object for one blob, however often it is used: what follows knows it again.
    const fetched = new Map<string, unknown>()
    for (const { id, known, fill } of holes) {
      if (!fetched.has(id)) fetched.set(id, known ?? this.#blob(id, journal, row))
      fill(fetched.get(id))
    }
    return value
  }

  #blob(id: string, journal: string, row: number): unknown {
    try {
      return this.#blobs.get(id)
    } catch (cause) {
      throw damaged(journal, row, `its blob ${id} cannot be read: ${(cause as Error).message}`, cause)
    }
  }
}

// ---

/**
 * The rows of one journal backwards, from its last one on, until row `?2` or something that should not be there. `expected` is
 * what the row's number has to be. One statement, so that it sees one state of the file.
 */
const chainOf = (row: string) => `
  WITH RECURSIVE chain (expected, number, position, shard, seq, previous, entries) AS (
    SELECT tip.rows - 1, tip.number, position, shard, seq, previous, entries
    FROM (SELECT number, ${ROWS} AS rows, ${LAST} AS last FROM ${row} ${NEWS}) AS tip
      LEFT JOIN journal ON position = tip.last WHERE tip.rows > ?2
    UNION ALL
    SELECT expected - 1, number, before.position, before.shard, before.seq, before.previous, before.entries
    FROM chain LEFT JOIN journal AS before ON before.position = chain.previous
    WHERE expected > ?2 AND chain.seq = expected AND chain.shard = number)
  SELECT expected, seq, CAST(entries AS BLOB) AS entries, position, shard = number AS isOwn FROM chain`

/** Of a run whose only item stands in its own row. */
const ONLY_ITEM = `(
  SELECT head_first AS item, CAST(outcome AS BLOB) AS outcome, CASE WHEN head_success > 0 THEN 3 WHEN head_skipped > 0 THEN 4
    WHEN head_failed > 0 THEN 5 ELSE 6 END AS status
  FROM runs WHERE id = ?1 AND outcome IS NOT NULL)`

/** What was found where the journal's row `expected` should be; nulls if nothing was. */
interface Link {
  readonly expected: number
  readonly seq: number
  readonly entries: Bytes | null
  readonly position: number
  readonly isOwn: number
}

/** A row that was cut short says so, also if that was in the middle of a character. */
function readWhole<T>(bytes: Bytes, decode: (text: string) => Decoded<T> | Damage): Decoded<T> | Damage {
  const { text, isWhole } = textOf(bytes)
  const decoded = decode(text)
  if (isWhole || isDamage(decoded)) return decoded
  return { damage: 'it holds bytes that are not UTF-8', isTorn: false }
}

function damaged(journal: JournalId, row: number, found: string, cause?: unknown): FlowError {
  const message = `journal ${journal} is damaged: row ${row}: ${found}; remove the run, or restore the file from a copy`
  return new FlowError('INTERNAL', message, { data: { journal, row, found }, cause })
}
