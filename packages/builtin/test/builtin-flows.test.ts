import {
  type CallContext,
  type Component,
  createEngine,
  createMemoryStore,
  FlowError,
  literal,
  type Outcome,
  type Park,
  type Plan,
} from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, context, failure, settle } from './builtin-context.ts'

const clock = { now: () => 1_000_000, timer: () => () => {}, soon: () => {} }
const plugin = createBuiltinPlugin({ clock })
const ok = (result: unknown): Outcome => ({ outcome: 'success', result })
const bad: Outcome = { outcome: 'failed', error: { code: 'COMPONENT_FAILED', message: 'no' } }
const skipped: Outcome = { outcome: 'skipped', reason: 'not wanted' }
const FLOW = { steps: [] }

describe('eval', () => {
  test.each([[ok(7)], [bad], [skipped]])('gives the outcome of the flow: %j', async (outcome) => {
    const { value, parks } = await settle(plugin, '/eval', { workflow: FLOW, input: 3 }, () => ({
      by: 'run',
      outcomes: [outcome],
    }))

    expect(value).toEqual({ result: outcome, run_id: 'r' })
    expect(parks[0]?.run).toMatchObject({ plan: { name: JSON.stringify(FLOW) }, inputs: [3] })
  })

  test.each([(id: string) => id, (id: string) => `sha256:${id}`])('finds the flow in a blob', async (spell) => {
    const blobs = context().blobs
    const id = await blobs.put(FLOW)

    const park = await call(plugin, '/builtins/eval', { flow_id: spell(id), input: null }, { blobs })

    expect((park as Park).run).toMatchObject({ plan: { name: JSON.stringify(FLOW) }, inputs: [null] })
  })

  test('passes on that there is no such blob', async () => {
    expect((await failure(call(plugin, '/eval', { flow_id: 'a'.repeat(64), input: 1 }))).code).toBe('NOT_FOUND')
  })

  test.each([
    [{ input: 1 }, 'needs "workflow": a flow, or "flow_id": the id of a stored one'],
    [{ workflow: FLOW, flow: FLOW }, 'needs one of "flow_id", "workflow" and "flow", got 2'],
  ])('%j is refused', async (input, message) => {
    expect((await failure(call(plugin, '/eval', input))).message).toContain(message)
  })
})

test.each(['/flow', '/eval'])('%s that runs itself without end is refused before the memory is gone', async (name) => {
  const around = (levels: number): CallContext =>
    levels === 1 ? context() : { ...context(), around: around(levels - 1) }

  expect(await call(plugin, name, { flow: FLOW, input: 1 }, { around: around(99) })).toHaveProperty('run')
  const error = await failure(call(plugin, name, { flow: FLOW, input: 1 }, { around: around(100) }))

  expect(error).toMatchObject({ code: 'INVALID_FLOW', retryable: false })
  expect(error.message).toContain('does this flow run itself?')
})

describe('map', () => {
  test('runs the flow over the items and counts how they ended', async () => {
    const input = { flow: FLOW, items: [1, 2, 3], max_concurrency: 2 }
    const { value, parks } = await settle(plugin, '/map', input, () => ({ by: 'run', outcomes: [ok(1), bad, skipped] }))

    expect(value).toEqual({ results: [ok(1), bad, skipped], successful: 1, failed: 1, skipped: 1 })
    expect(parks[0]?.run).toMatchObject({ inputs: [1, 2, 3], maxConcurrent: 2 })
  })

  test('of an empty list gives zeros without a run', async () => {
    expect(await call(plugin, '/map', { workflow: FLOW, items: [] })).toEqual({
      results: [],
      successful: 0,
      failed: 0,
      skipped: 0,
    })
  })

  test('of something else than a list says what it got', async () => {
    const error = await failure(call(plugin, '/map', { workflow: FLOW, items: { a: 1 } }))

    expect(error.message).toBe('/builtin/map needs "items" to be a list, got an object')
  })
})

