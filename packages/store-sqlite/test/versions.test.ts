import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryStore, type JournalRow, type Outcome, type RunHandle } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../src/drivers.ts'
import { VERSION } from '../src/migrate.ts'
import { engineFor, results, WRITTEN_AT } from './versions/runs.ts'
import { writeCopy } from './versions/write-copy.ts'

const copies = join(import.meta.dirname, 'versions')
const copyOf = (version: number) => join(copies, `${String(version).padStart(4, '0')}.sql`)
const versions = readdirSync(copies).filter((name) => name.endsWith('.sql'))

const folder = mkdtempSync(join(tmpdir(), 'stepflow-versions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  // Once for each version, when its schema is final: WRITE_COPY=1 npx vitest run packages/store-sqlite/test/versions.test.ts
  if (process.env.WRITE_COPY !== undefined) await writeCopy(copyOf(VERSION))
})

let files = 0

/** A file as a program of that version has left it. */
async function fileOf(copy: string): Promise<string> {
  const path = join(folder, `${files++}.db`)
  const db = await openDatabase(path)
  db.exec(readFileSync(join(copies, copy), 'utf8'))
  db.close()
  return path
}

async function read(handle: RunHandle): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const { index, outcome } of handle.results()) found[index] = shown(outcome)
  await handle.ended
  return found
}

function shown(outcome: Outcome): unknown {
  if (outcome.outcome === 'success') return outcome.result
  return outcome.outcome === 'failed' ? outcome.error.code : outcome.reason
}

test('this version of the file has its copy', () => {
  expect(existsSync(copyOf(VERSION))).toBe(true)
})

describe.each(versions)('a store as in %s', (copy) => {
  test('is brought up to date, and every run in it ends as it should', async () => {
    const clock = createManualClock(WRITTEN_AT + 60_000)
    const store = await createSqliteStore({ path: await fileOf(copy), clock, pollMs: 5 })
    const engine = engineFor(store, clock, true)

    expect((await store.runs.list()).rows.map(({ id }) => id).sort()).toEqual(Object.keys(results).sort())
    await engine.signal('waits', { name: 'signal', signal: 'answer', payload: 'again', id: 'first' })
    await engine.signal('waits', { name: 'signal', signal: 'answer', payload: 'late', item: 1 })
    const handles = await Promise.all(Object.keys(results).map((id) => engine.resume(id)))
    const found = Promise.all(handles.map(async (handle) => [handle.id, await read(handle)]))
    await clock.advance(3_600_000)

    expect(Object.fromEntries(await found)).toEqual(results)
    for (const id of Object.keys(results)) {
      const row = await store.runs.get(id)
      const items = results[id]?.length ?? 0
      const failed = id === 'fails' ? 1 : 0
      expect([id, row?.status, row?.items.total, row?.items.success, row?.items.failed]).toEqual([
        id,
        failed ? 'failed' : 'completed',
        items,
        items - failed,
        failed,
      ])
    }
    expect(await store.runs.open()).toEqual([])
    await engine.close()
  })

  test('holds journals that lead to the same results from any row on', async () => {
    const clock = createManualClock(WRITTEN_AT)
    const store = await createSqliteStore({ path: await fileOf(copy), clock })
    for (const id of Object.keys(results)) {
      const row = await store.runs.get(id)
      if (row?.endedAt === undefined) continue
      const journals = new Map<string, readonly JournalRow[]>()
      for (const { journal } of await store.runs.shards(id)) journals.set(journal, await store.read(journal))
      const length = Math.max(...[...journals.values()].map((rows) => rows.length))
      for (let cut = 1; cut <= length; cut++) {
        const again = createMemoryStore({ clock, durable: true })
        for (const [journal, rows] of journals) {
          // A journal that says how many items there are has all of them.
          const kept = journal.endsWith('/0') && journals.size > 1 ? rows : rows.slice(0, cut)
          for (const [after, { entries }] of kept.entries()) await again.append({ journal, after, entries })
        }
        const engine = engineFor(again, clock, true)
        const found = read(await engine.resume(id))
        await clock.advance(1_000)

        expect(await found, `${id}, cut after ${cut} rows`).toEqual(results[id])
        await engine.close()
      }
    }
    await store.close()
  })

  test('is left alone by a program that is older', async () => {
    const path = await fileOf(copy)
    const db = await openDatabase(path)
    db.exec(`PRAGMA user_version = ${VERSION + 1}`)
    db.close()

    await expect(createSqliteStore({ path })).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringMatching(/written by a newer stepflow .*update stepflow/),
    })
  })
})
