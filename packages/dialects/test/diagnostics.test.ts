// What is told of a flow that is wrong: all of it, at once, each with its place.

import { expect, test } from 'vitest'
import { type CompileOptions, compile } from '../src/index.ts'

const QUIET = new Set(['MISSING_FLOW_NAME', 'MISSING_FLOW_DESCRIPTION', 'UNVALIDATED_FIELD_ACCESS'])
const told = (text: string, options: CompileOptions = {}) =>
  compile(text, options).diagnostics.filter((d) => !QUIET.has(d.code))
/** The only finding. */
const only = (text: string, options: CompileOptions = {}) => {
  const list = told(text, options)
  expect(list.map((d) => `${d.code}: ${d.message}`)).toHaveLength(1)
  return list[0]
}
/** Of a step `s` beside a step `a`. */
const inStep = (keys: string) => only(`steps:\n- {id: a, component: /t/a}\n- {id: s, component: /t/s, ${keys}}\n`)

test('an unknown key is a warning with a suggestion', () => {
  const finding = only('steps:\n  - id: a\n    component: /t/a\n    skp_if: true\n', { file: 'f.yaml' })

  expect(finding).toMatchObject({
    code: 'UNKNOWN_KEY',
    level: 'warning',
    line: 4,
    column: 5,
    file: 'f.yaml',
    path: '$.steps[0].skp_if',
  })
  expect(finding?.message).toBe('unknown key "skp_if" in step "a" (line 4). Did you mean "skip_if"?')
})

test('an unknown key is an error under strict', () => {
  expect(compile('nmae: x\nsteps: []', { strict: true }).plan).toBeUndefined()
  expect(compile('nmae: x\nsteps: []').plan).toBeDefined()
})

test('two spellings of one key are an error', () => {
  expect(inStep('skipIf: true, skip_if: false')).toMatchObject({ code: 'CONFLICTING_KEYS', level: 'error', line: 3 })
})

test('duplicate ids are told with both lines', () => {
  const finding = only('steps:\n- {id: a, component: /t/a}\n- {id: a, component: /t/b}\n')

  expect(finding).toMatchObject({ code: 'DUPLICATE_STEP_ID', level: 'fatal', line: 3, path: '$.steps[1].id' })
  expect(finding?.message).toContain('line 2 and line 3')
})

test('a cycle is named, with lines', () => {
  const finding = only(
    'steps:\n- {id: a, component: /t/a, input: {$step: b}}\n- {id: b, component: /t/b, needs: [c]}\n- {id: c, component: /t/c, when: {$step: a}}\n',
  )

  expect(finding).toMatchObject({ code: 'CYCLE', level: 'fatal' })
  expect(finding?.message).toContain('"a" (line 2) -> "b" (line 3) -> "c" (line 4) -> "a" (line 2)')
})

test('a cycle of a hundred thousand steps overflows nothing', () => {
  const steps = Array.from(
    { length: 20_000 },
    (_, i) => `- {id: s${i}, component: /t/a, needs: [s${(i + 1) % 20_000}]}`,
  )

  expect(told(`steps:\n${steps.join('\n')}\n`)).toMatchObject([{ code: 'CYCLE' }])
})

test('a step that refers to itself is told so', () => {
  expect(inStep('input: {$step: s}')).toMatchObject({ code: 'SELF_REFERENCE', level: 'fatal' })
  expect(inStep('needs: [s]')).toMatchObject({ code: 'SELF_REFERENCE', level: 'fatal' })
})

test('an unknown step is told with a suggestion', () => {
  const finding = only(
    'steps:\n- {id: get_users, component: /t/a}\n- {id: b, component: /t/b, input: {$step: get_usres}}\n',
  )

  expect(finding).toMatchObject({
    code: 'UNDEFINED_STEP_REFERENCE',
    level: 'fatal',
    line: 3,
    path: '$.steps[1].input.$step',
  })
  expect(finding?.message).toContain('Did you mean "get_users"?')
})

