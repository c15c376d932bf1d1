// The watchers of appended rows. Rows of this process are passed on as they are committed, rows of other processes are read
// from the file; both in the order of writing, without gaps or repetitions.
//
// V1  `#seen` is the last position that was passed on to those who keep up.
// V2  Who begins at an earlier place catches up a page at a time, and joins the others in the moment in which he has heard
//     of all up to `#seen`.

import {
  BEGINNING,
  type Cursor,
  FewMap,
  type JournalId,
  type Listener,
  type RowsAfter,
  type RunId,
  runOfJournal,
  type WatchOptions,
  type WrittenRow as WrittenJournalRow,
  type WrittenLine,
  type WrittenRows,
} from '@stepflow/engine'
import type { JournalReader } from './journal.ts'
import type { LogTable, PlacedLine } from './log-table.ts'
import type { WrittenRow } from './tables.ts'

const ROWS_AT_ONCE = 256

export interface WatcherTools {
  readonly reader: JournalReader
  readonly logs: LogTable
  readonly lastPosition: () => number
  /** The position before a run's first row; undefined if there is no such run. */
  readonly beginOf: (run: RunId) => number | undefined
  /** What tells this file's cursors from others', and the last position whose row may have been removed. */
  readonly marks: () => { readonly file: number; readonly removed: number }
  readonly warn: (message: string) => void
}

export class Watchers {
  readonly #tools: WatcherTools
  readonly #file: number
  readonly #listeners = new FewMap<RunId | undefined, FewMap<Listener, true>>()
  /** Of those who want to know of lines, too. */
  readonly #ofLogs = new Map<RunId | undefined, Set<() => void>>()
  /** The last line that they were told of. */
  #seenLine = 0
  /** How many are still behind. */
  #behind = 0
  #seen = 0
  #isClosed = false

  constructor(tools: WatcherTools) {
    this.#tools = tools
    this.#file = tools.marks().file
  }

  get isWatching(): boolean {
    return this.#listeners.size > 0 || this.#behind > 0
  }

  cursorAt(position: number): Cursor {
    return this.#cursor(position)
  }

  /** Undefined if it is none of this file. */
  placeOf(cursor: Cursor): number | undefined {
    return cursor === BEGINNING ? 0 : this.#digitsOf(cursor)
  }

  get cursor(): Cursor {
    return this.#cursor(this.#tools.lastPosition())
  }

  close(): void {
    this.#isClosed = true
  }

  add({ run, after, onGap, onLog }: WatchOptions, listener: Listener): () => void {
    if (!this.isWatching) this.#seen = this.#tools.lastPosition()
    // Of its own, so that a function that watches twice is told twice.
    const told: Listener = (row, cursor) => listener(row, cursor)
    const forget = onLog ? this.#addOfLogs(run, onLog) : undefined
    const from = after === undefined ? undefined : this.#positionOf(after, run)
    if (after !== undefined && from === undefined) onGap?.()
    const leave = from === undefined || from >= this.#seen ? this.#join(run, told) : this.#follow(run, from, told)
    if (!forget) return leave
    return () => {
      leave()
      forget()
    }
  }

