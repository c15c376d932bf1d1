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
import { ints } from './arrays.ts'
import type { BlobTable, Fetched } from './blobs.ts'
import type { Connection } from './connection.ts'
import { journalOf, partsOf } from './journal-names.ts'
import { fromText, toText } from './text.ts'

export interface ReaderOptions {
  readonly codec: JournalCodec
  readonly blobs: BlobTable
  readonly reader: () => Connection
  readonly log: Log
}

export class JournalReader {
  readonly #options: ReaderOptions

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /** The rows from `from` on. Damage is INTERNAL, with the journal, the row and what was found in its `data`. */
  async read(journal: JournalId, from: number): Promise<JournalRow[]> {
    const { run, part } = partsOf(journal)
    const texts = await this.#options.reader().query<{ seq: number | null; entries: string; rows: number }>({
      name: 'read-journal',
      text: `SELECT seq, entries, rows FROM shards LEFT JOIN journal
          ON journal.run = shards.run AND journal.part = shards.part AND seq >= $3
        WHERE shards.run = $1 AND shards.part = $2 ORDER BY seq`,
      values: [toText(run), part, from],
    })
    const { rows: length = 0 } = texts[0] ?? {}
    const found = texts.filter(({ seq }) => seq !== null)
    const rows: { seq: number; decoded: Decoded<JournalEntry[]> }[] = []
    for (let seq = from; seq < length; seq++) {
      const text = found[seq - from]
      if (text?.seq !== seq) throw damaged(journal, seq, 'it is missing')
      const decoded = this.#options.codec.decode(text.entries)
      if (isDamage(decoded)) throw damaged(journal, seq, decoded.damage)
      rows.push({ seq, decoded })
    }
    await this.#fill(rows.flatMap(({ seq, decoded: { holes } }) => holes.map((hole) => ({ hole, journal, row: seq }))))
    return rows.map(({ seq, decoded }) => ({ journal, seq, entries: decoded.value }))
  }

  /** Rows of several journals; in the place of a damaged one, undefined. */
  async written(
    records: readonly {
      readonly run: string
      readonly part: number
      readonly seq: number | null
      readonly entries: string
    }[],
  ): Promise<(JournalRow | undefined)[]> {
    const holes: WholeHole[] = []
    const rows = records.map(({ run, part, seq: number, entries }) => {
      const seq = number as number // they are rows
      const journal = journalOf(fromText(run), part)
      const decoded = this.#options.codec.decode(entries)
      if (isDamage(decoded)) {
        this.#options.log('error', damaged(journal, seq, decoded.damage).message)
        return undefined
      }
      for (const hole of decoded.holes) holes.push({ hole, journal, row: seq })
      return { journal, seq, entries: decoded.value }
    })
    await this.#fill(holes)
    return rows
  }

  async items(run: RunId, from: number, limit: number, statuses?: readonly ItemStatus[]): Promise<ItemRow[]> {
    const wanted = statuses?.map((status) => ITEM_BYTES[status])
    // Said so that the index of those that did not succeed is found.
    const which = !wanted
      ? ''
      : `AND status = ANY ($4::integer[]) ${statuses?.includes('success') ? '' : 'AND status > 3'}`
    const texts = await this.#options.reader().query<{ item: number; outcome: string }>({
      text: `SELECT item, outcome FROM items WHERE run = $1 AND item >= $2 ${which} ORDER BY item LIMIT $3`,
      values: [toText(run), from, Number.isFinite(limit) ? limit : null, ...(wanted ? [ints(wanted)] : [])],
    })
    const rows = texts.map(({ item, outcome }) => {
      const decoded = this.#options.codec.decodeOutcome(outcome)
      if (isDamage(decoded)) throw damagedResult(run, item, decoded)
      return { item, decoded }
    })
    await this.#fill(
      rows.flatMap(({ item, decoded: { holes } }) => holes.map((hole) => ({ hole, journal: run, row: item }))),
    )
    return rows.map(({ item, decoded }) => ({ item, outcome: decoded.value }))
  }

  /** A byte for each item that was taken in. */
  async statuses(run: RunId, from: number, limit: number): Promise<Uint8Array> {
    const reader = this.#options.reader()
    const [taken] = await reader.query<{ count: number }>({
      text: 'SELECT coalesce(sum(items), 0)::integer AS count FROM shards WHERE run = $1',
      values: [toText(run)],
    })
    const bytes = new Uint8Array(Math.max(0, Math.min(limit, (taken?.count ?? 0) - from)))
    const ended = await reader.query<{ item: number; status: number }>({
      text: 'SELECT item, status FROM items WHERE run = $1 AND item >= $2 AND item < $3',
      values: [toText(run), from, from + bytes.length],
    })
    for (const { item, status } of ended) bytes[item - from] = status
    return bytes
  }

  async cached(key: string, now: number): Promise<{ readonly output: unknown } | undefined> {
    const [found] = await this.#options.reader().query<{ outcome: string }>({
      name: 'cached',
      text: 'SELECT outcome FROM cached WHERE key = $1 AND (until IS NULL OR until > $2)',
      values: [toText(key), Math.floor(now)],
    })
    const decoded = found && this.#options.codec.decodeOutcome(found.outcome)
    // It can be had again: what cannot be read was not kept.
    if (!decoded || isDamage(decoded)) return undefined
    await this.#fill(decoded.holes.map((hole) => ({ hole, journal: 'of kept outputs', row: 0 })))
    const outcome: Outcome = decoded.value
    return outcome.outcome === 'success' ? { output: outcome.result } : undefined
  }

  /** Fetches what the texts refer to, all at once. */
  async #fill(holes: readonly WholeHole[]): Promise<void> {
    if (holes.length === 0) return
    // One object for one blob, however often it is used: what follows knows it again.
    const values = new Map<string, Fetched>()
    for (const { hole } of holes) if (hole.known !== undefined) values.set(hole.id, { value: hole.known })
    const missing = [...new Set(holes.map(({ hole }) => hole.id))].filter((id) => !values.has(id))
    const fetched = await this.#options.blobs.fetch(missing)
    for (const { hole, journal, row } of holes) {
      const found = values.get(hole.id) ?? fetched.get(hole.id)
      if (!found) throw damaged(journal, row, `its blob ${hole.id} is not there, or cannot be read`)
      hole.fill(found.value)
    }
  }
}

// ---

interface WholeHole {
  readonly hole: Decoded<unknown>['holes'][number]
  readonly journal: string
  readonly row: number
}

function damaged(journal: JournalId, row: number, found: string): FlowError {
  const message = `journal ${journal} is damaged: row ${row}: ${found}; remove the run, or restore the database from a backup`
  return new FlowError('INTERNAL', message, { data: { journal, row, found } })
}

function damagedResult(run: RunId, item: number, { damage }: Damage): FlowError {
  return new FlowError('RESOURCE_UNAVAILABLE', `the result of item ${item} of run ${run} is damaged: ${damage}`)
}
