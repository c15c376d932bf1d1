// Databases that cannot hold a store, or not for now: each says what is wrong and what to do, and nothing is half written.

import { createPostgresStore } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { addressOf } from '../src/address.ts'
import { checkServer } from '../src/migrate.ts'
import { created, settled } from './entries.ts'
import { rowsOf } from './rows-of.ts'
import type { PostgresServer } from './server.ts'
import { smallDisk, WHY_NO_DISK } from './small-disk.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 50_000 }
await withPostgres(suite)

test('a server before 13 is refused', async () => {
  const rows = [{ name: 'server_version_num', setting: '120022' }]
  const client = { query: async () => ({ rows }) } as unknown as pg.Client // answers as the old server does
  await expect(checkServer(client, addressOf('postgres://h/d'))).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: 'postgres://h:5432/d is PostgreSQL 12: 13 or newer is needed',
  })
})

function suite(server: PostgresServer): void {
  let schemas = 0
  const newUrl = () => `${server.url}?schema=w${schemas++}`
  const open = (url: string) => createPostgresStore({ url, pollMs: 20 })
  const sql = (text: string, url = server.url) => rowsOf(url, text)
  const as = (role: string, url: string) => url.replace('//stepflow:', `//${role}:`)

  test('a database that is not in UTF-8 is refused', async () => {
    await sql(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`)
    await expect(open(server.url.replace(/postgres$/, 'latin'))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('is encoded as LATIN1: UTF8 is needed'),
    })
  })

  test('a role without a right is told which one', async () => {
    const url = newUrl()
    await (await open(url)).close()
    await sql('CREATE ROLE guest LOGIN')
    const schema = new URL(url).searchParams.get('schema')
    const said = async () => (await open(as('guest', url)).catch((error) => error)).message
    expect(await said()).toContain(`permission denied for schema ${schema}`)
    await sql(`GRANT USAGE ON SCHEMA ${schema} TO guest`)
    expect(await said()).toContain('permission denied for table schema_version; the user must own the schema')
  })

  test('a database that is read-only, at the start or later, is waited for', async () => {
    const url = newUrl()
    await sql('CREATE DATABASE turned')
    const turned = url.replace('/postgres?', '/turned?')
    const readOnly = {
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringContaining('the database is read-only for now'),
    }
    const turn = async (to: 'on' | 'off') => {
      await sql(`ALTER DATABASE turned SET default_transaction_read_only = ${to}`)
      await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'turned'`)
    }
    await turn('on')
    await expect(open(turned)).rejects.toMatchObject(readOnly)
    await turn('off')
    const store = await open(turned)
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await turn('on')
    await vi.waitFor(
      () => expect(store.append({ journal: 'r/0', after: 1, entries: [settled(1)] })).rejects.toMatchObject(readOnly),
      WITHIN,
    )
    await turn('off')
    await vi.waitFor(() => store.append({ journal: 'r/0', after: 1, entries: [settled(1)] }), WITHIN)
    expect(await store.read('r/0')).toHaveLength(2)
    await store.close()
  })

  test('a standby is waited for, and becomes a store once it is promoted', async () => {
    const url = newUrl()
    await (await open(url)).close()
    const standby = await server.startStandby()
    try {
      const there = url.replace(`:${server.port}/`, `:${standby.port}/`)
      await expect(open(there)).rejects.toMatchObject({
        code: 'RESOURCE_UNAVAILABLE',
        message: expect.stringContaining('the database is read-only for now (a standby?)'),
      })
      await sql('SELECT pg_promote()', server.url.replace(`:${server.port}/`, `:${standby.port}/`))
      const store = await vi.waitFor(() => open(there), WITHIN)
      await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
      await store.close()
    } finally {
      await standby.stop()
    }
  })

  test('limits that its owner has set on statements, locks and sessions hold nothing up', async () => {
    await sql(`CREATE ROLE hurried LOGIN SUPERUSER; ALTER ROLE hurried SET statement_timeout = '1s';
      ALTER ROLE hurried SET lock_timeout = '1s'; ALTER ROLE hurried SET idle_in_transaction_session_timeout = '1s'`)
    const url = newUrl()
    const schema = new URL(url).searchParams.get('schema')
    const other = new pg.Client({ connectionString: server.url })
    await other.connect()
    // Another program migrates, and takes its time.
    await other.query('SELECT pg_advisory_lock(hashtext($1))', [`stepflow ${schema}`])
    const opening = open(as('hurried', url))
    await vi.waitFor(async () => {
      const waiting = `SELECT count(*)::integer AS n FROM pg_stat_activity
        WHERE usename = 'hurried' AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > '1200ms'`
      expect(await sql(waiting)).toEqual([{ n: 1 }])
    }, WITHIN)
    await other.end()
    const store = await opening
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.close()
  })

  test('a server that has no connection left says so, and is used once it has', async () => {
    const url = newUrl()
    await (await open(url)).close()
    await sql('CREATE ROLE many LOGIN SUPERUSER')
    // Limits hold for all but superusers; who owns the schema need not be one.
    await sql(`ALTER ROLE many NOSUPERUSER CONNECTION LIMIT 1; GRANT stepflow TO many`)
    const only = new pg.Client({ connectionString: as('many', server.url) })
    await only.connect()
    await expect(open(as('many', url))).rejects.toMatchObject({
      code: 'RESOURCE_UNAVAILABLE',
      message: expect.stringContaining('the database has no connection left; raise max_connections, or end others'),
    })
    await only.end()
    await sql('ALTER ROLE many CONNECTION LIMIT 20')
    const store = await vi.waitFor(() => open(as('many', url)), WITHIN)
    await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    await store.close()
  })

  test('a full disk refuses what is new, with nothing of it half there, and goes on when there is room', async ({
    skip,
  }) => {
    const disk = await smallDisk(server)
    if (!disk) return skip(WHY_NO_DISK)
    try {
      const store = await open(disk.url)
      await store.append({ journal: 'r/0', after: 0, entries: [created('r')] })
      // Of many digits: PostgreSQL compresses. Each by itself: what is the same is kept once.
      const large = () => Array.from({ length: 40_000 }, () => Math.random())
      const fill = async () => {
        for (let n = 0; ; n++)
          await store.append({ journal: `f${n}/0`, after: 0, entries: [created(`f${n}`, [large()])] })
      }
      await expect(fill()).rejects.toMatchObject({
        code: 'RESOURCE_UNAVAILABLE',
        message: expect.stringContaining("the database's disk is full; make room and try again"),
      })
      const { rows } = await store.runs.list({ limit: 1_000 })
      for (const { id } of rows) expect(await store.read(`${id}/0`)).toHaveLength(1)
      disk.makeRoom()
      await vi.waitFor(() => store.append({ journal: 'r/0', after: 1, entries: [settled(1)] }), WITHIN)
      await store.append({ journal: 's/0', after: 0, entries: [created('s', [large()])] })
      await store.close()
    } finally {
      await disk.end()
    }
  })
}
