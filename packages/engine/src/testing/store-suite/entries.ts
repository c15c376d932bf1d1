// The entries that the suites write.

import type { JournalEntry } from '../../journal/events.ts'
import type { Plan } from '../../plan/plan.ts'

export const plan: Plan = {
  name: 'nothing',
  entry: 0,
  exit: 0,
  onFailure: 'stop',
  steps: [{ id: 'only', component: null, input: { op: 'literal', value: null } }],
}

/** The first entry of a run: with these inputs in its own journal, or so many. */
export function created(run: string, items: number | readonly unknown[] = 0): JournalEntry {
  const inputs = typeof items === 'number' ? Array(items).fill(null) : items
  return { type: 'created', at: 1, run, plan, options: { flow: 'nothing' }, from: 0, inputs }
}

export function shard(run: string, from: number, items = 1): JournalEntry {
  return { type: 'created', at: 1, run, from, inputs: Array(items).fill(null) }
}

export function sealed(items: number): JournalEntry {
  return { type: 'sealed', at: 2, items }
}

export function claimed(driver = 'd'): JournalEntry {
  return { type: 'claimed', at: 2, driver }
}

export function signalled(signal: string, item?: number): JournalEntry {
  return { type: 'signalled', at: 2, name: 'signal', signal, ...(item === undefined ? {} : { item }) }
}

export function started(step: number): JournalEntry {
  return { type: 'started', at: 2, item: 0, step, visit: 1, attempt: 1 }
}

export function settled(step: number, result: unknown): JournalEntry {
  return { type: 'settled', at: 3, item: 0, step, visit: 0, attempt: 1, outcome: { outcome: 'success', result } }
}

export function finished(item: number, result: unknown = item): JournalEntry {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'success', result } }
}

export function failedItem(item: number): JournalEntry {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'failed', error: { code: 'TIMEOUT', message: 'late' } } }
}

export function skippedItem(item: number): JournalEntry {
  return { type: 'finished', at: 3, item, outcome: { outcome: 'skipped', reason: 'not needed' } }
}

/** All from `item` to `to`, before they had begun. */
export function cancelledItems(item: number, to: number): JournalEntry {
  const error = { code: 'CANCELLED', message: 'the run was cancelled' }
  return { type: 'finished', at: 3, item, to, outcome: { outcome: 'failed', error } }
}
