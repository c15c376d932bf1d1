import { type CallContext, type Component, FlowError, Park, type Retry } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { bench, call, input, ok, plan, ref } from './fixtures.ts'

const retry: Retry = { attempts: 3, delayMs: 1000, backoff: 'exponential', factor: 2, maxMs: 30_000, jitter: false }
const single = (component: string, more: object = {}) =>
  plan({ a: call(component, input, more) }, () => ({ input: ref(0) }))

describe('retry', () => {
  test('a failing component is called again after its delay, as often as it says', async () => {
    const calls: { at: number; attempt: number; key: string }[] = []
    const b = bench({
      '/flaky': (_, context) => {
        calls.push({ at: b.clock.now(), attempt: context.attempt, key: context.idempotencyKey })
        if (calls.length < 3) throw new Error('not yet')
        return 'done'
      },
    })
    const running = b.run(single('/flaky', { retry }), [1])
    await b.clock.advance(10_000)

    expect(await running).toEqual([ok('done')])
    expect(calls.map((c) => [c.at, c.attempt])).toEqual([
      [0, 1],
      [1000, 2],
      [3000, 3],
    ])
    expect(new Set(calls.map((c) => c.key)).size).toBe(1)
  })

  test('the last failure stands when all attempts are used up', async () => {
    let calls = 0
    const b = bench({
      '/bad': () => {
        throw new Error(`failure ${++calls}`)
      },
    })
    const running = b.run(single('/bad', { retry }), [1])
    await b.clock.advance(10_000)
    expect(await running).toEqual([
      { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message: 'failure 3', step: 'a' } },
    ])
  })

  test('a code that the step does not name is not retried', async () => {
    let calls = 0
    const b = bench({
      '/bad': () => {
        calls++
        throw new FlowError('COMPONENT_FAILED', 'no')
      },
    })
    await b.run(single('/bad', { retry: { ...retry, on: ['TIMEOUT'] } }), [1])
    expect(calls).toBe(1)
  })

  test('a code that the step names is retried, also one that is not retried by itself', async () => {
    let calls = 0
    const b = bench({
      '/later': () => {
        if (++calls === 1) throw new FlowError('NOT_FOUND', 'not there yet')
        return 'there'
      },
    })
    const running = b.run(single('/later', { retry: { ...retry, on: ['NOT_FOUND'] } }), [1])
    await b.clock.advance(5000)
    expect(await running).toEqual([ok('there')])
  })

  test('a transport error is tried again without being asked', async () => {
    let calls = 0
    const b = bench({
      '/gone': () => {
        calls++
        throw new FlowError('UNREACHABLE', 'gone')
      },
    })
    const running = b.run(single('/gone'), [1])
    await b.clock.advance(60_000)
    await running
    expect(calls).toBe(3)
  })

  test.each([1e300, Number.POSITIVE_INFINITY, Number.NaN])(
    'a server that asks for %s ms is waited for a day at most',
    async (retryAfterMs) => {
      let calls = 0
      const b = bench({
        '/busy': () => {
          calls++
          throw new FlowError('RESOURCE_UNAVAILABLE', 'busy', { retryAfterMs })
        },
      })
      const running = b.run(single('/busy', { retry: { ...retry, attempts: 2 } }), [1])
      await b.clock.advance(86_400_000)
      await running
      expect(calls).toBe(2)
    },
  )

  test('the tries at a transport error are inside one attempt: no attempt beyond those that the step allows is seen', async () => {
    const attempts: number[] = []
    const b = bench({
      '/gone': (_, { attempt }) => {
        attempts.push(attempt)
        throw new FlowError('UNREACHABLE', 'gone')
      },
    })
    const running = b.run(single('/gone', { retry: { ...retry, attempts: 2 } }), [1])
    await b.clock.advance(60_000)
    await running
    expect(attempts).toEqual([1, 1, 1, 2, 2, 2])
    expect(b.reports.map((text) => /attempt \d [^,]*/.exec(text)?.[0])).toEqual([
      'attempt 1 did not get through',
      'attempt 1 did not get through',
      'attempt 1 failed',
      'attempt 2 did not get through',
      'attempt 2 did not get through',
    ])
  })

  test.each([
    [401, undefined, 1],
    [404, ['TIMEOUT'], 1],
    [404, ['404'], 3],
    [408, undefined, 3],
    [425, undefined, 3],
    [429, undefined, 3],
    [503, undefined, 3],
    [503, ['TIMEOUT', '503'], 3],
  ])('a status %i with on %j is tried %i times', async (status, on, times) => {
    let calls = 0
    const b = bench({
      '/refused': () => {
        calls++
        throw calls % 2
          ? new FlowError('COMPONENT_FAILED', 'no', { status })
          : Object.assign(new Error('no'), { status })
      },
    })
    const running = b.run(single('/refused', { retry: { ...retry, ...(on ? { on } : {}) } }), [1])
    await b.clock.advance(60_000)
    await running
    expect(calls).toBe(times)
  })

  test('a component that says "not retryable" is believed', async () => {
    let calls = 0
    const b = bench({
      '/final': () => {
        calls++
        throw new FlowError('COMPONENT_FAILED', 'no', { retryable: false })
      },
    })
    await b.run(single('/final', { retry }), [1])
    expect(calls).toBe(1)
  })

  test('a delay holds no place: the next item runs meanwhile', async () => {
    const order: unknown[] = []
    const b = bench({
      '/first-fails': (x, context) => {
        order.push([x, context.attempt])
        if (x === 'a' && context.attempt === 1) throw new Error('later')
        return x
      },
    })
    const running = b.run(single('/first-fails', { retry }), ['a', 'b'], { maxConcurrent: 1 })
    await b.clock.advance(5000)
    expect(await running).toEqual([ok('a'), ok('b')])
    expect(order).toEqual([
      ['a', 1],
      ['b', 1],
      ['a', 2],
    ])
  })
})

