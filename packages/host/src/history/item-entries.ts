// Finds items in recorded journals: the journal that an item is in, its input, and the entries that concern it.

import { type JournalEntry, type JournalRow, type ShardRow, saysEndOf } from '@stepflow/engine'

type Rows = readonly Pick<JournalRow, 'entries'>[]

export function shardOf(shards: readonly ShardRow[], item: number): ShardRow | undefined {
  return shards.find(({ first, items }) => item >= first && item < first + items)
}

/** The inputs of the items of a journal, which its first entry has. */
export function inputsIn(rows: Rows): readonly unknown[] {
  const [first] = rows[0]?.entries ?? []
  return first?.type === 'created' ? first.inputs : []
}

/** Does it say something of the item, of a run inside it, or of who drives it? */
export function concerns(entry: JournalEntry, item: number): boolean {
  return itemOf(entry) === item || saysEndOf(entry, item) || entry.type === 'claimed'
}

/** The lowest item that has put something aside and has not ended. */
export function firstWaiting(rows: Rows): number | undefined {
  const parked = new Set<number>()
  for (const { entries } of rows) {
    for (const entry of entries) {
      const item = itemOf(entry)
      if (item === undefined) continue
      if (entry.type === 'parked') parked.add(item)
      else if (entry.type === 'finished') parked.delete(item)
    }
  }
  let first: number | undefined
  for (const item of parked) if (first === undefined || item < first) first = item
  return first
}

// ---

/** Of the item itself, or of a run inside it. */
function itemOf(entry: JournalEntry): number | undefined {
  if (!('item' in entry) || entry.type === 'signalled') return undefined
  const { sub } = entry as { sub?: string }
  return sub === undefined ? entry.item : Number.parseInt(sub, 10)
}
