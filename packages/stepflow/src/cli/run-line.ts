// The line that names a run; with the address of its page, while a server serves the store.

import type { Store } from '@stepflow/engine'
import { servedAt } from '@stepflow/host'
import type { Io, Option } from './command.ts'
import type { Messages } from './messages.ts'

export const openOption: Option = {
  name: 'open',
  does: 'open the page in the browser, while a server serves the store',
}

export interface AnnounceRun {
  readonly store: Store
  readonly io: Io
  readonly messages: Messages
  /** Opens the page, too. */
  readonly opens?: boolean | undefined
}

/** Of a run that is only in memory, nothing could be looked up. */
export async function announceRun({ store, io, messages, opens }: AnnounceRun, id: string): Promise<void> {
  const page = store.durable ? await pageOf(store, id) : undefined
  if (store.durable) messages.hint(page === undefined ? `run ${id}` : `run ${id}: ${page}`)
  if (opens) await openPage(page, io, messages)
}

/** In the user's browser; loads nothing before. */
export async function openPage(page: string | undefined, io: Io, messages: Messages): Promise<void> {
  const { openPage } = await import('./open-page.ts')
  openPage(page, io, messages)
}

/** Undefined while nobody serves the store. */
export async function pageOf(store: Store, id: string): Promise<string | undefined> {
  // A store that cannot be read now has told so elsewhere, or will.
  const url = await Promise.resolve(servedAt(store, Date.now())).catch(() => undefined)
  return url && `${url}/runs/${encodeURIComponent(id)}`
}
