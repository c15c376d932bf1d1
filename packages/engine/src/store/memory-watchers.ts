// Who hears of the rows of a store in memory, and where each row stands in the order of writing.

import { errorValue } from '../errors.ts'
import type { JournalEntry, JournalId, RunId } from '../journal/events.ts'
import {
  BEGINNING,
  type Cursor,
  type JournalRow,
  type Listener,
  type RowsAfter,
  type WatchOptions,
  type WrittenRows,
} from './store.ts'

/** A row, and its place in the order of all rows. */
export class PlacedRow implements JournalRow {
  readonly journal: JournalId
  readonly seq: number
  readonly entries: readonly JournalEntry[]
  readonly #position: number

  constructor(journal: JournalId, seq: number, entries: readonly JournalEntry[], position: number) {
    this.journal = journal
    this.seq = seq
    this.entries = entries
    this.#position = position
  }

  static position(row: PlacedRow): number {
    return row.#position
  }
}

/** The rows that are kept: of one run, or of all. Undefined if some of them are gone. */
export type KeptRows = (run: RunId | undefined) => PlacedRow[] | undefined

export class MemoryWatchers {
  /** No other store's cursor is taken for one of this. */
  readonly #name: string
  readonly #kept: KeptRows
  readonly #warn: (message: string) => void
  readonly #listeners = new Map<RunId | undefined, Set<Listener>>()
  #last = 0
  /** Rows up to here may have been removed. */
  #removed = 0

  constructor(createdAt: number, kept: KeptRows, warn: (message: string) => void) {
    this.#name = `${createdAt.toString(36)}.${(++stores).toString(36)}`
    this.#kept = kept
    this.#warn = warn
  }

  get cursor(): Cursor {
    return `${this.#name}-${this.#last}`
  }

  nextPosition(): number {
    return ++this.#last
  }

  /** Rows of a run are no longer there. */
  removed(): void {
    this.#removed = this.#last
  }

  add({ run, after, onGap }: WatchOptions, listener: Listener): () => void {
    if (after !== undefined) this.#goOn(run, after, listener, onGap)
    const listeners = this.#listeners.get(run) ?? new Set()
    this.#listeners.set(run, listeners)
    // Of its own, so that a function that watches twice is told twice.
    const told: Listener = (row, cursor) => listener(row, cursor)
    listeners.add(told)
    return () => {
      listeners.delete(told)
      if (listeners.size === 0 && this.#listeners.get(run) === listeners) this.#listeners.delete(run)
    }
  }

  tell(row: JournalRow, run: RunId): void {
    const [own, all] = [this.#listeners.get(run), this.#listeners.get(undefined)]
    if (!own && !all) return
    const { cursor } = this
    if (own) for (const listener of own) this.#tell(row, cursor, listener)
    if (all) for (const listener of all) this.#tell(row, cursor, listener)
  }

  /** A listener that throws harms neither the writer nor those who listen beside it. */
  #tell(row: JournalRow, cursor: Cursor, listener: Listener): void {
    try {
      listener(row, cursor)
    } catch (error) {
      this.#warn(`a listener of ${row.journal} threw: ${errorValue(error).message}`)
    }
  }

  /** All at once in memory: what is kept there is held anyway. */
  rowsAfter({ run, after, limit }: RowsAfter): WrittenRows | undefined {
    const missed = this.#missed(run, after)
    if (!missed) return undefined
    const rows = missed.slice(0, limit).map((row) => ({ row, cursor: this.#cursorOf(row) }))
    const last = rows.at(-1)
    return missed.length > limit && last ? { rows, next: last.cursor } : { rows }
  }

  #goOn(run: RunId | undefined, after: Cursor, listener: Listener, onGap: (() => void) | undefined): void {
    const missed = this.#missed(run, after)
    if (!missed) onGap?.()
    else for (const row of missed) this.#tell(row, this.#cursorOf(row), listener)
  }

  #cursorOf(row: PlacedRow): Cursor {
    return `${this.#name}-${PlacedRow.position(row)}`
  }

  /** In the order of writing; undefined if some of them are gone. */
  #missed(run: RunId | undefined, after: Cursor): PlacedRow[] | undefined {
    const position = this.#positionOf(after)
    const rows = position === undefined ? undefined : this.#kept(run)
    const isGone = run === undefined && position !== undefined && position < this.#removed
    if (rows === undefined || position === undefined || isGone) return undefined
    const missed = rows.filter((row) => PlacedRow.position(row) > position)
    return missed.sort((a, b) => PlacedRow.position(a) - PlacedRow.position(b))
  }

  #positionOf(cursor: Cursor): number | undefined {
    if (cursor === BEGINNING) return 0
    const at = cursor.lastIndexOf('-')
    const position = Number(cursor.slice(at + 1))
    const isOurs = cursor.slice(0, at) === this.#name && Number.isInteger(position) && position <= this.#last
    return isOurs ? position : undefined
  }
}

// ---

let stores = 0
