import { createMemoryStore, type RunRow, type Runs, systemClock } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { RunEnds } from '../src/observability/run-ends.ts'

/** With one look for each that waits for the one before, this would not end within the hour. */
const MANY = 100_000

test('runs that end while others are looked at are reported once each, and cost one look together', async () => {
  const store = createMemoryStore()
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const runs = new Proxy(store.runs, {
    get: (own, name: keyof Runs) =>
      name === 'get' ? (id: string) => begun.then(() => ({ id, status: 'completed' }) as RunRow) : own[name],
  })
  const reported: string[] = []
  const ends = new RunEnds({ runs, clock: systemClock, log: () => {}, onEnd: ({ id }) => reported.push(id) })

  for (let i = 0; i < MANY; i++) ends.wrote(`run-${i}`, [{ type: 'sealed', at: 0, items: 1 }])
  begin()
  await ends.stop()

  expect(reported).toHaveLength(MANY)
  expect(new Set(reported).size).toBe(MANY)
})
