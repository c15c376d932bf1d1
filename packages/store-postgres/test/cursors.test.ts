// What a watcher has heard when it leaves, and what it hears when it goes on from there: together everything, once.

import { BEGINNING, type Cursor, type JournalRow, type Store } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { created, settled } from './entries.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 60_000, interval: 20 }

await withPostgres((server) => {
  const open = async (schema: string) => {
    const store = await createPostgresStore({ url: `${server.url}?schema=${schema}`, pollMs: 20 })
    onTestFinished(() => store.close())
    return store
  }
  const nameOf = ({ journal, seq }: JournalRow) => `${journal} ${seq}`
  /** Writes so many rows of each of the runs, all runs at once. */
  const write = async (store: Store, runs: readonly string[], count: number) => {
    const one = async (run: string) => {
      await store.append({ journal: `${run}/0`, after: 0, entries: [created(run)] })
      for (let n = 1; n < count; n++) await store.append({ journal: `${run}/0`, after: n, entries: [settled(n)] })
    }
    await Promise.all(runs.map(one))
  }
  /** All that follows a place. */
  const rest = async (store: Store, after: Cursor) => {
    const names: string[] = []
    for (let from: Cursor | undefined = after; from !== undefined; ) {
      const page = await store.rowsAfter({ after: from, limit: 100 })
      for (const found of page?.rows ?? []) if ('row' in found) names.push(nameOf(found.row))
      from = page?.next
    }
    return names
  }

  test('from each place that a writing node gives its watchers, exactly the rest follows, at every node', async () => {
    const stores = await Promise.all(['a', 'b', 'c'].map(() => open('cursors')))
    const [a, b] = stores as [Store, Store, Store]
    const heard: (readonly [name: string, cursor: Cursor])[] = []
    a.watch({ after: BEGINNING }, (row, cursor) => heard.push([nameOf(row), cursor]))
    const runs = (of: number) => [1, 2, 3, 4].map((n) => `run-${of}-${n}`)
    await Promise.all(stores.map((store, i) => write(store, runs(i), 40)))
    await vi.waitFor(() => expect(heard.length).toBe(3 * 4 * 40), WITHIN)

    const names = heard.map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
    for (let i = 0; i < heard.length; i += 3) {
      const [, cursor] = heard[i] as (typeof heard)[number]
      const expected = names.slice(i + 1).sort()
      expect((await rest(i % 2 === 0 ? a : b, cursor)).sort()).toEqual(expected)
    }
  })

  test('a watcher that leaves while it is told, and goes on from there, hears every row once', async () => {
    const stores = await Promise.all(['a', 'b', 'c'].map(() => open('leaving')))
    const [a] = stores as [Store]
    const heard: string[] = []
    const goOn = (after: Cursor) => {
      let left = 7
      const stop = a.watch({ after }, (row, cursor) => {
        heard.push(nameOf(row))
        if (--left > 0) return
        stop()
        goOn(cursor)
      })
    }
    goOn(BEGINNING)
    const runs = (of: number) => [1, 2, 3, 4].map((n) => `run-${of}-${n}`)
    await Promise.all(stores.map((store, i) => write(store, runs(i), 40)))

    await vi.waitFor(() => expect(new Set(heard).size).toBe(3 * 4 * 40), WITHIN)
    expect(heard.length).toBe(3 * 4 * 40)
  })

  test('while another transaction holds up what is read, a cursor stays short, and what had to wait comes behind it', async () => {
    const a = await open('held')
    const heard: (readonly [name: string, cursor: Cursor])[] = []
    a.watch({ after: BEGINNING }, (row, cursor) => heard.push([nameOf(row), cursor]))
    await write(a, ['begun'], 1)
    const other = new pg.Client({ connectionString: server.url })
    await other.connect()
    onTestFinished(() => other.end())
    await other.query('BEGIN; LOCK TABLE held.journal IN ROW EXCLUSIVE MODE; SELECT pg_current_xact_id()')
    await write(a, ['r'], 300)
    const whileHeld = heard.length
    await other.query('ROLLBACK')
    await vi.waitFor(() => expect(heard.length).toBe(301), WITHIN)

    expect(whileHeld).toBeGreaterThan(100)
    expect(whileHeld).toBeLessThan(200)
    expect(Math.max(...heard.map(([, cursor]) => cursor.length))).toBeLessThan(2_048)
    const names = heard.map(([name]) => name)
    for (let i = 0; i < heard.length; i += 20) {
      const [, cursor] = heard[i] as (typeof heard)[number]
      expect(await rest(a, cursor)).toEqual(names.slice(i + 1))
    }
  })
})