test.each([
  ['input: {$step: z}', 'UNDEFINED_STEP_REFERENCE'],
  ['needs: [z]', 'UNDEFINED_STEP_REFERENCE'],
  ['when: {$step: z}', 'UNDEFINED_STEP_REFERENCE'],
  ['input: {$template: "x {{ steps.z.result }}"}', 'UNDEFINED_STEP_REFERENCE'],
  ['on_error: {action: continue, default_output: {$from: {step: z}}}', 'UNDEFINED_STEP_REFERENCE'],
  ['for_each: {$step: z}', 'UNDEFINED_STEP_REFERENCE'],
  ['cache: {key: {$step: z}}', 'UNDEFINED_STEP_REFERENCE'],
  ['input: {$step: a, path: "$x"}', 'INVALID_PATH'],
  ['input: {$step: a, path: "$[x]"}', 'INVALID_PATH'],
  ['input: {$input: "$[0"}', 'INVALID_PATH'],
  ['input: {$step: a, path: 1}', 'INVALID_EXPRESSION'],
  ['input: {$step: [a]}', 'INVALID_EXPRESSION'],
  ['input: {$step: a, pth: x}', 'INVALID_EXPRESSION'],
  ['input: {$input: x, path: y}', 'INVALID_EXPRESSION'],
  ['input: {$literal: 1, x: 2}', 'INVALID_EXPRESSION'],
  ['input: {$step: a, $input: x}', 'INVALID_EXPRESSION'],
  ['input: {$if: true}', 'INVALID_EXPRESSION'],
  ['input: {$if: true, then: 1, els: 2}', 'INVALID_EXPRESSION'],
  ['input: {$coalesce: {$step: a}}', 'INVALID_EXPRESSION'],
  ['input: {$from: {stp: a}}', 'INVALID_EXPRESSION'],
  ['input: {$from: {workflow: output}}', 'INVALID_EXPRESSION'],
  ['input: {$from: 1}', 'INVALID_EXPRESSION'],
  ['input: {$secret: ""}', 'INVALID_EXPRESSION'],
  ['input: {$index: 1}', 'INVALID_EXPRESSION'],
  ['input: {$on_skip: use_default}', 'INVALID_EXPRESSION'],
  ['input: {$template: [a]}', 'INVALID_EXPRESSION'],
  ['input: {$item: x}', 'LOOP_VARIABLE_OUTSIDE_LOOP'],
  ['input: {$index: true}', 'LOOP_VARIABLE_OUTSIDE_LOOP'],
  ['input: {$template: "{{ item.x }} y"}', 'LOOP_VARIABLE_OUTSIDE_LOOP'],
  ['for_each: {$item: x}', 'LOOP_VARIABLE_OUTSIDE_LOOP'],
  ['input: {$template: "{{ x"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{% if x %}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{{ inputs.x | uper }}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{{ inputs.x is defnd }}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{{ steps[inputs.x].result }}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{% for s in steps %}{% endfor %}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{{ steps.a.reslt }}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{{ secrets[inputs.x] }}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{% set steps = 1 %}"}', 'INVALID_TEMPLATE'],
  ['input: {$template: "{{ nope }}"}', 'UNKNOWN_NAME'],
  ['input: {$input: x, transform: "y + 1"}', 'INVALID_TRANSFORM'],
  ['input: {$input: x, transform: 1}', 'INVALID_TRANSFORM'],
  ['input: {$stpe: a}', 'UNKNOWN_EXPRESSION'],
  ['input: {$step: a, on_skip: usedefault}', 'INVALID_VALUE'],
  ['input: {$input: x, on_skip: use_default}', 'UNREACHABLE_ON_SKIP'],
  ['input: {$step: a, on_skip: use_default}', 'UNREACHABLE_ON_SKIP'],
  ['when: true, skip_if: true', 'CONFLICTING_KEYS'],
  ['trigger_rule: all_sucess', 'INVALID_VALUE'],
  ['must_execute: "yes"', 'INVALID_VALUE'],
  ['timeout: soon', 'INVALID_VALUE'],
  ['timeout: -1', 'INVALID_VALUE'],
  ['retry: 3', 'INVALID_VALUE'],
  ['retry: {max_attempts: 0}', 'INVALID_VALUE'],
  ['retry: {max_attempts: 1.5}', 'INVALID_VALUE'],
  ['retry: {backoff: linear}', 'INVALID_VALUE'],
  ['retry: {on: 5}', 'INVALID_VALUE'],
  ['retry: {max_atempts: 2}', 'UNKNOWN_KEY'],
  ['on_error: explode', 'INVALID_VALUE'],
  ['on_error: {default_output: 1}', 'MISSING_ACTION'],
  ['on_error: {action: skip, default_output: 1}', 'CONFLICTING_KEYS'],
  ['on_error: retry, retry: {max_attempts: 2}', 'CONFLICTING_KEYS'],
  ['for_each: {max_concurrent: 2}', 'MISSING_ITEMS'],
  ['for_each: {items: [1], max_concurrent: 0}', 'INVALID_VALUE'],
  ['cache: 5', 'INVALID_VALUE'],
  ['needs: {a: 1}', 'INVALID_VALUE'],
])('%s is told as %s', (keys, code) => {
  expect(inStep(keys)).toMatchObject({ code, line: 3 })
})

