// What stores of one database tell each other, and when they do not.

import { createPostgresStore } from '@stepflow/store-postgres'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { addressOf, channelOf } from '../src/address.ts'
import { created, settled } from './entries.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 60_000, interval: 20 }
/** Longer than any test: what is heard of was told. */
const NEVER_MS = 600_000

await withPostgres((server) => {
  const open = async (schema: string) => {
    const store = await createPostgresStore({ url: `${server.url}?schema=${schema}`, pollMs: NEVER_MS })
    onTestFinished(() => store.close())
    return store
  }
  /** What is told in the schema, by whomever. */
  const overhear = async (schema: string) => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    onTestFinished(() => client.end())
    const told: string[] = []
    client.on('notification', ({ payload = '' }) => told.push(payload.split(' ')[0] as string))
    await client.query(`LISTEN "${channelOf(addressOf(`${server.url}?schema=${schema}`))}"`)
    /** What was committed before is heard once this is answered. */
    const all = async () => {
      await client.query('SELECT 1')
      return told
    }
    return { all, forget: () => void told.splice(0) }
  }

  test('a store that is alone tells nobody, and whoever comes hears of all that follows', async () => {
    const heard = await overhear('alone')
    const first = await open('alone')
    await first.append({ journal: 'r/0', after: 0, entries: [created('r')] })
    let after = 1
    // It waits for an answer first.
    await vi.waitFor(async () => {
      heard.forget()
      await first.append({ journal: 'r/0', after, entries: [settled(after++)] })
      await new Promise((later) => setTimeout(later, 50))
      expect(await heard.all()).toEqual([])
    }, WITHIN)

    const second = await open('alone')
    const rows: number[] = []
    second.watch({ run: 'r' }, ({ seq }) => rows.push(seq))
    await second.read('r/0')
    await vi.waitFor(async () => expect(await heard.all()).toContain('hello'), WITHIN)
    await first.append({ journal: 'r/0', after, entries: [settled(after)] })

    await vi.waitFor(() => expect(rows).toContain(after), WITHIN)
  })

  test('the end of a journal wakes others only if a share of its run becomes free', async () => {
    const heard = await overhear('ends')
    const works = async () => (await heard.all()).filter((what) => what === 'work').length
    const rows: string[] = []
    const first = await open('ends')
    for (const store of [first, await open('ends')]) {
      store.watch({}, ({ journal, seq }) => void (store !== first && rows.push(`${journal} ${seq}`)))
      await store.cursor()
    }
    // The second is answered.
    await vi.waitFor(async () => expect(await heard.all()).toEqual(['hello', 'hello', 'work']), WITHIN)
    const finished = (item: number) => {
      return { type: 'finished', at: 2, item, outcome: { outcome: 'success', result: 1 } } as const
    }
    const shard = (from: number) => {
      return { type: 'created', at: 1, run: 'batch', from, inputs: [1], share: { items: 1, of: 2 } } as const
    }
    const sealed = (items: number) => ({ type: 'sealed', at: 1, items }) as const
    await first.append({ journal: 'batch/0', after: 0, entries: [created('batch')] })
    await first.append({ journal: 'batch/1', after: 0, entries: [shard(0)] })
    await first.append({ journal: 'batch/2', after: 0, entries: [shard(1)] })
    await first.append({ journal: 'single/0', after: 0, entries: [created('single', [1]), sealed(1)] })

    await first.append({ journal: 'single/0', after: 1, entries: [finished(0)] })
    await vi.waitFor(() => expect(rows).toContain('single/0 1'), WITHIN)
    expect(await works()).toBe(1)
    await first.append({ journal: 'batch/1', after: 1, entries: [finished(0)] })

    await vi.waitFor(async () => expect(await works()).toBe(2), WITHIN)
  })
})
