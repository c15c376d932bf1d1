import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, contentId, type JournalEntry, type Store, systemClock } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../src/drivers.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
const newPath = () => join(folder, `${files++}.db`)
const open = (path: string, clock: Clock = systemClock) => createSqliteStore({ path, clock, pollMs: 5 })

const plan = { name: 'p', entry: 0, exit: 0, onFailure: 'stop', steps: [] } as const
const created = (run: string, at = 1, inputs: unknown[] = [1]): JournalEntry => {
  return { type: 'created', at, run, plan, from: 0, inputs }
}
const sealed: JournalEntry = { type: 'sealed', at: 1, items: 1 }
const finished = (result: unknown, at = 2): JournalEntry => {
  return { type: 'finished', at, item: 0, outcome: { outcome: 'success', result } }
}
const runOnce = async (store: Store, run: string, result: unknown, at: number) => {
  await store.append({ journal: `${run}/0`, after: 0, entries: [created(run, at), sealed, finished(result, at)] })
}

test('everything is there when the file is opened again', async () => {
  const path = newPath()
  const large = Array.from({ length: 300_000 }, (_, index) => index)
  const first = await open(path)
  await first.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed], wakes: [{ journal: 'r/0', at: 5 }] })
  await first.append({ journal: 'r/0', after: 1, entries: [finished({ large })] })
  const id = await first.blobs.put({ a: 1 })
  const seen = [await first.read('r/0'), await first.runs.list(), await first.runs.items('r')]
  await first.close()

  const second = await open(path)

  expect([await second.read('r/0'), await second.runs.list(), await second.runs.items('r')]).toEqual(seen)
  expect(await second.blobs.get(id)).toEqual({ a: 1 })
  await second.close()
})

test('a store that was closed may be copied as one file', async () => {
  const path = newPath()
  const store = await open(path)
  await runOnce(store, 'a', 1, 1)
  await store.close()
  const copy = newPath()
  copyFileSync(path, copy)

  const copied = await open(copy)

  expect(copied.runs.get('a')).toMatchObject({ status: 'completed' })
  await copied.close()
})

test('what is handed in together is one transaction', async () => {
  const path = newPath()
  const [store, other] = [await open(path), await openDatabase(path)]
  const version = other.prepare('PRAGMA data_version')
  const versions = new Set([version.get<{ data_version: number }>()?.data_version])
  let commits = 0
  store.watch({}, () => {
    const now = version.get<{ data_version: number }>()?.data_version
    if (!versions.has(now)) commits++
    versions.add(now)
  })

  await Promise.all(
    Array.from({ length: 100 }, (_, run) =>
      store.append({ journal: `${run}/0`, after: 0, entries: [created(`${run}`)] }),
    ),
  )

  expect(commits).toBe(1)
  other.close()
  await store.close()
})

test('rows of one journal that are handed in together are written in order', async () => {
  const store = await open(newPath())

  await Promise.all(
    Array.from({ length: 2000 }, (_, after) =>
      store.append({
        journal: 'r/0',
        after,
        entries: after === 0 ? [created('r')] : [{ type: 'claimed', at: after, driver: 'd' }],
      }),
    ),
  )

  expect((await store.read('r/0')).length).toBe(2000)
  expect((await store.read('r/0', 1990)).map(({ seq }) => seq)).toEqual([
    1990, 1991, 1992, 1993, 1994, 1995, 1996, 1997, 1998, 1999,
  ])
  await store.close()
})

test('while another connection writes, appends wait without holding up the process', async () => {
  const path = newPath()
  const [store, other] = [await open(path), await openDatabase(path)]
  other.exec('BEGIN IMMEDIATE')
  let isWritten = false

  const appended = Promise.all([
    store.append({ journal: 'r/0', after: 0, entries: [created('r')] }),
    store.append({ journal: 'r/0', after: 1, entries: [finished(1)] }),
  ]).then(() => {
    isWritten = true
  })
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(isWritten).toBe(false)
  other.exec('COMMIT')
  await appended

  expect((await store.read('r/0')).length).toBe(2)
  other.close()
  await store.close()
})

test('a wake is driven at its time, also after the file was opened again', async () => {
  const path = newPath()
  const clock = createManualClock(1000)
  const first = await open(path, clock)
  await first.append({
    journal: 'r/0',
    after: 0,
    entries: [created('r'), sealed],
    wakes: [{ journal: 'r/0', at: 5000 }],
  })
  await first.close()
  const second = await open(path, clock)
  const driven: number[] = []
  second.work(async (journal) => {
    driven.push(clock.now())
    return driven.length === 1 ? { journal, at: 9000 } : null
  })

  await clock.advance(3999)
  expect(driven).toEqual([])
  await clock.advance(10_000)

  expect(driven).toEqual([5000, 9000])
  await second.close()
})

