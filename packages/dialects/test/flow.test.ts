// Flows to plans: every form of expression, every key of a step, and what depends on what.

import { type Expr, hasErrors, type Plan, type PlanStep } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { type CompileOptions, compile, compileValue, functions } from '../src/index.ts'

const plan = (text: string, options: CompileOptions = {}): Plan => {
  const { plan, diagnostics } = compile(text, options)
  expect(diagnostics.filter((d) => d.level === 'error' || d.level === 'fatal')).toEqual([])
  return plan as Plan
}
const step = (of: Plan, id: string) => of.steps.find((s) => s.id === id) as PlanStep
/** The compiled input of step `s`, which may refer to `a` and `b`. */
const input = (expression: string, more = '') =>
  step(
    plan(
      `steps: [{id: a, component: /t/a}, {id: b, component: /t/b}, {id: s, component: /t/s, input: ${expression}${more}}]`,
    ),
    's',
  ).input
const output = (expression: string, options: CompileOptions = {}) =>
  plan(`steps: [{id: a, component: /t/a}, {id: b, component: /t/b}]\noutput: ${expression}`, options).steps.at(
    -1,
  ) as PlanStep
const lit = (value: unknown) => ({ op: 'literal', value })
const readA = { op: 'step', step: 0 }
const readB = { op: 'step', step: 1 }
const all = (of: number[], then: unknown, lenient?: number[]) => ({
  op: 'guard',
  rule: 'all_success',
  of,
  ...(lenient ? { lenient } : {}),
  then,
})

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

// --- the output, and which steps run

test('the output reads without a guard, and steps that nothing reads run beside it', () => {
  expect(output('{$step: a}')).toEqual({ id: '$output', component: null, hidden: true, input: readA, needs: [1] })
})

test('without an output, what nothing refers to is the output', () => {
  const compiled = plan(
    'steps: [{id: a, component: /t/a}, {id: b, component: /t/b, input: {$step: a}}, {id: c, component: /t/c}]',
  )

  expect(compiled.steps.at(-1)?.input).toEqual({
    op: 'call',
    fn: 'doneOf',
    args: [
      {
        op: 'object',
        of: [
          ['b', { op: 'outcome', step: 1 }],
          ['c', { op: 'outcome', step: 2 }],
        ],
      },
    ],
  })
  expect(plan('steps: []').steps.at(-1)?.input).toEqual(lit(null))
})

test('a step that only an untaken branch may read is not demanded, unless it must execute', () => {
  expect(output('{$if: {$step: a}, then: {$step: b}}')).not.toHaveProperty('needs')
  const must = plan(
    'steps: [{id: a, component: /t/a, must_execute: true}]\noutput: {$if: {$input: x}, then: {$step: a}}',
  )
  expect(must.steps.at(-1)).toMatchObject({ needs: [0] })
})

test('each step says why it runs', () => {
  const { flow } = compile(
    'steps: [{id: a, component: /t/a}, {id: b, component: /t/b}, {id: c, component: /t/c}, {id: d, component: /t/d, mustExecute: true}]\noutput: {$if: {$step: a}, then: {$step: b}}',
  )

  expect(flow?.steps.map((s) => s.why)).toEqual([
    'needed by the output (line 2)',
    'only if a branch is taken that reads it: the output (line 2)',
    'nothing refers to it: it is there for what it does',
    'it says "must_execute"',
  ])
})

test('steps whose rule can follow a failure handle it', () => {
  const compiled = plan(`
steps:
  - {id: a, component: /t/a}
  - {id: b, component: /t/b, needs: [a], trigger_rule: one_failed}
  - {id: c, component: /t/c, input: {$if: {$input: x}, then: {$step: a}}, trigger_rule: all_done}
  - {id: d, component: /t/d, needs: [a], trigger_rule: none_failed}
`)

  expect(step(compiled, 'a').handlers).toEqual([1, 2])
  expect(step(compiled, 'b')).not.toHaveProperty('cleanup')
  expect(step(compiled, 'c').cleanup).toBe(true)
})

