// Overrides: what a patch reaches, and what it must not.

import { expect, test } from 'vitest'
import { compile, toJson } from '../src/index.ts'

const FLOW = `
name: n
description: d
steps:
  - id: a
    component: /t/a
    input: {x: 1, y: {z: 2}, ref: {$input: q}}
    onError: {action: useDefault, defaultValue: 5}
  - id: b
    component: /t/b
    input: {$step: a}
`
const compiled = (...overrides: unknown[]) => compile(FLOW, { overrides })
const step = (id: string, ...overrides: unknown[]) => {
  const { plan, diagnostics } = compiled(...overrides)
  expect(diagnostics.filter((d) => d.level !== 'hint')).toEqual([])
  return plan?.steps.find((s) => s.id === id)
}
const refused = (...overrides: unknown[]) => {
  const { plan, diagnostics } = compiled(...overrides)
  expect(plan).toBeUndefined()
  return diagnostics.find((d) => d.level === 'error')
}

test('a patch is merged into the step', () => {
  expect(step('a', { a: { value: { component: '/t/z', input: { x: 9, y: { w: 1 } } } } })).toMatchObject({
    component: '/t/z',
    input: {
      of: [
        ['x', { value: 9 }],
        ['y', { value: { z: 2, w: 1 } }],
        ['ref', { op: 'input' }],
      ],
    },
  })
})

test('null takes a key away', () => {
  expect(step('a', { a: { value: { input: { ref: null, y: null } } } })?.input).toEqual({
    op: 'literal',
    value: { x: 1 },
  })
})

test('either spelling reaches either spelling', () => {
  expect(step('a', { a: { value: { on_error: { default_output: 6 } } } })?.fallback).toEqual({
    op: 'literal',
    value: 6,
  })
  expect(step('a', { a: { value: { onError: { default_value: 7 } } } })?.fallback).toEqual({ op: 'literal', value: 7 })
})

test('an expression is replaced, not mixed', () => {
  expect(step('b', { b: { value: { input: { plain: 1 } } } })?.input).toEqual({ op: 'literal', value: { plain: 1 } })
  expect(step('a', { a: { value: { input: { ref: { $literal: 1 } } } } })?.input).toEqual({
    op: 'literal',
    value: { x: 1, y: { z: 2 }, ref: 1 },
  })
})

test('overrides may be wrapped in steps, and later ones win', () => {
  expect(
    step('a', { steps: { a: { value: { timeout: '1s' } } } }, { a: { $type: 'merge_patch', value: { timeout: '2s' } } })
      ?.timeoutMs,
  ).toBe(2000)
})

test.each([
  [{ c: { value: {} } }, 'UNKNOWN_OVERRIDE', 'not a step'],
  [{ a: { $type: 'json_patch', value: [] } }, 'UNSUPPORTED_OVERRIDE', 'json_patch'],
  [{ a: { component: '/t/z' } }, 'INVALID_OVERRIDE', 'unknown key "component"'],
  [{ a: {} }, 'INVALID_OVERRIDE', 'no "value"'],
  [{ a: 5 }, 'INVALID_OVERRIDE', 'not a number'],
  [[1], 'INVALID_OVERRIDE', 'not a list'],
  [{ a: { value: { id: 'z' } } }, 'INVALID_OVERRIDE', 'must not change its "id"'],
])('%j is refused as %s', (override, code, message) => {
  expect(refused(override)).toMatchObject({ code, message: expect.stringContaining(message) })
})

test('an unknown step is told with a suggestion', () => {
  const { diagnostics } = compile('steps: [{id: fetch, component: /t/a}]', { overrides: [{ fecth: { value: {} } }] })

  expect(diagnostics.find((d) => d.code === 'UNKNOWN_OVERRIDE')?.message).toContain('Did you mean "fetch"?')
})

test('a patch called __proto__ pollutes nothing', () => {
  const patch = JSON.parse('{"a": {"value": {"input": {"__proto__": {"polluted": true}}}}}')

  expect(JSON.stringify(step('a', patch)?.input)).toContain('__proto__')
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('what was read from a text stands beside the plan, without overrides and as it was written', () => {
  const flow = { steps: { a: { component: '/builtin/noop', input: { value: 1 } } }, output: { $step: 'a' } }

  const { plan, source } = compile(JSON.stringify(flow), { overrides: [{ a: { value: { input: { value: 2 } } } }] })

  expect(plan?.steps[0]?.input).toEqual({ op: 'literal', value: { value: 2 } })
  expect(source && toJson(source.node)).toEqual(flow)
})