describe('timeout', () => {
  test('a call that is abandoned hears of it once, and who asks for its signal only then has one that is aborted', async () => {
    const heard: string[] = []
    let left: CallContext | undefined
    const b = bench({
      '/stuck': (_, context) => {
        left = context
        context.onAbandoned(() => heard.push('too early'))
        context.onAbandoned(() => heard.push(`abandoned: ${context.isAbandoned}`))
        return new Promise(() => {})
      },
    })
    const running = b.run(single('/stuck', { timeoutMs: 100 }), [1])
    await b.clock.advance(99)
    const before = left?.isAbandoned

    await b.clock.advance(1)

    expect((await running)[0]).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT' } })
    expect(before).toBe(false)
    expect(heard).toEqual(['abandoned: true'])
    expect(left?.signal.reason).toMatchObject({ code: 'TIMEOUT' })
  })

  test('an attempt that takes too long is aborted, and retried if the step says so', async () => {
    const signals: AbortSignal[] = []
    const b = bench({
      '/hang': (_, context) => {
        signals.push(context.signal)
        return context.attempt === 1 ? new Promise(() => {}) : Promise.resolve('second')
      },
    })
    const running = b.run(single('/hang', { timeoutMs: 100, retry }), [1])
    await b.clock.advance(5000)
    expect(await running).toEqual([ok('second')])
    expect(signals.map((signal) => signal.aborted)).toEqual([true, false])
  })
})

describe('fallback', () => {
  test('a value in place of the failure', async () => {
    const p = single('/fail', { fallback: { op: 'object', of: [['was', { op: 'error', path: 'message' }]] } })
    expect(await bench().run(p, ['boom'])).toEqual([ok({ was: 'boom' })])
  })

  test('a skip in place of the failure', async () => {
    const p = single('/fail', { fallback: { op: 'skip', reason: { op: 'literal', value: 'not needed after all' } } })
    expect((await bench().run(p, ['boom']))[0]).toMatchObject({ outcome: 'skipped' })
  })

  test('a failure of the input is a failure of the step', async () => {
    const p = plan(
      { a: call('/echo', { op: 'input', path: 'nope' }, { fallback: { op: 'literal', value: 'instead' } }) },
      () => ({ input: ref(0) }),
    )
    expect(await bench().run(p, [{ yes: 1 }])).toEqual([ok('instead')])
  })
})

