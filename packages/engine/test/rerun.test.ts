import {
  createMemoryStore,
  FlowError,
  type JournalEntry,
  type Outcome,
  type Plan,
  type RerunOptions,
} from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { after, bench, call, type Fn, failedWith, input, ok, plan, ref } from './fixtures.ts'

const echo: Fn = (x) => x

/** Runs the plan, then again; what was called the second time, and how it ended. */
async function twice(p: Plan, inputs: unknown[], functions: Record<string, Fn>, options: RerunOptions) {
  const clock = createManualClock()
  const calls: string[] = []
  const noted = Object.entries({ '/echo': echo, ...functions }).map(([path, fn]): [string, Fn] => [
    path,
    (x, context) => {
      calls.push(`${context.stepId}${context.itemIndex > 0 || inputs.length > 1 ? context.itemIndex : ''}`)
      return fn(x, context)
    },
  ])
  const b = bench(Object.fromEntries(noted), clock, createMemoryStore({ clock, durable: true }))
  const outcomes: Outcome[] = []
  const first = await b.engine.submit(p, inputs, { id: 'first' })
  await first.ended
  calls.length = 0
  const entries: JournalEntry[] = []
  const again = await b.engine.rerun('first', { id: 'again', watch: (more) => entries.push(...more), ...options })
  for await (const { index, outcome } of again.results()) outcomes[index] = outcome
  return { outcomes, calls, run: await again.ended, entries }
}

const chain = plan(
  { a: call('/echo'), b: call('/maybe', after([0], ref(0))), c: call('/echo', after([1], ref(1))) },
  () => ({ input: ref(2) }),
)
const failsOnce = (): Record<string, Fn> => {
  const failed = new Set<unknown>()
  return {
    '/maybe': (x) => {
      if (x === 'bad' && !failed.has(x)) {
        failed.add(x)
        throw new FlowError('COMPONENT_FAILED', 'the first time')
      }
      return x
    },
  }
}

