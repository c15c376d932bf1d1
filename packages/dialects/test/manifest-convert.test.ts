import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compileValue, convert } from '../src/index.ts'

const root = new URL('../../../', import.meta.url).pathname

describe('a manifest as a flow', () => {
  test('tools become components, templates expressions, parameters the input schema', () => {
    const { document } = convert(
      `
- { id: topic, tool: INPUT_TEXT, input: [{ name: value, value: cats }] }
- { id: n, tool: INPUT_NUMBER }
- id: ask
  tool: GEMINI_CHAT
  needs: [topic]
  when: "'{{steps.n.result}}' == '1'"
  input: [{ name: prompt, value: "About {{inputs.topic}}" }]
  config: { model: m }
- { id: data, tool: OUTPUT_JSON, input: { value: { $step: x } }, forEach: "{{steps.ask.result}}" }
`,
      'flow',
    )

    expect(document).toEqual({
      on_failure: 'continue',
      input_schema: {
        type: 'object',
        properties: { topic: { type: 'string', default: 'cats' }, n: { type: 'number' } },
        required: ['n'],
      },
      steps: [
        { id: 'topic', component: '/builtin/noop', input: { $input: '$.topic' } },
        { id: 'n', component: '/builtin/noop', input: { $input: '$.n' } },
        {
          id: 'ask',
          component: '/builtin/gemini',
          input: { prompt: { $template: 'About {{inputs.topic}}' }, model: 'm' },
          needs: ['topic'],
          when: { $template: "{{ ((steps.n.result) | string) == '1' }}" },
        },
        {
          id: 'data',
          component: '/builtin/noop',
          input: { $literal: { $step: 'x' } },
          for_each: { $template: '{{steps.ask.result}}' },
        },
      ],
      output: { $step: 'data', on_skip: 'use_default', $default: null },
    })
  })

  test('what cannot be said is said', () => {
    const { document, impossible } = convert(
      '[{ id: a, tool: OUTPUT_TEXT, when: "{% if true %}true{% endif %}" }]',
      'flow',
    )

    expect(document).toBeUndefined()
    expect(impossible).toEqual([
      'The "when" of step "a" has no counterpart as a template: {% if true %}true{% endif %}',
    ])
  })
})

describe('a flow as a manifest', () => {
  test('components become tools, references templates', () => {
    const { document } = convert(
      `
steps:
  - id: a
    component: /builtin/noop
    input: { x: { $input: $.u.name }, "y z": { $literal: "{{ raw }}" }, d: { $input: p, default: 5 } }
  - id: b
    component: /python/udf
    for_each: { $step: a, path: "$.list[0]" }
    input: { i: { $item: "" }, n: { $index: true }, s: { $secret: KEY }, t: { $template: "<{{ item }}>" } }
output: { $step: b }
`,
      'manifest',
    )

    expect(document).toEqual({
      on_failure: 'stop',
      steps: [
        {
          id: 'a',
          tool: '/builtin/noop',
          input: {
            x: '{{ inputs.u.name }}',
            'y z': '{% raw %}{{ raw }}{% endraw %}',
            d: '{{ inputs.p | default(5) }}',
          },
        },
        {
          id: 'b',
          tool: '/python/udf',
          for_each: "{{ steps['a'].result.list[0] }}",
          input: { i: '{{ item }}', n: '{{ index }}', s: "{{ secrets['KEY'] }}", t: '<{{ item }}>' },
        },
      ],
      output: "{{ steps['b'].result }}",
    })
  })

  test.each([
    ['{ $if: true, then: 1 }', '"$if" in step "a"'],
    ['{ $coalesce: [1] }', '"$coalesce" in step "a"'],
    ['{ $input: x, transform: "x + 1" }', '"transform" in step "a"'],
    ['{ $step: b, on_skip: use_default }', '"on_skip" in step "a"'],
    ['{ $input: x, default: { a: 1 } }', 'The "default" in step "a"'],
  ])('%s has no counterpart', (value, sentence) => {
    const text = `steps: [{ id: a, component: /x, input: { v: ${value} } }, { id: b, component: /x, input: {} }]`

    expect(convert(text, 'manifest').impossible.join()).toContain(sentence)
  })

  test.each([
    ['{ id: a, component: /x }', 'A step without an input is given null'],
    ['{ id: a, component: /x, input: { v: { $input: a.b, default: 1 } } }', 'also for what lies below null'],
  ])('what means something else there is noted: %s', (step, note) => {
    expect(convert(`steps: [${step}]`, 'manifest').differences.join()).toContain(note)
  })

  test('a step whose input is no object has no counterpart', () => {
    expect(convert('steps: [{ id: a, component: /x, input: [1] }]', 'manifest').impossible).toHaveLength(1)
  })
})

test.each([
  ['steps: [{ id: a, component: /x }]', 'flow', 'The file is a flow already.'],
  ['[{ id: a, tool: OUTPUT_TEXT }]', 'manifest', 'The file is a manifest already.'],
  ['steps: []', 'manifest', 'A manifest is known by its steps, and there are none.'],
  ['just text', 'flow', 'The file cannot be read as a flow or a manifest.'],
] as const)('%j to %s: %s', (text, to, sentence) => {
  expect(convert(text, to).impossible).toEqual([sentence])
})

describe.each([
  ['conformance/manifest', 'flow'],
  ['conformance/stepflow', 'manifest'],
] as const)('every file of %s', (folder, to) => {
  const files = readdirSync(`${root}${folder}`).filter((name) => name.endsWith('.yaml'))

  test.each(files)('%s converts to a sound file, or says why not', (name) => {
    const { document, impossible } = convert(readFileSync(`${root}${folder}/${name}`, 'utf8'), to)
    if (!document) return expect(impossible.length).toBeGreaterThan(0)

    const { diagnostics } = compileValue(document, { isServed: () => undefined, readFile: () => '{}' })

    expect(diagnostics.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  })
})
