import { createEngine, createMemoryStore, type Outcome, Park } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { call, plan, ref, routerOf } from './fixtures.ts'

test('items that only wait leave room for those after them, however many they are', async () => {
  const items = 5_000
  let waiting = 0
  let allWait: () => void = () => {}
  const begun = new Promise<void>((resolve) => {
    allWait = resolve
  })
  const hold = (input: unknown, { woken }: { woken: unknown }) => {
    if (woken) return input
    if (++waiting === items) allWait()
    return new Park({ signal: { name: 'go' } })
  }
  const engine = createEngine({ store: createMemoryStore(), router: routerOf({ '/hold': hold }) })
  const waits = plan({ a: call('/hold') }, () => ({ input: ref(0) }))
  const run = await engine.submit(
    waits,
    Array.from({ length: items }, (_, n) => n),
    { maxConcurrent: 4 },
  )

  await begun
  await engine.signal(run.id, { name: 'signal', signal: 'go' })
  const outcomes: Outcome[] = []
  for await (const { outcome } of run.results()) outcomes.push(outcome)

  expect(outcomes).toEqual(Array.from({ length: items }, (_, result) => ({ outcome: 'success', result })))
})
