// What a journal says beyond what replay needs: for whoever looks at a run later.

import {
  type CallContext,
  createEngine,
  createMemoryStore,
  FlowError,
  foldVisits,
  type JournalEntry,
  Park,
  type SubmitOptions,
  visitPath,
} from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { bench, call, type Fn, input, ok, plan, ref } from './fixtures.ts'

const one = (component: string, more = {}) => plan({ a: call(component, input, more) }, () => ({ input: ref(0) }))
const retry = { attempts: 3, delayMs: 100, backoff: 'fixed', factor: 1, maxMs: 100, jitter: false } as const
const asks: Fn = (_x, { woken }) =>
  woken
    ? (woken.payload ?? 'nobody')
    : new Park({ signal: { name: 'answer', title: 'May it?', schema: { type: 'string' }, default: 'no' } })

/** An engine over a store that counts as durable. */
function durable(functions: Record<string, Fn>) {
  const clock = createManualClock()
  return bench(functions, clock, createMemoryStore({ clock, durable: true }))
}

const of = <T extends JournalEntry['type']>(entries: readonly JournalEntry[], type: T) =>
  entries.filter((entry): entry is JournalEntry & { type: T } => entry.type === type)

test('what the run was begun with stays on record', async () => {
  const b = durable({})
  const options: SubmitOptions = {
    ...{ flow: 'f', flowId: '0'.repeat(64), flowVersion: 3, textId: '1'.repeat(64), overridesId: '2'.repeat(64) },
    ...{ kind: 'test', pins: { a: 1 }, request: { key: 'k', hash: 'h' }, trigger: { type: 'api', by: 'Ada' } },
  }
  const run = await b.engine.submit(one('/echo'), [1], { ...options, watch: (more) => b.entries.push(...more) })
  await run.ended

  expect(of(b.entries, 'created')[0]?.options).toEqual({ ...options, variables: {} })
})

test('an attempt that is tried again leaves its error', async () => {
  const b = durable({
    '/flaky': (x, { attempt }) => {
      if (attempt < 3) throw new FlowError('COMPONENT_FAILED', `attempt ${attempt}`, { data: { attempt } })
      return x
    },
  })
  const outcomes = b.run(one('/flaky', { retry }), [1])
  await b.clock.advance(1_000)

  expect(await outcomes).toEqual([ok(1)])
  expect(of(b.entries, 'parked').map(({ attempt, error }) => [attempt, error])).toEqual([
    [2, { code: 'COMPONENT_FAILED', message: 'attempt 1', data: { attempt: 1 } }],
    [3, { code: 'COMPONENT_FAILED', message: 'attempt 2', data: { attempt: 2 } }],
  ])
})

test('an output that came from an earlier call says so', async () => {
  const b = durable({ '/twice': (x: number) => x * 2 })
  const p = one('/twice', { cache: {} })
  await b.run(p, [1])
  const before = b.entries.length

  expect(await b.run(p, [1])).toEqual([ok(2)])
  expect(of(b.entries.slice(0, before), 'settled')[0]?.cached).toBe(undefined)
  expect(of(b.entries.slice(before), 'settled')[0]).toMatchObject({ step: 0, cached: true })
})

test('a run that ends well says how many failures something made good: by a fallback, by doing without elements', async () => {
  const inner = plan({ i: call('/odd', { op: 'input', path: 'item' }) }, () => ({ input: ref(0) }))
  const map = call('/map')
  const p = plan({ map, a: call('/fail', input, { fallback: { op: 'literal', value: 'instead' } }) }, () => ({
    input: { op: 'array', of: [ref(0), ref(1)] },
  }))
  const b = durable({
    '/odd': (x) => {
      if (x % 2 === 1) throw new FlowError('COMPONENT_FAILED', 'odd')
      return x
    },
    '/map': (_x, { woken }) =>
      woken
        ? woken.outcomes?.flatMap((one) => (one?.outcome === 'success' ? [one.result] : []))
        : new Park({
            run: { plan: inner, inputs: [1, 2, 3].map((item) => ({ item })), onItemFailure: 'go-on' } as never,
          }),
  })

  const run = await b.engine.submit(p, [1])
  const row = await run.ended

  expect(row).toMatchObject({ status: 'completed', recovered: 3 })
})

test('a wait says what is asked, and a signal who sent it', async () => {
  const b = durable({ '/asks': asks })
  const run = await b.engine.submit(one('/asks'), [1], { id: 'r', watch: (more) => b.entries.push(...more) })
  await b.clock.settle()
  await b.engine.signal('r', { name: 'pause', by: 'Bob' })
  await b.engine.signal('r', { name: 'resume', by: 'Bob' })
  await b.engine.signal('r', { name: 'signal', signal: 'answer', payload: 'yes', by: 'Ada' })
  await run.ended

  expect(of(b.entries, 'parked')[0]).toMatchObject({
    signal: 'answer',
    form: { title: 'May it?', schema: { type: 'string' }, default: 'no' },
  })
  expect(of(b.entries, 'signalled').map(({ name, by }) => [name, by])).toEqual([
    ['pause', 'Bob'],
    ['resume', 'Bob'],
    ['signal', 'Ada'],
  ])
})

