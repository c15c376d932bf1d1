// What a step was given and what its conditions read, found out from the journal alone.

import { type JournalEntry, lookBack, type Past, type Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { after, bench, call, input, plan, ref } from './fixtures.ts'

const tools = { functions: () => undefined, schema: undefined }

async function pastOf(p: Plan, given: unknown): Promise<Past> {
  const b = bench({ '/inc': (x) => x + 1 })
  await b.run(p, [given])
  const entries: readonly JournalEntry[] = b.entries
  return { plan: p, run: 'run', item: 0, input: given, variables: {}, entries }
}

const skip = { op: 'skip' } as const
const when = (cond: object, then: object) => ({ op: 'if', cond, then, else: skip }) as never

const conditional = plan(
  {
    a: call('/inc', { op: 'input', path: 'n' }),
    b: call('/inc', after([0], when({ op: 'call', fn: 'not', args: [ref(0)] }, ref(0)))),
    c: call('/echo', after([0], when({ op: 'input', path: 'user.isGold' }, { op: 'array', of: [ref(0)] }))),
  },
  () => ({ input: { op: 'coalesce', of: [ref(1), ref(2)] }, needs: [1, 2] }),
)

test('a step that was skipped by its condition says what that read, by reference', async () => {
  const past = await pastOf(conditional, { n: 1, user: { isGold: true } })

  expect(await lookBack(past, { item: 0, step: 1, visit: 1 }, tools)).toEqual({ values: { a: 2 } })
  expect(await lookBack(past, { item: 0, step: 2, visit: 1 }, tools)).toEqual({
    input: [2],
    values: { 'input.user.isGold': true },
  })
})

test('what a condition read that was not there is left out', async () => {
  const past = await pastOf(conditional, { n: 1, user: {} })

  expect(await lookBack(past, { item: 0, step: 2, visit: 1 }, tools)).toEqual({ values: {} })
})

test('a loop is given its list, and a step inside it its element', async () => {
  const inner = plan({ e: call('/inc', { op: 'input', path: 'item' }) }, () => ({ input: ref(0) }))
  const each = {
    op: 'object',
    of: [
      ['plan', { op: 'literal', value: inner as never }],
      ['items', input],
    ],
  } as const
  const past = await pastOf(
    plan({ all: call('$core/map', each) }, () => ({ input: ref(0) })),
    [5, 7],
  )

  expect(await lookBack(past, { item: 0, step: 0, visit: 1 }, tools)).toEqual({ input: [5, 7], values: {} })
  const second = { sub: '0/0/1', item: 1, step: 0, visit: 1 }
  expect(await lookBack(past, second, tools)).toEqual({ input: 7, values: {} })
})
