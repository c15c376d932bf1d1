// The signals that a run waits for now. A fold over its entries, those of all items or of some. Pure.

import type { Plan } from '../plan/plan.ts'
import { type JournalEntry, saysEndOf, type VisitRef, visitPath } from './events.ts'

/** A step that waits for a signal. */
export interface OpenWait {
  /** Its visit: see `visitPath`. */
  readonly id: string
  readonly item: number
  /** Of a step inside a step, the outermost. */
  readonly step: string
  readonly name: string
  /** Epoch milliseconds. */
  readonly since: number
}

export interface WaitFold {
  see(entries: readonly JournalEntry[]): void
  /** In the order in which they began. */
  open(): Iterable<OpenWait>
}

export function foldWaits(plan: Plan): WaitFold {
  /** By visit. */
  const waits = new Map<string, OpenWait>()
  return {
    see(entries) {
      for (const entry of entries) {
        switch (entry.type) {
          case 'finished':
            for (const [id, { item }] of waits) if (saysEndOf(entry, item)) waits.delete(id)
            break
          case 'parked':
            if (entry.signal !== undefined) {
              const id = visitPath(entry)
              waits.set(id, { id, ...placeOf(plan, entry), name: entry.signal, since: entry.at })
              break
            }
            waits.delete(visitPath(entry))
            break
          case 'started':
          case 'settled':
            // Of an item that waits for nothing, nothing need be looked for.
            if (waits.size > 0) waits.delete(visitPath(entry))
        }
      }
    },
    open: () => waits.values(),
  }
}

// ---

function placeOf(plan: Plan, { sub, item, step }: VisitRef): Pick<OpenWait, 'item' | 'step'> {
  const [root, outermost] = sub === undefined ? [item, step] : sub.split('/').map(Number)
  return { item: root ?? item, step: plan.steps[outermost ?? step]?.id ?? String(outermost) }
}
