// Operations on a flow as changes of its text: what stays as it was, and what follows.

import { expect, test } from 'vitest'
import { changed, changesOf, type Operation } from '../src/edit/index.ts'
import { editSource } from '../src/index.ts'

const FLOW = `# A shop
name: orders # ours

steps:
  # first we fetch
  - id: fetch # the order
    component: /builtin/http
    input: { url: "https://shop.test" }

  - id: load-data
    component: /builtin/noop
    needs: [fetch]
    when: { $template: '{{ steps.fetch.result.ok }}' }
    input:
      # what came
      order: { $step: fetch, path: body }
      note: { $template: "steps.fetch is {{ steps['fetch'].result }}" }

  # then we score
  - id: score
    component: /builtin/noop
    input: { $from: { step: load-data } }

output: { $step: score }
`

function after(text: string, ...operations: readonly Operation[]): string {
  return operations.reduce((now, operation) => changed(now, changesOf(now, operation)), text)
}

/** Only the lines that are other ones: `- ` and `+ `. */
function lines(before: string, now: string): string[] {
  const [a, b] = [before.split('\n'), now.split('\n')]
  return [
    ...a.filter((line) => !b.includes(line)).map((line) => `-${line}`),
    ...b.filter((line) => !a.includes(line)).map((line) => `+${line}`),
  ]
}

test('a renamed step is renamed wherever it is named, and a text that only looks like it is not', () => {
  expect(lines(FLOW, after(FLOW, { op: 'rename', step: 'fetch', to: 'get-order' }))).toEqual([
    '-  - id: fetch # the order',
    '-    needs: [fetch]',
    "-    when: { $template: '{{ steps.fetch.result.ok }}' }",
    '-      order: { $step: fetch, path: body }',
    `-      note: { $template: "steps.fetch is {{ steps['fetch'].result }}" }`,
    '+  - id: get-order # the order',
    '+    needs: [get-order]',
    "+    when: { $template: '{{ steps.get-order.result.ok }}' }",
    '+      order: { $step: get-order, path: body }',
    `+      note: { $template: "steps.fetch is {{ steps['get-order'].result }}" }`,
  ])
})

test('a value that is set takes its own line only, and keeps its quotes', () => {
  const now = after(
    FLOW,
    { op: 'set', step: 'fetch', path: ['input', 'url'], value: 'https://other.test' },
    { op: 'set', step: 'load-data', path: ['input', 'order'], value: { $input: 'order' } },
    { op: 'set', step: 'score', path: ['retry', 'max_attempts'], value: 3 },
  )

  expect(lines(FLOW, now)).toEqual([
    '-    input: { url: "https://shop.test" }',
    '-      order: { $step: fetch, path: body }',
    '+    input: { url: "https://other.test" }',
    '+      order: { $input: order }',
    '+    retry:',
    '+      max_attempts: 3',
  ])
})

test('a step that is put in, moved or deleted takes the comment above it along, and blank lines stay as they are', () => {
  const added = after(FLOW, {
    op: 'insert',
    path: ['steps'],
    at: 2,
    value: { id: 'audit', component: '/builtin/noop', input: { $step: 'fetch' } },
  })
  expect(added).toContain(`result }}" }

  - id: audit
    component: /builtin/noop
    input: { $step: fetch }

  # then we score
  - id: score
`)
  expect(after(FLOW, { op: 'move', step: 'score', at: 0 })).toContain(`steps:
  # then we score
  - id: score
    component: /builtin/noop
    input: { $from: { step: load-data } }

  # first we fetch
  - id: fetch # the order
`)
  const gone = after(FLOW, { op: 'delete', step: 'fetch' })
  expect(gone).toContain(`steps:
  - id: load-data
    component: /builtin/noop
    when:`)
  expect(gone).not.toContain('needs')
})

test('a connection is a need, and is taken away with what was read over it', () => {
  const connected = after(FLOW, { op: 'connect', from: 'fetch', to: 'score' })
  expect(lines(FLOW, connected)).toEqual(['+    needs: [ fetch ]'])

  expect(after(connected, { op: 'disconnect', from: 'fetch', to: 'score' })).toBe(FLOW)
  expect(() => after(FLOW, { op: 'disconnect', from: 'fetch', to: 'load-data' })).toThrow(
    /reads "fetch" in its input.note/,
  )
  expect(lines(FLOW, after(FLOW, { op: 'disconnect', from: 'load-data', to: 'score' }))).toEqual([
    '-    input: { $from: { step: load-data } }',
  ])
})

test('a parameter of a manifest is renamed with what reads it, and with the inputs of its cases', () => {
  const manifest = `- { id: name, tool: INPUT_TEXT }
- { id: hello, tool: OUTPUT_TEXT, when: "{{inputs.name}} != 'steps.name'", input: { value: "Hi {{ inputs.name }}, {{ steps.name.result }}" } }
`
  expect(after(manifest, { op: 'rename', step: 'name', to: 'who' })).toBe(`- { id: who, tool: INPUT_TEXT }
- { id: hello, tool: OUTPUT_TEXT, when: "{{inputs.who}} != 'steps.name'", input: { value: "Hi {{ inputs.who }}, {{ steps.who.result }}" } }
`)
  const cases = 'steps:\n  - { id: name, tool: INPUT_TEXT }\ntest: { cases: [{ name: a, input: { name: Ada } }] }\n'
  expect(after(cases, { op: 'rename', step: 'name', to: 'who' })).toContain('cases: [{ name: a, input: { who: Ada } }]')
})

