// Kept runs of one item, one after the other: their drivers are used again, and no run notices.

import { type CallContext, createMemoryStore, success } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { bench, call, type Fn, ok, plan, ref } from './fixtures.ts'

const one = (component: string) => plan({ a: call(component) }, () => ({ input: ref(0) }))

test('what a component says after its answer is said in its own run', async () => {
  const contexts: CallContext[] = []
  const fn: Fn = async (value, context) => {
    contexts.push(context)
    return value
  }
  const store = createMemoryStore({ clock: createManualClock() })
  const { engine, run } = bench({ '/late': fn }, createManualClock(), store)
  const of = one('/late')
  await run(of, ['first'])
  await run(of, ['second'])

  const [first] = contexts
  expect(first?.runId).toBe('run')
  first?.log('info', 'late')
  await engine.close()

  expect((await store.logs.read({ run: 'run', limit: 9 }))?.lines.map(({ line }) => line.message)).toEqual(['late'])
  expect((await store.logs.read({ run: 'run2', limit: 9 }))?.lines).toEqual([])
})

test('a run that was cancelled, or paused, or sent what it did not wait for, leaves nothing of that to the next', async () => {
  const { engine, run } = bench({
    '/held': (x, context) => (x === 'next' ? x : new Promise((end) => context.onAbandoned(() => end(1)))),
  })
  const of = one('/held')
  for (const signal of [{ name: 'signal', signal: 'go' }, { name: 'pause' }, { name: 'cancel' }] as const) {
    const { id, ended } = await engine.submit(of, [signal.name])
    await engine.signal(id, signal).catch(() => {})
    if (signal.name !== 'cancel') await engine.signal(id, { name: 'cancel' }).catch(() => {})
    await ended
    expect(await run(of, ['next'])).toEqual([ok('next')])
  }
})

test('each run has its own journal, items and results', async () => {
  const store = createMemoryStore()
  const { run, engine } = bench({ '/later': async (x) => x }, createManualClock(), store)
  const of = one('/later')

  for (const inputs of [[1], [2], [3, 4], [5], [], [6]]) expect(await run(of, inputs)).toEqual(inputs.map(ok))
  expect(await Promise.all([7, 8, 9].map((x) => run(of, [x])))).toEqual([[ok(7)], [ok(8)], [ok(9)]])
  await engine.close()

  const { rows } = await store.runs.list()
  for (const { id, items } of rows) {
    const journal = await store.read(`${id}/0`)
    const types = journal.flatMap(({ entries }) => entries.map(({ type }) => type))
    expect(types.filter((type) => type === 'created')).toHaveLength(1)
    expect(types.filter((type) => type === 'finished')).toHaveLength(items.total)
  }
})

test('in a durable store, a driver that is used again claims each journal anew', async () => {
  const store = createMemoryStore({ durable: true })
  const { engine } = bench({}, createManualClock(), store)
  for (const id of ['a', 'b']) {
    const { ended, results } = await engine.submit(one('/echo'), [id], { id })
    for await (const { outcome } of results()) expect(outcome).toEqual(success(id))
    expect((await ended).status).toBe('completed')
    const [first] = await store.read(`${id}/0`)
    expect(first?.entries.filter(({ type }) => type === 'claimed')).toHaveLength(1)
  }
})
