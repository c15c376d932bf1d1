import { createMemoryStore, FlowError, type Plan } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { bench, call, input, plan, ref } from './fixtures.ts'

const kept = (more: object = {}): Plan =>
  plan({ a: call('/count', input, { cache: { ttlMs: 1000 }, ...more }) }, () => ({ input: ref(0) }))

for (const forget of [false, true]) {
  describe(forget ? 'a store that forgets' : 'a store that keeps', () => {
    const counting = () => {
      let calls = 0
      const clock = createManualClock()
      const b = bench({ '/count': () => ++calls }, clock, createMemoryStore({ clock, forget }))
      return { ...b, calls: () => calls }
    }

    test('an output is used again for the same input, and not for another', async () => {
      const b = counting()
      await b.run(kept(), ['x'])
      await b.run(kept(), ['x'])
      await b.run(kept(), ['y'])
      expect(b.calls()).toBe(2)
    })

    test('an output that is too old is not used', async () => {
      const b = counting()
      await b.run(kept(), ['x'])
      await b.clock.advance(1001)
      await b.run(kept(), ['x'])
      expect(b.calls()).toBe(2)
    })

    test('a key of its own takes the place of the input', async () => {
      const b = counting()
      const p = kept({ cache: { key: { op: 'literal', value: 'same' } } })
      await b.run(p, ['x'])
      await b.run(p, ['y'])
      expect(b.calls()).toBe(1)
    })
  })
}

test('a step of the same turn can use it already', async () => {
  let calls = 0
  const b = bench({ '/count': () => ++calls })
  const cache = { ttlMs: 1000 }
  const p = plan({ a: call('/count', input, { cache }), b: call('/count', input, { cache }) }, () => ({
    input: { op: 'array', of: [ref(0), ref(1)] },
  }))
  expect(await b.run(p, ['x'])).toMatchObject([{ result: [1, 1] }])
})

test('a failure is not kept, nor the value that took its place', async () => {
  let calls = 0
  const b = bench({
    '/count': () => {
      calls++
      throw new FlowError('COMPONENT_FAILED', 'no')
    },
  })
  const p = kept({ fallback: { op: 'literal', value: 'instead' } })
  await b.run(p, ['x'])
  await b.run(p, ['x'])
  expect(calls).toBe(2)
})
