import { type CallContext, type FlowError, retryClass, Skip } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { codeOfRecorded, createMockPlugin, type MockBehavior } from '../src/plugins/mock.ts'

const CONTEXT = {} as CallContext // a recording does not look at it

function call(behaviors: [input: unknown, behavior: MockBehavior][], input: unknown): unknown {
  const plugin = createMockPlugin('mock', [
    { name: '/one_output', behaviors: behaviors.map(([of, behavior]) => ({ input: of, behavior })) },
  ])
  return plugin.resolve('/one_output')?.call(input, CONTEXT)
}

function thrown(action: () => unknown): FlowError {
  try {
    action()
  } catch (error) {
    return error as FlowError
  }
  throw new Error('it did not throw')
}

test('the answer is the one recorded for an equal input, whatever the order of its keys', () => {
  const behaviors: [unknown, MockBehavior][] = [
    [
      { a: 1, b: [2] },
      { outcome: 'success', result: 'map' },
    ],
    ['text', { outcome: 'success', result: null }],
  ]

  expect(call(behaviors, { b: [2], a: 1 })).toBe('map')
  expect(call(behaviors, 'text')).toBe(null)
})

test('a recorded skip is a skip', () => {
  const skip = call([[1, { outcome: 'skipped', reason: 'not today' }]], 1)

  expect(skip).toBeInstanceOf(Skip)
  expect(skip).toHaveProperty('reason', 'not today')
})

describe('a failure', () => {
  test('keeps its code, message and data', () => {
    const error = { code: 'QUOTA', message: 'no more', data: { left: 0 } }

    expect(thrown(() => call([[1, { outcome: 'failed', error }]], 1))).toMatchObject(error)
  })

  test('with a code of its own is retried if the step says so', () => {
    const error = thrown(() => call([[1, { outcome: 'failed', error: { code: 'QUOTA', message: 'x' } }]], 1))

    expect(retryClass(error)).toBe('step')
  })

  test('of an input that was not recorded names the component and the input, and is not retried', () => {
    const error = thrown(() => call([], { input: 'world' }))

    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: 'No behavior defined for /one_output on {"input":"world"}',
    })
    expect(retryClass(error)).toBe('never')
  })

  test('of the plugin itself has the recorded text', () => {
    expect(thrown(() => call([[1, { error: 'out of order' }]], 1)).message).toBe('out of order')
  })

  test.each([
    [8, 'COMPONENT_FAILED'],
    [500, 'UNREACHABLE'],
    [1, 'EXPRESSION_FAILURE'],
    [400, 'INVALID_INPUT'],
    [77, 'COMPONENT_FAILED'],
    ['ORCHESTRATOR_ERROR', 'INTERNAL'],
    ['TIMEOUT', 'TIMEOUT'],
    ['MINE', 'MINE'],
    [undefined, 'COMPONENT_FAILED'],
  ])('recorded with code %s has code %s', (recorded, code) => {
    expect(codeOfRecorded(recorded)).toBe(code)
  })
})

test('only what was recorded is there', () => {
  const plugin = createMockPlugin('mock', [{ name: '/a', inputSchema: { type: 'object' }, behaviors: [] }])

  expect(plugin.resolve('/b')).toBeUndefined()
  expect(plugin.components()).toEqual([
    { name: '/a', inputSchema: { type: 'object' }, repeatable: true, keepsInput: true },
  ])
})
