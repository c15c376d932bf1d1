// How a run that nobody has limited is divided among nodes whose calls take long.

import { createEngine } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import { expect, test, vi } from 'vitest'
import { input, pull, step } from '../../../test/plans.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 60_000, interval: 20 }

await withPostgres((server) => {
  test('while no item has ended, its shards are small, and a node takes few of them: one that is added finds the others', async () => {
    const url = `${server.url}?schema=spread`
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const call = async (n: unknown) => {
      await answered
      return n
    }
    const router = { route: (name: string) => ({ component: { info: { name }, call } }) }
    const node = async (maxJournals: number) => {
      const store = await createPostgresStore({ url, maxJournals, driverId: `node-${maxJournals}` })
      const engine = createEngine({ store, router })
      engine.recover()
      const close = async () => {
        await engine.close()
        await store.close()
      }
      return { store, engine, close }
    }
    const [takesIn, first] = [await node(0), await node(64)]
    const inputs = Array.from({ length: 1_000 }, (_, n) => n)
    const run = await takesIn.engine.submit(pull('one', step('a', '/a', input())), inputs)
    await run.takenIn

    const shards = await takesIn.store.runs.shards(run.id)
    expect(Math.max(...shards.map(({ items }) => items))).toBeLessThanOrEqual(64)
    const held = async () => {
      const nodes = await takesIn.store.nodes?.()
      return Object.fromEntries(nodes?.map(({ name, shards }) => [name, shards]) ?? [])
    }
    await vi.waitFor(async () => expect((await held())['node-64']).toBe(2), WITHIN)
    const added = await node(32)
    await vi.waitFor(async () => expect(await held()).toMatchObject({ 'node-64': 2, 'node-32': 2 }), WITHIN)

    answer()
    expect(await run.ended).toMatchObject({ status: 'completed', items: { success: 1_000 } })
    await Promise.all([takesIn.close(), first.close(), added.close()])
  })
})