  rowsAfter({ run, after, limit, logs = false }: RowsAfter): WrittenRows | undefined {
    const { reader, lastPosition } = this.#tools
    const end = lastPosition()
    const from = this.#positionOf(after, run)
    if (from === undefined) return undefined
    const { rows, last } =
      run === undefined ? reader.since(from, end, limit, () => true) : reader.sinceOf(run, from, end, limit)
    const lines = logs ? this.#tools.logs.since(run, from, end, limit) : []
    // One that is damaged is left out, and counts: others may follow it.
    if (lines.length === 0) {
      const read = rows.map((written) => this.#placed(written))
      return last === undefined ? { rows: read } : { rows: read, next: this.#cursor(last) }
    }
    // Of rows behind the last one that was read nothing is known.
    const known = [...rows, ...lines].filter(({ position }) => position <= (last ?? end))
    const page = known.sort((a, b) => a.position - b.position).slice(0, limit)
    const next = this.#cursor(page.at(-1)?.position ?? last ?? end)
    return { rows: page.map((written) => this.#placed(written)), next }
  }

  /** Lines were written to the logs of these runs. */
  tellOfLogs(runs: Iterable<RunId>): void {
    for (const run of [...runs, undefined]) for (const tell of this.#ofLogs.get(run) ?? []) tell()
  }

  /** Our own rows, just committed. */
  tell(rows: readonly WrittenRow[]): void {
    for (const written of rows) {
      if (!this.isWatching) return
      if (written.position <= this.#seen) continue
      // In between another process has written.
      if (written.position > this.#seen + 1) this.#catchUpTo(written.position - 1)
      this.#seen = written.position
      this.#pass(written)
    }
  }

  /** The file has changed: passes on what others have appended. */
  catchUp(): void {
    if (this.isWatching) this.#catchUp(Number.MAX_SAFE_INTEGER)
    if (this.#ofLogs.size === 0) return
    const { end } = this.#tools.logs
    if (end === this.#seenLine) return
    this.#seenLine = end
    this.tellOfLogs([...this.#ofLogs.keys()].filter((run) => run !== undefined))
  }

  #addOfLogs(run: RunId | undefined, tell: () => void): () => void {
    const told = () => tell()
    const those = this.#ofLogs.get(run) ?? new Set()
    this.#ofLogs.set(run, those.add(told))
    return () => {
      those.delete(told)
      if (those.size === 0 && this.#ofLogs.get(run) === those) this.#ofLogs.delete(run)
    }
  }

  #placed(written: WrittenRow | PlacedLine): WrittenJournalRow | WrittenLine {
    const cursor = this.#cursor(written.position)
    return 'row' in written ? { row: written.row, cursor } : { run: written.run, line: written.line, cursor }
  }

  #join(run: RunId | undefined, told: Listener): () => void {
    const listeners = this.#listeners.get(run) ?? new FewMap<Listener, true>()
    this.#listeners.set(run, listeners)
    listeners.set(told, true)
    return () => {
      listeners.delete(told)
      if (listeners.size === 0 && this.#listeners.get(run) === listeners) this.#listeners.delete(run)
    }
  }

  /** V2. */
  #follow(run: RunId | undefined, from: number, told: Listener): () => void {
    const follower: Follower = { run, told, at: from, leave: () => {} }
    this.#behind++
    this.#readOn(follower, 0)
    return () => follower.leave()
  }

  #readOn(follower: Follower, afterMs: number): void {
    const timer = setTimeout(() => this.#page(follower), afterMs).unref()
    follower.leave = () => {
      clearTimeout(timer)
      this.#behind--
      follower.leave = () => {}
    }
  }

  #page(follower: Follower): void {
    const { reader, warn } = this.#tools
    const { run, told, at } = follower
    if (this.#isClosed) return
    let isLeft = false
    follower.leave = () => {
      isLeft = true
    }
    let failed = false
    try {
      const { rows, last } =
        run === undefined
          ? reader.since(at, this.#seen, ROWS_AT_ONCE, () => true)
          : reader.sinceOf(run, at, this.#seen, ROWS_AT_ONCE)
      follower.at = last ?? this.#seen
      for (const row of rows) if (!isLeft) this.#tell(row, told)
    } catch (error) {
      // The file may be away for a moment.
      warn(`cannot read what was written: ${(error as Error).message}`)
      failed = true
    }
    if (!isLeft && (failed || follower.at < this.#seen)) return this.#readOn(follower, failed ? RETRY_MS : 0)
    this.#behind--
    follower.leave = isLeft ? () => {} : this.#join(run, told)
  }

  /** What cannot be read of it must not keep our own rows, which are written, from those who wait for them. */
  #catchUpTo(position: number): void {
    try {
      this.#catchUp(position)
    } catch (error) {
      this.#tools.warn(`cannot read what others have written up to row ${position}: ${(error as Error).message}`)
    }
  }

  #catchUp(to: number): void {
    for (;;) {
      const { rows, last } = this.#tools.reader.since(this.#seen, to, ROWS_AT_ONCE, (journal) =>
        this.#isWanted(journal),
      )
      if (last === undefined) return
      this.#seen = last
      for (const written of rows) this.#pass(written)
    }
  }

  #isWanted(journal: JournalId): boolean {
    return this.#listeners.has(undefined) || this.#listeners.has(runOfJournal(journal))
  }

  #pass(written: WrittenRow): void {
    for (const of of [runOfJournal(written.row.journal), undefined]) {
      for (const listener of this.#listeners.get(of)?.keys() ?? []) this.#tell(written, listener)
    }
  }

  #tell({ row, position }: WrittenRow, listener: Listener): void {
    try {
      listener(row, this.#cursor(position))
    } catch (error) {
      // A listener's fault is not the writer's, nor that of those who listen beside it.
      this.#tools.warn(`a listener of ${row.journal} threw: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #cursor(position: number): Cursor {
    return `${this.#file.toString(36)}-${position}`
  }

  #digitsOf(cursor: Cursor): number | undefined {
    const [file, digits] = [cursor.slice(0, cursor.lastIndexOf('-')), cursor.slice(cursor.lastIndexOf('-') + 1)]
    const position = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN
    const isOurs = file === this.#file.toString(36) && position <= this.#tools.lastPosition()
    return isOurs ? position : undefined
  }

  /** Undefined if it is none of this file, or what follows it is gone. */
  #positionOf(cursor: Cursor, run: RunId | undefined): number | undefined {
    const { beginOf, marks } = this.#tools
    const begin = run === undefined ? 0 : beginOf(run)
    if (cursor === BEGINNING)
      return begin !== undefined && (run !== undefined || marks().removed === 0) ? begin : undefined
    const position = this.#digitsOf(cursor)
    if (position === undefined) return undefined
    // A run's rows go all together.
    if (run !== undefined) return begin === undefined ? undefined : Math.max(position, begin)
    return position < marks().removed ? undefined : position
  }
}

// ---

const RETRY_MS = 200

/** Somebody who is still behind. */
interface Follower {
  readonly run: RunId | undefined
  readonly told: Listener
  /** The last position that he has heard of. */
  at: number
  leave: () => void
}