test('a wake that comes while its journal is driven is kept until the driver lets go', async () => {
  const store = await open(newPath())
  const driven: string[] = []
  let letGo: () => void = () => {}
  let again: () => void = () => {}
  const drivenAgain = new Promise<void>((resolve) => {
    again = resolve
  })
  store.work(async (journal) => {
    driven.push(journal)
    if (driven.length === 2) again()
    else {
      await new Promise<void>((resolve) => {
        letGo = resolve
      })
    }
    return { journal, at: Number.POSITIVE_INFINITY }
  })
  await store.append({ journal: 'r/0', after: 0, entries: [created('r'), sealed], wakes: [{ journal: 'r/0', at: 0 }] })

  await store.append({ journal: 'r/0', after: 1, entries: [{ type: 'signalled', at: 1, name: 'resume' }] })
  expect(driven).toEqual(['r/0'])
  letGo()
  await drivenAgain

  expect(driven).toEqual(['r/0', 'r/0'])
  await store.close()
})

test('no more journals are driven at once than was said', async () => {
  const store = await createSqliteStore({ path: newPath(), maxJournals: 3 })
  let atOnce = 0
  let most = 0
  let ended = 0
  const all = new Promise<void>((resolve) => {
    store.work(async () => {
      most = Math.max(most, ++atOnce)
      await new Promise((next) => setImmediate(next))
      atOnce--
      if (++ended === 20) resolve()
      return null
    })
  })

  await Promise.all(
    Array.from({ length: 20 }, (_, run) => {
      const journal = `${run}/0`
      return store.append({ journal, after: 0, entries: [created(`${run}`), sealed], wakes: [{ journal, at: 0 }] })
    }),
  )
  await all

  expect(most).toBe(3)
  await store.close()
})

test('a row that links to another journal is found, and removing its run leaves the other alone', async () => {
  const path = newPath()
  const [store, other] = [await open(path), await openDatabase(path)]
  await runOnce(store, 'a', 1, 1)
  await runOnce(store, 'b', 1, 1)
  await store.append({ journal: 'b/0', after: 1, entries: [{ type: 'claimed', at: 3, driver: 'd' }] })
  other.exec('UPDATE journal SET previous = 1 WHERE position = 3')

  await expect((async () => store.read('b/0'))()).rejects.toMatchObject({
    code: 'INTERNAL',
    data: { journal: 'b/0', row: 0, found: 'in its place is row 0 of another journal' },
  })
  await store.runs.remove('b')

  expect((await store.read('a/0')).length).toBe(1)
  expect(other.prepare('SELECT position FROM journal').all()).toEqual([{ position: 1 }])
  other.close()
  await store.close()
})

test('a last row that is missing is found', async () => {
  const path = newPath()
  const [store, other] = [await open(path), await openDatabase(path)]
  await runOnce(store, 'a', 1, 1)
  other.exec('DELETE FROM journal WHERE position = 1')

  await expect((async () => store.read('a/0'))()).rejects.toMatchObject({ data: { row: 0, found: 'it is missing' } })
  other.close()
  await store.close()
})

test('bytes that are no text any more damage the one run that they belong to', async () => {
  const path = newPath()
  const [store, other] = [await open(path), await openDatabase(path)]
  await runOnce(store, 'a', 1, 1)
  await runOnce(store, 'b', 1, 1)
  const blob = await store.blobs.put({ text: 'kept' })
  const flip = (table: string, column: string, where: string) =>
    other.exec(
      `UPDATE ${table} SET ${column} = CAST(replace(CAST(${column} AS BLOB), 'e', x'ff') AS TEXT) WHERE ${where}`,
    )
  flip('journal', 'entries', 'position = 1')
  flip('runs', 'outcome', 'number = 1')
  flip('runs', 'facts', 'number = 1')
  other.exec(`UPDATE runs SET facts = '{"labels":' WHERE number = 1`)
  flip('blobs', 'content', 'true')

  await expect((async () => store.read('a/0'))()).rejects.toMatchObject({ data: { journal: 'a/0', row: 0 } })
  expect(() => store.runs.items('a')).toThrow(/the result of item 0 of run a is damaged/)
  await expect((async () => store.blobs.get(blob))()).rejects.toThrow(`the blob ${blob} is damaged`)
  expect((await store.runs.list()).rows.map(({ id }) => id)).toEqual(['b', 'a'])
  expect((await store.runs.list({ labels: [['team', 'a']] })).rows).toEqual([])
  expect((await store.read('b/0')).length).toBe(1)
  other.close()
  await store.close()
})

