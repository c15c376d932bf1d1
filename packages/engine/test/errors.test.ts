// What was thrown, as data: whatever it was.

import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { errorValue, FlowError } from '../src/index.ts'

const said = (thrown: unknown) => errorValue(thrown).message

describe('what was thrown has a message', () => {
  test('an error its own, or its name', () => {
    expect([said(new TypeError('no')), said(new TypeError(''))]).toEqual(['no', 'TypeError'])
    expect(errorValue(new FlowError('TIMEOUT', 'late', { data: 1 }))).toEqual({
      code: 'TIMEOUT',
      message: 'late',
      data: 1,
    })
  })

  test('an error of another realm, and what looks like one', () => {
    expect([said(runInNewContext('new RangeError("far")')), said({ message: 'like' })]).toEqual(['far', 'like'])
  })

  test('what is no error is shown as JSON, or as text', () => {
    const circular: { self?: unknown } = {}
    circular.self = circular

    expect(['text', 5, null, undefined, { a: 1 }, 5n, Symbol('s'), circular].map(said)).toEqual([
      'text',
      '5',
      'null',
      'undefined',
      '{"a":1}',
      '5',
      'Symbol(s)',
      '[object Object]',
    ])
  })

  test('what has no text at all is not an error of ours', () => {
    const getter = {
      get message(): string {
        throw new Error('from the getter')
      },
    }
    const circular = Object.create(null)
    circular.self = circular

    expect([said(getter), said(circular)]).toEqual(Array(2).fill('something was thrown that has no text'))
  })
})
