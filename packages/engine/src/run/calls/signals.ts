// The signals that a run was sent, in order, and which item has used up which. Each wait takes the oldest that is left.

import type { RunSignal } from '../../engine.ts'
import type { JournalEntry } from '../../journal/events.ts'
import type { JournalRow } from '../../store/store.ts'

/** What a run was sent, as its journal has it. */
export type SignalEntry = Extract<JournalEntry, { type: 'signalled' }>

export interface KeptSignal {
  /** Its place in the order of arrival. */
  readonly number: number
  readonly name: string
  readonly payload: unknown
  /** For one item only. */
  readonly item: number | undefined
  /** When it was sent; epoch milliseconds. */
  readonly at: number
}

export class Signals {
  readonly #all: KeptSignal[] = []
  readonly #ids = new Set<string>()
  /** `item/number` of what was used up. */
  readonly #used = new Set<string>()

  get isEmpty(): boolean {
    return this.#all.length === 0
  }

  /** Keeps a signal; undefined if one with its id was kept before. */
  add(entry: SignalEntry): KeptSignal | undefined {
    if (entry.name !== 'signal' || entry.signal === undefined) return undefined
    if (entry.id !== undefined) {
      if (this.#ids.has(entry.id)) return undefined
      this.#ids.add(entry.id)
    }
    const { signal: name, payload = null, item, at } = entry
    const signal = { number: this.#all.length, name, payload, item, at }
    this.#all.push(signal)
    return signal
  }

  /** The oldest signal of that name which the item has not used up, sent `until` then at the latest; it has then. */
  take(name: string, item: number, until = Number.POSITIVE_INFINITY): KeptSignal | undefined {
    for (const signal of this.#all) {
      if (signal.at > until) continue
      if (signal.name !== name || (signal.item !== undefined && signal.item !== item)) continue
      const use = `${item}/${signal.number}`
      if (this.#used.has(use)) continue
      this.#used.add(use)
      return signal
    }
    return undefined
  }

  /** The journal says that the item has used it up. */
  use(item: number, number: number): void {
    this.#used.add(`${item}/${number}`)
  }
}

/** The signals in a row of a run's own journal. */
export function signalsIn(row: JournalRow): SignalEntry[] {
  return row.entries.filter((entry) => entry.type === 'signalled')
}

/** A signal as it is written. */
export function signalEntry(signal: RunSignal, at: number): SignalEntry {
  switch (signal.name) {
    case 'cancel':
      return {
        type: 'signalled',
        at,
        name: 'cancel',
        ...(signal.reason === undefined ? {} : { payload: signal.reason }),
      }
    case 'pause':
    case 'resume':
      return { type: 'signalled', at, name: signal.name }
    case 'signal':
      return {
        type: 'signalled',
        at,
        name: 'signal',
        signal: signal.signal,
        payload: signal.payload ?? null,
        ...(signal.id === undefined ? {} : { id: signal.id }),
        ...(signal.item === undefined ? {} : { item: signal.item }),
      }
  }
}
