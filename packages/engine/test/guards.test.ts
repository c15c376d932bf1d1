import type { Expr, TriggerRule } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { bench, call, failedWith, ok, plan, ref, story } from './fixtures.ts'

/** a and b end as told; c depends on both by the rule. What becomes of c? */
async function ruled(rule: TriggerRule, a: string, b: string): Promise<string> {
  const ending: Record<string, Expr> = {
    success: { op: 'literal', value: 1 },
    failed: { op: 'literal', value: 'boom' },
    skipped: { op: 'skip' },
  }
  const step = (how: string, handlers: number[]) => ({
    ...call(how === 'failed' ? '/fail' : '/echo', ending[how]),
    handlers,
  })
  const p = plan(
    {
      a: step(a, [2]),
      b: step(b, [2]),
      c: call('/echo', { op: 'guard', rule, of: [0, 1], then: { op: 'array', of: [ref(0), ref(1)] } }),
    },
    () => ({ input: { op: 'outcome', step: 2 } }),
    { onFailure: 'drain' },
  )
  const bed = bench()
  await bed.run(p, [null])
  return story(bed, p)
    .filter((line) => line.startsWith('c'))
    .join()
}

const runs = 'c success'
const skips = 'c skipped'
const table: [TriggerRule, Record<string, string>][] = [
  [
    'all_success',
    { 'success success': runs, 'success skipped': skips, 'success failed': skips, 'skipped skipped': skips },
  ],
  [
    'none_failed',
    { 'success success': runs, 'success skipped': runs, 'success failed': skips, 'skipped skipped': runs },
  ],
  [
    'none_failed_min_one_success',
    { 'success success': runs, 'success skipped': runs, 'success failed': skips, 'skipped skipped': skips },
  ],
  [
    'one_success',
    { 'success success': runs, 'success failed': runs, 'failed skipped': skips, 'skipped skipped': skips },
  ],
  [
    'one_failed',
    { 'success success': skips, 'success failed': runs, 'failed skipped': runs, 'skipped skipped': skips },
  ],
  ['all_done', { 'success success': runs, 'success failed': runs, 'failed skipped': runs, 'skipped skipped': runs }],
]

for (const [rule, cases] of table) {
  describe(rule, () => {
    for (const [states, expected] of Object.entries(cases)) {
      const [a, b] = states.split(' ') as [string, string]
      test(`after ${a} and ${b}: ${expected}`, async () => {
        expect(await ruled(rule, a, b)).toBe(expected)
      })
    }
  })
}

describe('branches', () => {
  test('only the chosen branch of an if is run', async () => {
    const p = plan({ cheap: call('/echo'), dear: call('/echo') }, () => ({
      input: { op: 'if', cond: { op: 'literal', value: true }, then: ref(0), else: ref(1) },
    }))
    const b = bench()
    await b.run(p, [1])
    expect(story(b, p)).toEqual(['cheap success'])
  })

  test('a coalesce asks one after the other', async () => {
    const nothing: Expr = { op: 'literal', value: null }
    const p = plan({ a: call('/echo', nothing), b: call('/echo'), c: call('/echo') }, () => ({
      input: { op: 'coalesce', of: [ref(0), ref(1), ref(2)] },
    }))
    const b = bench()
    expect(await b.run(p, [5])).toEqual([ok(5)])
    expect(story(b, p)).toEqual(['a success', 'b success'])
  })

  test('what stands beside a blocked part is demanded at once', async () => {
    const started: string[] = []
    const never = () => new Promise(() => {})
    const b = bench({
      '/a': () => {
        started.push('a')
        return never()
      },
      '/b': () => {
        started.push('b')
        return never()
      },
    })
    const p = plan({ a: call('/a'), b: call('/b') }, () => ({
      input: { op: 'array', of: [{ op: 'if', cond: { op: 'literal', value: 1 }, then: ref(0) }, ref(1)] },
    }))
    const handle = await b.engine.submit(p, [1])
    await b.clock.settle()
    expect(started.sort()).toEqual(['a', 'b'])
    await handle.cancel()
  })

  test('a skip goes on to who reads it, and a default stops it', async () => {
    const p = plan(
      {
        a: call('/echo', { op: 'skip' }),
        b: call('/echo', { op: 'guard', rule: 'all_success', of: [0], then: ref(0) }),
        c: call('/echo', {
          op: 'guard',
          rule: 'all_success',
          of: [],
          lenient: [1],
          then: ref(1, { onSkip: { op: 'literal', value: 'instead' } }),
        }),
      },
      () => ({ input: ref(2) }),
    )
    const b = bench()
    expect(await b.run(p, [1])).toEqual([ok('instead')])
    expect(story(b, p)).toEqual(['a skipped', 'b skipped', 'c success'])
  })
})

describe('clean-up', () => {
  const cleanup = (of: number[]): Expr => ({
    op: 'guard',
    rule: 'all_done',
    of,
    then: { op: 'literal', value: 'cleaned' },
  })

  test('an all_done step that depends on the failure at a distance runs before the item fails', async () => {
    const p = plan(
      {
        a: call('/fail', { op: 'literal', value: 'boom' }),
        b: call('/echo', { op: 'guard', rule: 'all_success', of: [0], then: ref(0) }),
        c: call('/echo', cleanup([1]), { cleanup: true }),
        d: call('/echo', { op: 'guard', rule: 'all_success', of: [2], then: ref(2) }),
      },
      () => ({ input: ref(3), needs: [0, 1, 2, 3] }),
    )
    const b = bench()
    const [outcome] = await b.run(p, [1])
    expect(outcome).toMatchObject({ outcome: 'failed', error: { message: 'boom', step: 'a' } })
    expect(story(b, p)).toEqual(['a failed', 'b skipped', 'd skipped', 'c success'])
  })

  test('an all_done step that the failure does not concern is skipped', async () => {
    const p = plan(
      {
        slow: call('/never'),
        clean: call('/echo', cleanup([0]), { cleanup: true }),
        a: call('/fail', { op: 'literal', value: 'boom' }),
      },
      () => ({ input: ref(2), needs: [0, 1, 2] }),
    )
    const b = bench({ '/never': () => new Promise(() => {}) })
    await b.run(p, [1])
    // `slow` was aborted by the failure, so its clean-up is concerned.
    expect(story(b, p)).toEqual(['a failed', 'slow failed', 'clean success'])
  })
})

test('a failure ends its item at once if what its last handler waits for has begun, and so is not skipped because of it', async () => {
  const p = plan(
    {
      a: call('/fail', { op: 'literal', value: 'boom' }),
      b: { ...call('/hang', { op: 'guard', rule: 'all_done', of: [0], then: { op: 'input' } }), handlers: [2] },
      c: call('/echo', { op: 'guard', rule: 'one_failed', of: [1], then: { op: 'input' } }),
    },
    () => ({ input: ref(2), needs: [0, 1, 2] }),
  )
  const bed = bench({ '/hang': () => new Promise(() => {}) })

  expect(await bed.run(p, [1])).toEqual([failedWith('boom', 'a')])
})
