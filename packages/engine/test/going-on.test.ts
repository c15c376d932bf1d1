// Going on with a run after a crash, or beside other processes: what the simulation of whole runs has found, each in small.

import {
  type CallContext,
  type Clock,
  createEngine,
  createMemoryStore,
  FlowError,
  type JournalRow,
  type Outcome,
  Park,
  type Plan,
  type PlanEngine,
  Skip,
  type Store,
} from '@stepflow/engine'
import { createManualClock, type ManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { after, call, type Fn, input, ok, plan, ref, routerOf } from './fixtures.ts'

const one = (step: ReturnType<typeof call>, options: Partial<Plan> = {}) =>
  plan({ a: step }, () => ({ input: ref(0) }), options)

describe('a time limit', () => {
  test('of a step ends its wait, also when nobody drives the run meanwhile', async () => {
    const p = one(call('/wait', input, { timeoutMs: 5_000 }))
    const functions = { '/wait': () => new Park({ signal: { name: 'never' } }) }
    const clock = createManualClock()
    const { outcomes } = await run(p, [1], functions, clock, durable(clock))

    expect(outcomes[0]).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT', step: 'a' } })
    expect(clock.now()).toBeLessThan(7_000)
  })

  test('of an item ends it, also when nobody drives the run meanwhile', async () => {
    const p = one(call('/wait'), { timeoutMs: 60_000 })
    const functions = { '/wait': () => new Park({ signal: { name: 'never' } }) }
    const clock = createManualClock()
    const { outcomes } = await run(p, [1], functions, clock, durable(clock))

    expect(outcomes[0]).toMatchObject({ outcome: 'failed', error: { code: 'TIMEOUT' } })
    expect(clock.now()).toBeLessThan(62_000)
  })

  test('that ends one wait keeps the item in hand while its other steps are called', async () => {
    const p = plan(
      {
        a: call('/wait', input, { timeoutMs: 2_000, fallback: { op: 'literal', value: 'late' } }),
        b: call('/slow', after([0], ref(0))),
      },
      () => ({ input: ref(1) }),
    )
    const clock = createManualClock()
    const functions: Record<string, Fn> = {
      '/wait': () => new Park({ signal: { name: 'never' } }),
      '/slow': (x) => new Promise((resolve) => clock.timer(3_000, () => resolve(x))),
    }
    const { outcomes, calls } = await run(p, [1], functions, clock, durable(clock))

    expect(outcomes).toEqual([ok('late')])
    expect(calls.filter((path) => path === '/slow').length).toBe(1)
  })
})

describe('what was completed is not done again', () => {
  test('when a fallback took the place of its failure', async () => {
    const p = plan(
      {
        a: call('/fail', input, { fallback: { op: 'literal', value: 'instead' } }),
        b: call('/echo', after([0], ref(0))),
      },
      () => ({ input: ref(1) }),
    )
    const clock = createManualClock()
    const whole = await run(p, [1], {}, clock, durable(clock))
    const settled = whole.rows.findIndex((row) => row.entries.some((e) => e.type === 'settled' && e.step === 0))

    const again = await goOn(p, whole.rows.slice(0, settled + 1), {})

    expect(again.outcomes).toEqual([ok('instead')])
    expect(again.calls).toEqual(['/echo'])
  })

  test('when what follows from one answer cuts off the step of another that is there already', async () => {
    // c fails because of a, while b, which runs beside it, answers in the same turn.
    const p = plan(
      {
        a: call('/gated'),
        b: call('/gated'),
        c: {
          component: null,
          input: { op: 'guard', rule: 'all_success', of: [0], then: { op: 'input', path: 'nowhere' } },
        },
        d: call('/echo', ref(1)),
      },
      () => ({ input: { op: 'array', of: [ref(2), ref(3)] } }),
    )
    const clock = createManualClock()
    const functions: Record<string, Fn> = {
      '/gated': (x) => new Promise((resolve) => clock.timer(100, () => resolve(x))),
    }
    const whole = await run(p, [1], functions, clock, durable(clock))

    for (let rows = 1; rows <= whole.rows.length; rows++) {
      const again = await goOn(p, whole.rows.slice(0, rows), { '/gated': async (x) => x })
      expect(again.outcomes).toEqual(whole.outcomes)
    }
  })

  test('when it answers in the very turn in which a failure cuts it off', async () => {
    const p = plan(
      {
        a: call('/fail'),
        b: call('/echo'),
        c: call('/echo', { op: 'guard', rule: 'one_failed', of: [0], then: input }, { cleanup: true }),
      },
      () => ({ input: ref(1), needs: [0, 1, 2] }),
    )
    const clock = createManualClock()
    const { outcomes, rows } = await run(p, [1], {}, clock, durable(clock))

    const settled = rows.flatMap((row) => row.entries.flatMap((e) => (e.type === 'settled' ? [e.step] : [])))
    expect(outcomes[0]).toMatchObject({ outcome: 'failed', error: { step: 'a' } })
    expect(settled.sort()).toEqual([0, 1, 2])
  })
})

describe('a component that waits', () => {
  test('knows what woke it for as long as its call takes', async () => {
    const functions: Record<string, Fn> = {
      '/sleep': async (_x, context) => {
        const before = context.woken?.by
        await Promise.resolve()
        if (before === undefined) return new Park({ until: 100 })
        return [before, context.woken?.by]
      },
    }
    const clock = createManualClock()
    const { outcomes } = await run(one(call('/sleep')), [1], functions, clock, createMemoryStore({ clock }))

    expect(outcomes).toEqual([ok(['time', 'time'])])
  })

  test('may wait for a sub-run first and for a signal then', async () => {
    const inner = one(call('/echo', { op: 'input', path: 'item' }))
    const functions: Record<string, Fn> = {
      '/both': (_x, { woken }: CallContext) => {
        if (!woken) return new Park({ run: { plan: inner, inputs: [{ item: 1 }] } })
        return woken.by === 'run' ? new Park({ signal: { name: 'go' } }) : woken.payload
      },
    }
    const clock = createManualClock()
    const { outcomes } = await run(one(call('/both')), [1], functions, clock, createMemoryStore({ clock }), (engine) =>
      engine.signal('run', { name: 'signal', signal: 'go', payload: 'gone' }),
    )

    expect(outcomes).toEqual([ok('gone')])
  })

  test('may answer later that its step is skipped, on a store that outlives the process', async () => {
    const p = plan({ a: call('/skip') }, () => ({ input: ref(0, { onSkip: { op: 'literal', value: 'skipped' } }) }))
    const clock = createManualClock()
    const { outcomes } = await run(p, [1], { '/skip': async () => new Skip('no') }, clock, durable(clock))

    expect(outcomes).toEqual([ok('skipped')])
  })
})

describe('a run that is submitted', () => {
  test('under an id that is taken is refused, and the run that is there goes on', async () => {
    const clock = createManualClock()
    const store = durable(clock)
    const first = engineOn(store, clock, { '/slow': () => new Promise(() => {}) }, [])
    const second = engineOn(store, clock, {}, [])
    await first.submit(one(call('/slow')), [1], { id: 'run' })

    for (const engine of [first, second]) {
      await expect(engine.submit(one(call('/echo')), [1], { id: 'run' })).rejects.toMatchObject({ code: 'CONFLICT' })
    }
    expect((await store.read('run/0')).length).toBe(1)
  })

  test('is not accepted if it cannot be written', async () => {
    const clock = createManualClock()
    const store = durable(clock)
    const full: Store = Object.assign(Object.create(store), {
      append: () => Promise.reject(new FlowError('RESOURCE_UNAVAILABLE', 'the disk is full')),
      read: (journal: string, from?: number) => store.read(journal, from),
      watch: (...args: Parameters<Store['watch']>) => store.watch(...args),
      durable: true,
      keepsSteps: true,
      runs: store.runs,
      blobs: store.blobs,
    })

    const submitted = engineOn(full, clock, {}, []).submit(one(call('/echo')), [1], { id: 'run' })

    const refused = expect(submitted).rejects.toMatchObject({ code: 'RESOURCE_UNAVAILABLE' })
    await clock.advance(10_000)
    await refused
  })
})

test('a run that was taken up hears that it is cancelled', async () => {
  const clock = createManualClock()
  const store = durable(clock)
  const functions: Record<string, Fn> = { '/slow': () => new Promise(() => {}) }
  await engineOn(store, clock, functions, []).submit(one(call('/slow')), [1], { id: 'run' })
  const later = durable(clock)
  for (const { journal, seq, entries } of await store.read('run/0')) {
    await later.append({ journal, after: seq, entries, wakes: [{ journal, at: 0 }] })
  }
  const engine = engineOn(later, clock, functions, [])
  engine.recover()
  await clock.settle()

  await engine.signal('run', { name: 'cancel' })
  await clock.settle()

  expect(await later.runs.items('run')).toMatchObject([{ outcome: { error: { code: 'CANCELLED' } } }])
})

// ---

function durable(clock: ManualClock): Store {
  return createMemoryStore({ clock, durable: true })
}

function engineOn(store: Store, clock: ManualClock, functions: Record<string, Fn>, calls: string[]): PlanEngine {
  const all: Record<string, Fn> = {
    '/echo': async (x) => x,
    '/fail': async () => {
      throw new FlowError('COMPONENT_FAILED', 'boom')
    },
    ...functions,
  }
  const noted = Object.entries(all).map(([path, fn]): [string, Fn] => [
    path,
    (x, context) => {
      if (!context.woken) calls.push(path)
      return fn(x, context)
    },
  ])
  return createEngine({ store, clock: clock as Clock, router: routerOf(Object.fromEntries(noted)), random: () => 0.5 })
}

async function run(
  p: Plan,
  inputs: unknown[],
  functions: Record<string, Fn>,
  clock: ManualClock,
  store: Store,
  meanwhile: (engine: PlanEngine) => Promise<void> = async () => {},
) {
  const rows: JournalRow[] = []
  store.watch({}, (row) => rows.push(row))
  const calls: string[] = []
  const engine = engineOn(store, clock, functions, calls)
  const handle = await engine.submit(p, inputs, { id: 'run' })
  engine.recover()
  await clock.settle()
  await meanwhile(engine)
  return { outcomes: await read(handle, clock), rows, calls }
}

async function goOn(p: Plan, rows: readonly JournalRow[], functions: Record<string, Fn>) {
  const clock = createManualClock()
  const store = durable(clock)
  for (const { journal, seq, entries } of rows) await store.append({ journal, after: seq, entries })
  const calls: string[] = []
  const engine = engineOn(store, clock, functions, calls)
  expect(rows[0]?.entries[0]).toMatchObject({ plan: p })
  return { outcomes: await read(await engine.resume('run'), clock), calls }
}

async function read(handle: Awaited<ReturnType<PlanEngine['submit']>>, clock: ManualClock): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let isOver = false
  const reading = (async () => {
    for await (const { index, outcome } of handle.results()) outcomes[index] = outcome
    isOver = true
  })()
  for (let i = 0; i < 200 && !isOver; i++) await clock.advance(500)
  await reading
  return outcomes
}
