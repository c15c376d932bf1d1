// What a run can be filled from: examples, and the inputs of earlier runs, from which secrets are gone.

import { expect, test } from 'vitest'
import { fillings, firstOf, untyped } from '../src/model/examples.ts'
import { factsOf } from '../src/model/facts.ts'
import { fieldOf } from '../src/model/fields.ts'

const SCHEMA = { type: 'object', properties: { name: { type: 'string' }, key: { type: 'string' } }, required: ['name'] }

test('a form begins with the first example, and with nothing where there is none, whatever was run before', () => {
  const earlier = [{ input: { name: 'Eve' }, runId: '019f-eve' }]
  const all = fillings(SCHEMA, [{ name: 'Ada', input: { name: 'Ada' } }, { name: 'bare' }], earlier)

  expect(all.map(({ word }) => word)).toEqual(['Empty', 'Ada', 'Example 2', 'As in 019f-eve'])
  expect(all[firstOf(all)]?.input).toEqual({ name: 'Ada' })
  expect(all[2]?.input).toEqual({ name: 'bare' })
  expect(firstOf(fillings(SCHEMA, [], earlier))).toBe(0)
})

test('what was redacted is empty, also inside a text and in a list, whose others keep their places', () => {
  const input = {
    key: '[redacted]',
    url: 'https://x/?k=[redacted]',
    list: ['a', '[redacted]', null],
    'a/b': { c: '[redacted]' },
  }
  const [, found] = fillings(undefined, [], [{ input, runId: 'r' }])

  expect(found?.input).toEqual({ list: ['a', '', null], 'a/b': {} })
  expect(found?.redacted).toEqual(['/key', '/url', '/list/1', '/a~1b/c'])
})

test('what was redacted has to be typed, whatever the schema says of it', () => {
  const redacted = ['/key', '/list/1', '/a~1b/c']

  expect([...untyped({ key: 'new', list: ['a', ''], 'a/b': {} }, redacted).keys()]).toEqual(['/list/1', '/a~1b/c'])
  expect(untyped({ key: 'new', list: ['a', 'b'], 'a/b': { c: 0 } }, redacted).size).toBe(0)
  expect([...untyped(undefined, ['']).keys()]).toEqual([''])
})

test('a form asks first for what has to be there, each part in the order of the schema', () => {
  const schema = {
    type: 'object',
    properties: {
      note: { type: 'string' },
      order: { type: 'integer' },
      tags: { type: 'array' },
      total: { type: 'number' },
    },
    required: ['total', 'order'],
  }
  const field = fieldOf(schema, schema)

  expect(field.kind === 'object' && field.parts.map(({ name }) => name)).toEqual(['order', 'total', 'note', 'tags'])
})

test('oneOf of constants is a choice whose values have names; of anything else it is a kind to choose', () => {
  const approve = { const: 'approve', title: 'Approve', description: 'pays out today' }
  const named = { oneOf: [approve, { const: 'reject' }] }

  expect(fieldOf(named, named)).toEqual({
    kind: 'choice',
    values: ['approve', 'reject'],
    names: [{ title: 'Approve', description: 'pays out today' }, { title: 'reject' }],
  })
  expect(fieldOf({ oneOf: [approve, { type: 'number' }] }, {}).kind).toBe('variant')
})

test('a few short values are read as facts; lists, long texts and many keys as data', () => {
  expect(factsOf({ order: 10482, by: 'Ada', paid: true, note: null })).toEqual([
    ['order', '10482'],
    ['by', 'Ada'],
    ['paid', 'true'],
    ['note', 'null'],
  ])
  for (const value of [{}, [], 'text', null, { list: [1] }, { long: 'x'.repeat(201) }, { lines: 'a\nb' }]) {
    expect(factsOf(value)).toBeUndefined()
  }
  expect(factsOf(Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`k${i}`, i])))).toBeUndefined()
})
