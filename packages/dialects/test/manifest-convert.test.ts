import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
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
          forEach: "{{ steps['a'].result.list[0] }}",
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
    ['{ id: a, component: /x }', 'A step without an input gets null'],
    ['{ id: a, component: /x, input: { v: { $input: a.b, default: 1 } } }', 'what lies below null'],
  ])('what means something else there is noted: %s', (step, note) => {
    expect(convert(`steps: [${step}]`, 'manifest').differences.join()).toContain(note)
  })

  test('a step whose input is no object has no counterpart', () => {
    expect(convert('steps: [{ id: a, component: /x, input: [1] }]', 'manifest').impossible).toHaveLength(1)
  })
})

test.each([
  ['steps: [{ id: a, component: /x }]', 'flow', 'The file is already a flow.'],
  ['[{ id: a, tool: OUTPUT_TEXT }]', 'manifest', 'The file is already a manifest.'],
  ['steps: []', 'manifest', 'A manifest needs at least one step, and the flow has none.'],
  ['just text', 'flow', 'The file cannot be read as a flow or a manifest.'],
] as const)('%j to %s: %s', (text, to, sentence) => {
  expect(convert(text, to).impossible).toEqual([sentence])
})

/** The steps of a manifest as they are meant: inputs as maps, nothing that says nothing. */
function stepsOf(text: string): Record<string, unknown>[] {
  const document = parse(text)
  return (Array.isArray(document) ? document : document.steps).map((step: Record<string, unknown>) => {
    const { input } = step
    const named = Array.isArray(input) ? Object.fromEntries(input.map(({ name, value }) => [name, value])) : input
    return { ...step, ...(named === undefined ? {} : { input: named }) }
  })
}

const SEQUENTIAL = `# Steps with needs wait
steps:
  - id: step_a
    tool: TOOL_A

  - id: step_b
    tool: TOOL_B
    needs: [step_a]  # Waits for step_a
`
const PARALLEL = `steps:
  - id: input
    tool: INPUT_TEXT
  # both at once
  - id: branch_a
    tool: TOOL_A
    needs: [input]
  - id: branch_b
    tool: server.tool
    needs: [input]  # Runs parallel with branch_a
    metadata: { team: x }
  - id: merge
    tool: OUTPUT_JSON
    needs: [branch_a, branch_b]  # Waits for both
    input:
      # the merged
      value: { a: "{{steps.branch_a.result}}" }
`
const CONDITIONAL = `steps:
  - id: classify
    tool: GEMINI_INVOKE
    input:
      - name: prompt # asked
        value: "Classify as 'urgent' or 'normal': {{inputs.message}}" # like this
  - id: urgent_handler
    tool: SLACK_POST_MESSAGE
    needs: [classify]
    # only one of them
    when: "{{ steps.classify.result.content == 'urgent' }}"
    input: [{ name: message, value: "URGENT: {{inputs.message}}" }]
  - id: normal_handler
    tool: GMAIL_SEND
    needs: [classify]
    when: "{{ steps.classify.result.content == 'normal' }}"
    input: [{ name: body, value: "{{inputs.message}}" }]
# the end
`
const LOOP = `steps:
  - id: get_items
    tool: INPUT_JSON
    input: [{ name: value, value: [{ name: Alice }, { name: Bob }] }]
  - id: sized
    tool: INPUT_JSON
    input: { value: 3, description: How many, schema: { type: integer, minimum: 1 } }
  - id: greet_each
    tool: OPENAI_CHAT
    forEach: "{{steps.get_items.result}}" # each
    needs: [get_items, sized]
    input: [{ name: prompt, value: "Write a greeting for {{item.name}}" }]
`

describe('a manifest as a flow, and back', () => {
  test.each([SEQUENTIAL, PARALLEL, CONDITIONAL, LOOP])('says the same in the same words', (text) => {
    const flow = convert(text, 'flow').yaml as string
    const back = convert(flow, 'manifest').yaml as string

    expect(stepsOf(back)).toEqual(stepsOf(text))
    expect(Object.keys(parse(back))).toEqual(['steps'])
    expect(convert(back, 'flow').document).toEqual(parse(flow))
  })

  test.each([SEQUENTIAL, PARALLEL, CONDITIONAL, LOOP])('keeps every comment', (text) => {
    const flow = convert(text, 'flow').yaml as string
    const back = convert(flow, 'manifest').yaml as string
    const comments = [...text.matchAll(/#.*/g)].map(([comment]) => comment)

    for (const comment of comments) expect(flow.split(comment)).toHaveLength(2)
    for (const comment of comments) expect(back.split(comment)).toHaveLength(2)
    expect(back).toMatch(text === SEQUENTIAL ? /needs: \[step_a\] +# Waits for step_a/ : /needs: \[/)
  })

  test('a file whose lines end in CRLF becomes one whose lines do', () => {
    const { yaml = '' } = convert(CONDITIONAL.replaceAll('\n', '\r\n'), 'flow')

    expect(yaml).not.toMatch(/(?<!\r)\n/)
    expect(yaml.replaceAll('\r\n', '\n')).toBe(convert(CONDITIONAL, 'flow').yaml)
  })

  test('conditions as document 003 writes them come back as conditions that mean the same', () => {
    const text = CONDITIONAL.replace(/"\{\{ (.*) == '(\w+)' \}\}"/g, `"'{{$1}}' == '$2'"`)
    const back = convert(convert(text, 'flow').yaml as string, 'manifest').yaml as string

    expect(text).toContain(`when: "'{{steps.classify.result.content}}' == 'urgent'"`)
    expect(stepsOf(back)[1]?.when).toBe("{{ ((steps.classify.result.content) | string) == 'urgent' }}")
  })

  test('what no key or step has become of keeps its comments with what stands around it', () => {
    const { yaml } = convert(
      'steps:\n  - id: a\n    component: /x # called\n    must_execute: true # always\n',
      'manifest',
    )

    expect(yaml).toContain('# always')
    expect(yaml).toContain('tool: /x # called')
  })
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
