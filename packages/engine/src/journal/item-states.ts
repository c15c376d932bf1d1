// How the items of one journal stand, and when each began and ended. A fold over its entries. Pure, and without values.
//
// An item has begun with the first entry that names it. It waits if something of it was put aside, and nothing that the journal
// knows of it runs.

import { type JournalEntry, visitPath } from './events.ts'
import { ITEM_BYTES, itemStatus } from './project.ts'

export interface ItemFold {
  see(entries: readonly JournalEntry[]): void
  /** `ITEM_BYTES` of each of its items, from the first on. */
  bytes(): Uint8Array
  /** Epoch milliseconds; undefined for what has not happened. */
  startedAt(item: number): number | undefined
  endedAt(item: number): number | undefined
}

/** The items of a journal, by the number of its first and how many they are. */
export function foldItems(first: number, count: number): ItemFold {
  const ended = new Uint8Array(count)
  const starts = new Float64Array(count).fill(Number.NaN)
  const ends = new Float64Array(count).fill(Number.NaN)
  /** By visit: what has been put aside, and what is known to run; with the place of its item. */
  const aside = new Map<string, number>()
  const running = new Map<string, number>()

  const begin = (place: number, at: number) => {
    if (Number.isNaN(starts[place])) starts[place] = at
  }
  const see = (entry: JournalEntry) => {
    switch (entry.type) {
      case 'finished': {
        const byte = ITEM_BYTES[itemStatus(entry.outcome)]
        const last = Math.min(entry.to ?? entry.item, first + count - 1)
        for (let item = entry.item; item <= last; item++) {
          const place = item - first
          ended[place] = byte
          ends[place] = entry.at
          if (entry.to === undefined) begin(place, entry.at)
        }
        return
      }
      case 'closed':
        return begin(Number.parseInt(entry.sub, 10) - first, entry.at)
      case 'opened':
      case 'started':
      case 'parked':
      case 'settled': {
        const place = placeOf(entry) - first
        begin(place, entry.at)
        if (entry.type === 'opened') return
        if (entry.type === 'settled') {
          // Of most items nothing was put aside, and nothing need be looked for.
          if (aside.size > 0) aside.delete(visitPath(entry))
          if (running.size > 0) running.delete(visitPath(entry))
          return
        }
        const path = visitPath(entry)
        if (entry.type === 'started') {
          running.set(path, place)
          aside.delete(path)
          return
        }
        running.delete(path)
        // What waits for what runs inside it stands as that does.
        if (entry.until !== undefined || entry.signal !== undefined || entry.retry) aside.set(path, place)
        else aside.delete(path)
      }
    }
  }

  return {
    see(entries) {
      for (let i = 0; i < entries.length; i++) see(entries[i] as JournalEntry)
    },
    bytes() {
      const bytes = ended.slice()
      for (let place = 0; place < count; place++) {
        if (bytes[place] === ITEM_BYTES.pending && !Number.isNaN(starts[place])) bytes[place] = ITEM_BYTES.running
      }
      for (const place of aside.values()) if (bytes[place] === ITEM_BYTES.running) bytes[place] = ITEM_BYTES.waiting
      for (const place of running.values()) if (bytes[place] === ITEM_BYTES.waiting) bytes[place] = ITEM_BYTES.running
      return bytes
    },
    startedAt: (item) => known(starts[item - first]),
    endedAt: (item) => known(ends[item - first]),
  }
}

// ---

/** The item itself, also of what runs inside it. */
function placeOf({ sub, item }: { readonly sub?: string; readonly item: number }): number {
  return sub === undefined ? item : Number.parseInt(sub, 10)
}

function known(at: number | undefined): number | undefined {
  return at === undefined || Number.isNaN(at) ? undefined : at
}
