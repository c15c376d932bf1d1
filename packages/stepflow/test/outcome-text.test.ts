// A result is written as JSON.stringify would write it, also where that is done in pieces.

import type { Outcome } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { writeOutcome } from '../src/cli/outcome-line.ts'

const many = Array.from({ length: 2_500 }, (_, i) => ({ i, text: `"${i}"` }))

function written(result: unknown): { told: Outcome; text: string; pieces: number } {
  let text = ''
  let pieces = 0
  const told = writeOutcome({ outcome: 'success', result }, (all) => {
    text = ''
    pieces = 0
    for (const piece of all) {
      text += piece
      pieces++
    }
  })
  return { told, text, pieces }
}

test.each([
  ['a long list', many],
  ['a list of exactly as many as are written at once', many.slice(0, 1_000)],
  ['one more than that', many.slice(0, 1_001)],
  ['long lists in fields, among others', { a: 1, many, no: undefined, nothing: null, more: { many, deep: { many } } }],
  ['what JSON leaves out', { f: () => 1, s: Symbol('s'), many: [undefined, ...many, Number.NaN] }],
  ['what says itself how it is written', { many, at: new Date(0), own: { many, toJSON: () => 'mine' } }],
  ['a name that needs quotes', { 'a "b"\n': many }],
  ['a list far down', { a: { b: { c: { d: { e: { many } } } } } }],
  ['a small one', { a: [1, 2] }],
])('%s', (_, result) => {
  expect(written(result).text).toBe(`${JSON.stringify({ outcome: 'success', result })}\n`)
})

test('a long list is not held as text', () => {
  const { pieces, told } = written({ many })

  expect(pieces).toBeGreaterThan(3)
  expect(told).toEqual({ outcome: 'success', result: { many } })
})

test('a long list that JSON cannot carry is a failure, whole', () => {
  const { told, text } = written({ many, last: { many, big: 1n } })

  expect(told).toMatchObject({ outcome: 'failed', error: { code: 'COMPONENT_FAILED' } })
  expect(JSON.parse(text)).toEqual(told)
})

test('a result of very many levels is a failure that says how many there may be', () => {
  let deep: unknown = 1
  for (let i = 0; i < 200_000; i++) deep = [deep]

  const { told } = written(deep)

  expect(told).toMatchObject({
    outcome: 'failed',
    error: { message: expect.stringContaining('more than 1000 levels') },
  })
})
