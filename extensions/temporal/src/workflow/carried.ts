// What one execution of a workflow hands over to the next: the rows of the run's journal, without the plan, which is an
// argument anyway.

import type { JournalEntry, JournalRow, Plan } from '@stepflow/engine'
import { keepsBlobs, MOST_BYTES } from '../worker-facts.ts'

export interface Carried {
  /** See `SecretReferences`. */
  readonly mark: string
  readonly rows: readonly { readonly entries: readonly JournalEntry[] }[]
}

export function carry(rows: readonly Pick<JournalRow, 'entries'>[], mark: string): Carried {
  return { mark, rows: rows.map(({ entries }) => ({ entries: entries.map(withoutPlan) })) }
}

/** Packed, a journal has about a tenth of its size: more than that would not fit. */
export function canCarry(carried: Carried): boolean {
  return keepsBlobs || JSON.stringify(carried).length < 5 * MOST_BYTES
}

export function rowsOf({ rows }: Carried, plan: Plan): Carried['rows'] {
  return rows.map(({ entries }) => ({
    entries: entries.map((entry) => (entry.type === 'created' && entry.run !== undefined ? { ...entry, plan } : entry)),
  }))
}

// ---

function withoutPlan(entry: JournalEntry): JournalEntry {
  if (entry.type !== 'created') return entry
  const { plan: _, ...rest } = entry
  return rest
}
