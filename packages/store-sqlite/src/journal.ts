// Reads journals back, and says what is wrong with one that is damaged.

import {
  type Decoded,
  FlowError,
  type ItemRow,
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
import type { WrittenRow } from './transaction.ts'

interface Text {
  readonly position: number
  readonly journal: JournalId
  readonly seq: number
  readonly entries: string
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
      journal: db.prepare(
        'SELECT position, journal, seq, entries FROM journal WHERE journal = ? AND seq >= ? ORDER BY seq',
      ),
      since: db.prepare(
        'SELECT position, journal, seq, entries FROM journal WHERE position > ? AND position <= ? ORDER BY position LIMIT ?',
      ),
      items: db.prepare(`
        SELECT items.item, items.outcome FROM items JOIN runs ON runs.number = items.run
        WHERE runs.id = ? AND items.item >= ? ORDER BY items.item LIMIT ?`),
    }
  }

  /**
   * The rows from `from` on. A last row that was cut short is left out, and reported: what it recorded is done again.
   * Any other damage is INTERNAL, with the journal, the row and what was found in its `data`.
   */
  read(journal: JournalId, from: number): { readonly rows: JournalRow[]; readonly torn?: number } {
    const rows: JournalRow[] = []
    const texts = this.#sql.journal.all<Text>(journal, from)
    for (const [index, text] of texts.entries()) {
      const seq = from + index
      if (text.seq !== seq) throw damaged(journal, seq, `it is missing; the next one there is ${text.seq}`)
      const decoded = this.#codec.decode(text.entries)
      if (isDamage(decoded)) {
        if (!decoded.isTorn || seq === 0 || index < texts.length - 1) throw damaged(journal, seq, decoded.damage)
        this.#log('warning', `journal ${journal}: dropped its last row ${seq}, which was cut short: ${decoded.damage}`)
        return { rows, torn: seq }
      }
      rows.push({ journal, seq, entries: this.#whole(decoded, journal, seq) })
    }
    return { rows }
  }

  items(run: RunId, from: number, limit: number): ItemRow[] {
    // SQLite's word for "no limit" is a negative one.
    const texts = this.#sql.items.all<{ item: number; outcome: string }>(run, from, Number.isFinite(limit) ? limit : -1)
    return texts.map(({ item, outcome: text }) => {
      const decoded = this.#codec.decodeOutcome(text)
      if (isDamage(decoded)) {
        throw new FlowError('INTERNAL', `the result of item ${item} of run ${run} is damaged: ${decoded.damage}`)
      }
      return { item, outcome: this.#whole<Outcome>(decoded, run, item) }
    })
  }

  /** Rows of all journals in the order of writing, of those runs that `isWanted`; damaged ones are left out. */
  since(
    position: number,
    to: number,
    limit: number,
    isWanted: (journal: JournalId) => boolean,
  ): { readonly rows: WrittenRow[]; readonly last: number | undefined } {
    const texts = this.#sql.since.all<Text>(position, to, limit)
    const rows: WrittenRow[] = []
    for (const { position, journal, seq, entries } of texts) {
      if (!isWanted(journal)) continue
      const decoded = this.#codec.decode(entries)
      if (isDamage(decoded)) this.#log('error', damaged(journal, seq, decoded.damage).message)
      else rows.push({ position, row: { journal, seq, entries: this.#whole<JournalEntry[]>(decoded, journal, seq) } })
    }
    return { rows, last: texts.at(-1)?.position }
  }

  #whole<T>({ value, holes }: Decoded<T>, journal: string, row: number): T {
    if (holes.length === 0) return value
    // One object for one blob, however often it is used: what follows knows it again.
    const fetched = new Map<string, unknown>()
    for (const { id, fill } of holes) {
      if (!fetched.has(id)) fetched.set(id, this.#blob(id, journal, row))
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

function damaged(journal: JournalId, row: number, found: string, cause?: unknown): FlowError {
  const message = `journal ${journal} is damaged: row ${row}: ${found}; remove the run, or restore the file from a copy`
  return new FlowError('INTERNAL', message, { data: { journal, row, found }, cause })
}
