// A run of a store as it stands, with the outcomes of its items, for a program that asks by its id. Drives nothing.

import type { ItemResult, RunRow, Store } from '@stepflow/engine'

/** A run of the store, as it stands. */
export interface RunRecord extends RunRow {
  /** How each item ended, in the order of the inputs; those that have not ended are left out. */
  readonly outcomes: readonly ItemResult[]
}

/** Undefined if the store has no such run. */
export async function readRun(store: Store, id: string): Promise<RunRecord | undefined> {
  const row = await store.runs.get(id)
  if (!row) return undefined
  const outcomes: ItemResult[] = []
  for (let from = 0; ; ) {
    const page = await store.runs.items(id, from, PAGE)
    for (const { item, outcome } of page) outcomes.push({ index: item, outcome })
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return { ...row, outcomes }
    from = last.item + 1
  }
}

// ---

const PAGE = 1000
