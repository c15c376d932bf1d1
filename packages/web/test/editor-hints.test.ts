// What the text of a flow offers: words that fit where the caret is, what a word means, what a problem proposes.

import { CompletionContext } from '@codemirror/autocomplete'
import { EditorState } from '@codemirror/state'
import { expect, test } from 'vitest'
import { readReference, referencesTo, referenceText } from '../src/model/references.ts'
import { complete, hoverText, type Known, marksOf } from '../src/model/text-hints.ts'
import { inLine, written } from '../src/model/written-reference.ts'

const FLOW = `steps:
  - id: fetch
    component: /builtin/http
    input:
      url: here
      |
  - id: score
    component: /builtin/noop
    needs: [fetch]
    input: { $step: fetch }
`
const known: Known = {
  components: [
    {
      path: '/builtin/http',
      description: 'Asks a server',
      inputSchema: { properties: { url: { type: 'string', description: 'Of whom' }, method: { enum: ['GET'] } } },
    },
    { path: '/builtin/noop' },
  ],
  lines: new Map([
    ['fetch', 2],
    ['score', 7],
  ]),
}

/** At the first `|` of the text, which is taken out. */
function offered(text: string): readonly string[] | undefined {
  const pos = text.indexOf('|')
  const state = EditorState.create({ doc: text.replace('|', '') })
  return complete(new CompletionContext(state, pos, true), known)?.options.map(({ label }) => label)
}

test('in an input the fields of its component are offered, elsewhere the keys of a step', () => {
  expect(offered(FLOW)).toEqual(['url', 'method'])
  expect(offered(FLOW.replace('      |\n', '    |\n'))).toContain('retry')
})

test('after $step, in needs and in a template other steps are offered, not the step itself', () => {
  const flow = FLOW.replace('      |\n', '')
  expect(offered(flow.replace('$step: fetch', '$step: |'))).toEqual(['fetch'])
  expect(offered(flow.replace('[fetch]', '[fetch, |]'))).toEqual(['fetch'])
  expect(offered(flow.replace('url: here', 'url: "{{ steps.|'))).toEqual(['score'])
  expect(offered(flow.replace('/builtin/noop', '|'))).toEqual(['/builtin/http', '/builtin/noop'])
})

test('where a value stands the values before the step are offered, and written as the flow wants them', () => {
  const steps = [
    { id: 'fetch', outputSchema: undefined, sample: { value: { body: { total: 7 }, 'odd key': 1 } } },
    { id: 'later', outputSchema: undefined, sample: undefined, isLater: true },
  ]
  const sources = { inputSchema: undefined, input: { order: 'o-1' }, steps, secrets: ['KEY'] }
  const taken = (text: string, isManifest: boolean) => {
    const pos = text.indexOf('|')
    const state = EditorState.create({ doc: text.replace('|', '') })
    const referencesOf = () =>
      referencesTo({ ...sources, isManifest, variablesSchema: { properties: { region: { type: 'string' } } } })
    const found = complete(new CompletionContext(state, pos, true), { ...known, referencesOf })
    return found?.options.map(({ label, apply }) => apply ?? label)
  }
  const flow = FLOW.replace('      |\n', '')

  expect(taken(flow.replace('url: here', 'url: |'), false)).toEqual([
    '{ $input: $ }',
    '{ $input: order }',
    '{ $step: fetch }',
    '{ $step: fetch, path: body }',
    '{ $step: fetch, path: $.body.total }',
    '{ $variable: region }',
    '{ $secret: KEY }',
  ])
  expect(taken(flow.replace('url: here', 'url: |'), true)).toContain('"{{ steps.fetch.result.body }}"')
  expect(taken(flow.replace('url: here', 'url: "{{ steps.fe|'), false)).toContain('steps.fetch.result.body.total')
  expect(taken(flow.replace('id: score', 'id: |'), false) ?? []).not.toContain('{ $step: fetch }')
})

test('a part of a result is written by its keys, however they look, and read back as what it is', () => {
  const of = (keys: readonly (string | number)[], isManifest = false) =>
    written({ of: 'step', name: 'fetch' }, keys, isManifest)

  expect(inLine(of(['items', 0, 'odd key']).value)).toBe('{ $step: fetch, path: "$.items[0].odd key" }')
  expect(inLine(of([0]).value)).toBe('{ $step: fetch, path: "$[0]" }')
  expect(of(['a.b']).value).toEqual({ $step: 'fetch', path: '$["a.b"]' })
  expect(of([0, 'odd key'], true).value).toBe('{{ steps.fetch.result[0]["odd key"] }}')
  expect(referenceText(of(['items', 0, 'x']).value, false)).toBe('fetch.items[0].x')
  expect(referenceText(of([0, 'x'], true).value, true)).toBe('fetch[0].x')
})

test('a line says which value stands behind it, unless it holds several or none', () => {
  const name = (line: string) => readReference(line)

  expect(name('    order: { $step: fetch, path: "$.items[0]" } # yet')).toBe('fetch.items[0]')
  expect(name('  when: {"$step":"score"}')).toBe('score')
  expect(name('    url: { $input: order_url }')).toBe('input.order_url')
  expect(name("    text: { $template: 'Hello {{ inputs.name }}' }")).toBe('input.name')
  expect(name('    url: "{{ steps.get-order.result.body }}"')).toBe('get-order.body')
  expect(name('    both: [{ $step: a }, { $step: b }]')).toBeUndefined()
  expect(name('    # { $step: a }')).toBeUndefined()
  expect(name('  - id: fetch')).toBeUndefined()
})

test('a component, a step and a field say what they are', () => {
  const state = EditorState.create({ doc: FLOW })
  const said = (word: string, from = 0) => hoverText(state, FLOW.indexOf(word, from) + 1, known)?.text

  expect(said('/builtin/http')).toBe('Asks a server')
  expect(said('url')).toBe('url: string\nOf whom')
  expect(said('fetch }')).toBe('Step fetch, line 2: /builtin/http')
  expect(said('here')).toBeUndefined()
})

test("a step's component is its own, however far below its first line it stands, and never the next step's", () => {
  const doc = `steps:
  - id: one
    needs: [two]
${'    # what it is for\n'.repeat(8)}    component: /builtin/http
  - id: none
  - id: two
    component: /builtin/noop
`
  const state = EditorState.create({ doc })
  const lines = new Map([
    ['one', 2],
    ['none', 13],
    ['two', 14],
  ])
  const said = (word: string) => hoverText(state, doc.indexOf(word), { ...known, lines })?.text

  expect(said('one')).toBe('Step one, line 2: /builtin/http')
  expect(said('none')).toBe('Step none, line 13')
})

test('a problem that knows what was meant proposes it', () => {
  const state = EditorState.create({ doc: 'steps:\n  - { id: a, componnt: /builtin/noop }\n' })
  const message = 'unknown key "componnt" in step "a". Did you mean "component"?'

  const [mark] = marksOf([{ code: 'UNKNOWN_KEY', level: 'warning', message, line: 2, column: 14 }], state)

  expect(mark?.actions?.map(({ name }) => name)).toEqual(['Write component'])
  expect(state.sliceDoc(mark?.from, mark?.to)).toBe('componnt')
})
