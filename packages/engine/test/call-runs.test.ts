// The runs that a component begins, and what it may ask of them later.

import {
  type CallContext,
  contentId,
  createEngine,
  createMemoryStore,
  type Json,
  type Outcome,
  type Plan,
  type Store,
} from '@stepflow/engine'
import { expect, test } from 'vitest'
import { call, type Fn, ok, plan, ref, routerOf } from './fixtures.ts'

const inner = plan({ a: call('/inner') }, (at) => ({ input: ref(at('a')) }))
const outer = plan({ a: call('/outer') }, (at) => ({ input: ref(at('a')) }))

async function run(functions: Record<string, Fn>, store: Store = createMemoryStore(), flow?: Json): Promise<Outcome[]> {
  const flowOf = (asked: Plan) => (asked === outer ? flow : undefined)
  const engine = createEngine({ store, router: routerOf(functions), flowOf })
  const handle = await engine.submit(outer, [null])
  const outcomes: Outcome[] = []
  for await (const { outcome } of handle.results()) outcomes.push(outcome)
  await engine.close()
  return outcomes
}

test.each([
  ['keeps all', () => createMemoryStore()],
  ['keeps no results', () => createMemoryStore({ forget: true })],
])('a run that was not waited for can be waited for later, in a store that %s', async (_, store) => {
  const outcomes = await run(
    {
      '/inner': async (x) => (x as number) * 2,
      async '/outer'(_, context: CallContext) {
        const { runId } = await context.submit(inner, [1, 2], { wait: false })
        const { status, items, outcomes } = await context.getRun(runId, { wait: true, results: true })
        return [status, items, outcomes]
      },
    },
    store(),
  )

  const items = { total: 2, success: 2, skipped: 0, failed: 0, cancelled: 0 }
  expect(outcomes).toEqual([ok(['completed', items, [ok(2), ok(4)]])])
})

test('a run that there is not is NOT_FOUND', async () => {
  const outcomes = await run({ '/outer': (_, context: CallContext) => context.getRun('none') })

  expect(outcomes).toMatchObject([{ outcome: 'failed', error: { code: 'NOT_FOUND', message: 'there is no run none' } }])
})

test('what is submitted again under the key of its call is the same run, and is not done twice', async () => {
  let calls = 0
  const outcomes = await run({
    '/inner': () => ++calls,
    async '/outer'(_, context: CallContext) {
      const first = await context.submit(inner, [0], { key: 'a' })
      const again = await context.submit(inner, [0], { key: 'a' })
      const other = await context.submit(inner, [0], { key: 'b' })
      return [first.runId === again.runId, again.outcomes, first.runId === other.runId, other.outcomes]
    },
  })

  expect(outcomes).toEqual([ok([true, [ok(1)], false, [ok(2)]])])
})

test('a call knows its flow by the id of a blob, and a flow that nobody has is its plan', async () => {
  const flow = { steps: [], metadata: { of: 'flow' } }
  const functions: Record<string, Fn> = {
    async '/outer'(_, context: CallContext) {
      const id = await context.flowId()
      return [id, await context.blobs.get(id)]
    },
  }

  expect(await run(functions, undefined, flow)).toEqual([ok([contentId(flow), flow])])
  expect(await run(functions)).toEqual([ok([contentId(outer), outer])])
})

test('the next attempt waits for the run that the one before it has begun, while that is under way', async () => {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let calls = 0
  const outcomes = await run({
    async '/inner'(x) {
      calls++
      await released
      return x
    },
    async '/outer'(_, context: CallContext) {
      const first = context.submit(inner, [1, 2], { key: 'a' })
      await expect.poll(() => calls).toBe(2)
      const again = context.submit(inner, [1, 2], { key: 'a' })
      const noted = await context.submit(inner, [1, 2], { key: 'a', wait: false })
      release()
      return [await first, await again, noted.outcomes]
    },
  })

  const done = { runId: expect.any(String), outcomes: [ok(1), ok(2)] }
  expect(outcomes).toEqual([ok([done, done, []])])
  expect(calls).toBe(2)
})

test.each([
  ['keeps all', () => createMemoryStore()],
  ['keeps no results', () => createMemoryStore({ forget: true })],
])('what was begun under a key is asked for its results again, in a store that %s', async (_, store) => {
  const outcomes = await run(
    {
      '/inner': (x) => x,
      async '/outer'(_, context: CallContext) {
        await context.submit(inner, [1], { key: 'a' })
        return (await context.submit(inner, [1], { key: 'a' })).outcomes
      },
    },
    store(),
  )

  expect(outcomes).toEqual([ok([ok(1)])])
})

test('results that are not kept any more are missed in words', async () => {
  const outcomes = await run(
    {
      '/inner': (x) => x,
      async '/outer'(_, context: CallContext) {
        const first = await context.submit(inner, [0], { wait: false })
        for (let n = 1; n <= 1_000; n++) await context.submit(inner, [n], { wait: false })
        return context.getRun(first.runId, { wait: true, results: true })
      },
    },
    createMemoryStore({ forget: true }),
  )

  expect(outcomes).toMatchObject([
    { outcome: 'failed', error: { code: 'NOT_FOUND', message: expect.stringContaining('not kept any more') } },
  ])
})
