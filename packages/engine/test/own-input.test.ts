// What one step does to its input reaches no other step, no other element, no next try and no record of the run.

import { type CallContext, createEngine, createMemoryStore, literal, type Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { ownCopy } from '../src/run/calls/own-copy.ts'
import { call, input, plan, ref, routerOf } from './fixtures.ts'

type Bag = { list: unknown[] }
const spoil = (value: unknown) => {
  ;(value as Bag).list.push('spoilt')
  return (value as Bag).list.length
}
const functions = { '/spoil': spoil, '/see': (value: unknown) => JSON.parse(JSON.stringify(value)) }

async function outcomes(
  of: Plan,
  value: unknown,
  calls: Record<string, (x: any, c: CallContext) => unknown> = functions,
) {
  const engine = createEngine({ store: createMemoryStore(), router: routerOf(calls) })
  const direct = await engine.runDirectly(of, value)
  const run = await engine.submit(of, [value])
  const kept = []
  for await (const { outcome } of run.results()) kept.push(outcome)
  const again = []
  for await (const { outcome } of (await engine.rerun(run.id)).results()) again.push(outcome)
  await engine.close()
  return [direct, ...kept, ...again]
}

const three = (result: unknown) => Array(3).fill({ outcome: 'success', result })

test('a step that changes its input changes neither that of a sibling nor that of the run, nor does a rerun differ', async () => {
  const siblings = plan({ a: call('/spoil'), b: call('/see') }, () => ({
    input: { op: 'array', of: [ref(0), ref(1), input] },
  }))
  const given = { list: [1] }

  expect(await outcomes(siblings, given)).toEqual(three([2, { list: [1] }, { list: [1] }]))
  expect(given).toEqual({ list: [1] })
})

test('the same of a value that one step gives to several, also through one that hands it on', async () => {
  const p = plan(
    { give: call('/give'), same: call('/echo', ref(0)), a: call('/spoil', ref(1)), b: call('/see', ref(0)) },
    () => ({ input: { op: 'array', of: [ref(2), ref(3)] } }),
  )

  expect(await outcomes(p, null, { ...functions, '/give': () => ({ list: [] }) })).toEqual(three([1, { list: [] }]))
})

test('a run that is kept gives the same again where only one step reads its input', async () => {
  const p = plan({ a: call('/spoil') }, () => ({ input: ref(0) }))
  const engine = createEngine({ store: createMemoryStore(), router: routerOf(functions) })
  const run = await engine.submit(p, [{ list: [] }])
  await run.ended

  for (let n = 0; n < 3; n++) {
    const again = await engine.rerun(run.id)
    for await (const { outcome } of again.results()) expect(outcome).toEqual({ outcome: 'success', result: 1 })
  }
  await engine.close()
})

test('a literal may be changed like any other input, and the next item and the next step have it as it was written', async () => {
  const bag = { op: 'literal', value: { list: [1] } } as const
  const p = plan(
    {
      same: call('/echo', bag),
      a: call('/spoil', ref(0)),
      b: call('/spoil', { op: 'object', of: [['list', literal([])]] }),
    },
    () => ({ input: { op: 'array', of: [ref(0), ref(1), ref(2)] } }),
  )

  expect(await outcomes(p, null)).toEqual(three([{ list: [1] }, 2, 1]))
  expect(await outcomes(p, null)).toEqual(three([{ list: [1] }, 2, 1]))
})

test('what an author has frozen is handed on as it is', async () => {
  const frozen = Object.freeze({ list: Object.freeze([]) })
  const p = plan({ a: call('/spoil', ref(1)), b: call('/give') }, () => ({ input: ref(0) }))

  const [direct] = await outcomes(p, null, { ...functions, '/give': () => frozen })
  expect(direct).toMatchObject({ outcome: 'failed', error: { message: expect.stringContaining('not extensible') } })
})

test('each try has the input as it was', async () => {
  const seen: number[] = []
  const retry = { attempts: 3, delayMs: 0, backoff: 'fixed', factor: 1, maxMs: 0, jitter: false } as const
  const p = plan({ a: call('/try', input, { retry }) }, () => ({ input: ref(0) }))
  const calls = {
    '/try': (value: unknown) => {
      seen.push(spoil(value))
      if (seen.length % 3 !== 0) throw new Error('again')
      return seen.length
    },
  }

  await outcomes(p, { list: [] }, calls)
  expect(seen).toEqual(Array(9).fill(1))
})

test('elements of a loop do not share what the loop was given beside them', async () => {
  const element = plan({ s: call('/spoil', { op: 'input', path: 'config' }) }, () => ({ input: ref(0) }))
  const p = plan(
    {
      each: call('$core/map', {
        op: 'object',
        of: [
          ['items', { op: 'literal', value: [1, 2, 3] }],
          ['plan', { op: 'literal', value: element as never }],
          ['shared', { op: 'object', of: [['config', input]] }],
        ],
      }),
    },
    () => ({ input: ref(0) }),
  )

  expect(await outcomes(p, { list: [] })).toEqual(three([1, 1, 1]))
})

test('where one step alone reads a value it is handed on as it is', async () => {
  const seen: unknown[] = []
  const given = { list: [] }
  const p = plan({ a: call('/look'), b: call('/look', ref(0)) }, () => ({ input: ref(1) }))
  const engine = createEngine({
    store: createMemoryStore(),
    router: routerOf({
      '/look': (value) => {
        seen.push(value)
        return value
      },
    }),
  })

  await engine.runDirectly(p, given)
  expect(seen).toHaveLength(2)
  for (const value of seen) expect(value).toBe(given)
  await engine.close()
})

test('a copy has what is data, and shares what is not; circles, depth and one object many times are copied once', () => {
  const date = new Date()
  const bytes = Buffer.from('abc')
  const value = { date, bytes, f: spoil, __proto: 1, list: [{ a: undefined, n: null }], bare: Object.create(null) }
  const copy = ownCopy(value) as typeof value
  expect(copy).toEqual(value)
  expect(copy.list[0]).not.toBe(value.list[0])
  expect([copy.date, copy.f]).toEqual([date, spoil])
  expect(copy.date).toBe(date)
  expect(copy.bytes.buffer === bytes.buffer && copy.bytes.byteOffset === bytes.byteOffset).toBe(false)
  const keyed = JSON.parse('{"__proto__":{"x":1}}')
  const own = ownCopy(keyed) as object
  expect(Object.keys(own)).toEqual(['__proto__'])
  expect(Object.getPrototypeOf(own)).toBe(Object.prototype)
  expect(Object.getOwnPropertyDescriptor(own, '__proto__')?.value).not.toBe(
    Object.getOwnPropertyDescriptor(keyed, '__proto__')?.value,
  )

  const circle: { self?: unknown } = {}
  circle.self = circle
  const round = ownCopy(circle) as typeof circle
  expect(round.self).toBe(round)
  let shared: unknown = {}
  for (let i = 0; i < 60; i++) shared = [shared, shared]
  const [left, right] = ownCopy(shared) as unknown[]
  expect(left).toBe(right)
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]
  expect(Array.isArray(ownCopy(deep))).toBe(true)
})
