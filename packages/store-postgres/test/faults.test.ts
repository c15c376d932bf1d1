import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BEGINNING, type Cursor, type Store } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { created, settled } from './entries.ts'
import { rowsOf } from './rows-of.ts'
import { type PostgresServer, startPostgres } from './server.ts'
import { withPostgres } from './with-postgres.ts'

/** For a server more, and all that is copied to it. */
const LIMIT = { timeout: 240_000 }

await withPostgres(suite)

function suite(server: PostgresServer): void {
  let schemas = 0
  const newUrl = () => `${server.url}?schema=f${schemas++}`
  const open = (url: string, log?: string[]) =>
    createPostgresStore({ url, pollMs: 20, log: (_, message) => void log?.push(message) })

  test('a database that restarts is waited for: what was under way is there once, and watchers miss nothing', async () => {
    const url = newUrl()
    const store = await open(url)
    const heard: number[] = []
    store.watch({ run: 'r' }, ({ seq }) => heard.push(seq))
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    let next = 1
    let isAway = false
    const writing = (async () => {
      while (next < 400) {
        try {
          await store.append({ journal: 'r/0', after: next, entries: [settled(next)] })
          next++
        } catch (error) {
          expect(error).toMatchObject({ code: 'RESOURCE_UNAVAILABLE' })
          isAway = true
          await new Promise((again) => setTimeout(again, 20))
        }
      }
    })()
    await vi.waitFor(() => expect(next).toBeGreaterThan(50), { timeout: 50_000 })
    for (const how of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      await server.restart(how)
      const at = next
      await vi.waitFor(() => expect(next).toBeGreaterThan(Math.min(at + 20, 399)), { timeout: 50_000 })
    }
    await writing

    const rows = await store.read('r/0')
    expect(rows.map(({ entries: [entry] }) => (entry?.type === 'settled' ? entry.step : 0))).toEqual(numbers(400))
    await vi.waitFor(() => expect(heard).toEqual(numbers(400)), { timeout: 50_000 })
    expect(isAway || heard.length === 400).toBe(true)
    await store.close()
  })

  test('while the database is away, a new run is refused at once, and whoever watches hears of it later', async () => {
    const store = await open(newUrl())
    const heard: string[] = []
    await server.restart('SIGINT', async () => {
      store.watch({}, ({ journal }) => heard.push(journal))
      const refused = { code: 'RESOURCE_UNAVAILABLE', message: expect.not.stringContaining('s3cr') }
      await expect(store.append({ journal: 'r/0', after: 0, entries: [created('r')] })).rejects.toMatchObject(refused)
      await expect(store.read('r/0')).rejects.toMatchObject(refused)
    })
    await vi.waitFor(() => store.append({ journal: 'r/0', after: 0, entries: [created('r')] }), { timeout: 50_000 })
    await vi.waitFor(() => expect(heard).toEqual(['r/0']), { timeout: 50_000 })
    await store.close()
  })

  test('a watch that goes on while the database is away misses nothing when it is back, and is told of no gap', async () => {
    const store = await open(newUrl())
    const append = (after: number) =>
      store.append({ journal: 'r/0', after, entries: [after === 0 ? created('r') : settled(after)] })
    await append(0)
    const heard: number[] = []
    let gaps = 0
    await server.restart('SIGINT', async () => {
      store.watch({ run: 'r', after: BEGINNING, onGap: () => gaps++ }, ({ seq }) => heard.push(seq))
      await expect(store.read('r/0')).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE' })
    })
    await vi.waitFor(() => append(1), { timeout: 50_000 })

    await vi.waitFor(() => expect(heard).toEqual([0, 1]), { timeout: 50_000 })
    expect(gaps).toBe(0)
    await store.close()
  })

  test('a transaction of another program holds nobody up', async () => {
    const url = newUrl()
    const [store, other] = [await open(url), await open(url)]
    const foreign = new pg.Client({ connectionString: server.url })
    await foreign.connect()
    await foreign.query('CREATE TABLE IF NOT EXISTS of_others (a integer)')
    await foreign.query('BEGIN')
    await foreign.query('INSERT INTO of_others VALUES (1)')
    const heard: number[] = []
    store.watch({ run: 'r' }, ({ seq }) => heard.push(seq))
    for (let after = 0; after < 20; after++) {
      await other.append({ journal: 'r/0', after, entries: [after === 0 ? created('r') : settled(after)] })
    }

    await vi.waitFor(() => expect(heard).toEqual(numbers(20)), { timeout: 50_000 })
    const page = await other.rowsAfter({ run: 'r', after: BEGINNING, limit: 100 })
    expect(page?.rows.length).toBe(20)
    await foreign.query('ROLLBACK')
    await foreign.end()
    await Promise.all([store.close(), other.close()])
  })

  test('rows of many writers are heard once, and read after any cursor without a gap', async () => {
    const url = newUrl()
    const stores = await Promise.all(numbers(4).map(() => open(url)))
    const watcher = await open(url)
    const heard: string[] = []
    const cursors: Cursor[] = []
    watcher.watch({}, ({ journal, seq }, cursor) => {
      heard.push(`${journal} ${seq}`)
      cursors.push(cursor)
    })
    await watcher.cursor()
    const write = async (store: Store, run: string) => {
      for (let after = 0; after < 40; after++) {
        await store.append({ journal: `${run}/0`, after, entries: [after === 0 ? created(run) : settled(after)] })
      }
    }
    await Promise.all(stores.flatMap((store, s) => numbers(4).map((r) => write(store, `${s}-${r}`))))
    await vi.waitFor(() => expect(heard.length).toBe(640), { timeout: 50_000 })

    expect(new Set(heard).size).toBe(640)
    for (const run of ['0-0', '3-3']) {
      expect(heard.filter((one) => one.startsWith(`${run}/`))).toEqual(numbers(40).map((seq) => `${run}/0 ${seq}`))
    }
    for (const at of [0, 333, 638]) {
      const rest = await watcher.rowsAfter({ after: cursors[at] as Cursor, limit: 1000 })
      const names = rest?.rows.map((one) => ('row' in one ? `${one.row.journal} ${one.row.seq}` : ''))
      expect(names).toEqual(heard.slice(at + 1))
    }
    await Promise.all([...stores, watcher].map((store) => store.close()))
  })

  test('what is dumped under load goes on in another server, whose transactions count from less', LIMIT, async () => {
    const elsewhere = await startPostgres()
    if (typeof elsewhere === 'string') throw new Error(elsewhere)
    const url = newUrl()
    const store = await open(url)
    let after = 0
    let isOver = false
    const writing = (async () => {
      while (!isOver) {
        await store.append({ journal: 'r/0', after, entries: [after === 0 ? created('r', [1]) : settled(after)] })
        after++
      }
    })()
    await vi.waitFor(() => expect(after).toBeGreaterThan(100), { timeout: 50_000 })
    const cursor = await store.cursor()
    await copySchema(server, elsewhere, new URL(url).searchParams.get('schema') as string)
    isOver = true
    await writing
    await store.close()

    const there = await open(url.replace(`:${server.port}/`, `:${elsewhere.port}/`))
    const { length } = await there.read('r/0')
    expect(length).toBeGreaterThan(100)
    expect(await there.rowsAfter({ after: cursor, limit: 1 })).toBeUndefined()
    const now = await there.cursor()
    await there.append({ journal: 'r/0', after: length, entries: [settled(length)] })
    const all = await there.rowsAfter({ run: 'r', after: BEGINNING, limit: 100_000 })
    expect(all?.rows.map((one) => ('row' in one ? one.row.seq : -1))).toEqual(numbers(length + 1))
    expect((await there.rowsAfter({ after: now, limit: 10 }))?.rows.length).toBe(1)
    await there.close()
    await elsewhere.stop()
  })

  test("time is the database's, whatever the machine thinks", async () => {
    const real = Date.now
    const hour = 3_600_000
    const spy = vi.spyOn(Date, 'now').mockImplementation(() => real() + hour)
    const store = await open(newUrl())
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    const now = store.clock?.now() ?? 0
    spy.mockRestore()
    expect(Math.abs(now - Date.now())).toBeLessThan(hour / 2)
    await store.close()
  })

  test('a user without the right to make a schema is told which right is missing', async () => {
    await rowsOf(server.url, 'CREATE ROLE poor LOGIN')
    const url = server.url.replace('//stepflow:', '//poor:')
    await expect(open(`${url}?schema=for_poor`)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/permission denied for database .* right to make it/),
    })
  })

  test("another program's schema is refused, and stays as it is", async () => {
    await rowsOf(server.url, 'CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.runs (a integer)')
    await expect(open(`${server.url}?schema=foreign_one`)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining("another program's"),
    })
    const rows = await rowsOf(server.url, `SELECT FROM pg_class WHERE relnamespace = 'foreign_one'::regnamespace`)
    expect(rows.length).toBe(1)
  })

  test('ten that come at once find or make one schema', async () => {
    const url = newUrl()
    const stores = await Promise.all(numbers(10).map(() => open(url)))
    await Promise.all(
      stores.map((store, n) => store.append({ journal: `r${n}/0`, after: 0, entries: [created(`r${n}`)] })),
    )
    expect((await stores[0]?.runs.list())?.rows.length).toBe(10)
    await Promise.all(stores.map((store) => store.close()))
  })
}

// ---

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** By `pg_dump` and `psql`, which come with the server. */
async function copySchema(from: PostgresServer, to: PostgresServer, schema: string): Promise<void> {
  const run = promisify(execFile)
  const { stdout } = await run(join(from.bin, 'pg_dump'), ['-n', schema, from.url], { maxBuffer: 1 << 28 })
  const restoring = run(join(from.bin, 'psql'), ['-q', '-v', 'ON_ERROR_STOP=1', to.url], { maxBuffer: 1 << 28 })
  restoring.child.stdin?.end(stdout)
  await restoring
}
