// Manifests to plans: what is told of them, and what they become. What they do when they run is in conformance/manifest.

import { readFileSync } from 'node:fs'
import type { Plan } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { compile, compileValue } from '../src/index.ts'

const planOf = (text: string, options = {}): Plan => {
  const { plan, diagnostics } = compile(text, options)
  if (!plan) throw new Error(JSON.stringify(diagnostics, null, 1))
  return plan
}
const told = (text: string, options = {}) => compile(text, { file: 'm.yaml', ...options }).diagnostics
const inputsOf = (text: string) => planOf(text).schemas?.input

describe('parameters', () => {
  test('together they are the input schema, with defaults, descriptions and what is required', () => {
    const schema = inputsOf(`
- { id: topic, tool: INPUT_TEXT, input: [{ name: value, value: cats }, { name: description, value: What about }] }
- { id: count, tool: INPUT_NUMBER }
- { id: deep, tool: INPUT_BOOLEAN, input: { value: "false" } }
- { id: data, tool: INPUT_JSON, input: { schema: '{"type": "array"}', value: "[1]" } }
`)

    expect(schema).toEqual({
      type: 'object',
      properties: {
        topic: { type: 'string', description: 'What about', default: 'cats' },
        count: { type: 'number' },
        deep: { type: 'boolean', default: false },
        data: { type: 'array', default: [1] },
      },
      required: ['count'],
    })
  })

  test('a parameter with a computed default is not required', () => {
    const schema = inputsOf('[{ id: a, tool: INPUT_TEXT, input: { value: "{{inputs.b}}" } }]')

    expect(schema).toEqual({ type: 'object', properties: { a: { type: 'string' } } })
  })

  test("the author's own schema says more of a parameter", () => {
    const schema = inputsOf(`
input_schema: { properties: { a: { maxLength: 3 }, b: true }, required: [b] }
steps: [{ id: a, tool: INPUT_TEXT }]
`)

    expect(schema).toEqual({
      type: 'object',
      properties: { a: { type: 'string', maxLength: 3 }, b: true },
      required: ['b', 'a'],
    })
  })

  test('a parameter may be called __proto__', () => {
    const schema = inputsOf('[{ id: __proto__, tool: INPUT_TEXT, input: { value: x } }]') as { properties: object }

    expect(Object.keys(schema.properties)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).default).toBeUndefined()
  })

  test('no component is called for them, nor for a value without a schema', () => {
    const { steps } = planOf(`
- { id: a, tool: INPUT_TEXT }
- { id: b, tool: OUTPUT_TEXT, input: { value: "{{steps.a.result}}" } }
- { id: c, tool: OUTPUT_JSON, input: { value: 1, schema: { type: number } } }
`)

    expect(steps.slice(0, 3).map((step) => step.component)).toEqual([null, null, '/builtin/output'])
  })
})

describe('tools', () => {
  test.each([
    ['GEMINI_CHAT', '/builtin/gemini'],
    ['GEMINI_INVOKE', '/builtin/gemini'],
    ['OPENAI_CHAT', '/builtin/openai_chat'],
    ['OPENAI_INVOKE', '/builtin/openai_chat'],
    ['ANTHROPIC_CHAT', '/builtin/anthropic'],
    ['ANTHROPIC_INVOKE', '/builtin/anthropic'],
    ['SLACK_POST_MESSAGE', '/builtin/slack'],
    ['GMAIL_SEND', '/builtin/gmail'],
    ['HTTP_REQUEST', '/builtin/http'],
    ['PYTHON_SANDBOX', '/builtin/code/python'],
    ['PYTHON_SANDBOX_RUN', '/builtin/code/python'],
    ['JAVASCRIPT_SANDBOX', '/builtin/code/javascript'],
    ['FLOW', '/builtin/flow'],
    ['/builtins/noop', '/builtin/noop'],
    ['/python/udf', '/python/udf'],
    ['files.read_file', '/files/read_file'],
  ])('%s calls %s', (tool, component) => {
    expect(planOf(`[{ id: a, tool: ${tool} }]`).steps[0]?.component).toBe(component)
  })

  test('a name that a route serves is a tool; any other is an error with a suggestion', () => {
    const isServed = (path: string) => (path === '/TOOL_A' ? undefined : 'no route serves it')

    expect(planOf('[{ id: a, tool: TOOL_A }]', { isServed }).steps[0]?.component).toBe('/TOOL_A')
    expect(told('[{ id: a, tool: SLACK_POST_MESSAG }]', { isServed })).toMatchObject([
      { code: 'UNKNOWN_TOOL', message: expect.stringContaining('Did you mean "SLACK_POST_MESSAGE"?'), line: 1 },
    ])
  })
})

