// How a run is spread over nodes: into which shards, and who takes its inputs in where others think that nobody does.

import { PassThrough } from 'node:stream'
import { createEngine, type PlanEngineOptions } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import { expect, onTestFinished, test, vi } from 'vitest'
import { input, pull, step } from '../../../test/plans.ts'
import { rowsOf } from './rows-of.ts'
import { withPostgres } from './with-postgres.ts'

const WITHIN = { timeout: 60_000, interval: 20 }

await withPostgres((server) => {
  interface NodeOptions {
    readonly schema: string
    readonly maxJournals: number
    readonly driverId?: string
    readonly call?: (n: unknown) => unknown
    readonly leftInputs?: PlanEngineOptions['leftInputs']
  }
  const node = async (options: NodeOptions) => {
    const { schema, maxJournals, driverId = `node-${maxJournals}`, call = (n: unknown) => n, leftInputs } = options
    const store = await createPostgresStore({ url: `${server.url}?schema=${schema}`, maxJournals, driverId })
    const router = { route: (name: string) => ({ component: { info: { name }, call } }) }
    const engine = createEngine({ store, router, ...(leftInputs && { leftInputs }) })
    engine.recover()
    onTestFinished(async () => {
      await engine.close()
      await store.close()
    })
    return { store, engine }
  }
  const one = pull('one', step('a', '/a', input()))

  test('while no item has ended, its shards are small, and a node takes few of them: one that is added finds the others', async () => {
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const call = async (n: unknown) => {
      await answered
      return n
    }
    const [schema, takesIn] = ['spread', await node({ schema: 'spread', maxJournals: 0 })]
    await node({ schema, call, maxJournals: 64 })
    const inputs = Array.from({ length: 1_000 }, (_, n) => n)
    const run = await takesIn.engine.submit(one, inputs)
    await run.takenIn

    const shards = await takesIn.store.runs.shards(run.id)
    expect(Math.max(...shards.map(({ items }) => items))).toBeLessThanOrEqual(64)
    const held = async () => {
      const nodes = await takesIn.store.nodes?.()
      return Object.fromEntries(nodes?.map(({ name, shards }) => [name, shards]) ?? [])
    }
    await vi.waitFor(async () => expect((await held())['node-64']).toBe(2), WITHIN)
    await node({ schema, call, maxJournals: 32 })
    await vi.waitFor(async () => expect(await held()).toMatchObject({ 'node-64': 2, 'node-32': 2 }), WITHIN)

    answer()
    expect(await run.ended).toMatchObject({ status: 'completed', items: { success: 1_000 } })
  })

  /** A node that takes inputs in one by one, and from which the run's own journal is taken, as if it were gone. */
  const taking = async (schema: string, waitMs: number) => {
    const leftInputs = () =>
      ({ waitMs, error: (n: number) => ({ code: 'INVALID_INPUT', message: `after ${n}` }) }) as const
    const missed = await node({ schema, leftInputs, maxJournals: 0 })
    const other = await node({ schema, leftInputs, maxJournals: 8 })
    const source = new PassThrough({ objectMode: true })
    const run = await missed.engine.submit(one, source, { id: 'r' })
    const done = async (count: number) => {
      await vi.waitFor(async () => expect((await other.store.runs.get('r'))?.items.success).toBe(count), WITHIN)
    }
    source.write(1)
    await done(1)
    await rowsOf(
      server.url,
      `UPDATE ${schema}.shards SET driver = NULL WHERE part = 0; INSERT INTO ${schema}.wakes VALUES ('r', 0, 0)`,
    )
    const written = async (type: string) => {
      const rows = await other.store.read('r/0')
      return rows.flatMap(({ entries }) => entries.filter((entry) => entry.type === type)).length
    }
    return { missed, other, run, done, written, source }
  }

  test('an intake that was taken for gone, and is not, says that it is there, and goes on', async () => {
    const { missed, other, run, done, written, source } = await taking('missed', 600_000)

    await vi.waitFor(async () => expect([await written('broken'), await written('claimed')]).toEqual([1, 1]), WITHIN)
    const open = await other.store.runs.open('r')
    expect(open).toMatchObject([{ journal: 'r/0', heldBy: missed.store.driver }])
    source.write(2)
    await done(2)
    source.end()
    expect(await run.ended).toMatchObject({ status: 'completed', items: { total: 2, success: 2 } })
  })

  test('an intake that comes back when its run has been given up adds nothing to it', async () => {
    const { other, run, written, source } = await taking('late', 0)

    await vi.waitFor(async () => expect(await written('sealed')).toBe(1), WITHIN)
    source.end(2)
    await expect(run.takenIn).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('takes no more than its 1 inputs'),
    })
    expect(await (await other.engine.follow('r')).ended).toMatchObject({
      status: 'failed',
      items: { total: 1, success: 1 },
      error: { item: 1, message: 'after 1' },
    })
    expect((await other.store.runs.shards('r')).map(({ items }) => items)).toEqual([0, 1])
  })

  test('a limit that cannot be divided evenly is used to its last item over two nodes, and not beyond', async () => {
    let [inFlight, most] = [0, 0]
    const releases: (() => void)[] = []
    const call = async (n: unknown) => {
      most = Math.max(most, ++inFlight)
      await new Promise<void>((resolve) => releases.push(resolve))
      inFlight--
      return n
    }
    const first = await node({ schema: 'uneven', maxJournals: 64, driverId: 'one', call })
    await node({ schema: 'uneven', maxJournals: 64, driverId: 'two', call })
    const inputs = Array.from({ length: 600 }, (_, n) => n)
    const run = await first.engine.submit(one, inputs, { maxConcurrent: 37 })
    await vi.waitFor(() => expect(inFlight).toBe(37), WITHIN)
    const releasing = setInterval(() => releases.splice(0).map((release) => release()), 1)

    expect(await run.ended).toMatchObject({ status: 'completed', items: { success: 600 } })
    clearInterval(releasing)
    expect(most).toBe(37)
  })
})
