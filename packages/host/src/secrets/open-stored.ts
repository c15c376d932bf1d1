// The secrets of a store, with the key that belongs to it.

import { type Clock, type Store, systemClock } from '@stepflow/engine'
import type { StoreConfig } from '../config/config.ts'
import type { Env } from '../config/substitute.ts'
import { MasterKeys } from './master-keys.ts'
import { StoredSecrets } from './stored-secrets.ts'

export interface OpenStoredSecrets {
  readonly env: Env
  readonly store: Pick<Store, 'records'>
  /** Where it is: the file with the key is beside it. */
  readonly place?: StoreConfig | undefined
  readonly clock?: Clock | undefined
}

/** Reads no key and makes none, before there is something to encrypt or to read. */
export function openStoredSecrets({ env, store, place, clock = systemClock }: OpenStoredSecrets): StoredSecrets {
  const file = place?.type === 'sqlite' && place.path !== ':memory:' ? `${place.path}.key` : undefined
  return new StoredSecrets({ records: store.records, keys: new MasterKeys(env, file), clock })
}
