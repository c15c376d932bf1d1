// Who wants to hear of appended rows. Our own are passed on as they are committed, those of other processes are read from
// the file; both in the order of writing, without gap or repetition: `#seen` is the last position that was passed on.

import type { JournalId, JournalRow, RunId } from '@stepflow/engine'
import type { JournalReader } from './journal.ts'
import type { WrittenRow } from './tables.ts'
import { runOf } from './transaction.ts'

type Listener = (row: JournalRow) => void

const ROWS_AT_ONCE = 256

export class Watchers {
  readonly #reader: JournalReader
  readonly #lastPosition: () => number
  readonly #listeners = new Map<RunId | undefined, Set<Listener>>()
  #seen = 0

  constructor(reader: JournalReader, lastPosition: () => number) {
    this.#reader = reader
    this.#lastPosition = lastPosition
  }

  get isWatching(): boolean {
    return this.#listeners.size > 0
  }

  add(run: RunId | undefined, listener: Listener): () => void {
    if (!this.isWatching) this.#seen = this.#lastPosition()
    const listeners = this.#listeners.get(run) ?? new Set()
    this.#listeners.set(run, listeners)
    // Of its own, so that a function that watches twice is told twice.
    const told: Listener = (row) => listener(row)
    listeners.add(told)
    return () => {
      listeners.delete(told)
      if (listeners.size === 0 && this.#listeners.get(run) === listeners) this.#listeners.delete(run)
    }
  }

  /** Our own rows, just committed. */
  tell(rows: readonly WrittenRow[]): void {
    for (const written of rows) {
      if (!this.isWatching) return
      if (written.position <= this.#seen) continue
      // In between another process has written.
      if (written.position > this.#seen + 1) this.#catchUp(written.position - 1)
      this.#seen = written.position
      this.#pass(written.row)
    }
  }

  /** The file has changed: passes on what others have appended. */
  catchUp(): void {
    if (this.isWatching) this.#catchUp(Number.MAX_SAFE_INTEGER)
  }

  #catchUp(to: number): void {
    for (;;) {
      const { rows, last } = this.#reader.since(this.#seen, to, ROWS_AT_ONCE, (journal) => this.#isWanted(journal))
      if (last === undefined) return
      this.#seen = last
      for (const { row } of rows) this.#pass(row)
    }
  }

  #isWanted(journal: JournalId): boolean {
    return this.#listeners.has(undefined) || this.#listeners.has(runOf(journal))
  }

  #pass(row: JournalRow): void {
    for (const of of [runOf(row.journal), undefined]) {
      for (const listener of this.#listeners.get(of) ?? []) {
        try {
          listener(row)
        } catch (error) {
          // A listener's fault is not the writer's: it goes where nobody's faults go.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    }
  }
}