test('a default where steps can be skipped is no warning', () => {
  expect(
    told(
      'steps:\n- {id: a, component: /t/a, when: {$input: x}}\n- {id: s, component: /t/s, input: {$step: a, on_skip: use_default}}\n',
    ),
  ).toEqual([])
})

test.each([
  ['- {component: /t/a}', 'MISSING_STEP_ID'],
  ['- {id: "", component: /t/a}', 'EMPTY_STEP_ID'],
  ['- {id: 5, component: /t/a}', 'INVALID_STEP_ID'],
  ['- {id: "a b", component: /t/a}', 'INVALID_STEP_ID'],
  ['- {id: a}', 'MISSING_COMPONENT'],
  ['- {id: a, component: ""}', 'EMPTY_COMPONENT_NAME'],
  ['- {id: a, component: t/a}', 'INVALID_COMPONENT'],
  ['- just text', 'INVALID_STEP'],
])('the step %s is told as %s', (step, code) => {
  expect(only(`steps:\n${step}\n`)).toMatchObject({ code, line: 2 })
})

test.each([
  ['- 1\n', 'INVALID_STEP'],
  ['text\n', 'INVALID_FLOW'],
  ['name: x\n', 'MISSING_STEPS'],
  ['steps: {a: 1}\n', 'INVALID_STEP'],
  ['schema: https://example.org\nsteps: []\n', 'UNKNOWN_SCHEMA'],
  ['schemas: {properties: {inputs: {}}}\nsteps: []\n', 'UNKNOWN_KEY'],
  ['schemas: {properties: {steps: {properties: {z: {}}}}}\nsteps: []\n', 'UNKNOWN_KEY'],
  ['schemas: {properties: {input: {}}}\ninput_schema: {}\nsteps: []\n', 'CONFLICTING_KEYS'],
  ['input_schema: [1]\nsteps: []\n', 'INVALID_SCHEMA'],
  ['input_schema: x.json\nsteps: []\n', 'SCHEMA_FILE'],
  ['test: {cases: {a: 1}}\nsteps: []\n', 'INVALID_VALUE'],
  ['test: {config: {}, configFile: x}\nsteps: []\n', 'CONFLICTING_KEYS'],
  ['on_failure: explode\nsteps: []\n', 'INVALID_VALUE'],
  ['a: 1\na: 2\nsteps: []\n', 'DUPLICATE_KEY'],
])('%j is told as %s', (text, code) => {
  expect(told(text).map((d) => d.code)).toContain(code)
})

test('components and tools in one file are told with both lines', () => {
  const finding = only('steps:\n- {id: a, component: /t/a}\n- {id: b, tool: INPUT_TEXT}\n')

  expect(finding).toMatchObject({ code: 'MIXED_DIALECTS', level: 'error', line: 3 })
  expect(finding?.message).toContain('(line 2)')
  expect(finding?.message).toContain('(line 3)')
})

test('a component that no route serves is an error', () => {
  const isServed = (path: string) => (path === '/t/a' ? undefined : `no route serves ${path}`)

  expect(only('steps:\n- {id: a, component: /t/a}\n- {id: b, component: /x/b}\n', { isServed })).toMatchObject({
    code: 'COMPONENT_NOT_FOUND',
    line: 3,
    message: 'step "b": no route serves /x/b',
  })
})

