// What the journal says of the elements of a loop, and of failures that something made good; and the fold that shows it.

import {
  type Component,
  createEngine,
  createMemoryStore,
  type Expr,
  foldSteps,
  type JournalEntry,
  type Plan,
} from '@stepflow/engine'
import { expect, test } from 'vitest'
import { call, plan, ref } from './fixtures.ts'

const each = (inner: Plan, more: object = {}) =>
  plan(
    {
      a: call('$core/map', {
        op: 'object',
        of: [
          ['items', { op: 'input' }],
          ['plan', { op: 'literal', value: inner as never }],
          ['onItemError', { op: 'literal', value: 'skip' }],
        ],
        ...more,
      }),
    },
    () => ({ input: ref(0) }),
  )

const component: Component = {
  info: { name: '/even' },
  async call(input) {
    if ((input as number) % 2 === 1) throw new Error(`${input} is odd`)
    return input
  },
}

async function journal(of: Plan, input: unknown): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  const engine = createEngine({ store: createMemoryStore(), router: { route: () => ({ component }) } })
  const handle = await engine.submit(of, [input], { watch: (some) => void entries.push(...some) })
  await handle.ended
  await engine.close()
  return entries
}

const item = { op: 'input', path: 'item' } as const
const oneStep = plan({ s: call('/even', item) }, () => ({ input: ref(0) }))
const twoSteps = plan({ s: call('/even', item), t: call('/even', ref(0)) }, () => ({ input: ref(1) }))

test('a loop says how many elements it has; each has its end, from its step or in words of its own', async () => {
  for (const [inner, closed] of [
    [oneStep, 0],
    [twoSteps, 4],
  ] as const) {
    const entries = await journal(each(inner), [0, 1, 2, 4])
    const fold = foldSteps(each(inner))
    fold.see(entries)

    expect(entries.filter(({ type }) => type === 'opened')).toHaveLength(1)
    expect(entries.filter(({ type }) => type === 'closed')).toHaveLength(closed)
    expect(fold.steps[0]).toMatchObject({ status: 'success', elements: { total: 4, ended: 4, failed: 1 } })
    expect(fold.steps[0]?.recovered?.count).toBe(1)
  }
})

test('a loop that failed by an element, and whose failure a fallback made good, counts as one failure', async () => {
  const of = plan(
    {
      a: {
        ...call('$core/map', {
          op: 'object',
          of: [
            ['items', { op: 'input' }],
            ['plan', { op: 'literal', value: oneStep as never }],
          ],
        }),
        fallback: { op: 'literal', value: null },
      },
    },
    () => ({ input: ref(0) }),
  )
  const fold = foldSteps(of)
  fold.see(await journal(of, [0, 1]))

  expect(fold.steps[0]).toMatchObject({ status: 'success', recovered: { count: 1, error: { message: '1 is odd' } } })
})

test('a failure that a fallback made good stays on record with its error', async () => {
  const { steps, ...rest } = plan({ a: call('/even', { op: 'input' }) }, () => ({ input: ref(0) }))
  const [first, ...others] = steps
  for (const fallback of [{ op: 'literal', value: null }, { op: 'skip' }] as const) {
    const of = { ...rest, steps: [{ ...first, fallback }, ...others] } as Plan
    const fold = foldSteps(of)
    fold.see(await journal(of, 1))

    expect(fold.steps[0]).toMatchObject({
      status: fallback.op === 'skip' ? 'skipped' : 'success',
      recovered: { count: 1, error: { code: 'COMPONENT_FAILED', message: '1 is odd', step: 'a' } },
    })
  }
})

test('a field that an element lacks is told with the element and its list, and one of the input around it as such', async () => {
  const reads = (path: string) => plan({ s: call('/even', { op: 'input', path }) }, () => ({ input: ref(0) }))
  const told = async (inner: Plan, items: Expr, input: unknown) => {
    const fields: [string, Expr][] = [
      ['items', items],
      ['plan', { op: 'literal', value: inner as never }],
      ['shared', { op: 'object', of: [['input', { op: 'input' }]] }],
    ]
    const around = plan(
      {
        pre: { component: null, input: { op: 'input', path: '$.rows' } },
        each: call('$core/map', { op: 'object', of: fields }),
      },
      () => ({ input: ref(1) }),
    )
    const engine = createEngine({ store: createMemoryStore(), router: { route: () => ({ component }) } })
    const outcome = await engine.runDirectly(around, input)
    return outcome.outcome === 'failed' ? outcome.error.message : outcome
  }
  const rows = { rows: [{ n: 2 }, { m: 2 }] }

  expect(await told(reads('$.item.n'), { op: 'input', path: 'rows' }, rows)).toBe(
    'step "s" reads "$.n" of element 1 of "$.rows" of the input: no such field; there are: m',
  )
  expect(await told(reads('$.item.n'), ref(0), rows)).toContain('of element 1 of the output of step "pre": no such')
  expect(await told(reads('$.item'), { op: 'literal', value: [2] }, rows)).toEqual({ outcome: 'success', result: [2] })
  expect(await told(reads('$.item.n'), { op: 'literal', value: [2] }, rows)).toContain('of element 0 of its list: no')
  expect(await told(reads('$.input.n'), ref(0), rows)).toContain('reads "$.n" of the input: no such field')
})
