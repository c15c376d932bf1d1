// The triggers of a flow: what is read of them, and what is wrong with them, in flows and in manifests alike.

import { expect, test } from 'vitest'
import { compile } from '../src/index.ts'

const STEPS = {
  flow: 'steps: [{ id: a, component: /builtin/noop }]',
  manifest: 'steps: [{ id: a, tool: OUTPUT_TEXT, input: { value: x } }]',
}
const compiled = (triggers: string, dialect: keyof typeof STEPS = 'flow') =>
  compile(`${STEPS[dialect]}\ntriggers:\n${triggers}\n`, { file: 'f.yaml' })
const errors = (triggers: string, dialect?: keyof typeof STEPS) =>
  compiled(triggers, dialect).diagnostics.filter(({ level }) => level === 'error' || level === 'fatal')

test.each(['flow', 'manifest'] as const)(
  'the triggers of a %s are read, in either spelling of their keys',
  (dialect) => {
    const { flow, plan } = compiled(
      `
  - { schedule: 0 9 * * 1-5, timezone: Europe/Berlin, catchUp: 3, overlap: queue, jitter: 30s, input: { at: "{{ trigger.time }}" } }
  - webhook: push
    secret: HOOK_SECRET
    signature: github
    input: { repo: "{{ trigger.body.repository.full_name }}", kind: "{{ trigger.headers['x-github-event'] }}" }
  - { mcp: fruit_left }
  - { schedule: "@daily", timezone: ~, input: }`,
      dialect,
    )

    expect(plan).toBeDefined()
    expect(flow?.triggers).toEqual([
      {
        ...{ type: 'schedule', cron: '0 9 * * 1-5', timezone: 'Europe/Berlin', catchUp: 3, overlap: 'queue' },
        ...{ jitter: '30s', input: { at: '{{ trigger.time }}' }, index: 0, origin: { line: 4, column: 5 } },
      },
      {
        ...{
          type: 'webhook',
          name: 'push',
          secret: 'HOOK_SECRET',
          signature: 'github',
          index: 1,
          origin: { line: 5, column: 5 },
        },
        input: {
          repo: '{{ trigger.body.repository.full_name }}',
          kind: "{{ trigger.headers['x-github-event'] }}",
        },
      },
      { type: 'mcp', name: 'fruit_left', index: 2, origin: { line: 9, column: 5 } },
      { type: 'schedule', cron: '@daily', index: 3, origin: { line: 10, column: 5 } },
    ])
  },
)

