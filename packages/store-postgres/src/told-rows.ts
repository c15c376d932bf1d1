// The last row of each journal that was told: what comes next, and what has come already. Of many journals, it forgets them all.

import type { JournalId, JournalRow } from '@stepflow/engine'

const MOST_JOURNALS = 100_000

export class ToldRows {
  readonly #last = new Map<JournalId, number>()

  add({ journal, seq }: JournalRow): void {
    if (this.#last.size >= MOST_JOURNALS) this.#last.clear()
    this.#last.set(journal, seq)
  }

  has({ journal, seq }: JournalRow): boolean {
    const last = this.#last.get(journal)
    return last !== undefined && last >= seq
  }

  /** Is it the first of its journal, or was the one before it told last? */
  isNext({ journal, seq }: JournalRow): boolean {
    return seq === 0 || this.#last.get(journal) === seq - 1
  }

  clear(): void {
    this.#last.clear()
  }
}
