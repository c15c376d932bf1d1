// What befalls a simulated run: decided by chance before it begins, so that it can be shown with the plan.

import type { Chance } from './sim-world.ts'

/** What a process asks of the store. */
export type StoreCall = 'append' | 'read' | 'putDown'

/** `lost`: it is kept, but the answer does not arrive. */
export type StoreFault = 'refused' | 'slow' | 'lost' | 'crash-before' | 'crash-after'

/** Processes that cannot reach the store for a while. */
export interface Outage {
  readonly at: number
  readonly ms: number
  readonly of: 'one' | 'all'
}

/** Times in milliseconds from the start. */
export interface Faults {
  readonly engines: number
  /** Of each kind of call: which befalls the n-th. */
  readonly calls: Readonly<Record<StoreCall, ReadonlyMap<number, StoreFault>>>
  readonly outages: readonly Outage[]
  readonly stalls: readonly number[]
  /** Processes that are closed, as for a restart; each with the time that it gives calls under way. */
  readonly closings: readonly { readonly at: number; readonly drainMs: number }[]
  readonly doubleWakes: readonly number[]
  readonly signals: readonly { readonly at: number; readonly name: 'pause' | 'cancel' }[]
  readonly itemsAtOnce: number | undefined
  /** For how long engines wait for a store that is away. */
  readonly patienceMs: number
}

/** A process that was not heard of for so long is taken for dead. */
export const SILENCE_MS = 3_000

/** `mayHang`: an item may keep its place for ever, so that others would wait for it beyond their own time limit. */
export function randomFaults(chance: Chance, mayHang: boolean): Faults {
  const engines = chance.is(0.4) ? chance.int(2, 5) : 1
  const times = (most: number) => Array.from({ length: chance.int(0, most) }, () => chance.int(0, 3_000))
  return {
    engines,
    calls: {
      append: callFaults(chance, 0.6, 20, [
        'crash-before',
        'crash-after',
        'crash-after',
        'refused',
        'lost',
        'lost',
        'slow',
      ]),
      read: callFaults(chance, 0.3, 12, ['refused', 'refused', 'slow', 'crash-before']),
      putDown: callFaults(chance, 0.3, 4, ['refused', 'lost', 'slow', 'crash-before', 'crash-after']),
    },
    outages: chance.is(0.3) ? times(2).map((at) => outage(chance, at)) : [],
    stalls: chance.is(0.25) ? times(2) : [],
    closings: chance.is(0.2) ? times(2).map((at) => ({ at, drainMs: chance.one([0, 30, 2_000]) })) : [],
    doubleWakes: chance.is(0.3) ? times(3) : [],
    signals: chance.is(0.15) ? [{ at: chance.int(0, 1_500), name: chance.is(0.6) ? 'pause' : 'cancel' }] : [],
    itemsAtOnce: !mayHang && chance.is(0.3) ? chance.int(1, 2) : undefined,
    patienceMs: chance.one([500, 5_000, 60_000]),
  }
}

/** For whoever reads it. */
export function shownFaults(faults: Faults): object {
  const { append, read, putDown } = faults.calls
  return { ...faults, calls: { append: [...append], read: [...read], putDown: [...putDown] } }
}

// ---

function callFaults(chance: Chance, probability: number, among: number, kinds: readonly StoreFault[]) {
  const faults = new Map<number, StoreFault>()
  if (!chance.is(probability)) return faults
  for (let left = chance.int(1, 3); left > 0; left--) faults.set(chance.int(0, among), chance.one(kinds))
  return faults
}

function outage(chance: Chance, at: number): Outage {
  return { at, ms: chance.int(100, 6 * SILENCE_MS), of: chance.is(0.5) ? 'one' : 'all' }
}