describe('rerun', () => {
  test('the whole run is done again', async () => {
    const { calls, outcomes, run } = await twice(chain, [1], failsOnce(), {})
    expect(calls).toEqual(['a', 'b', 'c'])
    expect(outcomes).toEqual([ok(1)])
    expect(run.origin).toEqual({ runId: 'first' })
  })

  test('a label that no filter can name is refused', async () => {
    await expect(twice(chain, [1], failsOnce(), { labels: { 'a:b': 'x' } })).rejects.toThrow('has no ":"')
    expect((await twice(chain, [1], failsOnce(), { labels: { a: 'x' } })).run.labels).toEqual({ a: 'x' })
  })

  test('each journal of the run is read once', async () => {
    const clock = createManualClock()
    const kept = createMemoryStore({ clock, durable: true })
    const read: string[] = []
    const store: typeof kept = new Proxy(kept, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (name === 'read') {
          return (journal: string) => {
            read.push(journal)
            return target.read(journal)
          }
        }
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const b = bench({ '/echo': echo, ...failsOnce() }, clock, store)
    const inputs = Array.from({ length: 3000 }, (_, i) => (i % 1000 === 0 ? 'bad' : i))
    await (await b.engine.submit(chain, inputs.values(), { id: 'first' })).ended
    const journals = (await store.runs.shards('first')).map(({ journal }) => journal)
    const readFor = async (repeat: () => Promise<unknown>) => {
      read.length = 0
      await repeat()
      return read.filter((journal) => journal.startsWith('first/')).sort()
    }

    expect(journals.length).toBeGreaterThan(1)
    expect(await readFor(() => b.engine.previewRerun('first', { from: { failed: true } }))).toEqual(journals.toSorted())
    expect(await readFor(() => b.engine.rerun('first', { from: { failed: true } }))).toEqual(journals.toSorted())
  })

  test('from the failed steps, what succeeded before them is not done again', async () => {
    const { calls, outcomes, run } = await twice(chain, ['bad'], failsOnce(), { from: { failed: true } })
    expect(calls).toEqual(['b', 'c'])
    expect(outcomes).toEqual([ok('bad')])
    expect(run.origin).toEqual({ runId: 'first', failed: true })
  })

  test('from the failed steps, items that succeeded keep their results', async () => {
    const { calls, outcomes } = await twice(chain, ['good', 'bad'], failsOnce(), { from: { failed: true } })
    expect(calls).toEqual(['b1', 'c1'])
    expect(outcomes).toEqual([ok('good'), ok('bad')])
  })

  test('items that keep their results do not make the new run begin before it was created', async () => {
    const clock = createManualClock()
    const b = bench(failsOnce(), clock, createMemoryStore({ clock, durable: true }))
    await (await b.engine.submit(chain, ['good', 'bad'], { id: 'first' })).ended
    await clock.advance(60_000)

    const { startedAt, endedAt, createdAt } = await (await b.engine.rerun('first', { from: { failed: true } })).ended

    expect([startedAt, endedAt]).toEqual([createdAt, createdAt])
  })

  test('from a step, it and what reads it are done again', async () => {
    const { calls } = await twice(chain, [1], failsOnce(), { from: { step: 'b' } })
    expect(calls).toEqual(['b', 'c'])
  })

  test('recorded outputs up to the step are used although the input is another', async () => {
    const { calls, outcomes } = await twice(chain, [1], failsOnce(), { from: { step: 'c' }, inputs: [2] })
    expect(calls).toEqual(['c'])
    expect(outcomes).toEqual([ok(1)])
  })

  test('from a step, a failure that nothing handled is done again too: it has no output to take over', async () => {
    const { calls, outcomes } = await twice(chain, ['bad'], failsOnce(), { from: { step: 'c' } })
    expect(calls).toEqual(['b', 'c'])
    expect(outcomes).toEqual([ok('bad')])
    const beside = plan({ a: call('/echo'), b: call('/maybe'), c: call('/echo', after([0], ref(0))) }, () => ({
      input: { op: 'array', of: [ref(1), ref(2)] },
    }))
    const other = await twice(beside, ['bad'], failsOnce(), { from: { step: 'c' }, inputs: ['good'] })
    expect(other.calls.sort()).toEqual(['b', 'c'])
    expect(other.outcomes).toEqual([ok(['good', 'bad'])])
  })

  test('from a step, a failure that another step handled stays what it was', async () => {
    const handled = plan(
      {
        b: call('/maybe', input, { handlers: [1] }),
        h: call('/echo', { op: 'guard', rule: 'one_failed', of: [0], then: { op: 'literal', value: 'h' } }),
        c: call('/never', after([1], ref(1))),
      },
      () => ({ input: { op: 'array', of: [ref(1), ref(2)] } }),
    )
    const never: Fn = () => {
      throw new FlowError('COMPONENT_FAILED', 'never')
    }
    const { calls, outcomes } = await twice(
      handled,
      ['bad'],
      { ...failsOnce(), '/never': never },
      { from: { step: 'c' } },
    )
    expect(calls).toEqual(['c'])
    expect(outcomes).toEqual([failedWith('never', 'c')])
  })

  test('a step that the run does not have is not found, with a suggestion', async () => {
    await expect(twice(chain, [1], failsOnce(), { from: { step: 'bb' } })).rejects.toThrow(
      /no step "bb".*Did you mean "b"/,
    )
  })

  test('a run that has not ended is not run again', async () => {
    const b = bench({ '/never': () => new Promise(() => {}) })
    await b.engine.submit(
      plan({ a: call('/never') }, () => ({ input: ref(0) })),
      [1],
      { id: 'open' },
    )
    await expect(b.engine.rerun('open')).rejects.toThrow(/has not ended/)
  })

  test('a loop over a list keeps the elements that succeeded', async () => {
    const inner = plan({ each: call('/maybe', { op: 'input', path: 'item' }) }, () => ({ input: ref(0) }))
    const p = plan(
      {
        loop: call('$core/map', {
          op: 'object',
          of: [
            ['plan', { op: 'literal', value: inner as never }],
            ['items', input],
          ],
        }),
      },
      () => ({ input: ref(0) }),
    )
    const { calls, outcomes } = await twice(p, [['x', 'bad', 'y']], failsOnce(), { from: { failed: true } })
    expect(calls).toEqual(['each1'])
    expect(outcomes).toEqual([ok(['x', 'bad', 'y'])])
  })

  test('of a step that ran several times, the last visit is done again', async () => {
    const loop: Plan = {
      name: 'loop',
      entry: 0,
      exit: 2,
      onFailure: 'stop',
      steps: [
        {
          id: 'inc',
          component: '/inc',
          input: { op: 'arrival' },
          next: [
            { on: 'done', equals: 3, to: 1 },
            { on: 'done', to: 0 },
          ],
        },
        { id: 'last', component: '/echo', input: { op: 'arrival' }, next: [{ on: 'done', to: 2 }] },
        { id: 'end', component: null, input: { op: 'arrival' } },
      ],
    }
    const { calls, outcomes } = await twice(loop, [null], { '/inc': (x) => (x ?? 0) + 1 }, { from: { step: 'inc' } })
    expect(calls).toEqual(['inc', 'last'])
    expect(outcomes).toEqual([ok(3)])
  })

  test('a failure that nobody repeats stays the result', async () => {
    const always: Record<string, Fn> = {
      '/maybe': () => {
        throw new FlowError('COMPONENT_FAILED', 'always')
      },
    }
    const { outcomes } = await twice(chain, [1], always, { from: { failed: true } })
    expect(outcomes).toEqual([failedWith('always', 'b')])
  })

  test('with another flow, what is taken over goes to the steps of the same ids', async () => {
    const other = plan(
      {
        new: call('/echo'),
        a: call('/echo'),
        b: call('/maybe', after([1], ref(1))),
        more: call('/echo', after([2], ref(2))),
        c: call('/echo', after([3], ref(3))),
      },
      () => ({ input: { op: 'array', of: [ref(0), ref(4)] } }),
    )
    const { calls, outcomes } = await twice(chain, [1], failsOnce(), { from: { step: 'c' }, plan: other })
    expect(calls.sort()).toEqual(['c', 'more', 'new'])
    expect(outcomes).toEqual([ok([1, 1])])
  })

  test('with another flow, what its order of steps puts behind the chosen one is done again', async () => {
    const other = plan({ c: call('/echo'), a: call('/echo', after([0], ref(0))) }, () => ({ input: ref(1) }))
    const { calls } = await twice(chain, [1], failsOnce(), { from: { step: 'c' }, plan: other })
    expect(calls).toEqual(['c', 'a'])
  })

  test('with another flow, elements of a loop are taken over only if it does the same in each', async () => {
    const loops = (component: string) => {
      const each = plan({ each: call(component, { op: 'input', path: 'item' }) }, () => ({ input: ref(0) }))
      const loop = call('$core/map', {
        op: 'object',
        of: [
          ['plan', { op: 'literal', value: each as never }],
          ['items', input],
        ],
      })
      return (before: Record<string, ReturnType<typeof call>>) => {
        const steps = { ...before, loop }
        return plan(steps, (at) => ({ input: ref(at('loop')), needs: Object.keys(before).map(at) }))
      }
    }
    const [maybe, again] = [loops('/maybe'), loops('/other')]
    const items = [['x', 'bad', 'y']]
    const options = (p: Plan): RerunOptions => ({ from: { failed: true }, plan: p })

    const same = await twice(maybe({}), items, failsOnce(), options(maybe({ first: call('/echo') })))
    expect(same.calls.sort()).toEqual(['each1', 'first'])
    const different = await twice(maybe({}), items, { ...failsOnce(), '/other': echo }, options(again({})))
    expect(different.calls.sort()).toEqual(['each', 'each1', 'each2'])
  })
})
