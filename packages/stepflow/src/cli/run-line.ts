// The line that names a run; with the address of its page, while a server serves the store.

import type { Store } from '@stepflow/engine'
import { servedAt } from '@stepflow/host'

export async function runLine(store: Store, id: string): Promise<string> {
  const address = await pageOf(store, id)
  return address === undefined ? `run ${id}` : `run ${id}: ${address}`
}

/** Undefined while nobody serves the store. */
export async function pageOf(store: Store, id: string): Promise<string | undefined> {
  // A store that cannot be read now has told so elsewhere, or will.
  const url = await Promise.resolve(servedAt(store, Date.now())).catch(() => undefined)
  return url && `${url}/runs/${encodeURIComponent(id)}`
}
