// Opens the place of blobs that a store is to use: of the command line, the environment or the configuration.

import { type BlobStorage, FlowError } from '@stepflow/engine'
import type { OpenBlobStorage } from '@stepflow/store-postgres'
import type { StoreConfig } from '../config/config.ts'
import type { Env } from '../config/substitute.ts'
import { type BlobPlace, blobPlace } from './blob-place.ts'

export interface GivenBlobs {
  /** `--blobs`. */
  readonly blobs?: string | undefined
  readonly env?: Env
  /** What a folder is relative to. */
  readonly cwd?: string
}

/** The way to open the place that was named; or, given a text, the one that the store remembers. */
export function blobsOf(
  store: StoreConfig,
  { blobs, env = {}, cwd = process.cwd() }: GivenBlobs,
): OpenBlobStorage | undefined {
  if (store.type !== 'postgres') {
    // What the environment says is meant for another store.
    if (blobs === undefined) return undefined
    const where = store.type === 'memory' ? 'one in memory keeps' : 'a file keeps'
    throw new FlowError('INVALID_INPUT', `--blobs goes with a store in PostgreSQL: ${where} its blobs itself`)
  }
  const named = blobs ?? (env.STEPFLOW_BLOBS || undefined) ?? store.blobs
  // Whatever is wrong with the text is said before anything is asked.
  const place = named === undefined ? undefined : blobPlace(named, cwd)
  return async (remembered, absent = 'made') => {
    const wanted = remembered === undefined ? place : blobPlace(remembered, cwd)
    return wanted && openPlace(wanted, env, remembered === undefined ? absent : 'refused')
  }
}

/** The place that the command line or the environment names; undefined if neither does. */
export async function openGivenBlobs({
  blobs,
  env = {},
  cwd = process.cwd(),
}: GivenBlobs): Promise<BlobStorage | undefined> {
  const named = blobs ?? (env.STEPFLOW_BLOBS || undefined)
  return named === undefined ? undefined : openPlace(blobPlace(named, cwd), env, 'made')
}

// ---

async function openPlace(place: BlobPlace, env: Env, absent: 'made' | 'left' | 'refused'): Promise<BlobStorage> {
  if (place.type === 'folder') {
    const { openFolder } = await import('./folder-blobs.ts')
    return openFolder(place.path, absent)
  }
  const { openBucket } = await import('./bucket-blobs.ts')
  return openBucket(place, { env })
}
