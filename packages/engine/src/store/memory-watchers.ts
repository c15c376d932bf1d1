// Who hears of the rows of a store in memory, and where each row stands in the order of writing.

import { errorValue } from '../errors.ts'
import { FewMap } from '../few-map.ts'
import type { JournalEntry, JournalId, RunId } from '../journal/events.ts'
import type { LogLine, WrittenLine } from './run-log.ts'
import {
  BEGINNING,
  type Cursor,
  type JournalRow,
  type Listener,
  type RowsAfter,
  type WatchOptions,
  type WrittenRow,
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

/** A line of a log, and its place in the order of all rows. */
export interface PlacedLine {
  readonly run: RunId
  readonly line: LogLine
  readonly position: number
}

/** The rows that are kept: of one run, or of all; with the lines of their logs or not. Undefined if some of them are gone. */
export type KeptRows = (run: RunId | undefined, logs?: boolean) => (PlacedRow | PlacedLine)[] | undefined

interface Told {
  readonly row: Listener
  readonly log: (() => void) | undefined
}

export class MemoryWatchers {
  /** No other store's cursor is taken for one of this. */
  readonly #name: string
  readonly #kept: KeptRows
  readonly #warn: (message: string) => void
  readonly #listeners = new FewMap<RunId | undefined, FewMap<Told, true>>()
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

  add({ run, after, onGap, onLog }: WatchOptions, listener: Listener): () => void {
    if (after !== undefined) this.#goOn(run, after, listener, onGap)
    const listeners = this.#listeners.get(run) ?? new FewMap<Told, true>()
    this.#listeners.set(run, listeners)
    // Of its own, so that a function that watches twice is told twice.
    const told: Told = { row: listener, log: onLog }
    listeners.set(told, true)
    return () => {
      listeners.delete(told)
      if (listeners.size === 0 && this.#listeners.get(run) === listeners) this.#listeners.delete(run)
    }
  }

  tell(row: JournalRow, run: RunId): void {
    const [own, all] = [this.#listeners.get(run), this.#listeners.get(undefined)]
    if (!own && !all) return
    const { cursor } = this
    if (own) for (const { row: listener } of own.keys()) this.#tell(row, cursor, listener)
    if (all) for (const { row: listener } of all.keys()) this.#tell(row, cursor, listener)
  }

  /** Lines were written to the log of a run. */
  tellOfLog(run: RunId): void {
    for (const of of [run, undefined]) {
      for (const { log } of this.#listeners.get(of)?.keys() ?? []) {
        try {
          log?.()
        } catch (error) {
          this.#threw(`the log of ${run}`, error)
        }
      }
    }
  }

  #tell(row: JournalRow, cursor: Cursor, listener: Listener): void {
    try {
      listener(row, cursor)
    } catch (error) {
      this.#threw(row.journal, error)
    }
  }

  /** A listener that throws harms neither the writer nor those who listen beside it. */
  #threw(what: string, error: unknown): void {
    this.#warn(`a listener of ${what} threw: ${errorValue(error).message}`)
  }

  /** All at once in memory: what is kept there is held anyway. */
  rowsAfter({ run, after, limit, logs = false }: RowsAfter): WrittenRows | undefined {
    const missed = this.#missed(run, after, logs)
    if (!missed) return undefined
    const rows = missed.slice(0, limit).map((one) => this.#written(one))
    const last = rows.at(-1)
    return missed.length > limit && last ? { rows, next: last.cursor } : { rows }
  }

  /** A line, and the place behind it. */
  writtenLine({ run, line, position }: PlacedLine): WrittenLine {
    return { run, line, cursor: this.#cursorAt(position) }
  }

  /** Undefined if it is none of this store. */
  positionOf(cursor: Cursor): number | undefined {
    return this.#positionOf(cursor)
  }

  #written(one: PlacedRow | PlacedLine): WrittenRow | WrittenLine {
    if (one instanceof PlacedRow) return { row: one, cursor: this.#cursorAt(positionOf(one)) }
    return this.writtenLine(one)
  }

  #goOn(run: RunId | undefined, after: Cursor, listener: Listener, onGap: (() => void) | undefined): void {
    const missed = this.#missed(run, after)
    if (!missed) onGap?.()
    else
      for (const one of missed) if (one instanceof PlacedRow) this.#tell(one, this.#cursorAt(positionOf(one)), listener)
  }

  #cursorAt(position: number): Cursor {
    return `${this.#name}-${position}`
  }

  /** In the order of writing; undefined if some of them are gone. */
  #missed(run: RunId | undefined, after: Cursor, logs = false): (PlacedRow | PlacedLine)[] | undefined {
    const position = this.#positionOf(after)
    const kept = position === undefined ? undefined : this.#kept(run, logs)
    const isGone = run === undefined && position !== undefined && position < this.#removed
    if (kept === undefined || position === undefined || isGone) return undefined
    return kept.filter((one) => positionOf(one) > position).sort((a, b) => positionOf(a) - positionOf(b))
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

function positionOf(one: PlacedRow | PlacedLine): number {
  return one instanceof PlacedRow ? PlacedRow.position(one) : one.position
}

let stores = 0
