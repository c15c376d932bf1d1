// `for_each` to plans: what runs per element, what comes in from outside, and when.

import type { Expr, Plan } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { all, lit, plan, readA, readB, step } from './compiled.ts'

const loop = (keys: string, frame = '') => {
  const compiled = plan(
    `${frame}steps: [{id: a, component: /t/a}, {id: b, component: /t/b}, {id: s, component: /t/s, ${keys}}]`,
  )
  const outer = step(compiled, 's')
  const values = new Map<string, Expr>()
  let at: Expr = outer.input
  if (at.op === 'guard') at = at.then
  if (at.op === 'if') at = at.then
  if (at.op === 'object') for (const [key, value] of at.of) values.set(key, value)
  const child = values.get('plan')
  return { outer, values, child: (child?.op === 'literal' ? child.value : undefined) as unknown as Plan }
}

test('for_each runs a plan of one step over the list', () => {
  const { outer, values, child } = loop(
    'for_each: {$step: a, path: items}, input: {v: {$item: "$.x"}, i: {$index: true}}',
  )

  expect(outer).toMatchObject({ component: '$core/map', input: { op: 'guard', rule: 'all_success', of: [0] } })
  expect([...values.keys()]).toEqual(['plan', 'items'])
  expect(values.get('items')).toEqual({ ...readA, path: 'items' })
  expect(child).toMatchObject({ name: '/s', entry: 0, exit: 0, onFailure: 'stop' })
  expect(child.steps).toMatchObject([
    {
      id: 's',
      component: '/t/s',
      input: {
        op: 'object',
        of: [
          ['v', { op: 'input', path: '$.item.x' }],
          ['i', { op: 'input', path: '$.index' }],
        ],
      },
    },
  ])
})

test('what an element reads from outside comes in with it', () => {
  const { outer, values, child } = loop(
    'for_each: [1], input: [{$step: b, path: x}, {$input: y}, {$step: a, on_skip: use_default}]',
  )

  expect(outer.input).toMatchObject({ of: [1], lenient: [0] })
  expect(values.get('shared')).toEqual({
    op: 'object',
    of: [
      ['input', { op: 'input' }],
      [
        'steps',
        {
          op: 'object',
          of: [
            ['b', { op: 'outcome', step: 1 }],
            ['a', { op: 'outcome', step: 0 }],
          ],
        },
      ],
    ],
  })
  expect(child.steps[0]).toEqual({
    id: 'b',
    component: null,
    hidden: true,
    input: { op: 'call', fn: 'reopen', args: [{ op: 'input', path: '$.steps.b' }] },
  })
  expect(child.steps[2]?.input).toEqual(
    all(
      [0],
      {
        op: 'array',
        of: [
          { ...readA, path: 'x' },
          { op: 'input', path: '$.input.y' },
          { ...readB, onSkip: lit(null) },
        ],
      },
      [1],
    ),
  )
})

test('a bare word with dots in a loop is one field first, then a path', () => {
  expect(loop('for_each: [1], input: {$input: a.b}').child.steps[0]?.input).toEqual({
    op: 'input',
    path: '$.input["a.b"]',
    default: { op: 'input', path: '$.input.a.b' },
  })
})

test('retry, timeout and cache are the element`s; needs, rule and on_error the step`s', () => {
  const { outer, child } = loop(
    'for_each: [1], retry: {max_attempts: 2}, timeout: 1s, cache: true, on_error: skip, needs: [a], trigger_rule: all_done',
  )

  expect(outer).toMatchObject({ fallback: { op: 'skip' }, cleanup: true, input: { rule: 'all_done', of: [0] } })
  for (const key of ['retry', 'timeoutMs', 'cache']) expect(outer).not.toHaveProperty(key)
  expect(child.steps[0]).toMatchObject({ retry: { attempts: 2 }, timeoutMs: 1000, cache: {} })
})

test('under another rule a failed outer step reads as null inside a loop', () => {
  const { child } = loop('for_each: [1], input: {$step: a}, trigger_rule: all_done')

  expect(child.steps[0]).toMatchObject({ id: 'a', handlers: [1] })
  expect(child.steps[1]?.input).toEqual({ op: 'guard', rule: 'all_done', of: [0], then: readA })
})

test('a branch inside a loop is waited for outside', () => {
  expect(loop('for_each: [1], input: {$if: {$item: x}, then: {$step: a}}').outer.input).toMatchObject({
    of: [],
    lenient: [0],
  })
})

test('the object form of for_each says how many at once and what an error means', () => {
  const { values } = loop('forEach: {items: [1], maxConcurrent: 2, on_item_error: continue}')
  expect(values.get('maxConcurrent')).toEqual(lit(2))
  expect(values.get('onItemError')).toEqual(lit('continue'))
  expect(loop('for_each: [1]', 'max_concurrent: 4\n').values.get('maxConcurrent')).toEqual(lit(4))
})

test('a condition on the item is decided per item, any other once', () => {
  expect(loop('for_each: [1], when: {$item: ok}, input: 1').child.steps[0]?.input).toMatchObject({
    op: 'if',
    cond: { path: '$.item.ok' },
  })
  expect(loop('for_each: [1], skip_if: {$template: "{{ index > 1 }}"}').child.steps[0]?.input).toMatchObject({
    op: 'if',
  })
  const once = loop('for_each: [1], when: {$step: a}, input: 1')
  expect(once.child.steps[0]?.input).toEqual(lit(1))
  expect(once.outer.input).toMatchObject({ then: { op: 'if', cond: readA } })
})

test('templates see the item', () => {
  const inside = loop('for_each: [1], input: {$template: "{{ item.x }}-{{ index }}-{{ item_index }}"}').child.steps[0]
    ?.input

  expect(inside).toMatchObject({ op: 'call', fn: 'template' })
  expect(JSON.stringify(inside)).toContain('["index",{"op":"input","path":"$.index"}]')
})