test.each([
  ['a tool that the server has itself', '  - { mcp: stepflow_rerun }', 'INVALID_TRIGGER'],
  ['no list', '  { webhook: a, secret: S }', 'INVALID_VALUE'],
  ['no object', '  - push', 'INVALID_VALUE'],
  ['nothing that starts the flow', '  - { secret: S }', 'INVALID_TRIGGER'],
  ['two things that start the flow', '  - { webhook: a, secret: S, schedule: "* * * * *" }', 'INVALID_TRIGGER'],
  ['two spellings of a key', '  - { schedule: "* * * * *", catch_up: 1, catchUp: 1 }', 'CONFLICTING_KEYS'],
  ['a webhook without a secret', '  - { webhook: a }', 'INVALID_TRIGGER'],
  ['the secret as an expression', '  - { webhook: a, secret: { $secret: S } }', 'INVALID_TRIGGER'],
  ['the value of a secret', '  - { webhook: a, secret: "whsec_MfKQ9r8G+Lk=" }', 'INVALID_TRIGGER'],
  ['no name', '  - { webhook: ~, secret: S }', 'INVALID_TRIGGER'],
  ['a path as a name', '  - { webhook: a/b, secret: S }', 'INVALID_TRIGGER'],
  ['the folder above as a name', '  - { webhook: .., secret: S }', 'INVALID_TRIGGER'],
  ['a name that is too long', `  - { mcp: ${'x'.repeat(129)} }`, 'INVALID_TRIGGER'],
  ['a list as a name', '  - { mcp: [a] }', 'INVALID_TRIGGER'],
  ['an unknown signature', '  - { webhook: a, secret: S, signature: gitlab }', 'INVALID_VALUE'],
  ['a key of another kind', '  - { mcp: a, input: 1 }', 'INVALID_TRIGGER'],
  ['a schedule that is no text', '  - { schedule: [0, 9] }', 'INVALID_TRIGGER'],
  ['a timezone that is no text', '  - { schedule: "* * * * *", timezone: [a] }', 'INVALID_TRIGGER'],
  ['an unknown overlap', '  - { schedule: "* * * * *", overlap: true }', 'INVALID_VALUE'],
  ['too much to be made up for', '  - { schedule: "* * * * *", catch_up: 1001 }', 'INVALID_TRIGGER'],
  ['half a time to be made up for', '  - { schedule: "* * * * *", catch_up: 0.5 }', 'INVALID_VALUE'],
  ['a jitter that is no duration', '  - { schedule: "* * * * *", jitter: -1s }', 'INVALID_VALUE'],
  ['an input that reads a step', '  - { webhook: a, secret: S, input: "{{ steps.a.result }}" }', 'INVALID_TEMPLATE'],
  ['an input that reads a secret', '  - { webhook: a, secret: S, input: ["{{ secrets.S }}"] }', 'INVALID_TEMPLATE'],
  [
    'an input that may read what is not there',
    '  - { webhook: a, secret: S, input: "{{ x | default(1) }}" }',
    'INVALID_TEMPLATE',
  ],
  [
    'an input that reads what its kind does not have',
    '  - { webhook: a, secret: S, input: "{{ trigger.time }}" }',
    'INVALID_TEMPLATE',
  ],
  ['an input that does not parse', '  - { webhook: a, secret: S, input: "{{ trigger.body" }', 'INVALID_TEMPLATE'],
  [
    'an input with an unknown filter',
    '  - { webhook: a, secret: S, input: "{{ trigger.body | uper }}" }',
    'INVALID_TEMPLATE',
  ],
  ['an input without quotes', '  - { webhook: a, secret: S, input: { x: {{ trigger.body }} } }', 'UNQUOTED_TEMPLATE'],
  ['an input that is an expression', '  - { webhook: a, secret: S, input: { x: { $step: a } } }', 'INVALID_TRIGGER'],
  [
    'a template with values',
    '  - { webhook: a, secret: S, input: { $template: "{{ x }}", values: { x: 1 } } }',
    'INVALID_TRIGGER',
  ],
  ['the same webhook twice', '  - { webhook: a, secret: S }\n  - { webhook: a, secret: S }', 'INVALID_TRIGGER'],
])('%s is one error of the flow, with file and line, in flows and in manifests', (_, triggers, code) => {
  for (const dialect of ['flow', 'manifest'] as const) {
    const found = errors(triggers, dialect)

    expect(found.map((one) => `${one.code}: ${one.message}`)).toHaveLength(1)
    expect(found[0]).toMatchObject({ code, file: 'f.yaml', path: expect.stringContaining('$.triggers') })
    expect(found[0]?.line).toBeGreaterThanOrEqual(3)
    expect(compiled(triggers, dialect).plan).toBeUndefined()
  }
})

test('what has a meaning of its own in an input is no error', () => {
  const triggers = `
  - webhook: a
    secret: S
    input:
      whole: "{{ trigger }}"
      loop: "{% for one in trigger.body.list %}{{ one }}, {% endfor %}"
      template: { $template: "{{ trigger.query.x | default('none') }}" }
      literal: { $literal: { $step: a, text: "{{ steps }}" } }
      data: { $ref: x }
      computed: "{{ trigger['body'][trigger.query.x] }}"
  - { mcp: a }`

  expect(errors(triggers)).toEqual([])
})

test('a trigger with an unknown key is told what it may have meant', () => {
  const { diagnostics } = compiled('  - { schedule: "* * * * *", timezon: Europe/Berlin }')

  expect(diagnostics).toContainEqual(
    expect.objectContaining({
      code: 'UNKNOWN_KEY',
      line: 3,
      message: expect.stringContaining('Did you mean "timezone"?'),
    }),
  )
})
