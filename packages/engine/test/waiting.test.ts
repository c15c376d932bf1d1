import { createEngine, createMemoryStore, type JournalRow, type Outcome, Park } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { bench, call, type Fn, plan, ref, routerOf } from './fixtures.ts'

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

const waits: Fn = (_, { woken }) => (woken ? 'gone on' : new Park({ signal: { name: 'go' } }))
const both = { op: 'array', of: [ref(0), ref(1)] } as const

test('an item only waits from when the last step beside its wait has ended, and leaves its place to others', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, durable: true })
  const answers: ((answer: unknown) => void)[] = []
  const slow = () => new Promise((answer) => answers.push(answer))
  const b = bench({ '/wait': waits, '/slow': slow }, clock, store)
  const beside = plan({ a: call('/wait'), b: call('/slow') }, () => ({ input: both }))
  await b.engine.submit(beside, [1, 2], { maxConcurrent: 1 })
  await clock.settle()
  expect((await store.runs.get('run'))?.atWork).toEqual({ running: 1, waiting: 0 })

  answers[0]?.('done')
  await clock.settle()
  expect(answers).toHaveLength(2)
  answers[1]?.('done')
  await clock.settle()
  expect((await store.runs.get('run'))?.atWork).toEqual({ running: 0, waiting: 2 })
})

test('an item with a wait inside a loop beside another step only waits when both have come so far', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, durable: true })
  const answers: ((answer: unknown) => void)[] = []
  const slow = () => new Promise((answer) => answers.push(answer))
  const b = bench({ '/wait': waits, '/slow': slow }, clock, store)
  const inner = plan({ a: call('/wait'), b: call('/slow') }, () => ({ input: both }))
  const items = { op: 'literal', value: [1, 2] } as const
  const each = {
    op: 'object',
    of: [
      ['plan', { op: 'literal', value: inner as never }],
      ['items', items],
    ],
  } as const
  await b.engine.submit(
    plan({ all: call('$core/map', each), b: call('/slow') }, () => ({ input: both })),
    [1],
  )
  for (let answered = 0; answered < 3; answered++) {
    await clock.settle()
    expect((await store.runs.get('run'))?.atWork).toEqual({ running: 1, waiting: 0 })
    answers.shift()?.('done')
  }
  await clock.settle()
  expect((await store.runs.get('run'))?.atWork).toEqual({ running: 0, waiting: 1 })
  await b.engine.signal('run', { name: 'signal', signal: 'go' })
  await clock.settle()
  expect((await store.runs.get('run'))?.status).toBe('running') // the other of the two waits for a signal of its own
  await b.engine.signal('run', { name: 'signal', signal: 'go' })
  await clock.settle()
  expect((await store.runs.get('run'))?.status).toBe('completed')
})

test('whoever takes a run up finds the same items waiting', async () => {
  const clock = createManualClock()
  const store = createMemoryStore({ clock, durable: true })
  const rows: JournalRow[] = []
  store.watch({}, (row) => rows.push(row))
  let answer: (value: unknown) => void = () => {}
  const slow = () => new Promise((resolve) => (answer = resolve))
  const beside = plan({ a: call('/wait'), b: call('/slow') }, () => ({ input: both }))
  await bench({ '/wait': waits, '/slow': slow }, clock, store).engine.submit(beside, [1])
  await clock.settle()
  answer('done')
  await clock.settle()

  const again = createMemoryStore({ clock, durable: true })
  for (const { journal, seq, entries } of rows) await again.append({ journal, after: seq, entries })
  await bench({ '/wait': waits, '/slow': slow }, clock, again).engine.resume('run')
  await clock.settle()
  expect((await again.runs.get('run'))?.atWork).toEqual({ running: 0, waiting: 1 })
})
