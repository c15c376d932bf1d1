// The signals that a run was sent, in order, and which item has used up which. Each wait takes the oldest that is left.

import type { RunSignal } from '../../engine.ts'
import type { ErrorValue } from '../../errors.ts'
import type { JournalEntry } from '../../journal/events.ts'
import { RareMap, RareSet } from '../../rare-map.ts'
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
  /** For one wait only, by its visit. */
  readonly wait: string | undefined
  /** When it was sent; epoch milliseconds. */
  readonly at: number
}

/** The signals of one name, in the order of arrival. */
interface Named {
  /** For every item. */
  readonly general: KeptSignal[]
  /** Of each item, those that are for it alone. */
  readonly own: Map<number, KeptSignal[]>
  /** Of each item: how many of the general ones, from the first on, it has used up. */
  readonly used: Map<number, number>
}

export class Signals {
  readonly #from: number
  readonly #to: number
  #count = 0
  readonly #named = new RareMap<string, Named>()
  readonly #ids = new RareSet<string>()
  /** By item: the numbers of what it has used up. */
  readonly #used = new RareMap<number, Set<number>>()

  /** `from`, `count`: the items that are here. */
  constructor(from: number, count: number) {
    this.#from = from
    this.#to = from + count
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Keeps a signal; undefined if one with its id was kept before, or it is for an item that is not here. */
  add(entry: SignalEntry): KeptSignal | undefined {
    if (entry.name !== 'signal' || entry.signal === undefined) return undefined
    if (entry.id !== undefined) {
      if (this.#ids.has(entry.id)) return undefined
      this.#ids.add(entry.id)
    }
    const { signal: name, payload = null, item, wait, at } = entry
    // Its number counts all that the run was sent: the journal names it so.
    const signal = { number: this.#count++, name, payload, item, wait, at }
    if (item !== undefined && (item < this.#from || item >= this.#to)) return undefined
    const named = this.#namedBy(name)
    if (item === undefined) named.general.push(signal)
    else {
      const own = named.own.get(item)
      if (own) own.push(signal)
      else named.own.set(item, [signal])
    }
    return signal
  }

  /**
   * The oldest signal of that name which the item has not used up, sent `until` then at the latest; it has then. `path`: the
   * visit that waits; a signal for another wait is not for this.
   */
  take(name: string, item: number, path: string, until = Number.POSITIVE_INFINITY): KeptSignal | undefined {
    const named = this.#named.get(name)
    if (!named) return undefined
    const own = this.#oldest(named.own.get(item), { item, path, until, from: 0 })
    const from = this.#passUsed(named, item)
    const general = this.#oldest(named.general, { item, path, until, from })
    const oldest = own && general ? (own.number < general.number ? own : general) : (own ?? general)
    if (oldest) this.use(item, oldest.number)
    return oldest
  }

  /** The journal says that the item has used it up. */
  use(item: number, number: number): void {
    const used = this.#used.get(item)
    if (used) used.add(number)
    else this.#used.set(item, new Set([number]))
  }

  #namedBy(name: string): Named {
    const known = this.#named.get(name)
    if (known) return known
    const named: Named = { general: [], own: new Map(), used: new Map() }
    this.#named.set(name, named)
    return named
  }

  #oldest(signals: readonly KeptSignal[] | undefined, { item, path, until, from }: Wanted): KeptSignal | undefined {
    if (!signals) return undefined
    const used = this.#used.get(item)
    for (let i = from; i < signals.length; i++) {
      const signal = signals[i] as KeptSignal
      const isForIt = signal.at <= until && (signal.wait === undefined || signal.wait === path)
      if (isForIt && !used?.has(signal.number)) return signal
    }
    return undefined
  }

  /** Where those of the general ones begin that the item may not have used up: not looked at from the first on, each time. */
  #passUsed({ general, used: passed }: Named, item: number): number {
    const used = this.#used.get(item)
    let at = passed.get(item) ?? 0
    if (!used) return at
    while (at < general.length && used.has((general[at] as KeptSignal).number)) at++
    passed.set(item, at)
    return at
  }
}

interface Wanted {
  readonly item: number
  readonly path: string
  readonly until: number
  /** Those before it are used up. */
  readonly from: number
}

/** The signals in a row of a run's own journal. */
export function signalsIn(row: JournalRow): SignalEntry[] {
  return row.entries.filter((entry) => entry.type === 'signalled')
}

/** How items end that are cancelled by this signal. */
export function cancelledError({ payload = 'the run was cancelled' }: SignalEntry): ErrorValue {
  return { code: 'CANCELLED', message: String(payload) }
}

/** A signal as it is written. */
export function signalEntry(signal: RunSignal, at: number): SignalEntry {
  const by = signal.by === undefined ? {} : { by: signal.by }
  switch (signal.name) {
    case 'cancel':
      return { type: 'signalled', at, name: 'cancel', ...payload(signal.reason), ...by }
    case 'pause':
    case 'resume':
      return { type: 'signalled', at, name: signal.name, ...by }
    case 'signal':
      return {
        type: 'signalled',
        at,
        name: 'signal',
        signal: signal.signal,
        payload: signal.payload ?? null,
        ...(signal.id === undefined ? {} : { id: signal.id }),
        ...(signal.item === undefined ? {} : { item: signal.item }),
        ...(signal.wait === undefined ? {} : { wait: signal.wait }),
        ...by,
      }
  }
}

function payload(reason: string | undefined): { readonly payload?: string } {
  return reason === undefined ? {} : { payload: reason }
}