describe('what is told', () => {
  test('an implied need is a hint that says what to write', () => {
    const text = `
- { id: a, tool: OUTPUT_TEXT }
- { id: b, tool: OUTPUT_TEXT }
- id: c
  tool: OUTPUT_TEXT
  needs: [a]
  input: { value: "{{steps.a.result}} {{steps.b.result}}" }
`

    expect(told(text)).toEqual([
      expect.objectContaining({
        code: 'IMPLIED_NEED',
        level: 'hint',
        message: 'step "c" reads step "b" which its "needs" does not list; it waits for that step anyway',
        hint: 'write needs: [a, b]',
        line: 7,
      }),
    ])
  })

  test('a template that does not parse names file, line, column and the place in the template', () => {
    const [first] = told('steps:\n  - id: a\n    tool: OUTPUT_TEXT\n    input: { value: "{{ x | }}" }\n')

    expect(first).toMatchObject({ code: 'INVALID_TEMPLATE', file: 'm.yaml', line: 4, column: 21 })
    expect(first?.message).toContain('(at character 8)')
  })

  test('a place inside a list of inputs is named as it is written', () => {
    const text = '[{ id: a, tool: OUTPUT_TEXT, input: [{ name: value, value: ["{{ nope( }}"] }] }]'

    expect(told(text)[0]?.path).toBe('$.steps[0].input[0].value[0]')
  })

  test('all problems at once', () => {
    const codes = told(`
steps:
  - { id: a, tool: NO_SUCH_TOOL_AT_ALL, input: { value: "{{" } }
  - { id: a, tool: OUTPUT_TEXT, needs: [ghost], when: "(" }
  - { tool: OUTPUT_TEXT }
`).map(({ code }) => code)

    expect(codes).toEqual(
      expect.arrayContaining([
        'UNKNOWN_TOOL',
        'INVALID_TEMPLATE',
        'DUPLICATE_STEP_ID',
        'UNDEFINED_STEP_REFERENCE',
        'MISSING_STEP_ID',
      ]),
    )
  })

  test('a manifest needs neither a name nor a description', () => {
    expect(told('[{ id: a, tool: OUTPUT_TEXT, input: { value: 1 } }]')).toEqual([])
  })
})

describe('values', () => {
  test('plain text and lone paths never enter the template engine', () => {
    const plan = planOf(`
- { id: a, tool: /x/y, input: { plain: "text with { braces }", lone: "{{ inputs.deep['key'][0] }}" } }
- { id: b, tool: /x/y, input: { step: "{{steps.a.result.list[1]}}", secret: "{{secrets.KEY}}" } }
- { id: c, tool: /x/y, forEach: "{{steps.b.result}}", input: { item: "{{item.name}}", index: "{{index}}" } }
`)

    expect(JSON.stringify(plan)).not.toContain('"template"')
  })

  test('a template gets what it names and nothing else', () => {
    const text = JSON.stringify(planOf('[{ id: a, tool: /x/y, input: { v: "{{ inputs.x }}, {{ flow.name }}" } }]'))

    expect(text).toContain('"template"')
    expect(text).not.toContain('"secret"')
    expect(text).not.toContain('"op":"run"')
  })
})

test('overrides reach the named inputs of a step, whichever way they are written', () => {
  const text = '[{ id: a, tool: GEMINI_CHAT, input: [{ name: prompt, value: Hi }, { name: temperature, value: 1 }] }]'
  const overrides = [{ a: { value: { input: { temperature: 0 } } } }]

  expect(planOf(text, { overrides }).steps[0]?.input).toEqual({
    op: 'literal',
    value: { prompt: 'Hi', temperature: 0 },
  })
})

test('a manifest that is a value compiles like one that is text', () => {
  const value = [{ id: 'a', tool: 'OUTPUT_TEXT', input: { value: 1 } }]

  expect(compileValue(value).plan?.steps[0]?.id).toBe('a')
})

test('prompts of a manifest for its documents compile as they stand', () => {
  for (const name of ['sequential', 'parallel', 'conditional', 'loop', 'triage']) {
    const file = new URL(`../../../examples/manifests/${name}.yaml`, import.meta.url).pathname
    const { diagnostics } = compile(readFileSync(file, 'utf8'), { file, isServed: () => undefined })

    expect(diagnostics.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  }
})
