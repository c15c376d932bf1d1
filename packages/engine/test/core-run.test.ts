// A plan inside a step: run once, its end is the step's.

import { type Expr, FlowError, type Json, literal, type Plan, Skip } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { bench, call, failedWith, input, ok, plan, ref } from './fixtures.ts'

const inner = plan({ a: call('/inner') }, (at) => ({ input: ref(at('a')) }), { name: 'inner' })
const runOf = (child: Plan): Expr => ({
  op: 'object',
  of: [
    ['plan', literal(child as unknown as Json)],
    ['input', input],
  ],
})
const outer = (more: object = {}, child = inner) =>
  plan({ sub: call('$core/run', runOf(child), more) }, (at) => ({ input: ref(at('sub')) }))

describe('$core/run', () => {
  test('gives the result of the plan inside', async () => {
    const { run } = bench({ '/inner': (x) => (x as number) * 2 })

    expect(await run(outer(), [21])).toEqual([ok(42)])
  })

  test('fails with the error of the plan inside, as an error of its own step', async () => {
    const { run } = bench({
      '/inner': () => {
        throw new FlowError('COMPONENT_FAILED', 'boom')
      },
    })

    expect(await run(outer(), [1])).toEqual([failedWith('boom', 'sub')])
  })

  test('is skipped if the plan inside is', async () => {
    const { run } = bench({ '/inner': () => new Skip('not today') })

    const [outcome] = await run(outer(), [1])

    expect(outcome).toMatchObject({ outcome: 'skipped' })
  })

  test('lets the steps inside ask what ended around them', async () => {
    const { run } = bench({ '/inner': (_, { around }) => Object.keys(around?.outcomes() ?? {}) })
    const before = plan(
      {
        first: call('/echo'),
        sub: { component: '$core/run', needs: [0], input: runOf(inner) },
      },
      (at) => ({ input: ref(at('sub')) }),
    )

    expect(await run(before, [1])).toEqual([ok(['first'])])
  })

  test('is retried as a whole', async () => {
    let calls = 0
    const { run, clock } = bench({
      '/inner': () => {
        if (++calls < 3) throw new FlowError('COMPONENT_FAILED', 'not yet')
        return calls
      },
    })
    const retry = { attempts: 3, delayMs: 0, backoff: 'fixed', factor: 1, maxMs: 0, jitter: false }

    const ended = run(outer({ retry }), [1])
    await clock.advance(10)

    expect(await ended).toEqual([ok(3)])
  })
})

test('a skip made by another copy of the package is one', async () => {
  const { run } = bench({ '/foreign': () => ({ reason: 'elsewhere', [Symbol.for('stepflow.Skip')]: true }) })

  const [outcome] = await run(
    plan({ a: call('/foreign') }, (at) => ({ input: ref(at('a')) })),
    [1],
  )

  expect(outcome).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('elsewhere') })
})

test('what leads to the entry of a plan with transitions is the input', async () => {
  const arrival: Expr = { op: 'arrival' }
  const steps: Plan['steps'] = [
    { id: 'a', component: '/echo', input: arrival, next: [{ on: 'done', to: 1 }] },
    { id: '$end', component: null, input: arrival, hidden: true },
  ]

  const { run } = bench()

  expect(await run({ name: 'push', steps, entry: 0, exit: 1, onFailure: 'stop' }, ['hello'])).toEqual([ok('hello')])
})
