// Which blobs hold what is secret in an item of a run. A blob is found by its id alone, and what runs mark as secret is known to
// those runs only: so whoever stores one notes whose secrets are in it, and whoever shows it asks here.

import { FlowError } from '../errors.ts'
import type { RunId } from '../journal/events.ts'
import { contentId } from '../plan/id.ts'
import type { Records } from '../store/store.ts'
import type { Redactor } from './redactor.ts'

/** An item whose secrets are in a blob. */
export interface SecretsOf {
  readonly run: RunId
  readonly item: number
}

/** Notes it if there is any. What other items hide in the same way is noted once, of the newest. */
export async function noteSecrets(
  records: Records,
  { blobId, value, redactor, of }: { blobId: string; value: unknown; redactor: Redactor; of: SecretsOf },
): Promise<void> {
  const shown = redactor.value(value)
  if (shown === value) return
  const collection = COLLECTION
  const key = `${blobId} ${contentId(shown)}`
  const version = (await records.get(collection, key))?.version ?? 0
  try {
    await records.put({ collection, key, version, value: { run: of.run, item: of.item } })
  } catch (thrown) {
    // Another one noted the same.
    if (!FlowError.is(thrown) || thrown.code !== 'CONFLICT') throw thrown
  }
}

/** Whose secrets are in a blob. */
export async function secretsInBlob(records: Records, blobId: string): Promise<readonly SecretsOf[]> {
  const found: SecretsOf[] = []
  for (let after = `${blobId} `; ; ) {
    const page = await records.list(COLLECTION, { after, limit: PAGE })
    for (const { key, value } of page) {
      if (!key.startsWith(`${blobId} `)) return found
      found.push(value as unknown as SecretsOf) // written above
      after = key
    }
    if (page.length < PAGE) return found
  }
}

// ---

const COLLECTION = 'blob-secrets'
const PAGE = 100
