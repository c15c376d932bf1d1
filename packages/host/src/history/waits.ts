// Waits for signals, as whoever may decide them sees them: open ones, and what became of one. What comes in is redacted already.

import {
  type JournalEntry,
  type JournalRow,
  type Json,
  type Plan,
  saysEndOf,
  visitOfPath,
  visitPath,
} from '@stepflow/engine'

export interface Wait {
  /** Its visit: see `visitPath`. */
  readonly path: string
  readonly item: number
  /** Of a step inside a step, the outermost. */
  readonly step: string
  readonly name: string
  readonly title?: string
  readonly description?: string
  /** What may be sent. */
  readonly schema?: Json
  /** Epoch milliseconds. */
  readonly since: number
  readonly expiresAt?: number
  /** What it answers if nobody decides in time. */
  readonly default?: Json
}

export interface Decision {
  /** Epoch milliseconds. */
  readonly at: number
  readonly by?: string
  readonly payload: unknown
  /** Of the signal that decided it. */
  readonly signalId?: string
}

export interface WaitState {
  readonly wait: Wait
  /** By a signal that it has taken, or will take. */
  readonly decided?: Decision
  /** It ended without one. */
  readonly isOver: boolean
  readonly isExpired: boolean
}

/** One that is over. */
export interface EndedWait extends WaitState {
  /** Epoch milliseconds. */
  readonly endedAt: number
}

/** A wait that begins, or ends: how, then. */
export interface WaitChange {
  readonly wait: Wait
  /** Epoch milliseconds. */
  readonly at: number
  readonly end?: 'decided' | 'expired' | 'over'
}

/** The waits of one journal, by its entries in order. */
export class WaitFold {
  readonly #plan: Plan
  /** By visit. One that was handed to its component again is not open, but may be put aside once more. */
  readonly #waits = new Map<string, { readonly wait: Wait; isOpen: boolean }>()

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** False if these entries can be passed over. */
  concerns(entries: readonly JournalEntry[]): boolean {
    if (this.#waits.size > 0) return true
    return entries.some((entry) => entry.type === 'parked' && entry.signal !== undefined)
  }

  see(entries: readonly JournalEntry[]): WaitChange[] {
    const changes: WaitChange[] = []
    for (const entry of entries) this.#see(entry, changes)
    return changes
  }

  /** In the order in which they began. */
  open(): Wait[] {
    return [...this.#waits.values()].filter(({ isOpen }) => isOpen).map(({ wait }) => wait)
  }

  #see(entry: JournalEntry, changes: WaitChange[]): void {
    switch (entry.type) {
      case 'parked': {
        const path = visitPath(entry)
        const known = this.#waits.get(path)
        const wait = waitOf(this.#plan, path, entry, known?.wait)
        if (!wait) return void this.#waits.delete(path)
        this.#waits.set(path, { wait, isOpen: true })
        // A payload that was refused puts it aside again: it has been open all the time.
        if (!known) changes.push({ wait, at: entry.at })
        return
      }
      case 'started': {
        const known = this.#waits.size > 0 && this.#waits.get(visitPath(entry))
        if (known) known.isOpen = false
        return
      }
      case 'settled':
        return this.#settled(entry, changes)
      case 'finished':
        for (const [path, { wait }] of this.#waits) {
          if (!saysEndOf(entry, wait.item)) continue
          this.#waits.delete(path)
          changes.push({ wait, at: entry.at, end: 'over' })
        }
    }
  }

  #settled(entry: JournalEntry & { readonly type: 'settled' }, changes: WaitChange[]): void {
    const path = this.#waits.size > 0 ? visitPath(entry) : ''
    const known = this.#waits.get(path)
    if (!known) return
    this.#waits.delete(path)
    const { outcome, took, at } = entry
    const isCancelled = outcome.outcome === 'failed' && outcome.error.code === 'CANCELLED'
    changes.push({ wait: known.wait, at, end: took !== undefined ? 'decided' : isCancelled ? 'over' : 'expired' })
  }
}

/** The open waits of a journal, in the order in which they began. */
export function openWaits(plan: Plan, rows: readonly JournalRow[]): Wait[] {
  const fold = new WaitFold(plan)
  for (const { entries } of rows) fold.see(entries)
  return fold.open()
}

/** What became of one; undefined if there never was one. `sent`: the rows of the run's own journal. */
export function waitState(
  plan: Plan,
  path: string,
  rows: readonly JournalRow[],
  sent: readonly JournalRow[],
): WaitState | undefined {
  let wait: Wait | undefined
  let took: number | undefined
  let isOver = false
  let isExpired = false
  const item = Number.parseInt(path, 10)
  for (const { entries } of rows) {
    for (const entry of entries) {
      if (entry.type === 'parked' && visitPath(entry) === path) wait = waitOf(plan, path, entry, wait) ?? wait
      else if (entry.type === 'settled' && visitPath(entry) === path) {
        isOver = true
        took = entry.took
        const { outcome } = entry
        isExpired = took === undefined && !(outcome.outcome === 'failed' && outcome.error.code === 'CANCELLED')
      } else if (saysEndOf(entry, item)) isOver = true
    }
  }
  if (!wait) return undefined
  const signals = signalsIn(sent)
  // One that was sent to it alone is taken by it, as long as it came in time.
  const own = signals.find((one) => one.wait === path && one.at <= (wait?.expiresAt ?? Number.POSITIVE_INFINITY))
  const signal = isOver ? (took === undefined ? undefined : signals[took]) : own
  return { wait, isOver, isExpired, ...(signal ? { decided: decisionOf(signal) } : {}) }
}

// ---

type Parked = JournalEntry & { readonly type: 'parked' }
type Signalled = JournalEntry & { readonly type: 'signalled' }

/** A refused signal parks it again: it has waited since the first time. */
function waitOf(plan: Plan, path: string, entry: Parked, before: Wait | undefined): Wait | undefined {
  const { signal, form, until, at } = entry
  if (signal === undefined) return undefined
  const { sub, item, step } = visitOfPath(path)
  const [root, outermost] = sub === undefined ? [item, step] : sub.split('/').map(Number)
  return {
    path,
    item: root ?? item,
    step: plan.steps[outermost ?? step]?.id ?? String(outermost),
    name: signal,
    since: before?.since ?? at,
    ...form,
    ...(until === undefined ? {} : { expiresAt: until }),
  }
}

/** Numbered as the engine numbers them: the same id counts once. */
function signalsIn(rows: readonly JournalRow[]): Signalled[] {
  const ids = new Set<string>()
  const signals: Signalled[] = []
  for (const { entries } of rows) {
    for (const entry of entries) {
      if (entry.type !== 'signalled' || entry.name !== 'signal' || entry.signal === undefined) continue
      if (entry.id !== undefined) {
        if (ids.has(entry.id)) continue
        ids.add(entry.id)
      }
      signals.push(entry)
    }
  }
  return signals
}

function decisionOf({ at, by, payload = null, id }: Signalled): Decision {
  return { at, payload, ...(by === undefined ? {} : { by }), ...(id === undefined ? {} : { signalId: id }) }
}