test('prune removes what ended long ago, and blobs that nothing names', async () => {
  const clock = createManualClock(0)
  const store = await open(newPath(), clock)
  const named = await store.blobs.put({ kept: 'by its id in a result' })
  const inner = await store.blobs.put({ kept: 'by its id in a blob' })
  const outer = await store.blobs.put({ flow: `sha256:${inner}` })
  const unnamed = await store.blobs.put({ removed: true })
  const recorded = await store.blobs.put({ kept: 'by its id in a record' })
  for (let i = 0; i < 300; i++) {
    await store.records.put({ collection: `c${i % 3}`, key: `${i}`, version: 0, value: i === 299 ? [recorded] : i })
  }
  const large = 'x'.repeat(2_000_000)
  await runOnce(store, 'old', large, 1000)
  await runOnce(store, 'new', { named, outer, large: `${large}y` }, 500_000_000)
  await store.append({ journal: 'open/0', after: 0, entries: [created('open', 1000), sealed] })
  await clock.advance(1_000_000_000)

  expect(await store.runs.prune?.({ olderThanMs: 700_000_000 })).toEqual({ runs: 1, blobs: 2 })

  expect((await store.runs.list()).rows.map(({ id }) => id)).toEqual(['new', 'open'])
  for (const kept of [inner, recorded]) expect(await store.blobs.get(kept)).toBeDefined()
  expect((await store.runs.items('new'))[0]?.outcome).toMatchObject({ result: { large: `${large}y` } })
  for (const gone of [unnamed, contentId(large)]) {
    await expect((async () => store.blobs.get(gone))()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
  await store.close()
})

test('prune keeps as many ended runs as it is told', async () => {
  const store = await open(newPath())
  for (let run = 0; run < 50; run++) await runOnce(store, `r${run}`, run, run)

  expect(await store.runs.prune?.({ keep: 2 })).toEqual({ runs: 48, blobs: 0 })

  expect((await store.runs.list()).rows.map(({ id }) => id)).toEqual(['r49', 'r48'])
  await store.close()
})

test('positions of removed rows are not used again: a watcher misses nothing', async () => {
  const path = newPath()
  const [store, other] = [await open(path), await open(path)]
  await runOnce(store, 'a', 1, 1)
  const heard = new Promise<string>((resolve) => {
    other.watch({}, ({ journal }) => resolve(journal))
  })

  await store.runs.remove('a')
  await runOnce(store, 'b', 1, 1)

  expect(await heard).toBe('b/0')
  await other.close()
  await store.close()
})

test('the plan of many runs is in the file once, is one object for who reads it, and outlives what is pruned', async () => {
  const path = newPath()
  const clock = createManualClock(1_000_000)
  const store = await open(path, clock)
  for (let i = 0; i < 50; i++) await runOnce(store, `r${i}`, i, 1_000_000)
  await store.close()
  const db = await openDatabase(path)
  const count = (sql: string) => db.prepare(sql).get<{ count: number }>()?.count
  expect(count('SELECT count(*) AS count FROM blobs')).toBe(1)
  expect(count(`SELECT count(*) AS count FROM journal WHERE entries LIKE '%"onFailure"%'`)).toBe(0)
  db.close()

  const again = await open(path, clock)
  const planOf = async (run: string) => {
    const [first] = (await again.read(`${run}/0`))[0]?.entries ?? []
    return first?.type === 'created' ? first.plan : undefined
  }
  expect(await planOf('r0')).toEqual(plan)
  expect(await planOf('r49')).toBe(await planOf('r0'))
  await clock.advance(10 * 24 * 3_600_000)
  expect(await again.runs.prune?.({ keep: 1 })).toEqual({ runs: 49, blobs: 0 })
  expect(await again.runs.prune?.({ keep: 0 })).toEqual({ runs: 1, blobs: 1 })
  // It was thrown away: a new run brings it along once more.
  await runOnce(again, 'new', 0, 1)
  await again.close()
  const last = await open(path, clock)
  const [entry] = (await last.read('new/0'))[0]?.entries ?? []
  expect(entry).toMatchObject({ type: 'created', plan })
  await last.close()
})
