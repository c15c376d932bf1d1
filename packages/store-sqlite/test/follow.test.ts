// A run looked at from another process than the one that drives it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, createMemoryStore, type PlanEngine, type Store } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { input, pull, step } from '../../../test/plans.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-follow-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const one = pull('one', step('a', '/a', input()))

function engineOver(store: Store, call: (x: unknown) => unknown): PlanEngine {
  return createEngine({ store, router: { route: (name) => ({ component: { info: { name }, call } }) } })
}

/** Two handles on one store: the one that drives, and the one that looks on. */
const stores: Record<string, () => Promise<readonly [Store, Store]>> = {
  memory: async () => {
    const store = createMemoryStore()
    return [store, store]
  },
  sqlite: async () => {
    const path = join(folder, `${Math.random()}.db`)
    return [await createSqliteStore({ path, pollMs: 5 }), await createSqliteStore({ path, pollMs: 5 })]
  },
}

describe.each(Object.entries(stores))('a run in %s', (_name, open) => {
  test('is followed to its end by who drives nothing of it, in both orders, while a slow item holds up the others', async () => {
    const [mine, theirs] = await open()
    let letGo: () => void = () => {}
    const slow = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const driving = engineOver(mine, async (x) => {
      if (x === 0) await slow
      return x
    })
    const looking = engineOver(theirs, () => {
      throw new Error('called by who only looks')
    })
    const items = 3_000
    const run = await driving.submit(
      one,
      (function* () {
        for (let i = 0; i < items; i++) yield i
      })(),
    )
    const followed = await looking.follow(run.id)
    const early: number[] = []
    const all: number[] = []
    const inOrder = (async () => {
      for await (const { index } of followed.results()) all.push(index)
    })()
    for await (const { index } of followed.results('completion')) {
      early.push(index)
      if (early.length === 1_000) letGo()
    }
    await inOrder

    expect(all).toEqual(Array.from({ length: items }, (_, i) => i))
    expect([...early].sort((a, b) => a - b)).toEqual(all)
    expect(early.indexOf(0)).toBeGreaterThan(900)
    expect(await followed.ended).toMatchObject({ status: 'completed', items: { total: items, success: items } })
    expect(await (await looking.follow(run.id)).ended).toEqual(await followed.ended)
    await Promise.all([driving.close(), looking.close()])
    await Promise.all([mine.close(), theirs === mine ? undefined : theirs.close()])
  })

  test('is not asked for anew with each of its items', async () => {
    const [mine, theirs] = await open()
    const counts = { get: 0, items: 0 }
    const { runs } = theirs
    const [get, items] = [runs.get.bind(runs), runs.items.bind(runs)]
    runs.get = (...asked) => {
      counts.get++
      return get(...asked)
    }
    runs.items = (...asked) => {
      counts.items++
      return items(...asked)
    }
    const driving = engineOver(mine, (x) => new Promise((done) => setImmediate(() => done(x))))
    const looking = engineOver(theirs, (x) => x)
    const all = Array.from({ length: 400 }, (_, i) => i)
    const run = await driving.submit(one, all, { maxConcurrent: 2 })
    const before = { ...counts }
    const followed = await looking.follow(run.id)
    const results: number[] = []
    for await (const { index } of followed.results()) results.push(index)
    await followed.ended

    expect(results).toEqual(all)
    expect(counts.get - before.get).toBeLessThan(all.length / 4)
    expect(counts.items - before.items).toBeLessThan(all.length / 4)
    await Promise.all([driving.close(), looking.close()])
    await Promise.all([mine.close(), theirs === mine ? undefined : theirs.close()])
  })

  test('has no results from a place behind all of them on, however far that is', async () => {
    const [mine, theirs] = await open()
    const [driving, looking] = [engineOver(mine, (x) => x), engineOver(theirs, (x) => x)]
    const run = await driving.submit(one, [1, 2])
    const followed = await looking.follow(run.id)

    for (const from of [2, Number.POSITIVE_INFINITY]) {
      for (const order of ['input', 'completion'] as const) {
        for await (const batch of followed.batches(order, from)) throw new Error(`${batch.length} results`)
      }
    }
    await Promise.all([driving.close(), looking.close()])
    await Promise.all([mine.close(), theirs === mine ? undefined : theirs.close()])
  })

  test('can be cancelled by who follows it, and has an end for each item', async () => {
    const [mine, theirs] = await open()
    const driving = engineOver(mine, () => new Promise(() => {}))
    const looking = engineOver(theirs, () => null)
    const run = await driving.submit(
      one,
      Array.from({ length: 10 }, (_, i) => i),
      { maxConcurrent: 2 },
    )
    const followed = await looking.follow(run.id)
    await followed.cancel('enough')

    const codes: unknown[] = []
    for await (const { outcome } of followed.results('completion'))
      codes.push(outcome.outcome === 'failed' && outcome.error.code)
    expect(codes).toEqual(Array(10).fill('CANCELLED'))
    expect(await followed.ended).toMatchObject({ status: 'cancelled', items: { cancelled: 10 } })
    await Promise.all([driving.close(), looking.close()])
    await Promise.all([mine.close(), theirs === mine ? undefined : theirs.close()])
  })

  test('that is not there is not followed, and who follows is told when the engine is closed', async () => {
    const [mine, theirs] = await open()
    const driving = engineOver(mine, () => new Promise(() => {}))
    const looking = engineOver(theirs, () => null)
    await expect(looking.follow('nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const run = await driving.submit(one, [1])
    const followed = await looking.follow(run.id)
    const ended = expect(followed.ended).rejects.toThrow(/closed/)
    const read = expect(
      (async () => {
        for await (const _ of followed.results()) throw new Error('it has no result')
      })(),
    ).rejects.toThrow(/closed/)
    await looking.close()

    await Promise.all([ended, read])
    await driving.close()
    await Promise.all([mine.close(), theirs === mine ? undefined : theirs.close()])
  })
})