test('steps by name are renamed, put in and deleted by their keys', () => {
  const flow =
    'steps:\n  a: { component: /builtin/noop } # one\n  b: { component: /builtin/noop, input: { $step: a } }\n'
  expect(
    after(
      flow,
      { op: 'rename', step: 'a', to: 'x' },
      { op: 'insert', path: ['steps'], value: { id: 'c', component: '/builtin/noop' } },
      { op: 'delete', step: 'b' },
    ),
  ).toBe('steps:\n  x: { component: /builtin/noop } # one\n  c:\n    component: /builtin/noop\n')
})

test('CRLF, a byte order mark and tabs of JSON stay', () => {
  const crlf = `\ufeff${FLOW.replaceAll('\n', '\r\n')}`
  const now = after(crlf, { op: 'connect', from: 'fetch', to: 'score' })
  expect(now).toBe(`\ufeff${after(FLOW, { op: 'connect', from: 'fetch', to: 'score' }).replaceAll('\n', '\r\n')}`)

  const json = '{\n\t"steps": [\n\t\t{ "id": "a", "component": "/builtin/noop" }\n\t]\n}\n'
  expect(after(json, { op: 'set', step: 'a', path: ['input'], value: { b: [1] } })).toBe(
    '{\n\t"steps": [\n\t\t{ "id": "a", "component": "/builtin/noop", "input": {"b":[1]} }\n\t]\n}\n',
  )
})

test('what cannot be changed is refused with a reason, and never half changed', () => {
  const aliased =
    'x: &in { a: 1 }\nsteps:\n  - { id: a, component: /builtin/noop, input: *in }\n  - { id: b, component: /builtin/noop, input: *in }\n'
  const refused = (text: string, operation: Operation) => () => after(text, operation)

  expect(refused(aliased, { op: 'set', step: 'a', path: ['input', 'a'], value: 2 })).toThrow(
    /an alias takes it from there/,
  )
  expect(refused(aliased, { op: 'set', path: ['x'], value: 2 })).toThrow(/used in more than one place/)
  expect(after(aliased, { op: 'set', step: 'a', path: ['input'], value: 2 })).toContain('input: 2 }')
  expect(refused(FLOW, { op: 'rename', step: 'fetch', to: 'score' })).toThrow('there is a step "score" already')
  expect(refused(FLOW, { op: 'rename', step: 'fetch', to: 'a b' })).toThrow(/is no id of a step/)
  expect(refused(FLOW, { op: 'delete', step: 'nobody' })).toThrow('there is no step "nobody"')
  expect(refused('a: [', { op: 'set', path: ['a'], value: 1 })).toThrow(/cannot be read/)
})

test('editing a file touches only what changes', () => {
  const text = `# head
test:
  cases: # here
    - name: one   # first
      input: {a:   1}
      # before the end

    # of the second
    - name: two
      output:   # old
        outcome: failed
        error: {code: X}
      input: 2
    - {name: three, input: 3}
`
  const path = (i: number) => ['test', 'cases', i, 'output']
  const done = { outcome: 'success', result: { text: 'a\nb', list: [] } }

  expect(
    editSource(text, 'yaml', [
      { path: path(0), value: done },
      { path: path(1), value: done },
      { path: path(2), value: { outcome: 'skipped' } },
    ]),
  ).toBe(`# head
test:
  cases: # here
    - name: one   # first
      input: {a:   1}
      output:
        outcome: success
        result:
          text: |-
            a
            b
          list: []
      # before the end

    # of the second
    - name: two
      output:   # old
        outcome: success
        result:
          text: |-
            a
            b
          list: []
      input: 2
    - {name: three, input: 3, output: {outcome: skipped}}
`)
})

test('editing JSON keeps its indentation', () => {
  expect(editSource('{\n  "a": [1]\n}\n', 'json', [{ path: ['a', 0], value: 2 }])).toBe('{\n  "a": [2]\n}\n')
})

test('a key called __proto__ is one like others: set, renamed beside, moved and taken away', () => {
  const text = `steps:
  __proto__: { component: /builtin/noop, input: { __proto__: 1 } }
  b: { component: /builtin/noop, needs: [ __proto__ ] }
`

  expect(after(text, { op: 'set', step: 'b', path: ['timeout'], value: 1 }, { op: 'move', step: 'b', at: 0 })).toBe(
    `steps:
  b: { component: /builtin/noop, needs: [ __proto__ ], timeout: 1 }
  __proto__: { component: /builtin/noop, input: { __proto__: 1 } }
`,
  )
  expect(after(text, { op: 'rename', step: '__proto__', to: 'a' })).toBe(
    text.replace('  __proto__', '  a').replace('[ __proto__', '[ a'),
  )
  expect(after(text, { op: 'unset', step: '__proto__', path: ['input', '__proto__'] })).toContain('input: {} }')
  expect(after(text, { op: 'set', path: ['steps', '__proto__', 'input', '__proto__'], value: 2 })).toContain(
    'proto__: 2',
  )
})
