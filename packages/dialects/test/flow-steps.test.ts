// Steps to plans: every form of expression, every key of a step, and what depends on what.

import { expect, test } from 'vitest'
import { all, input, lit, output, plan, readA, readB, step } from './compiled.ts'

test('a chain is a guard around a reference and nothing more', () => {
  expect(input('{$step: a}')).toEqual(all([0], readA))
})

test('an input without references is a literal', () => {
  expect(input('{x: [1, {y: null}], z: text}')).toEqual(lit({ x: [1, { y: null }], z: 'text' }))
})

test('a step without input has null', () => {
  expect(step(plan('steps: [{id: a, component: /t/a}]'), 'a').input).toEqual(lit(null))
})

test.each([
  ['{$step: a, path: x}', { ...readA, path: 'x' }],
  ['{$step: a, path: "$"}', readA],
  ['{$step: a, path: ""}', readA],
  ['{$step: a, path: "$.x[0]", default: 1}', { ...readA, path: '$.x[0]', default: lit(1) }],
  ['{$from: {step: a}}', readA],
  ['{$from: {step: a}, path: x}', { ...readA, path: 'x' }],
  ['{$from: a, path: x}', { ...readA, path: 'x' }],
  ['{$template: "{{ steps.a.result }}"}', readA],
  ['{$template: "{{ steps.a.output.x[0][\'b c\'] }}"}', { ...readA, path: '$.x[0].b c' }],
  ['{$template: "{{ steps.a.status }}"}', { op: 'outcome', step: 0, path: '$.status' }],
  ['{$template: "{{ steps.a.error.message }}"}', { op: 'outcome', step: 0, path: '$.error.message' }],
])('%s reads the step', (expression, expected) => {
  expect(input(expression)).toEqual(all([0], expected))
})

test.each([
  ['{$step: a, on_skip: use_default}', lit(null)],
  ['{$step: a, on_skip: use_default, $default: 1}', lit(1)],
  ['{$step: a, onSkip: useDefault, default_value: 1}', lit(1)],
  ['{$step: a, $on_skip: use_default, $default: {x: []}}', lit({ x: [] })],
  ['{$step: a, on_skip: {action: use_default, default_value: 1}}', lit(1)],
  ['{$step: a, onSkip: {action: useDefault, defaultValue: 1}}', lit(1)],
  ['{$step: a, on_skip: {action: useDefault}}', lit(null)],
  ['{$step: a, onSkip: {action: useDefault}, defaultValue: {$input: x}}', { op: 'input', path: 'x' }],
  ['{$from: {step: a}, onSkip: {action: useDefault, defaultValue: 1}}', lit(1)],
  ['{$from: {step: a}, $on_skip: "use_default", $default: {enriched: false}}', lit({ enriched: false })],
])('%s lets a skip pass with a default', (expression, onSkip) => {
  expect(input(expression)).toEqual(all([], { ...readA, onSkip }, [0]))
})

test.each(['skip', 'skip_step'])('on_skip: %s is what happens anyway', (action) => {
  expect(input(`{$step: a, on_skip: ${action}}`)).toEqual(all([0], readA))
})

test.each([
  ['{$input: name}', { op: 'input', path: 'name' }],
  ['{$input: "$.a[0]"}', { op: 'input', path: '$.a[0]' }],
  ['{$input: "$"}', { op: 'input' }],
  ['{$input: ""}', { op: 'input' }],
  ['{$input: null}', { op: 'input' }],
  ['{$input: x, default: 1}', { op: 'input', path: 'x', default: lit(1) }],
  ['{$from: {workflow: input}}', { op: 'input' }],
  ['{$from: {workflow: input}, path: x}', { op: 'input', path: 'x' }],
  ['{$from: $input, path: x}', { op: 'input', path: 'x' }],
  ['{$template: "{{ inputs.name }}"}', { op: 'input', path: '$.name' }],
  ['{$variable: v}', { op: 'variable', path: 'v' }],
  ['{$variable: "$.v.x", default: 1}', { op: 'variable', path: '$.v.x', default: lit(1) }],
  ['{$from: {variable: v, default: 1}}', { op: 'variable', path: '$.v', default: lit(1) }],
  ['{$from: {variable: v}, path: "$.x[0]"}', { op: 'variable', path: '$.v.x[0]' }],
  ['{$from: {variable: v}, path: x}', { op: 'variable', path: '$.v.x' }],
  ['{$secret: TOKEN}', { op: 'secret', path: 'TOKEN' }],
  ['{$template: "{{ secrets.TOKEN }}"}', { op: 'secret', path: 'TOKEN' }],
  ['{$literal: {$step: a}}', lit({ $step: 'a' })],
  ['{$template: "plain"}', lit('plain')],
  ['{$ref: "#/x"}', lit({ $ref: '#/x' })],
  ['{$blob: abc}', lit({ $blob: 'abc' })],
])('%s waits for no step', (expression, expected) => {
  expect(input(expression)).toEqual(expected)
})

