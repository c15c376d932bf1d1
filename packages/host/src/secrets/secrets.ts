// All secrets that a process knows: of a file that was named, of the environment, of its store. The one place where flows find
// them, and where everything that is shown learns what to hide.

import { type Clock, KnownSecrets, type Log, type Store } from '@stepflow/engine'
import type { StoreConfig } from '../config/config.ts'
import type { Env } from '../config/substitute.ts'
import { secretFrom, secretsIn } from './environment.ts'
import type { StoredSecrets } from './stored-secrets.ts'

export interface Secrets {
  /** What must not be seen: all there are, whether a flow asks for them or not, and what they were before. */
  readonly known: KnownSecrets
  /** Of the file, else of the environment, else of the store. */
  get(name: string): string | undefined
  /** Takes in what other processes wrote into the store since. */
  refresh(): Promise<void>
}

export interface OpenSecrets {
  readonly env: Env
  /** Of a file that was named. */
  readonly given?: ReadonlyMap<string, string> | undefined
  readonly store?: Pick<Store, 'records'> | undefined
  readonly place?: StoreConfig | undefined
  readonly clock?: Clock | undefined
  readonly log?: Log | undefined
}

/** Throws if the store has secrets that cannot be read: they could not be hidden. */
export async function openSecrets(options: OpenSecrets): Promise<Secrets> {
  const { env, given, store, log } = options
  const known = new KnownSecrets([...secretsIn(env).values(), ...(given?.values() ?? [])], (message) =>
    log?.('warning', message),
  )
  for (const name of MASTER_KEYS) if (env[name]) known.named.add(env[name])
  const stored = new Map<string, string>()
  const versions = new Map<string, number>()
  let opened: StoredSecrets | undefined
  const secrets: Secrets = {
    known,
    get: (name) => given?.get(name) ?? secretFrom(env, name) ?? stored.get(name),
    async refresh() {
      if (!store) return
      // Most stores have none, and need no key.
      if (!opened && (await store.records.list('secrets', { limit: 1 })).length === 0) return
      opened ??= (await import('./open-stored.ts')).openStoredSecrets({ ...options, store })
      const { changed, gone } = await opened.changes(versions)
      for (const { name, version, value, former } of changed) {
        for (const text of value === undefined ? former : [value, ...former]) known.named.add(text)
        versions.set(name, version)
        if (value === undefined) stored.delete(name)
        else stored.set(name, value)
      }
      for (const name of gone) {
        versions.delete(name)
        stored.delete(name)
      }
    },
  }
  await secrets.refresh()
  return secrets
}

// ---

const MASTER_KEYS = ['STEPFLOW_MASTER_KEY', 'STEPFLOW_MASTER_KEY_OLD'] as const
