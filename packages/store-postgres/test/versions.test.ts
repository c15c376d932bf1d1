// Schemas as each version has left them: brought up to date, with every run in them going on; and what programs that are older
// than a schema do.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createManualClock } from '@stepflow/engine/testing'
import { createPostgresStore } from '@stepflow/store-postgres'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { engineFor, results, WRITTEN_AT } from '../../store-sqlite/test/versions/runs.ts'
import { VERSION } from '../src/migrate.ts'
import { rowsOf } from './rows-of.ts'
import { COPIED, writeCopy } from './versions/write-copy.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 50_000 }
const copies = join(import.meta.dirname, 'versions')
const copyOf = (version: number) => join(copies, `${String(version).padStart(4, '0')}.sql`)
const versions = readdirSync(copies).filter((name) => name.endsWith('.sql'))

await withPostgres((server) => {
  let schemas = 0
  const sql = (text: string) => rowsOf(server.url, text)

  beforeAll(async () => {
    // Once for each version, when it is final: WRITE_COPY=1 npx vitest run packages/store-postgres/test/versions.test.ts
    if (process.env.WRITE_COPY !== undefined) await writeCopy(server, copyOf(VERSION))
  })

  test('this version of the schema has its copy', () => {
    expect(existsSync(copyOf(VERSION))).toBe(true)
  })

  describe.each(versions)('a schema as in %s', (copy) => {
    test('is brought up to date, and every run in it ends as it should', async () => {
      await sql(`DROP SCHEMA IF EXISTS ${COPIED} CASCADE; ${readFileSync(join(copies, copy), 'utf8')}`)
      const clock = createManualClock(WRITTEN_AT + 60_000)
      const store = await createPostgresStore({ url: `${server.url}?schema=${COPIED}`, clock, pollMs: 20 })
      const engine = engineFor(store, clock, true)
      expect((await store.runs.list()).rows.map(({ id }) => id).sort()).toEqual(Object.keys(results).sort())
      const [schema] = await sql(`SELECT version FROM ${COPIED}.schema_version`)
      expect(schema).toEqual({ version: VERSION })

      engine.recover()
      await engine.signal('waits', { name: 'signal', signal: 'answer', payload: 'again', id: 'first' })
      await engine.signal('waits', { name: 'signal', signal: 'answer', payload: 'late', item: 1 })
      await vi.waitFor(async () => {
        await clock.advance(3_600_000)
        expect((await store.runs.list({ status: ['queued', 'running'] })).rows.map(({ id }) => id)).toEqual([])
      }, WITHIN)

      const found: Record<string, unknown[]> = {}
      for (const id of Object.keys(results)) {
        const items = await store.runs.items(id, 0, 1_000)
        found[id] = items.map(({ outcome }) =>
          outcome.outcome === 'success' ? outcome.result : outcome.outcome === 'failed' && outcome.error.code,
        )
      }
      expect(found).toEqual(results)
      await engine.close()
      await store.close()
    })
  })

  test('a schema that is newer is worked on if it says that it may be, and is refused otherwise', async () => {
    const url = `${server.url}?schema=newer${schemas++}`
    const schema = new URL(url).searchParams.get('schema')
    await (await createPostgresStore({ url })).close()
    await sql(`UPDATE ${schema}.schema_version SET version = version + 1`)
    await (await createPostgresStore({ url, migrate: false })).close()

    await sql(`UPDATE ${schema}.schema_version SET oldest = version`)
    await expect(createPostgresStore({ url })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/written by a newer stepflow \(schema \d+; this one knows \d+\): update stepflow/),
    })
  })

  test('a schema that is older, or not there, is refused by who is not to migrate, and stays as it is', async () => {
    await sql(`DROP SCHEMA IF EXISTS ${COPIED} CASCADE; ${readFileSync(copyOf(VERSION - 1), 'utf8')}`)
    const older = createPostgresStore({ url: `${server.url}?schema=${COPIED}`, migrate: false })
    await expect(older).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/stepflow migrate/),
    })
    const none = createPostgresStore({ url: `${server.url}?schema=none`, migrate: false })
    await expect(none).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('no schema yet'),
    })

    expect(await sql(`SELECT version FROM ${COPIED}.schema_version`)).toEqual([{ version: VERSION - 1 }])
    expect(await sql(`SELECT FROM pg_namespace WHERE nspname = 'none'`)).toEqual([])
  })
})
