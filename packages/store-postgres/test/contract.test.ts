import type { Store } from '@stepflow/engine'
import { storeSuite } from '@stepflow/engine/testing'
import { createPostgresStore } from '@stepflow/store-postgres'
import { afterAll, expect, test } from 'vitest'
import { type Kind, startPostgres } from './server.ts'

for (const kind of ['debian', 'npm'] as Kind[]) await suite(kind)

async function suite(kind: Kind): Promise<void> {
  const server = await startPostgres(kind)
  if (typeof server === 'string') {
    test.skip(`PostgreSQL (${kind}): ${server}`, () => {})
    return
  }
  afterAll(() => server.stop())
  const schemas = new Map<Store, string>()
  let made = 0
  const open = async (schema = `s${made++}`): Promise<Store> => {
    const store = await createPostgresStore({ url: `${server.url}?schema=${schema}`, pollMs: 20 })
    schemas.set(store, schema)
    return store
  }
  storeSuite(
    `postgres (${kind})`,
    () => open(),
    { test, equal: (actual, expected) => expect(actual).toEqual(expected) },
    { twin: (store) => open(schemas.get(store)) },
  )
}
