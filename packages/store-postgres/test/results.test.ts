// Results of a run as they end, where several nodes drive it: each once, and in one order for whoever reads them.

import { createEngine, type FollowedRun } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import { expect, onTestFinished, test, vi } from 'vitest'
import { input, pull, step } from '../../../test/plans.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 60_000, interval: 20 }
const ITEMS = 4_000
/** More than are read at once, by any page. */
const UNREAD = 1_500

await withPostgres((server) => {
  const one = pull('one', step('a', '/a', input()))
  const node = async (schema: string, driverId: string) => {
    const store = await createPostgresStore({ url: `${server.url}?schema=${schema}`, driverId, pollMs: 20 })
    const calls = { count: 0 }
    const call = (n: unknown) => {
      calls.count++
      return new Promise((done) => setImmediate(() => done(n)))
    }
    const engine = createEngine({ store, router: { route: (name) => ({ component: { info: { name }, call } }) } })
    engine.recover()
    onTestFinished(async () => {
      await engine.close()
      await store.close()
    })
    return { store, engine, calls }
  }
  const rest = async (followed: FollowedRun, from: number) => {
    const read: number[] = []
    for await (const batch of followed.batches('completion', from)) for (const { index } of batch) read.push(index)
    return read
  }

  test('a reader at a driving node that is 1,500 results behind while others write gets each once, in the order of every other reader', async () => {
    const [a, b] = [await node('unread', 'a'), await node('unread', 'b')]
    const inputs = Array.from({ length: ITEMS }, (_, n) => n)
    const run = await a.engine.submit(one, inputs, { maxConcurrent: 64 })
    const ended = async () => (await b.store.runs.get(run.id))?.items.success ?? 0
    const read: number[] = []
    let unread = 0
    for await (const { index } of run.results('completion')) {
      read.push(index)
      if (read.length < unread) continue
      unread = Math.min(ITEMS, read.length + UNREAD)
      await vi.waitFor(async () => expect(await ended()).toBeGreaterThanOrEqual(unread), WITHIN)
    }

    expect(Math.min(a.calls.count, b.calls.count)).toBeGreaterThan(0)
    expect(read.toSorted((x, y) => x - y)).toEqual(inputs)
    for (const [{ engine }, from] of [
      [a, 0],
      [b, 0],
      [a, 777],
      [b, ITEMS - 1],
    ] as const) {
      expect(await rest(await engine.follow(run.id), from)).toEqual(read.slice(from))
    }
  })

  test('a reader as items end that breaks off while nodes write goes on at another node after as many, without a gap', async () => {
    const [a, b] = [await node('broken', 'a'), await node('broken', 'b')]
    const inputs = Array.from({ length: ITEMS }, (_, n) => n)
    const run = await a.engine.submit(one, inputs, { maxConcurrent: 64 })
    const read: number[] = []
    for (let turn = 0; read.length < ITEMS; turn++) {
      const followed = await (turn % 2 === 0 ? a : b).engine.follow(run.id)
      const until = read.length + 300
      for await (const batch of followed.batches('completion', read.length)) {
        for (const { index } of batch) read.push(index)
        if (read.length >= until) break
      }
    }

    expect(read.toSorted((x, y) => x - y)).toEqual(inputs)
  })
})
