// A wait that has a time limit, and a signal for it, when nobody drives the run meanwhile.

import { createMemoryStore, type JournalRow, Park } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { bench, call, type Fn, input, ok, plan, ref } from './fixtures.ts'

test('a signal that was sent after a wait had expired, while nobody drove the run, comes too late', async () => {
  const clock = createManualClock()
  const wait: Fn = (_, context) =>
    context.woken ? `woken by ${context.woken.by}` : new Park({ signal: { name: 'go' }, until: clock.now() + 5_000 })
  const p = plan({ a: call('/wait', input) }, () => ({ input: ref(0) }))
  const store = createMemoryStore({ clock, durable: true })
  const rows: JournalRow[] = []
  store.watch({}, (row) => rows.push(row))
  const first = bench({ '/wait': wait }, clock, store)
  await first.engine.submit(p, [1])
  await clock.settle()
  const crashed = [...rows]

  const again = createMemoryStore({ clock, durable: true })
  for (const { journal, seq, entries } of crashed) await again.append({ journal, after: seq, entries })
  await clock.advance(6_000)
  const second = bench({ '/wait': wait }, clock, again)
  await second.engine.signal('run', { name: 'signal', signal: 'go', payload: 'late' })
  const handle = await second.engine.resume('run')
  await clock.settle()
  const outcomes = []
  for await (const { outcome } of handle.results()) outcomes.push(outcome)

  expect(outcomes).toEqual([ok('woken by time')])
})
