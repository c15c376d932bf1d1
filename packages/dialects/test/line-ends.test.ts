// Files whose lines end in LF, in CRLF or in both: what edits them works with LF, and nothing but the edited lines may change.

import { expect, test } from 'vitest'
import { chance } from '../../../test/chance.ts'
import { changed, changesOf } from '../src/edit/index.ts'
import { lineEndsOf, withLf, withLineEndsOf } from '../src/edit/line-ends.ts'

const FLOW = `name: a\r
steps:
  - id: one\r
    component: /builtin/noop
  - id: two\r
    component: /builtin/noop
output: { $step: two }\r
`

test('lines that nobody edited end as they did, whichever end that is', () => {
  const edit = (before: string, after: string) => withLineEndsOf(FLOW, withLf(FLOW).replace(before, after))

  expect(edit('', '')).toBe(FLOW)
  expect(edit('id: one', 'id: first')).toBe(FLOW.replace('id: one', 'id: first'))
  expect(edit('steps:', 'steps: # all')).toBe(FLOW.replace('steps:', 'steps: # all'))
  expect(edit('  - id: two\n', '')).toBe(FLOW.replace('  - id: two\r\n', ''))
  expect(edit('id: one\n', 'id: one\n    needs: []\n')).toBe(
    FLOW.replace('id: one\r\n', 'id: one\r\n    needs: []\r\n'),
  )
  expect(edit('steps:\n', 'steps:\n  # first\n')).toBe(FLOW.replace('steps:\n', 'steps:\n  # first\n'))
})

test('a file of one kind of line ends has no other after an edit, and what has its own keeps them', () => {
  expect(withLineEndsOf('a\r\nb\r\n', 'a\nx\nb\nc')).toBe('a\r\nx\r\nb\r\nc')
  expect(withLineEndsOf('a\nb\n', 'a\nx\n')).toBe('a\nx\n')
  expect(withLineEndsOf('a\r\nb\r\n', 'a\r\nx\n')).toBe('a\r\nx\n')
  expect(withLineEndsOf('a\r\nb', 'a\nb\n')).toBe('a\r\nb\r\n')
  // A CR in the middle of a line, or at the end of the file, ends none.
  expect(withLineEndsOf('a\rb\r\nc\nd\r', 'a\rb\nC\nd\r')).toBe('a\rb\r\nC\nd\r')
})

test('of random edits of random files all lines that were left alone are as they were', () => {
  const random = chance(12)
  const upTo = (most: number) => Math.floor(random() * most)
  for (let round = 0; round < 2_000; round++) {
    const isTerse = round % 2 === 0
    const lines = Array.from({ length: 1 + upTo(12) }, (_, i) => ({
      text: isTerse ? (['', 'a', 'b'][upTo(3)] as string) : `line ${i}`,
      end: upTo(2) === 0 ? '\n' : '\r\n',
    }))
    const text = lines.map(({ text, end }) => text + end).join('')
    expect(withLineEndsOf(text, withLf(text))).toBe(text)
    if (isTerse) continue
    // One place of the file, with what is put there.
    const from = upTo(lines.length + 1)
    const to = from + upTo(lines.length - from + 1)
    const put = Array.from({ length: upTo(4) }, (_, i) => `new ${i}\n`).join('')
    const kept = (some: typeof lines) => some.map(({ text, end }) => text + end).join('')
    const [head, tail] = [kept(lines.slice(0, from)), kept(lines.slice(to))]

    const made = withLineEndsOf(text, withLf(head) + put + withLf(tail))

    expect([made.startsWith(head), made.endsWith(tail), withLf(made)]).toEqual([
      true,
      true,
      withLf(head) + put + withLf(tail),
    ])
  }
})

test('places in a text with LF are those of the text as it is, and its lines end as they do', () => {
  const text = 'a\r\n\nbc\r\n'
  const { offsetOf, endAt } = lineEndsOf(text)
  const lf = withLf(text)

  expect([...lf].map((_, at) => text[offsetOf(at)])).toEqual(['a', '\r', '\n', 'b', 'c', '\r'])
  expect([...lf, ''].map((_, at) => endAt(at))).toEqual(['\r\n', '\r\n', '\n', '\r\n', '\r\n', '\r\n', '\r\n'])
})

test('an operation changes the lines that it is about, and no end of another', () => {
  const made = changed(FLOW, changesOf(FLOW, { op: 'connect', from: 'one', to: 'two' }))

  expect(made).toBe(FLOW.replace('noop\noutput', 'noop\n    needs: [ one ]\noutput'))
  expect(changed(FLOW, changesOf(FLOW, { op: 'rename', step: 'two', to: 'other' }))).toBe(
    FLOW.replaceAll('two', 'other'),
  )
})
