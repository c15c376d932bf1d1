import { createMemoryStore, type JournalRow, Park } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { after, bench, call, type Fn, input, ok, plan, ref } from './fixtures.ts'

const wait: Fn = (_, context) =>
  context.woken ? (context.woken.payload ?? null) : new Park({ signal: { name: 'go' } })
const twoWaits = plan({ a: call('/wait', input), b: call('/wait', after([0], ref(0))) }, () => ({
  input: { op: 'array', of: [ref(0), ref(1)] },
}))

test('a signal is used up once, also after a restart', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, durable: true })
  const rows: JournalRow[] = []
  store.watch({}, (row) => rows.push(row))
  const first = bench({ '/wait': wait }, clock, store)
  await first.engine.submit(twoWaits, [1])
  await clock.settle()
  await first.engine.signal('run', { name: 'signal', signal: 'go', payload: 'one' })
  await clock.settle()

  const again = createMemoryStore({ clock, durable: true })
  for (const { journal, seq, entries } of rows) await again.append({ journal, after: seq, entries })
  const second = bench({ '/wait': wait }, clock, again)
  const handle = await second.engine.resume('run')
  await clock.settle()
  expect((await again.runs.get('run'))?.endedAt).toBeUndefined()
  await second.engine.signal('run', { name: 'signal', signal: 'go', payload: 'two' })
  const outcomes = []
  for await (const { outcome } of handle.results()) outcomes.push(outcome)

  expect(outcomes).toEqual([ok(['one', 'two'])])
})

test('a signal that came early is kept for the wait', async () => {
  const clock = createManualClock()
  let go: (x: unknown) => void = () => {}
  const b = bench({ '/wait': wait, '/slow': () => new Promise((resolve) => (go = resolve)) }, clock)
  const p = plan({ a: call('/slow'), b: call('/wait', after([0], ref(0))) }, () => ({ input: ref(1) }))
  const handle = await b.engine.submit(p, [1])
  await clock.settle()
  await b.engine.signal('run', { name: 'signal', signal: 'go', payload: 'early' })
  await clock.settle()
  go('now')
  const outcomes = []
  for await (const { outcome } of handle.results()) outcomes.push(outcome)

  expect(outcomes).toEqual([ok('early')])
})