test('variables are checked against their schema', () => {
  const steps =
    'steps: [{id: a, component: /t/a, input: [{$variable: known}, {$variable: knwon}, {$variable: other, default: 1}]}]\n'
  const schema = 'schemas: {properties: {variables: {properties: {known: {}}}}}\n'

  expect(told(schema + steps)).toMatchObject([
    { code: 'UNDEFINED_REQUIRED_VARIABLE', message: expect.stringContaining('Did you mean "known"') },
    { code: 'UNDEFINED_VARIABLE' },
  ])
  expect(told('steps: [{id: a, component: /t/a, input: {$variable: v}}]')).toMatchObject([
    { code: 'MISSING_VARIABLE_SCHEMA', level: 'warning' },
  ])
})

test.each([
  ['t/a', '/t/a'],
  ['builtins://noop', '/builtin/noop'],
  ['builtin:/noop', '/builtin/noop'],
  ['python://udf', '/python/udf'],
])('the component %j is hinted to be written %j', (component, path) => {
  const [{ hint } = {}] = told(`steps:\n  - {id: a, component: "${component}"}\n`).filter(
    ({ code }) => code === 'INVALID_COMPONENT',
  )

  expect(hint).toBe(`write "${path}"`)
})

test('all problems are told at once', () => {
  const codes = told(`
nmae: x
steps:
  - {id: a, component: t/a, input: {$step: z}}
  - {id: a, component: /t/a, trigger_rule: nope}
  - {component: /t/c, retry: {max_attempts: x}}
output: {$step: y}
`).map((d) => d.code)

  expect(codes).toEqual([
    'UNKNOWN_KEY',
    'INVALID_COMPONENT',
    'INVALID_VALUE',
    'MISSING_STEP_ID',
    'INVALID_VALUE',
    'DUPLICATE_STEP_ID',
    'UNDEFINED_STEP_REFERENCE',
    'UNDEFINED_STEP_REFERENCE',
  ])
})

test('a flow inside put_blob or eval is checked with the file', () => {
  const nested = (inner: string, component = '/builtin/eval', key = 'flow') =>
    `steps:\n- id: a\n  component: ${component}\n  input:\n    blob_type: flow\n    ${key}:\n      $literal: ${inner}\n`

  expect(only(nested('{steps: [{id: x, component: /t/a, input: {$step: y}}]}'))).toMatchObject({
    code: 'UNDEFINED_STEP_REFERENCE',
    path: '$.steps[0].input.flow.$literal.steps[0].input.$step',
    line: 7,
  })
  expect(only(nested('[1]', '/builtin/put_blob', 'data'))).toMatchObject({ code: 'INVALID_SUBFLOW_LITERAL' })
  expect(only('steps:\n- {id: a, component: /builtins/eval, input: {workflow: {steps: []}}}\n')).toMatchObject({
    code: 'UNQUOTED_SUBFLOW',
  })
})

test('what stands in a wrong place is quoted, if it is short', () => {
  expect(only('output: { $from: { workflow: output } }')?.message).toContain('must be "input", not "output"')
  expect(inStep('for_each: [1], input: { $index: false }')?.message).toContain('must be true, not false')
  expect(inStep('retry: 3')).toMatchObject({
    message: 'retry of step "s" must be an object, not 3',
    hint: expect.stringContaining('max_attempts'),
  })
})

test('a key without a value is as good as none', () => {
  const empty = ['retry', 'cache', 'timeout', 'on_error', 'trigger_rule', 'must_execute', 'needs', 'name']
  const keys = empty.map((key) => `${key}: null`).join(', ')

  expect(told(`steps: [{id: s, component: /t/s, ${keys}}]\ntimeout:\nmax_concurrent:\non_failure:\ntest:\n`)).toEqual(
    [],
  )
  expect(inStep('on_error: { action: null }')?.code).toBe('MISSING_ACTION')
})

test('two defaults of one reference are refused', () => {
  const twice = 'on_skip: { action: use_default, default_value: 1 }, $default: 2'

  const found = told(`steps: [{id: a, component: /t/a, when: { $input: x }}]\noutput: { $step: a, ${twice} }`)

  expect(found.map(({ code }) => code)).toEqual(['CONFLICTING_KEYS'])
})