test('a transform is called with the value, and with the input if it mentions it', () => {
  expect(input(`{$step: a, transform: 'x + 1'}`)).toEqual(
    all([0], { op: 'call', fn: 'transform', args: [lit('x + 1'), readA] }),
  )
  expect(input(`{$input: c, transform: '$.t + x'}`)).toEqual({
    op: 'call',
    fn: 'transform',
    args: [lit('$.t + x'), { op: 'input', path: 'c' }, { op: 'input' }],
  })
})

test('a template gets what it names and nothing else', () => {
  expect(
    input('{$template: "{{ steps.a.result.x }} {{ inputs.y }} {{ secrets.S }} {{ flow.name }} {{ run.id }}"}'),
  ).toEqual(
    all([0], {
      op: 'call',
      fn: 'template',
      args: [
        lit('{{ steps.a.result.x }} {{ inputs.y }} {{ secrets.S }} {{ flow.name }} {{ run.id }}'),
        {
          op: 'object',
          of: [
            ['steps', { op: 'object', of: [['a', { op: 'object', of: [['result', readA]] }]] }],
            ['inputs', { op: 'input' }],
            ['secrets', { op: 'object', of: [['S', { op: 'secret', path: 'S' }]] }],
            ['flow', lit({ name: '' })],
            ['run', { op: 'object', of: [['id', { op: 'run', path: 'id' }]] }],
          ],
        },
      ],
    }),
  )
})

test('an id with dashes can be read in a template', () => {
  const text =
    'steps: [{id: load-data, component: /t/a}, {id: s, component: /t/b, input: {$template: "{{ steps.load-data.result.x }}"}}]'

  expect(step(plan(text), 's').input).toEqual(all([0], { ...readA, path: '$.x' }))
})

test('only the condition of $if is waited for; branches guard themselves', () => {
  expect(input('{$if: {$step: a}, then: {$step: b}, else: 2}')).toEqual(
    all([], { op: 'if', cond: { ...readA, onSkip: lit(null) }, then: all([1], readB), else: lit(2) }, [0]),
  )
})

test('only the first of $coalesce is waited for; the others guard themselves', () => {
  expect(input('{$coalesce: [{$step: a}, {$step: b}, 3]}')).toEqual(
    all([], { op: 'coalesce', of: [readA, all([1], readB), lit(3)] }, [0]),
  )
})

test('one reference without a default makes a skip count', () => {
  expect(input('[{$step: a}, {$step: a, on_skip: use_default}]')).toMatchObject({ of: [0] })
})

test('under another trigger rule branches read plainly', () => {
  expect(input('{$if: {$input: c}, then: {$step: b}}', ', needs: [a], trigger_rule: all_done')).toEqual({
    op: 'guard',
    rule: 'all_done',
    of: [0],
    then: { op: 'if', cond: { op: 'input', path: 'c' }, then: readB },
  })
})

test('needs are waited for', () => {
  expect(input('1', ', needs: [a, b]')).toEqual(all([0, 1], lit(1)))
  expect(input('1', ', depends_on: a')).toEqual(all([0], lit(1)))
})