describe('parks', () => {
  test('a component that waits for a time is called again then', async () => {
    const b = bench({
      '/wait': (x, context) => (context.woken ? [x, context.woken.by] : new Park({ until: b.clock.now() + 60_000 })),
    })
    const running = b.run(single('/wait'), ['x'])
    await b.clock.advance(59_999)
    let isDone = false
    void running.then(() => {
      isDone = true
    })
    await b.clock.settle()
    expect(isDone).toBe(false)
    await b.clock.advance(1)
    expect(await running).toEqual([ok(['x', 'time'])])
  })

  test('a sub-run gives its outcomes in order, and an item that waits for it keeps its place', async () => {
    const inner = plan({ i: call('/double') }, () => ({ input: ref(0) }))
    const double = async (x: number) => x * 2
    const b = bench({
      '/double': double,
      '/each': (x: number[], context: CallContext) =>
        context.woken ? context.woken.outcomes : new Park({ run: { plan: inner, inputs: x } }),
    })
    expect(await b.run(single('/each'), [[3, 1, 2]])).toEqual([ok([ok(6), ok(2), ok(4)])])
  })

  test('items of a sub-run that only wait give the item around them its place back', async () => {
    const inner = plan({ i: call('/wait') }, () => ({ input: ref(0) }))
    const b = bench({
      '/wait': (x, context) => (context.woken ? x : new Park({ until: b.clock.now() + 1000 })),
      '/each': (x, context) => {
        if (x === 'quick') return 'quick'
        return context.woken ? 'slow' : new Park({ run: { plan: inner, inputs: x } })
      },
    })
    const ended: unknown[] = []
    const handle = await b.engine.submit(single('/each'), [[1, 2], 'quick'], { maxConcurrent: 1 })
    const reading = (async () => {
      for await (const { outcome } of handle.results('completion')) ended.push(outcome)
    })()
    await b.clock.settle()
    expect(ended).toEqual([ok('quick')])
    await b.clock.advance(1000)
    await reading
    expect(ended).toEqual([ok('quick'), ok('slow')])
  })
})

describe('places', () => {
  test('no more items at once than asked for, over all shards', async () => {
    let now = 0
    let most = 0
    const b = bench({
      '/count': async (x) => {
        most = Math.max(most, ++now)
        await Promise.resolve()
        now--
        return x
      },
    })
    const inputs = Array.from({ length: 500 }, (_, i) => i)
    const outcomes = await b.run(single('/count'), inputs, { maxConcurrent: 7 })
    expect(outcomes).toEqual(inputs.map(ok))
    expect(most).toBe(7)
  })

  test('no more steps of an item at once than its plan allows', async () => {
    let now = 0
    let most = 0
    const b = bench({
      '/count': async (x) => {
        most = Math.max(most, ++now)
        await Promise.resolve()
        now--
        return x
      },
    })
    const steps = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`s${i}`, call('/count')]))
    const p = plan(steps, () => ({ input: { op: 'array', of: Array.from({ length: 10 }, (_, i) => ref(i)) } }), {
      maxConcurrent: 3,
    })
    await b.run(p, [1])
    expect(most).toBe(3)
  })
})

describe('a component that announces its start', () => {
  test('has the time before it for itself: the timeout counts from the start', async () => {
    let go: () => void = () => {}
    const slow: Component = {
      info: { name: '/slow', announcesStart: true },
      call: (_, context) => {
        go = () => context.started()
        return new Promise(() => {})
      },
    }
    const { engine, clock } = bench({ '/slow': slow })
    const handle = await engine.submit(single('/slow', { timeoutMs: 100 }), [1])
    const results: unknown[] = []
    const reading = (async () => {
      for await (const { outcome } of handle.results()) results.push(outcome)
    })()

    await clock.advance(1000)
    expect(results).toEqual([])
    go()
    await clock.advance(100)
    await reading

    expect(results).toMatchObject([{ outcome: 'failed', error: { code: 'TIMEOUT' } }])
  })

  test('times out although it says within the call that it has started', async () => {
    let signal: AbortSignal | undefined
    const slow: Component = {
      info: { name: '/slow', announcesStart: true },
      call: (_, context) => {
        context.started()
        signal = context.signal
        return new Promise(() => {})
      },
    }
    const { engine, clock } = bench({ '/slow': slow })
    const outcome = engine.runDirectly(single('/slow', { timeoutMs: 100 }), 1)
    await clock.advance(100)

    expect(await outcome).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT' } })
    expect(signal?.aborted).toBe(true)
  })
})

describe('a component that limits itself', () => {
  test('is not timed by the engine, and says itself when the time is over', async () => {
    const seen: unknown[] = []
    const far: Component = {
      info: { name: '/far', limitsItself: true },
      call: (_, { timeoutMs }) => {
        seen.push(timeoutMs)
        return new Promise((resolve) => void clock.timer(500, () => resolve('late')))
      },
    }
    const { engine, clock } = bench({ '/far': far })
    const outcome = engine.runDirectly(single('/far', { timeoutMs: 100 }), 1)
    await clock.advance(500)

    expect(await outcome).toEqual(ok('late'))
    expect(seen).toEqual([100])
  })
})
