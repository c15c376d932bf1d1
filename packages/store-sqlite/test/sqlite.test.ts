import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@stepflow/engine'
import { storeSuite } from '@stepflow/engine/testing'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../src/drivers.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const paths = new Map<Store, string>()
let files = 0

async function open(path = join(folder, `${files++}.db`)): Promise<Store> {
  const store = await createSqliteStore({ path, pollMs: 5 })
  paths.set(store, path)
  return store
}

storeSuite(
  'sqlite',
  () => open(),
  {
    test,
    equal: (actual, expected) => expect(actual).toEqual(expected),
  },
  {
    twin: (store) => open(paths.get(store)),
    damage: async (store, journal, seq, text) => {
      const db = await openDatabase(paths.get(store) as string)
      const row = 'seq = ? AND shard = (SELECT number FROM journals WHERE name = ?)'
      if (text === null) db.prepare(`DELETE FROM journal WHERE ${row}`).run(seq, journal)
      else db.prepare(`UPDATE journal SET entries = ? WHERE ${row}`).run(text, seq, journal)
      db.close()
    },
  },
)