test.each(['when', 'skip_if', 'skipIf', 'skip'])(
  '%s decides before the input is taken, and its steps are waited for',
  (key) => {
    const skip = { op: 'skip', reason: { op: 'literal', value: expect.any(String) } }
    const [then, otherwise] = key === 'when' ? [lit(1), skip] : [skip, lit(1)]

    expect(input('1', `, ${key}: {$step: a}`)).toEqual(all([0], { op: 'if', cond: readA, then, else: otherwise }))
  },
)

test.each([
  ['fail', undefined],
  ['{action: terminate}', undefined],
  ['skip', { op: 'skip', reason: { op: 'error', path: 'message' } }],
  ['{action: skip}', { op: 'skip', reason: { op: 'error', path: 'message' } }],
  ['continue', lit(null)],
  ['{action: continue, default_output: {a: 1}}', lit({ a: 1 })],
  ['{action: useDefault, defaultValue: 1}', lit(1)],
  ['{action: use_default, default_value: {$input: x}}', { op: 'input', path: 'x' }],
])('on_error: %s', (onError, fallback) => {
  const compiled = step(plan(`steps: [{id: s, component: /t/a, on_error: ${onError}}]`), 's')

  expect(compiled.fallback).toEqual(fallback)
  expect(compiled.retry).toBeUndefined()
})

test('what a default output reads is a dependency of the step', () => {
  const compiled = plan(
    'steps: [{id: a, component: /t/a}, {id: s, component: /t/s, onError: {action: continue, default_output: {$step: a}}}]',
  )

  expect(step(compiled, 's')).toMatchObject({ input: all([0], lit(null)), fallback: readA })
})

test.each([
  ['on_error: retry', { attempts: 4, delayMs: 1000, backoff: 'exponential', factor: 2, maxMs: 30_000, jitter: true }],
  ['onError: {action: retry, maxRetries: 1}', { attempts: 2 }],
  [
    'retry: {max_attempts: 5}',
    { attempts: 5, delayMs: 1000, backoff: 'exponential', factor: 2, maxMs: 30_000, jitter: true },
  ],
  [
    'retry: {maxAttempts: 2, backoff: fixed, delay: 500ms}',
    { attempts: 2, delayMs: 500, backoff: 'fixed', jitter: false },
  ],
  [
    'retry: {backoff: fibonacci, jitter: true, max_delay: 1m}',
    { attempts: 3, backoff: 'fibonacci', jitter: true, maxMs: 60_000 },
  ],
  ['retry: {delay: 1d, backoff: fixed}', { delayMs: 86_400_000, maxMs: 86_400_000 }],
  ['retry: {delay: 1d, max_delay: 1h}', { delayMs: 86_400_000, maxMs: 3_600_000 }],
  ['retry: {on: [TIMEOUT, MY_CODE], jitter: false}', { on: ['TIMEOUT', 'MY_CODE'], jitter: false }],
])('%s', (key, retry) => {
  expect(step(plan(`steps: [{id: s, component: /t/a, ${key}}]`), 's').retry).toMatchObject(retry)
})

test.each([
  ['timeout: 30s', { timeoutMs: 30_000 }],
  ['timeout: 1h30m', { timeoutMs: 5_400_000 }],
  ['timeout: 0.5', { timeoutMs: 500 }],
  ['cache: true', { cache: {} }],
  ['cache: {ttl: 5m, key: {$input: id}}', { cache: { ttlMs: 300_000, key: { op: 'input', path: 'id' } } }],
  ['trigger_rule: all_done', { cleanup: true }],
])('%s', (key, expected) => {
  expect(step(plan(`steps: [{id: s, component: /t/a, ${key}}]`), 's')).toMatchObject(expected)
})

test('components called /builtins/x are /builtin/x', () => {
  expect(step(plan('steps: [{id: s, component: /builtins/eval}]'), 's').component).toBe('/builtin/eval')
})

test('a path may be looked up in the field that its component names primary', () => {
  const primaryOf = (component: string) => (component === '/t/a' ? 'data' : undefined)

  expect(output('[{$step: a, path: x}, {$step: a}, {$step: b, path: x}]', { primaryOf }).input).toEqual({
    op: 'array',
    of: [{ ...readA, path: 'x', primary: 'data' }, readA, { ...readB, path: 'x' }],
  })
})
