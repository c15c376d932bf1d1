// Another session that locks our tables: what waits for it says so, is alive, and goes on once that is over.

import type { Store } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { created, settled } from './entries.ts'
import { rowsOf } from './rows-of.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 60_000, interval: 20 }

await withPostgres((server) => {
  let schemas = 0
  const open = async () => {
    const schema = `locks${schemas++}`
    const log: string[] = []
    const store = await createPostgresStore({
      ...{ url: `${server.url}?schema=${schema}`, pollMs: 20 },
      log: (_, message) => void log.push(message),
    })
    onTestFinished(() => store.close())
    return { schema, log, store }
  }
  /** Until it is called. */
  const lock = async (statement: string) => {
    const client = new pg.Client({ connectionString: server.url, application_name: 'somebody' })
    await client.connect()
    onTestFinished(() => client.end())
    await client.query('BEGIN')
    await client.query(statement)
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    return {
      pid: rows[0].pid as number,
      query: (text: string) => client.query(text),
      release: () => client.query('ROLLBACK'),
      end: () => client.end(),
    }
  }
  const begin = (store: Store, journal: string, at: number) =>
    store.append({ journal, after: 0, entries: [created('r', [1])], wakes: [{ journal, at }] })

  test.for([
    ['a table', (schema: string) => `LOCK TABLE ${schema}.wakes`, 'the table "wakes"'],
    ['rows', (schema: string) => `UPDATE ${schema}.shards SET rows = rows`, 'rows'],
  ] as const)(
    'an append that waits for %s that another session has locked says for whom, and goes on once it lets go',
    async ([_, statement, what]) => {
      const { schema, log, store } = await open()
      await begin(store, 'r/0', 0)
      const { pid, release } = await lock(statement(schema))
      const wakes = [{ journal: 'r/0', at: 5 }]
      const append = store.append({ journal: 'r/0', after: 1, entries: [settled(1)], wakes })

      const said = `for ${what} that session ${pid} (user "stepflow", application "somebody") has locked`
      await vi.waitFor(() => expect(log.join('\n')).toContain(said), WITHIN)
      await release()
      await append
      expect(log).toHaveLength(1)
      expect(await store.read('r/0')).toHaveLength(2)
    },
  )

  test('an append that a deadlock with another session ends is made again, and is there once', async () => {
    const { schema, store } = await open()
    await begin(store, 'r/0', 0)
    await begin(store, 'r/1', 0)
    for (let after = 1; after < 6; after++) {
      const other = await lock(`UPDATE ${schema}.shards SET rows = rows WHERE part = 1`)
      // Shards in the order in which they are given.
      const batches = [0, 1].map((part) => ({ journal: `r/${part}`, after, entries: [settled(after)] }))
      const append = store.appendAll(batches)
      const waiting = "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
      await vi.waitFor(async () => expect(await rowsOf(server.url, waiting)).toHaveLength(1), WITHIN)
      // Whichever of the two is ended.
      const ended = await other
        .query(`UPDATE ${schema}.shards SET rows = rows WHERE part = 0`)
        .catch((error) => error.code)
      if (ended !== '40P01') await other.release()
      await append
      await other.end()
    }

    for (const journal of ['r/0', 'r/1']) {
      expect((await store.read(journal)).map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5])
    }
  })

  test('what is written waits for another session and goes on, whatever isolation the owner has set for other programs', async () => {
    await rowsOf(
      server.url,
      "CREATE ROLE strict LOGIN SUPERUSER; ALTER ROLE strict SET default_transaction_isolation = 'serializable'",
    )
    const schema = 'strict'
    const url = `${server.url.replace('//stepflow:', '//strict:')}?schema=${schema}`
    const store = await createPostgresStore({ url, pollMs: 20 })
    onTestFinished(() => store.close())
    await store.append({ journal: 'r/0', after: 0, entries: [created('r', [1])] })
    const other = await lock(`UPDATE ${schema}.shards SET rows = rows`)
    const puttingDown = store.putDown?.({ journal: 'r/0', at: 0 })
    const waiting = "SELECT FROM pg_stat_activity WHERE usename = 'strict' AND wait_event_type = 'Lock'"
    await vi.waitFor(async () => expect(await rowsOf(server.url, waiting)).toHaveLength(1), WITHIN)
    await other.query('COMMIT')

    await puttingDown
    expect(await store.runs.open()).toEqual([{ journal: 'r/0', run: 'r' }])
  })

  test('a store that has more to ask than connections, all of which wait for a lock, says that it is alive', async () => {
    const { schema, store } = await open()
    const journals = Array.from({ length: 8 }, (_, part) => `r/${part}`)
    for (const journal of journals) await begin(store, journal, 0)
    const { release } = await lock(`LOCK TABLE ${schema}.wakes`)
    const puttingDown = journals.map((journal) => store.putDown?.({ journal, at: 0 }))
    const seenAt = async () => Number((await rowsOf(server.url, SEEN(schema)))[0].at)

    const before = await seenAt()
    await vi.waitFor(async () => expect(await seenAt()).toBeGreaterThan(before), WITHIN)
    await release()
    await Promise.all(puttingDown)
  })
})

// ---

const SEEN = (schema: string) => `SELECT extract(epoch FROM max(seen_at)) AS at FROM ${schema}.drivers`