test('a $ref that leads nowhere is told with its line, one that leads somewhere is not', () => {
  const schemas = (properties: string, more = '') => `schemas:
  $defs: { "a/b": { type: string } }
  properties:
    input: { ${more} properties: { ${properties} } }
output: { $input: x }`

  expect(only(schemas('x: { $ref: "#/$defs/c" }'))).toMatchObject({
    code: 'INVALID_SCHEMA',
    line: 4,
    message: '"$ref": "#/$defs/c" leads nowhere',
    hint: '$defs: a/b',
  })
  expect(only(schemas('x: { $ref: "https://example.com/x.json" }'))?.message).toContain('leads nowhere')
  expect(told(schemas('x: { $ref: "#/$defs/a~1b" }, y: { $ref: "#" }, z: { default: { $ref: "#/no" } }'))).toEqual([])
  expect(told(schemas('x: { $ref: "other" }', '$id: "https://example.com/",'))).toEqual([])
})

test('a retry on a misspelt code is told; a code of the component is its own affair', () => {
  expect(inStep('retry: { on: [TIMEOUT, COMPONENT_FALED] }')).toMatchObject({
    code: 'UNKNOWN_CODE',
    level: 'warning',
    message: expect.stringContaining('Did you mean "COMPONENT_FAILED"?'),
  })
  expect(told('steps: [{id: s, component: /t/s, retry: { on: [TIMEOUT, OUT_OF_PAPER] }}]')).toEqual([])
})

test('the whole input is no field that a schema could describe', () => {
  expect(compile('output: { $input: $ }').diagnostics.map((d) => d.code)).not.toContain('UNVALIDATED_FIELD_ACCESS')
  expect(compile('output: { $input: a }').diagnostics.map((d) => d.code)).toContain('UNVALIDATED_FIELD_ACCESS')
})

test('that no schema describes what steps give is told once, and never of a file or of a step with a schema', () => {
  const flow = (schemas: string) => `${schemas}
steps:
  - { id: file, component: /builtin/load_file, input: { path: x } }
  - { id: one, component: /t/s, input: { $step: file, path: data.x } }
  - { id: two, component: /t/s, input: { a: { $step: one, path: a }, b: { $step: one, path: b } } }
output: { a: { $step: one, path: c }, b: { $step: two, path: d } }
`
  const hints = (text: string) =>
    compile(text)
      .diagnostics.filter(({ code }) => code === 'UNVALIDATED_FIELD_ACCESS')
      .map(({ message }) => message)

  expect(hints(flow(''))).toEqual(['step "two" reads "a" of step "one", which no schema describes'])
  expect(hints(flow('schemas: { properties: { steps: { properties: { one: {}, two: {} } } } }'))).toEqual([])
})

test('that no schema describes the variables is reported once, however many a flow reads', () => {
  const { diagnostics } = compile('output: [{ $variable: a }, { $variable: b }, { $template: "{{ variables.c }}" }]')

  const missing = diagnostics.filter(({ code }) => code === 'MISSING_VARIABLE_SCHEMA')
  expect(missing.map(({ message }) => message)).toEqual([
    'the output reads variable "a", and the flow has no schema for its variables',
  ])
})

test('a flow without name and description is told so, gently', () => {
  expect(compile('steps: []').diagnostics).toMatchObject([
    { code: 'MISSING_FLOW_NAME', level: 'warning', path: '$.name' },
    { code: 'MISSING_FLOW_DESCRIPTION', level: 'warning', path: '$.description' },
  ])
})

test('a value of 130,000 parts is compiled, and what is wrong in its last part is found', () => {
  const parts = Array.from({ length: 130_000 }, (_, i) => (i % 2 ? { $input: 'a' } : i))
  const last = { $step: 'nobody' }

  for (const output of [parts, Object.fromEntries(parts.entries()), { $coalesce: parts }, { $if: true, then: parts }]) {
    expect(told(JSON.stringify({ output }))).toEqual([])
  }
  expect(only(JSON.stringify({ output: [...parts, last] }))?.message).toContain('"nobody"')
})