describe('iterate', () => {
  const countTo = (n: number) => (park: Park) => {
    const input = park.run?.inputs.at(0) as number
    return { by: 'run' as const, outcomes: [ok(input >= n ? { result: `at ${input}` } : { next: input + 1 })] }
  }

  test('runs the flow on its own result until it gives one', async () => {
    const { value, parks } = await settle(plugin, '/iterate', { flow: FLOW, initial_input: 0 }, countTo(3))

    expect(value).toEqual({ result: 'at 3', iterations: 4, terminated: false })
    expect(parks).toHaveLength(4)
  })

  test('ends at the limit with the next input', async () => {
    const input = { workflow: FLOW, initial_input: 0, max_iterations: 3 }

    expect((await settle(plugin, '/iterate', input, countTo(9))).value).toEqual({
      result: 3,
      iterations: 3,
      terminated: true,
    })
  })

  test('takes a result before a next, null included', async () => {
    const wake = () => ({ by: 'run' as const, outcomes: [ok({ next: 1, result: null })] })

    expect((await settle(plugin, '/iterate', { flow: FLOW, initial_input: 0 }, wake)).value).toMatchObject({
      result: null,
    })
  })

  test.each([
    [bad, 'COMPONENT_FAILED', 'no'],
    [{ outcome: 'failed', error: { code: 'MY_OWN', message: 'odd' } }, 'MY_OWN', 'odd'],
    [skipped, 'INVALID_INPUT', 'the flow was skipped in iteration 1: not wanted'],
    [
      ok({ done: 1 }),
      'INVALID_INPUT',
      'must be an object with "result" (the end) or "next" (the next input); iteration 1 gave an object with done',
    ],
    [ok(null), 'INVALID_INPUT', 'iteration 1 gave null'],
    [ok(JSON.parse('{"__proto__":{"result":1}}')), 'INVALID_INPUT', 'iteration 1 gave an object with __proto__'],
  ] satisfies [Outcome, string, string][])('%j fails', async (outcome, code, message) => {
    const error = await failure(
      settle(plugin, '/iterate', { flow: FLOW, initial_input: 0 }, () => ({ by: 'run', outcomes: [outcome] })),
    )

    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
  })
})

describe('waiting', () => {
  const byTime = () => ({ by: 'time' as const })

  test.each([
    [{ duration_ms: 1500 }, 1500, { duration_ms: 1500 }],
    [{ duration: '2s', passthrough: null }, 2000, { duration_ms: 2000, passthrough: null }],
    [{ durationMs: 10, passthrough: { a: 1 } }, 10, { duration_ms: 10, passthrough: { a: 1 } }],
    [{ duration_ms: 0 }, undefined, { duration_ms: 0 }],
  ])('sleep %j is a call of %i ms', async (input, ms, output) => {
    const timers: number[] = []
    const atOnce = {
      ...clock,
      timer(wait: number, fire: () => void) {
        timers.push(wait)
        queueMicrotask(fire)
        return () => {}
      },
    }

    const value = await call(createBuiltinPlugin({ clock: atOnce }), '/sleep', input)

    expect(timers).toEqual(ms === undefined ? [] : [ms])
    expect(value).toEqual(output)
  })

  test('a sleep that is aborted ends, and leaves no timer', async () => {
    let isLeft = true
    const counting = {
      ...clock,
      timer: () => () => {
        isLeft = false
      },
    }
    const abort = new AbortController()
    const sleeping = call(
      createBuiltinPlugin({ clock: counting }),
      '/sleep',
      { duration: '1h' },
      { signal: abort.signal },
    )
    abort.abort(new FlowError('CANCELLED', 'enough'))

    expect((await failure(sleeping)).code).toBe('CANCELLED')
    expect(isLeft).toBe(false)
  })

  test('a sleep holds its place: of two items one at a time, the second begins when the first has slept', async () => {
    const manual = createManualClock()
    const paced = createBuiltinPlugin({ clock: manual })
    const router = { route: (path: string) => ({ component: paced.resolve(path) as Component }) }
    const engine = createEngine({ store: createMemoryStore(), clock: manual, router })
    const plan: Plan = {
      name: 'paced',
      steps: [{ id: 'sleep', component: '/sleep', input: literal({ duration: '1s' }) }],
      entry: 0,
      exit: 0,
      onFailure: 'stop',
    }
    const run = await engine.submit(plan, [1, 2], { maxConcurrent: 1 })
    const ended: number[] = []
    const reading = (async () => {
      for await (const { index } of run.results()) ended.push(index)
    })()

    await manual.advance(1000)
    expect(ended).toEqual([0])
    await manual.advance(1000)
    await reading
    expect(ended).toEqual([0, 1])
    await engine.close()
  })

  test.each([[{}], [{ duration_ms: -1 }], [{ duration: 'long' }], [{ duration_ms: '5' }]])(
    'sleep %j is refused',
    async (input) => {
      expect((await failure(call(plugin, '/sleep', input))).code).toBe('INVALID_INPUT')
    },
  )

  test.each([
    [{ duration: '10m' }, 1_600_000],
    [{ until: '1970-01-01T01:00:00Z' }, 3_600_000],
  ])('wait %j parks until %i', async (input, until) => {
    const { value, parks } = await settle(plugin, '/builtin/wait', input, byTime)

    expect(parks.map((park) => park.until)).toEqual([until])
    expect(value).toEqual({ waited_until: new Date(until).toISOString() })
  })

  test('wait until a time that has passed does not wait', async () => {
    expect(await call(plugin, '/wait', { until: '1970-01-01T00:00:01Z' })).toEqual({
      waited_until: '1970-01-01T00:00:01.000Z',
    })
  })

  test('wait_for_signal parks on the signal and gives its payload', async () => {
    const input = { name: 'approved', schema: { type: 'object' }, timeout: '1h' }

    const { value, parks } = await settle(plugin, '/wait_for_signal', input, () => ({
      by: 'signal',
      payload: { yes: 1 },
    }))

    expect(value).toEqual({ yes: 1 })
    expect(parks[0]).toMatchObject({ signal: { name: 'approved', schema: { type: 'object' } }, until: 4_600_000 })
  })

  test('without a signal in time its default is the output, null too; else it is TIMEOUT', async () => {
    const input = { name: 'approved', timeout: 1 }

    expect((await settle(plugin, '/wait_for_signal', { ...input, default: null }, byTime)).value).toBe(null)
    expect((await failure(settle(plugin, '/wait_for_signal', input, byTime))).code).toBe('TIMEOUT')
  })
})

