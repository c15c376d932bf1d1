// Where journals end: their rows say so from time to time only, and whoever looks finds out all the same.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, type JournalEntry, type Store } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../src/drivers.ts'
import { LAG } from '../src/journal-names.ts'
import { threeSteps } from './three-steps.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-journals-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newPath = () => join(folder, `${files++}.db`)
const open = (path: string) => createSqliteStore({ path, pollMs: 5, synchronous: 'off' })

/** What every WAL has for a page: its content, and a header. */
const FRAME_BYTES = 4_096 + 24

test('a lone run of three steps over small values writes at most ten pages', async () => {
  const path = newPath()
  // Its log has no room but for what is written.
  const store = await createSqliteStore({ path, synchronous: 'normal' })
  const router = { route: (name: string) => ({ component: { info: { name }, call: async (input: unknown) => input } }) }
  const engine = createEngine({ store, router })
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) await (await engine.submit(threeSteps, [{ text: 'x'.repeat(40), i }])).ended
  }

  await run(20)
  const before = statSync(`${path}-wal`).size
  await run(100)
  const pages = (statSync(`${path}-wal`).size - before) / FRAME_BYTES / 100
  await engine.close()
  await store.close()

  expect(pages).toBeLessThanOrEqual(10)
})

test('a journal is read to its end by another process, however much was written since its row was', async () => {
  const path = newPath()
  const store = await open(path)
  await begin(store, 'slow')
  await begin(store, 'busy')
  // The row of the busy one is written now and then, that of the slow one is as old as it may be.
  let busy = 1
  const write = async (count: number) => {
    for (let i = 0; i < count; i++) await store.append({ journal: 'busy/0', after: busy++, entries: [signal] })
  }
  await write(LAG - 10)
  await store.append({ journal: 'slow/0', after: 1, entries: [signal] })
  await write(LAG * 2)
  const other = await open(path)

  expect([(await other.read('slow/0')).length, (await other.read('busy/0')).length]).toEqual([2, busy])
  expect((await other.runs.shards('busy')).map(({ rows }) => rows)).toEqual([busy])
  await expect(append(other, 'busy/0', busy - 1)).rejects.toMatchObject({ code: 'CONFLICT' })
  await append(other, 'busy/0', busy)
  await append(other, 'slow/0', 2)
  await expect(append(store, 'busy/0', busy)).rejects.toMatchObject({ code: 'CONFLICT' })
  await append(store, 'busy/0', busy + 1)
  expect((await other.read('busy/0')).map(({ seq }) => seq)).toEqual(Array.from({ length: busy + 2 }, (_, seq) => seq))
  await Promise.all([store.close(), other.close()])
})

test('the row of a journal is never further behind than readers look', async () => {
  const path = newPath()
  const store = await open(path)
  await begin(store, 'one')
  await begin(store, 'two')
  const db = await openDatabase(path)
  const behind = db.prepare(`
    SELECT max(position) - (SELECT head_last FROM runs WHERE id = ?1) AS behind FROM journal
    WHERE shard / 4194304 = (SELECT number FROM runs WHERE id = ?1)`)
  let most = 0
  for (let row = 1; row < LAG * 2; row++) {
    // Now often, now seldom.
    for (const id of row % 7 === 0 ? ['one', 'two'] : ['two'])
      await store.append({ journal: `${id}/0`, entries: [signal] })
    for (const id of ['one', 'two']) most = Math.max(most, behind.get<{ behind: number }>(id)?.behind ?? 0)
  }
  db.close()
  await store.close()

  expect(most).toBeGreaterThan(LAG / 2)
  expect(most).toBeLessThan(LAG)
})

test('a name that is no RUN/NUMBER is refused', async () => {
  const store = await open(newPath())
  for (const journal of ['r', 'r/', 'r/x', 'r/01', 'r/-1', 'r/1.5', '/0', `r/${2 ** 22}`]) {
    await expect(append(store, journal, 0), journal).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  }
  await store.close()
})

// ---

const signal: JournalEntry = { type: 'signalled', at: 1, name: 'signal', signal: 's', payload: null }

function begin(store: Store, run: string) {
  return store.append({
    journal: `${run}/0`,
    after: 0,
    entries: [{ type: 'created', at: 0, run, plan: threeSteps, options: {}, from: 0, inputs: [1] }],
  })
}

async function append(store: Store, journal: string, after: number): Promise<void> {
  await store.append({ journal, after, entries: [signal] })
}
