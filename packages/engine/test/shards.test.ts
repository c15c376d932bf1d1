// How a run's inputs become shards, and how shards end that nobody has begun.

import { createEngine, createMemoryStore, type Store } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { bench, call, plan, ref, routerOf } from './fixtures.ts'

const one = (component: string) => plan({ a: call(component) }, () => ({ input: ref(0) }))

async function* stream(count: number, make: (item: number) => unknown) {
  for (let item = 0; item < count; item++) yield make(item)
}

const shardsOf = async (store: Store, run: string) => (await store.runs.shards(run)).map(({ items }) => items)

test('a shard holds at most 8 MiB of inputs, and each item is in one', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock })
  const b = bench({ '/size': (x) => (x as string).length }, clock, store)
  const large = 'x'.repeat(900_000)

  const run = await b.engine.submit(
    one('/size'),
    stream(60, () => large),
  )
  const row = await run.ended

  const shards = await shardsOf(store, run.id)
  expect(row.items).toMatchObject({ total: 60, success: 60 })
  expect(Math.max(...shards)).toBe(9)
  expect(shards.reduce((sum, items) => sum + items, 0)).toBe(60)
})

test('an input that is larger than a shard may be has one of its own', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock })
  const b = bench({ '/size': (x) => (x as string).length }, clock, store)
  const sizes = [10, 9_000_000, 10, 10]

  const run = await b.engine.submit(
    one('/size'),
    sizes.map((size) => 'x'.repeat(size)),
  )
  const found: unknown[] = []
  for await (const { outcome } of run.results()) if (outcome.outcome === 'success') found.push(outcome.result)

  expect(found).toEqual(sizes)
  expect(await shardsOf(store, run.id)).toEqual([0, 1, 1, 2])
})

test('a batch that is cancelled has an end for each item, those that had not begun in one entry', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock })
  const b = bench({ '/never': () => new Promise(() => {}) }, clock, store)
  const run = await b.engine.submit(
    one('/never'),
    Array.from({ length: 16 }, (_, item) => item),
    { maxConcurrent: 3 },
  )
  await clock.settle()
  expect((await store.runs.get(run.id))?.atWork).toEqual({ running: 3, waiting: 0 })

  await run.cancel('enough')
  const ends: string[] = []
  for await (const { index, outcome } of run.results())
    ends.push(`${index} ${outcome.outcome === 'failed' ? outcome.error.code : outcome.outcome}`)
  const row = await run.ended

  expect(ends).toEqual(Array.from({ length: 16 }, (_, item) => `${item} CANCELLED`))
  expect(row).toMatchObject({ status: 'cancelled', items: { total: 16, cancelled: 16 }, atWork: { running: 0 } })
  expect([...(await store.runs.statuses(run.id))]).toEqual(Array(16).fill(6))
  const finished = (await store.read(`${run.id}/0`)).flatMap(({ entries }) =>
    entries.filter((e) => e.type === 'finished'),
  )
  expect(finished.length).toBe(4)
  expect(await store.runs.open()).toEqual([])
})

test('ids sort by time, and hold 80 bits of chance', async () => {
  const clock = createManualClock(1_760_000_000_000)
  const ids: string[] = []
  const engine = createEngine({ store: createMemoryStore({ clock }), router: routerOf({}), clock })
  for (let i = 0; i < 100; i++) {
    ids.push((await engine.submit(one('/echo'), [i])).id)
    await clock.advance(1)
  }

  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids.map((id) => id.slice(id.indexOf('-') + 1))).size).toBe(100)
  for (const id of ids) expect(id).toMatch(/^[0-9a-z]{8}-[0-9a-z]{16}$/)
  expect(36 ** 16).toBeGreaterThan(2 ** 80)
})

test('a run of many shards is gone on with a few at a time, and cancelled without reading those that nobody began', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, durable: true })
  const shards = 30
  const p = one('/never')
  await store.appendAll([
    {
      journal: 'r/0',
      after: 0,
      entries: [
        { type: 'created', at: 0, run: 'r', plan: p, options: {}, from: 0, inputs: [] },
        { type: 'sealed', at: 0, items: shards * 10 },
      ],
    },
    ...Array.from({ length: shards }, (_, i) => ({
      journal: `r/${i + 1}`,
      after: 0,
      entries: [{ type: 'created' as const, at: 0, run: 'r', from: i * 10, inputs: Array(10).fill(null) }],
    })),
  ])
  const b = bench({ '/never': () => new Promise(() => {}) }, clock, store)
  const run = await b.engine.resume('r', { maxConcurrent: 5 })
  await clock.settle()
  const begun = async () => (await store.runs.shards('r')).filter(({ rows }) => rows > 1).length
  expect(await begun()).toBe(4)

  await run.cancel()
  const row = await run.ended

  expect(row).toMatchObject({ status: 'cancelled', items: { total: 300, cancelled: 300 } })
  expect((await store.runs.shards('r')).filter(({ items, rows }) => items > 0 && rows === 2).length).toBe(shards - 4)
  expect(await store.runs.open()).toEqual([])
})

test('a store in memory remembers the newest of the runs that have ended', async () => {
  const clock = createManualClock()
  const few = createMemoryStore({ clock, history: { runs: 10 } })
  const b = bench({}, clock, few)
  for (let i = 0; i < 30; i++) await (await b.engine.submit(one('/echo'), [i], { id: `r${i}` })).ended
  expect((await few.runs.list()).rows.map(({ id }) => id)).toEqual(Array.from({ length: 11 }, (_, i) => `r${29 - i}`))
  expect(await few.read('r0/0')).toEqual([])

  // What was removed takes no room from the others.
  for (let i = 20; i < 29; i++) await few.runs.remove(`r${i}`)
  for (let i = 30; i < 40; i++) await (await b.engine.submit(one('/echo'), [i], { id: `r${i}` })).ended
  const left = Array.from({ length: 11 }, (_, i) => `r${39 - i}`)
  expect((await few.runs.list()).rows.map(({ id }) => id)).toEqual(left)

  const small = createMemoryStore({ clock, history: { bytes: 100_000 } })
  const c = bench({}, clock, small)
  for (let i = 0; i < 30; i++) await (await c.engine.submit(one('/echo'), ['x'.repeat(10_000)], { id: `r${i}` })).ended
  const kept = (await small.runs.list()).rows.length
  expect(kept).toBeGreaterThan(2)
  expect(kept).toBeLessThan(10)
})
