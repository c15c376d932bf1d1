// The write-ahead log is longer than what is written of it: that is only for speed, and nobody may see anything else of it.

import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalEntry, Store } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'
import { threeSteps } from './three-steps.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-wal-room-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newPath = () => join(folder, `${files++}.db`)
const sizeOf = (path: string) => statSync(`${path}-wal`).size

test('most transactions make the log no longer', async () => {
  const path = newPath()
  const store = await createSqliteStore({ path })
  await begin(store, 'r')
  const sizes = new Set<number>()
  for (let after = 1; after <= 400; after++) {
    await append(store, 'r', after)
    sizes.add(sizeOf(path))
  }
  await store.close()

  expect(sizes.size).toBeLessThan(100)
})

test('who writes a few rows makes the log as long as they are', async () => {
  const path = newPath()
  const store = await createSqliteStore({ path })
  await begin(store, 'r')
  const before = sizeOf(path)
  for (let after = 1; after <= 10; after++) await append(store, 'r', after)
  const grown = sizeOf(path) - before
  await store.close()

  expect(grown).toBeLessThan(20 * 4_120)
})

test('what was written into the room is there after the machine was switched off', async () => {
  const path = newPath()
  const store = await createSqliteStore({ path })
  await begin(store, 'r')
  for (let after = 1; after <= 100; after++) {
    await append(store, 'r', after)
    if (after % 20 === 0) expect(await rowsAfterCrash(path, 'r')).toBe(after + 1)
  }
  await store.close()
})

test('two who write to one log, and both make room in it, lose nothing', async () => {
  const path = newPath()
  const stores = [await createSqliteStore({ path }), await createSqliteStore({ path })]
  await Promise.all(stores.map((store, i) => begin(store, `r${i}`)))
  for (let after = 1; after <= 100; after++) {
    await Promise.all(stores.map((store, i) => append(store, `r${i}`, after)))
  }
  const found = [await rowsAfterCrash(path, 'r0'), await rowsAfterCrash(path, 'r1')]
  await Promise.all(stores.map((store) => store.close()))

  expect(found).toEqual([101, 101])
})

test('a log that another has cut off goes on', async () => {
  const path = newPath()
  const store = await createSqliteStore({ path })
  await begin(store, 'r')
  for (let after = 1; after <= 50; after++) await append(store, 'r', after)
  const other = await createSqliteStore({ path })
  await begin(other, 'other')
  // Who closes gathers the log into the file.
  await other.close()
  const cut = sizeOf(path)
  for (let after = 51; after <= 100; after++) await append(store, 'r', after)
  const found = await rowsAfterCrash(path, 'r')
  await store.close()

  expect([cut, found]).toEqual([0, 101])
})

// ---

async function rowsAfterCrash(path: string, run: string): Promise<number> {
  const copy = newPath()
  for (const part of ['', '-wal']) copyFileSync(`${path}${part}`, `${copy}${part}`)
  const store = await createSqliteStore({ path: copy })
  const rows = await store.read(`${run}/0`)
  await store.close()
  return rows.length
}

function begin(store: Store, run: string) {
  const created: JournalEntry = { type: 'created', at: 0, run, plan: threeSteps, options: {}, from: 0, inputs: [1] }
  return store.append({ journal: `${run}/0`, after: 0, entries: [created] })
}

function append(store: Store, run: string, after: number) {
  const outcome = { outcome: 'success', result: 'x'.repeat(100) } as const
  const entry: JournalEntry = { type: 'settled', at: 1, item: 0, step: 0, visit: after, attempt: 1, outcome }
  return store.append({ journal: `${run}/0`, after, entries: [entry] })
}
