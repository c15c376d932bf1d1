// The names of all secrets that flows can read here, and where each comes from. Never a value.

import type { Env } from '../config/substitute.ts'
import { secretFrom, secretsIn } from './environment.ts'
import type { StoredSecrets } from './stored-secrets.ts'

export interface ListedSecret {
  readonly name: string
  /** When the one in the store was set. */
  readonly updatedAt?: string
  /** Where flows get it from. */
  readonly from: 'store' | 'env'
}

export async function listSecrets(stored: Pick<StoredSecrets, 'list'>, env: Env): Promise<ListedSecret[]> {
  const listed: ListedSecret[] = []
  const inStore = new Set<string>()
  for (const { name, updatedAt } of await stored.list()) {
    const from = secretFrom(env, name) === undefined ? 'store' : 'env'
    listed.push({ name, updatedAt: new Date(updatedAt).toISOString(), from })
    inStore.add(name)
    inStore.add(name.toUpperCase().replace(/[^A-Z0-9]/g, '_'))
  }
  for (const name of secretsIn(env).keys()) if (!inStore.has(name)) listed.push({ name, from: 'env' })
  return listed.sort((a, b) => (a.name < b.name ? -1 : 1))
}
