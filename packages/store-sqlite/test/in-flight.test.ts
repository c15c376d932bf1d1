// How many items of a batch are in flight where nobody has said how many.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Component, createEngine, createMemoryStore, type Plan, type Store } from '@stepflow/engine'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-in-flight-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const FEW = 64

test('items whose calls answer at once are in flight by the thousand', async () => {
  const most = await mostInFlight({ items: 8_000, call: async (input) => input })

  expect(most).toBeGreaterThan(1_000)
  expect(most).toBeLessThanOrEqual(2_048)
})

test('no more than 64 items wait for answers from elsewhere', async () => {
  const most = await mostInFlight({ items: 1_000, call: later })

  expect(most).toBe(FEW)
})

test('a batch goes back to 64 items when a call has to be waited for', async () => {
  let isLate = false
  const call: Component['call'] = (input) => {
    isLate ||= (input as number) >= 6_000
    return isLate ? later(input) : input
  }
  const most = await mostInFlight({ items: 12_000, call, from: 9_000 })

  expect(most).toBe(FEW)
})

test('a limit that is given is neither exceeded nor lowered', async () => {
  expect(await mostInFlight({ items: 1_000, call: async (input) => input, maxConcurrent: 100 })).toBe(100)
  expect(await mostInFlight({ items: 1_000, call: later, maxConcurrent: 100 })).toBe(100)
})

test('fewer items are in flight the larger their results are', async () => {
  const large = 'x'.repeat(100_000)
  const most = await mostInFlight({ items: 1_000, call: async () => large })

  // 32 MiB, in steps of 100 KB, two for each item.
  expect(most).toBeGreaterThan(FEW)
  expect(most).toBeLessThanOrEqual(168)
})

test('a store in memory has nothing to wait for: 64 items are enough', async () => {
  const most = await mostInFlight({ items: 1_000, call: async (input) => input, store: createMemoryStore() })

  // Those that end in a turn, and those that begin in it.
  expect(most).toBeLessThanOrEqual(2 * FEW)
})

// ---

/** Answers when the process has turned to other work. */
function later(input: unknown): Promise<unknown> {
  return new Promise((resolve) => setImmediate(() => resolve(input)))
}

interface Batch {
  readonly items: number
  readonly call: Component['call']
  readonly maxConcurrent?: number
  /** Looks at the items from this one on. */
  readonly from?: number
  readonly store?: Store
}

/** The most items of a batch that had begun and not ended, at any time. */
async function mostInFlight({ items, call, maxConcurrent, from = 0, store }: Batch): Promise<number> {
  const file = store ?? (await createSqliteStore({ path: join(folder, `${Math.random()}.db`), synchronous: 'off' }))
  let begun = 0
  let ended = 0
  let most = 0
  const first: Component['call'] = (input, context) => {
    begun++
    if (context.itemIndex >= from) most = Math.max(most, begun - ended)
    return call(input, context)
  }
  const router = { route: () => ({ component: { info: { name: '/first' }, call: first } }) }
  const engine = createEngine({ store: file, router })
  const stop = file.watch({}, ({ entries }) => {
    ended += entries.filter(({ type }) => type === 'finished').length
  })

  const inputs = Array.from({ length: items }, (_, item) => item)
  const run = await engine.submit(plan, inputs, maxConcurrent === undefined ? {} : { maxConcurrent })
  const row = await run.ended
  stop()
  await engine.close()
  await file.close()

  expect(row.items.success).toBe(items)
  return most
}

const plan: Plan = {
  name: 'one call',
  entry: 1,
  exit: 1,
  onFailure: 'stop',
  steps: [
    { id: 'first', component: '/first', input: { op: 'input' } },
    { id: 'exit', component: null, input: { op: 'step', step: 0 }, hidden: true },
  ],
}