test('the frame of the flow is the frame of the plan', () => {
  const compiled = plan('name: n\non_failure: continue\ntimeout: 1m\nmax_concurrent: 3\nsteps: []', { file: 'f.yaml' })

  expect(compiled).toMatchObject({
    name: 'n',
    onFailure: 'drain',
    timeoutMs: 60_000,
    maxConcurrent: 3,
    file: 'f.yaml',
    entry: 0,
    exit: 0,
  })
})

test('steps know their place', () => {
  expect(step(plan('steps:\n  - component: /t/a\n    id: a\n'), 'a').origin).toEqual({ line: 3, column: 5 })
})

// --- for_each

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

// --- schemas, tests, values, functions

test('schemas are read in all spellings', () => {
  const nested =
    'schemas: {type: object, $defs: {T: {type: string}}, properties: {input: {$ref: "#/$defs/T"}, variables: {type: object}}}\nsteps: []'
  const older =
    'inputSchema: {type: object}\noutput_schema: {type: string}\nvariables: {type: object, properties: {v: {is_secret: true}}}\nsteps: []'

  expect(plan(nested).schemas).toEqual({
    input: { $ref: '#/$defs/T', $defs: { T: { type: 'string' } } },
    variables: { type: 'object', $defs: { T: { type: 'string' } } },
  })
  expect(plan(older).schemas).toEqual({
    input: { type: 'object' },
    variables: { type: 'object', properties: { v: { is_secret: true } } },
  })
  expect(compile(older).flow?.outputSchema).toEqual({ type: 'string' })
})

test('a schema may be a file beside the flow', () => {
  const read: string[] = []
  const readFile = (path: string) => {
    read.push(path)
    return 'type: object\n'
  }

  expect(plan('input_schema: schemas/in.yaml\nsteps: []', { file: 'flows/f.yaml', readFile }).schemas).toEqual({
    input: { type: 'object' },
  })
  expect(read).toEqual(['flows/schemas/in.yaml'])
})

test('test cases and examples come with the flow', () => {
  const { flow } = compile(`
name: n
description: d
version: 1.0
steps: []
examples: [{name: e, input: {a: 1}}]
test:
  config_file: c.yml
  cases:
    - {name: one, input: 1, output: {outcome: success, result: null}}
    - {input: 2}
`)

  expect(flow).toMatchObject({ name: 'n', description: 'd', version: '1', examples: [{ name: 'e', input: { a: 1 } }] })
  expect(flow?.test).toMatchObject({
    configFile: 'c.yml',
    cases: [
      { name: 'one', input: 1, origin: { line: 10 } },
      { name: 'case 2', input: 2 },
    ],
  })
  expect(flow?.test?.cases[1]).not.toHaveProperty('output')
})

test('a flow that is a value compiles without lines', () => {
  const { plan, diagnostics } = compileValue({ steps: [{ id: 'a', component: '/t/a', input: { $step: 'other' } }] })

  expect(plan).toBeUndefined()
  expect(diagnostics.find((d) => d.code === 'UNDEFINED_STEP_REFERENCE')).toEqual({
    code: 'UNDEFINED_STEP_REFERENCE',
    level: 'fatal',
    message: 'step "a" refers to "other", which is not a step',
    path: '$.steps[0].input.$step',
    hint: 'steps: a',
  })
  expect(hasErrors(compileValue({ steps: [{ id: 'a', component: '/t/a' }] }).diagnostics)).toBe(false)
})

test('plans are JSON', () => {
  const compiled = plan('steps: [{id: a, component: /t/a, for_each: [1], input: {$item: "$"}}]\noutput: {$step: a}')

  expect(JSON.parse(JSON.stringify(compiled))).toEqual(compiled)
})

test('the functions that plans call are found by name', async () => {
  const template = await functions('template')
  const transform = await functions('transform')

  expect(template?.('{{ a + 1 }}', { a: 1 })).toBe(2)
  expect(transform?.('x + 1', 1)).toBe(2)
  expect(await functions('nope')).toBeUndefined()
})

test('a file of a thousand steps is compiled in a moment', () => {
  const steps = Array.from(
    { length: 1000 },
    (_, i) => `  - id: s${i + 1}\n    component: /t/a\n    input: {a: {$step: s${i}}}\n`,
  )
  const text = `steps:\n  - {id: s0, component: /t/a}\n${steps.join('')}`
  const start = performance.now()

  plan(text)
  expect(performance.now() - start).toBeLessThan(1000)
})
