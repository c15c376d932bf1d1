// The runs that a transaction has sent something, and whom of their journals it concerns: each is woken once, however much it
// was sent.

import type { JournalEntry, JournalId, RunId } from '@stepflow/engine'

/** Items of a run, or all of them. */
export type ItemSet = ReadonlySet<number> | 'all'

/** A journal, and the items that it has. */
export interface ItemRange {
  readonly journal: JournalId
  readonly first: number
  readonly items: number
}

export class SignalledRuns {
  /** Nearly never there. */
  #runs: Map<RunId, Set<number> | 'all'> | undefined

  get isEmpty(): boolean {
    return this.#runs === undefined
  }

  note(run: RunId, entries: readonly JournalEntry[]): void {
    this.#runs ??= new Map()
    const known = this.#runs.get(run)
    if (known === 'all') return
    const items = known ?? new Set<number>()
    for (const entry of entries) {
      if (entry.type !== 'signalled') continue
      if (entry.item === undefined) {
        this.#runs.set(run, 'all')
        return
      }
      items.add(entry.item)
    }
    this.#runs.set(run, items)
  }

  takeAll(): (readonly [RunId, ItemSet])[] {
    const all = [...(this.#runs ?? [])]
    this.#runs = undefined
    return all
  }
}

/** Those of the journals that have one of the items. */
export function withItems(journals: readonly ItemRange[], items: ItemSet): readonly ItemRange[] {
  if (items === 'all') return journals
  const sorted = [...items].sort((a, b) => a - b)
  let at = 0
  return [...journals]
    .sort((a, b) => a.first - b.first)
    .filter(({ first, items: count }) => {
      while (at < sorted.length && (sorted[at] as number) < first) at++
      return at < sorted.length && (sorted[at] as number) < first + count
    })
}