test('a signal for one wait ends that wait and no other', async () => {
  const b = durable({ '/asks': asks })
  const p = plan({ a: call('/asks'), b: call('/asks') }, () => ({ input: { op: 'array', of: [ref(0), ref(1)] } }))
  const run = await b.engine.submit(p, [1], { id: 'r', watch: (more) => b.entries.push(...more) })
  await b.clock.settle()
  const waits = of(b.entries, 'parked').map(visitPath)
  const decide = (wait: string | undefined, payload: string) =>
    b.engine.signal('r', {
      name: 'signal',
      signal: 'answer',
      payload,
      item: 0,
      ...(wait === undefined ? {} : { wait }),
    })
  await decide(waits[1], 'to b')
  await decide(waits[1], 'to b, too late')
  await b.clock.settle()
  expect(of(b.entries, 'finished')).toEqual([])
  await decide(undefined, 'to anyone')

  const outcomes = []
  for await (const { outcome } of run.results()) outcomes.push(outcome)
  expect(outcomes).toEqual([ok(['to anyone', 'to b'])])
})

test('a run whose source failed is kept for the rest, and goes on with it', async () => {
  const b = durable({})
  async function* inputs() {
    yield 1
    yield 2
    throw new Error('the pipe broke')
  }
  const run = await b.engine.submit(one('/echo'), inputs(), { id: 'r', onBroken: 'keep' })

  expect(await run.ended).toMatchObject({ status: 'running', items: { total: -1, success: 2 } })
  const row = await (await b.engine.resume('r', { further: [3] })).ended
  expect(row).toMatchObject({ status: 'completed', items: { total: 3, success: 3 } })
})

test('a run whose source failed, and that nobody sends the rest of, fails and says how many came', async () => {
  const b = durable({})
  async function* inputs() {
    yield 1
    throw new Error('the pipe broke')
  }
  const run = await b.engine.submit(one('/echo'), inputs(), { id: 'r', onBroken: 'keep' })
  await run.ended

  const error = { code: 'INVALID_INPUT', message: 'the input broke off after 1 line' }
  await b.engine.endInputs('r', () => error)
  await b.engine.endInputs('r', () => error)

  const row = await (await b.engine.follow('r')).ended
  expect(row).toMatchObject({ status: 'failed', items: { total: 1, success: 1 }, error: { item: 1, ...error } })
})

test('a source of inputs that fails leaves a note of how many came; what came is run, and the run can go on', async () => {
  const b = durable({})
  async function* inputs() {
    yield 1
    yield 2
    throw new Error('the pipe broke')
  }
  const run = await b.engine.submit(one('/echo'), inputs(), { id: 'r', watch: (more) => b.entries.push(...more) })

  await expect(run.ended).rejects.toThrow('the pipe broke')
  expect(of(b.entries, 'broken')).toMatchObject([{ items: 2, error: { message: 'the pipe broke' } }])
  const row = await (await b.engine.resume('r', { inputs: [1, 2, 3] })).ended
  expect(row).toMatchObject({ status: 'completed', items: { total: 3, success: 3 } })
})

test('where steps are not kept, a run that is watched only once it is under way says nothing of half a step', async () => {
  const clock = createManualClock()
  const later: Fn = (x) => new Promise((resolve) => void clock.timer(1_000, () => resolve(x)))
  const { engine } = bench({ '/later': later }, clock, createMemoryStore({ clock, forget: true }))
  const two = plan({ a: call('/later'), b: call('/later', ref(0)) }, () => ({ input: ref(1) }))
  const seen: JournalEntry[] = []
  const run = await engine.submit(two, [1])
  const again = await engine.resume(run.id, { watch: (more) => seen.push(...more) })
  await clock.advance(2_000)

  await again.ended
  expect(seen.map(({ type }) => type)).toEqual(['finished'])
})

test('a call that waits for its plugin for a second leaves a word of it, and its time limit has not begun', async () => {
  const clock = createManualClock()
  const entries: JournalEntry[] = []
  let begin: () => void = () => {}
  const answer = (_: unknown, context: CallContext) =>
    new Promise((resolve) => {
      begin = () => {
        context.started()
        clock.timer(4_000, () => resolve('done'))
      }
    })
  const component = { info: { name: '/busy', announcesStart: true }, call: answer }
  const engine = createEngine({
    store: createMemoryStore({ clock, durable: true }),
    router: { route: () => ({ component }) },
    clock,
    random: () => 0.5,
  })
  const p = one('/busy', { timeoutMs: 5_000 })
  const run = await engine.submit(p, [1], { watch: (more) => entries.push(...more) })
  const row = () => {
    const visits = foldVisits(p)
    visits.see(entries)
    return visits.rows()[0]
  }
  await clock.advance(999)
  expect(row()).toMatchObject({ status: 'running', startedAt: 0 })
  await clock.advance(60_000)
  expect(row()).toMatchObject({ status: 'pending', why: { kind: 'slot' }, attempts: [] })
  expect(row()).not.toHaveProperty('startedAt')
  begin()
  await clock.settle()
  expect(row()).toMatchObject({ status: 'running', startedAt: 60_999, attempts: [{ startedAt: 60_999 }] })
  expect(row()).not.toHaveProperty('why')
  await clock.advance(4_000)

  const outcomes = []
  for await (const { outcome } of run.results()) outcomes.push(outcome)
  expect(outcomes).toEqual([ok('done')])
  expect(of(entries, 'started').map(({ queued }) => queued)).toEqual([undefined, true, undefined])
})
