// What tests of the store in PostgreSQL append: the beginning of a run without steps, and results by their number.

import type { JournalEntry } from '@stepflow/engine'

const plan = { name: 'p', entry: 0, exit: 0, onFailure: 'stop', steps: [] } as const

export function created(run: string, inputs: readonly unknown[] = []): JournalEntry {
  return { type: 'created', at: 1, run, plan, from: 0, inputs }
}

export function settled(step: number, result: unknown = step): JournalEntry {
  return { type: 'settled', at: 2, item: 0, step, visit: 0, attempt: 1, outcome: { outcome: 'success', result } }
}
