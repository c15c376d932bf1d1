// A migration takes as long as it takes, but not for ever on a connection that has died.

import { migratePostgres } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { addressOf } from '../src/address.ts'
import { askUnhurried } from '../src/unhurried.ts'
import { startNetwork } from './network.ts'
import { rowsOf } from './rows-of.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 60_000, interval: 20 }

await withPostgres((server) => {
  const connect = async () => {
    const client = new pg.Client({ connectionString: server.url })
    client.on('error', () => {})
    await client.connect()
    onTestFinished(() => client.end())
    return client
  }

  test('a migration whose connection dies without a word while it waits is given up, and holds up no other', async () => {
    const network = await startNetwork(server.port)
    onTestFinished(() => network.stop())
    const url = (port: number) => `${server.url.replace(`:${server.port}/`, `:${port}/`)}?schema=half_open`
    const other = await connect()
    await other.query("SELECT pg_advisory_lock(hashtext('stepflow half_open'))")

    const migrating = migratePostgres(url(network.port), false)
    const given = expect(migrating).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE' })
    const waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    await vi.waitFor(async () => expect(await rowsOf(server.url, waiting)).toHaveLength(1), WITHIN)
    network.deafen('all')
    await other.query('SELECT pg_advisory_unlock_all()')

    await given
    expect(await migratePostgres(url(server.port), false)).toMatchObject({ from: 0 })
  })

  test('a statement that the database works on for many looks is not given up', async () => {
    const [client, other] = [await connect(), await connect()]
    await other.query('SELECT pg_advisory_lock(7)')
    // Each look is a session of its own.
    const sessions = async () => {
      const [{ count }] = await rowsOf(
        server.url,
        'SELECT sessions AS count FROM pg_stat_database WHERE datname = current_database()',
      )
      return Number(count)
    }
    const before = await sessions()
    const asked = askUnhurried(client, addressOf(server.url), { text: 'SELECT pg_advisory_lock(7)' }, 20)
    let looks = 0
    await vi.waitFor(async () => expect((await sessions()) - before - looks++).toBeGreaterThan(10), WITHIN)
    await other.query('SELECT pg_advisory_unlock(7)')

    await asked
  })
})
