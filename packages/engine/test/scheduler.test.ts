import { FlowError, type Plan } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { after, bench, call, failedWith, input, ok, plan, ref, story } from './fixtures.ts'

describe('S1: the same settles give the same state', () => {
  test('two runs of one plan tell the same story', async () => {
    const p = plan(
      { a: call('/echo'), b: call('/echo', after([0], ref(0))), c: call('/echo', after([0], ref(0))) },
      () => ({
        input: { op: 'array', of: [ref(1), ref(2)] },
      }),
    )
    const one = bench()
    const two = bench()

    await one.run(p, [1])
    await two.run(p, [1])

    expect(story(one, p)).toEqual(story(two, p))
  })
})

describe('S3: a visit settles once', () => {
  test('an answer after the timeout is dropped', async () => {
    let answer: (x: unknown) => void = () => {}
    const b = bench({ '/slow': () => new Promise((resolve) => (answer = resolve)) })
    const p = plan({ a: call('/slow', input, { timeoutMs: 100 }) }, () => ({ input: ref(0) }))

    const running = b.run(p, [1])
    await b.clock.advance(100)
    answer('late')
    const [outcome] = await running

    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT', step: 'a' } })
  })
})

describe('S4: nothing recurses over the graph', () => {
  const chain = (length: number): Plan =>
    plan(
      Object.fromEntries(
        Array.from({ length }, (_, i) => [`s${i}`, call('/inc', i === 0 ? input : after([i - 1], ref(i - 1)))]),
      ),
      () => ({ input: ref(length - 1) }),
    )

  test('a chain of 50,000 steps ends', async () => {
    const b = bench({ '/inc': (x) => x + 1 })
    expect(await b.run(chain(50_000), [0])).toEqual([ok(50_000)])
  })

  test('a fan-out of 20,000 steps is joined', async () => {
    const width = 20_000
    const steps = Object.fromEntries(Array.from({ length: width }, (_, i) => [`s${i}`, call('/echo')]))
    const p = plan(steps, () => ({ input: { op: 'array', of: Array.from({ length: width }, (_, i) => ref(i)) } }))
    const [outcome] = await bench().run(p, [1])
    expect(outcome).toEqual(ok(new Array(width).fill(1)))
  })
})

describe('S5: an item is finished by its exit, by an unhandled failure, or from outside', () => {
  test('a failure under stop ends the item, and steps in flight are told', async () => {
    let signal: AbortSignal | undefined
    const b = bench({
      '/hang': (_, context) => {
        signal = context.signal
        return new Promise(() => {})
      },
      '/late': async () => {
        throw new FlowError('COMPONENT_FAILED', 'boom')
      },
    })
    const p = plan({ a: call('/hang'), b: call('/late') }, () => ({ input: { op: 'array', of: [ref(0), ref(1)] } }))

    expect(await b.run(p, [1])).toEqual([failedWith('boom', 'b')])
    expect(signal?.aborted).toBe(true)
  })

  test('under drain what is independent goes on, and the first failure in the plan counts', async () => {
    const p = plan(
      {
        a: call('/fail', { op: 'literal', value: 'first' }),
        b: call('/fail', { op: 'literal', value: 'second' }),
        c: call('/echo'),
      },
      () => ({ input: ref(2), needs: [0, 1] }),
      { onFailure: 'drain' },
    )
    const b = bench()

    expect(await b.run(p, [7])).toEqual([failedWith('first', 'a')])
    expect(story(b, p)).toEqual(['a failed', 'b failed', 'c success'])
  })

  test('an item that takes too long fails, and the next one runs', async () => {
    const b = bench({ '/maybe': (x) => (x === 'hang' ? new Promise(() => {}) : x) })
    const p = plan({ a: call('/maybe') }, () => ({ input: ref(0) }), { timeoutMs: 50 })

    const running = b.run(p, ['hang', 'go'], { maxConcurrent: 1 })
    await b.clock.advance(50)

    expect(await running).toEqual([
      { outcome: 'failed', error: { code: 'TIMEOUT', message: 'the item did not end within 50 ms' } },
      ok('go'),
    ])
  })

  test('a cancelled run ends at once', async () => {
    const b = bench({ '/hang': () => new Promise(() => {}) })
    const p = plan({ a: call('/hang') }, () => ({ input: ref(0) }))
    const handle = await b.engine.submit(p, [1])

    await b.clock.settle()
    await handle.cancel('enough')
    const results = []
    for await (const { outcome } of handle.results()) results.push(outcome)

    expect(results).toEqual([{ outcome: 'failed', error: { code: 'CANCELLED', message: 'enough' } }])
  })
})

describe('transitions', () => {
  test('a loop runs until its branch leads out', async () => {
    const p: Plan = {
      name: 'loop',
      entry: 0,
      exit: 2,
      onFailure: 'stop',
      steps: [
        { id: 'inc', component: '/inc', input: { op: 'arrival' }, next: [{ on: 'done', to: 1 }] },
        {
          id: 'check',
          component: '/enough',
          input: { op: 'arrival' },
          next: [
            { on: 'done', equals: true, to: 2, pass: true },
            { on: 'done', to: 0, pass: true },
          ],
        },
        { id: 'end', component: null, input: { op: 'arrival' } },
      ],
    }
    const b = bench({ '/inc': (x) => (x ?? 0) + 1, '/enough': (x) => x >= 100 })

    expect(await b.run(p, [null])).toEqual([ok(100)])
  })

  test('a loop without end fails at its limit of visits', async () => {
    const p: Plan = {
      name: 'loop',
      entry: 0,
      exit: 1,
      onFailure: 'stop',
      steps: [
        { id: 'again', component: '/echo', input, maxVisits: 5, next: [{ on: 'done', to: 0 }] },
        { id: 'end', component: null, input: { op: 'arrival' } },
      ],
    }
    const [outcome] = await bench().run(p, [1])

    expect(outcome).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('more than 5 times') },
    })
  })

  test('a failure with a transition is handled', async () => {
    const p: Plan = {
      name: 'catch',
      entry: 0,
      exit: 2,
      onFailure: 'stop',
      steps: [
        {
          id: 'try',
          component: '/fail',
          input,
          next: [
            { on: 'failed', to: 1 },
            { on: 'done', to: 2 },
          ],
        },
        { id: 'catch', component: '/echo', input: { op: 'arrival', path: 'message' }, next: [{ on: 'done', to: 2 }] },
        { id: 'end', component: null, input: { op: 'arrival' } },
      ],
    }
    expect(await bench().run(p, ['boom'])).toEqual([ok('boom')])
  })
})
