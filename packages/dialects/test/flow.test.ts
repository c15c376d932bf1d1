// Flows to plans: the frame of a flow, its output, and which of its steps run.

import { hasErrors } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { compile, compileValue, functions } from '../src/index.ts'
import { lit, output, plan, readA, step } from './compiled.ts'

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
    'only if a branch that reads it is taken: the output (line 2)',
    'nothing refers to it: it runs for its side effect',
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

  expect(flow).toMatchObject({ name: 'n', description: 'd', version: '1' })
  expect(flow?.examples).toEqual([{ name: 'e', input: { a: 1 } }])
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
  expect(performance.now() - start).toBeLessThan(10_000)
})
