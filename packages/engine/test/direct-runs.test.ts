// Runs that are kept nowhere: the same outcomes as of those that are, from drivers that are used again.

import { AsyncLocalStorage } from 'node:async_hooks'
import { type CallContext, createMemoryStore, failed, Park, type Plan, success } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { bench, call, type Fn, failedWith, input, ok, plan, ref } from './fixtures.ts'

/** Steps one after the other, each given what the one before gave. */
function chain(...components: string[]): Plan {
  const steps = Object.fromEntries(components.map((path, i) => [`s${i}`, call(path, i === 0 ? input : ref(i - 1))]))
  return plan(steps, () => ({ input: ref(components.length - 1) }))
}

/** A component that waits until it is told how to end. */
function held() {
  const calls: { input: unknown; context: CallContext; end: (value: unknown) => void }[] = []
  const fn: Fn = (value, context) => new Promise((end) => calls.push({ input: value, context, end }))
  return { calls, fn }
}

/** What has been set off so far has been done. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a direct run', () => {
  test('ends as a kept one does', async () => {
    const { engine, run } = bench({ '/more': (x) => (x as number) + 1 })
    for (const of of [chain('/more', '/more'), chain('/more', '/fail'), chain('/nowhere')]) {
      expect(await engine.runDirectly(of, 1)).toEqual((await run(of, [1]))[0])
    }
  })

  test('has the id of its run in the runs inside it, too', async () => {
    const ids: string[] = []
    const { engine } = bench({ '/id': (_, context) => ids.push(context.runId) })
    const child = plan({ a: call('/id') }, () => ({ input: ref(0) }))
    const sub = call('$core/run', {
      op: 'object',
      of: [
        ['plan', { op: 'literal', value: child as never }],
        ['input', input],
      ],
    })

    await engine.runDirectly(
      plan({ sub, b: call('/id', ref(0)) }, () => ({ input: ref(1) })),
      1,
      { id: 'mine' },
    )

    expect(ids).toEqual(['mine', 'mine'])
  })

  test('leaves nothing in the store', async () => {
    const store = createMemoryStore()
    const { engine } = bench({}, createManualClock(), store)

    await engine.runDirectly(chain('/echo'), 1)

    expect((await store.runs.list()).rows).toEqual([])
  })

  test('is one of many at the same time, each with its own input and id', async () => {
    const { calls, fn } = held()
    const { engine } = bench({ '/held': fn })
    const of = chain('/held')
    const ended = [1, 2, 3].map((x) => engine.runDirectly(of, x))
    await settled()

    for (const { input: x, end } of [...calls].reverse()) end(x)

    expect(await Promise.all(ended)).toEqual([ok(1), ok(2), ok(3)])
    expect(new Set(calls.map(({ context }) => context.runId)).size).toBe(3)
    expect(calls.map(({ context }) => context.itemIndex)).toEqual([0, 0, 0])
  })

  test('finds nothing of the run before, however that ended', async () => {
    const { engine } = bench({ '/sees': (_, context) => Object.keys(context.outcomes()) })
    const of = plan({ a: call('/fail'), b: call('/echo'), c: call('/sees', ref(1)) }, () => ({
      input: ref(2),
      needs: [0],
    }))

    expect(await engine.runDirectly(of, 'first')).toEqual(failedWith('first', 'a'))
    expect(await engine.runDirectly(of, 'second')).toEqual(failedWith('second', 'a'))
  })

  test('runs inside another of the same plan', async () => {
    const { engine } = bench({
      '/down': (x) => ((x as number) === 0 ? 0 : engine.runDirectly(of, (x as number) - 1).then(() => x)),
    })
    const of = chain('/down')

    expect(await engine.runDirectly(of, 50)).toEqual(ok(50))
  })

  test('has what its caller gave along, in plans inside as well', async () => {
    const { engine } = bench({ '/local': (_, { local }) => local })
    const inner = chain('/local')
    const outer = plan(
      {
        sub: call('$core/run', {
          op: 'object',
          of: [
            ['plan', { op: 'literal', value: inner as never }],
            ['input', input],
          ],
        }),
      },
      () => ({ input: ref(0) }),
    )

    expect(await engine.runDirectly(outer, 1, { local: 'mine' })).toEqual(ok('mine'))
    expect(await engine.runDirectly(outer, 1)).toEqual(ok(null))
  })

  test('keeps the asynchronous context of its caller, beside others of the same plan', async () => {
    const request = new AsyncLocalStorage<string>()
    const { engine } = bench({
      '/later': async (x) => x,
      '/who': () => request.getStore(),
    })
    const of = chain('/later', '/later', '/who')

    const seen = await Promise.all(['a', 'b', 'c'].map((who) => request.run(who, () => engine.runDirectly(of, who))))

    expect(seen).toEqual([ok('a'), ok('b'), ok('c')])
  })

  test('uses the output that an earlier one kept', async () => {
    let calls = 0
    const { engine, clock } = bench({ '/count': () => ++calls })
    const of = plan({ a: call('/count', input, { cache: { ttlMs: 1000 } }) }, () => ({ input: ref(0) }))

    expect(await engine.runDirectly(of, 'x')).toEqual(ok(1))
    expect(await engine.runDirectly(of, 'x')).toEqual(ok(1))
    await clock.advance(1001)
    expect(await engine.runDirectly(of, 'x')).toEqual(ok(2))
  })

  test('rejects for a plan that is not sound', async () => {
    const { engine } = bench()

    await expect(engine.runDirectly({ ...chain('/echo'), exit: 7 }, 1)).rejects.toThrow('plan "test"')
  })
})

describe('stopping a direct run', () => {
  test('by its signal tells the step in flight, and ends it', async () => {
    const { calls, fn } = held()
    const { engine } = bench({ '/held': fn })
    const controller = new AbortController()
    const ended = engine.runDirectly(chain('/held'), 1, { signal: controller.signal })
    await settled()
    const { signal } = (calls[0] as (typeof calls)[0]).context

    controller.abort()

    expect(await ended).toEqual(failed({ code: 'CANCELLED', message: 'the run was stopped by its signal' }))
    expect(signal.aborted).toBe(true)
  })

  test('by a signal that came before calls nothing', async () => {
    const { calls, fn } = held()
    const { engine } = bench({ '/held': fn })

    const outcome = await engine.runDirectly(chain('/held'), 1, { signal: AbortSignal.abort() })

    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } })
    expect(calls).toEqual([])
  })

  test('inside a step starts no other', async () => {
    const controller = new AbortController()
    let after = 0
    const { engine } = bench({ '/abort': () => controller.abort(), '/after': () => after++ })

    const outcome = await engine.runDirectly(chain('/abort', '/after'), 1, { signal: controller.signal })

    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'CANCELLED' } })
    expect(after).toBe(0)
  })

  test('by its id works as for a kept one, and others go on', async () => {
    const { calls, fn } = held()
    const { engine } = bench({ '/held': fn })
    const [one, other] = ['one', 'other'].map((id) => engine.runDirectly(chain('/held'), id, { id }))
    await settled()

    await engine.signal('one', { name: 'cancel', reason: 'enough' })
    calls[1]?.end('done')

    expect(await one).toEqual(failed({ code: 'CANCELLED', message: 'enough' }))
    expect(await other).toEqual(ok('done'))
    await expect(engine.signal('one', { name: 'cancel' })).rejects.toThrow('there is no run one')
  })

  test('takes back the timers of what it waited for', async () => {
    const clock = createManualClock()
    const armed = new Set<() => void>()
    const timer: typeof clock.timer = (ms, fire) => {
      const cancel = clock.timer(ms, fire)
      armed.add(cancel)
      return () => armed.delete(cancel) && cancel()
    }
    const { engine } = bench(
      { '/nap': (_, { woken }) => (woken ? 1 : new Park({ until: 60_000 })) },
      { ...clock, timer },
    )
    const controller = new AbortController()
    const ended = engine.runDirectly(chain('/nap'), 1, { signal: controller.signal })
    await settled()
    expect(armed.size).toBe(1)

    controller.abort()
    await ended

    expect(armed.size).toBe(0)
  })

  test('is what closing the engine does', async () => {
    const { engine } = bench({ '/held': held().fn })
    const ended = engine.runDirectly(chain('/held'), 1)
    await settled()

    await engine.close()

    expect(await ended).toEqual(failed({ code: 'CANCELLED', message: 'the engine was closed' }))
  })

  test('by a pause is refused: nothing could take it up again', async () => {
    const { engine } = bench({ '/held': held().fn })
    void engine.runDirectly(chain('/held'), 1, { id: 'one' })
    await settled()

    await expect(engine.signal('one', { name: 'pause' })).rejects.toThrow('kept nowhere')
  })
})

test('a direct run takes a signal that its step waits for, and the next run does not find it', async () => {
  const { engine } = bench({
    '/wait': (_, { woken }) => woken?.payload ?? new Park({ signal: { name: 'go' } }),
  })
  const of = chain('/wait')
  const first = engine.runDirectly(of, 1, { id: 'first' })
  await settled()
  const sent = ['went', 'too late'].map((payload) => engine.signal('first', { name: 'signal', signal: 'go', payload }))
  await Promise.all(sent)
  expect(await first).toEqual(success('went'))

  const second = engine.runDirectly(of, 1, { id: 'second' })
  await settled()
  await engine.signal('second', { name: 'signal', signal: 'go', payload: 'again' })
  expect(await second).toEqual(success('again'))
})

test('a call that was given up is still told who it was when its driver has another run', async () => {
  const { calls, fn } = held()
  const { engine, clock } = bench({ '/held': fn })
  const of = plan({ a: call('/held', input, { timeoutMs: 100 }) }, () => ({ input: ref(0) }))
  const first = engine.runDirectly(of, 'slow', { id: 'first' })
  await settled()
  await clock.advance(101)
  expect(await first).toMatchObject({ error: { code: 'TIMEOUT' } })

  const second = engine.runDirectly(of, 'quick', { id: 'second' })
  await settled()
  calls[1]?.end('quick')
  expect(await second).toEqual(ok('quick'))

  expect(calls.map(({ context }) => context.idempotencyKey)).toEqual(['first/0/0/1', 'second/0/0/1'])
  expect(calls[0]?.context.outcomes()).toEqual({})
})