describe('in an engine', () => {
  const step = (component: string, input: Plan['steps'][number]['input']): Plan => ({
    name: component,
    steps: [{ id: 'only', component, input }],
    entry: 0,
    exit: 0,
    onFailure: 'stop',
  })

  async function run(component: string, input: unknown): Promise<Outcome | undefined> {
    const counter = {
      info: { name: '/count' },
      call(n: unknown) {
        if (typeof n !== 'number') throw new FlowError('INVALID_INPUT', 'no number')
        return n >= 3 ? { result: n } : { next: n + 1 }
      },
    }
    const engine = createEngine({
      store: createMemoryStore(),
      router: {
        route(path) {
          const found = path === '/count' ? counter : plugin.resolve(path)
          if (!found) throw new FlowError('COMPONENT_NOT_FOUND', path)
          return { component: found }
        },
      },
      plan: () => step('/count', { op: 'input' }),
    })
    try {
      const handle = await engine.submit(step(component, literal(input as never)), [null])
      for await (const { outcome } of handle.results()) return outcome
      return undefined
    } finally {
      await engine.close()
    }
  }

  test('iterate counts its iterations over its parks', async () => {
    expect(await run('/builtin/iterate', { flow: FLOW, initial_input: 0 })).toEqual(
      ok({ result: 3, iterations: 4, terminated: false }),
    )
  })

  test('map gives outcomes in order, failures too', async () => {
    expect(await run('/builtin/map', { workflow: FLOW, items: [0, 'x', 3], max_concurrent: 1 })).toMatchObject(
      ok({
        results: [ok({ next: 1 }), { outcome: 'failed' }, ok({ result: 3 })],
        successful: 2,
        failed: 1,
        skipped: 0,
      }),
    )
  })

  test('eval of a flow that fails is a success', async () => {
    expect(await run('/builtins/eval', { workflow: FLOW, input: 'x' })).toMatchObject(
      ok({ result: { outcome: 'failed', error: { code: 'INVALID_INPUT', message: 'no number' } } }),
    )
  })
})
