import { expect, test } from 'vitest'
import { diffLines, folded } from '../src/model/line-diff.ts'

const shown = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${text}`)

test('of two texts the lines that differ are told apart, and the others stand once', () => {
  expect(shown('a\nb\nc\nd', 'a\nx\nc\ny\nd')).toEqual([' a', '-b', '+x', ' c', '+y', ' d'])
  expect(shown('a', 'a')).toEqual([' a'])
  expect(shown('a\na', 'a')).toEqual([' a', '-a'])
})

test('the lines of either text are all there, however they are mixed', () => {
  for (let seed = 1; seed <= 200; seed++) {
    let state = seed
    const next = () => {
      state = (state * 1103515245 + 12345) % 2147483648
      return state
    }
    const text = () => Array.from({ length: (next() >> 8) % 9 }, () => 'abc'[(next() >> 8) % 3]).join('\n')
    const [before, after] = [text(), text()]
    const lines = diffLines(before, after)
    const of = (kind: 'gone' | 'new') =>
      lines
        .filter((line) => line.kind === 'same' || line.kind === kind)
        .map((line) => line.text)
        .join('\n')

    expect([of('gone'), of('new')]).toEqual([before, after])
  }
})

test('texts of very many lines are compared at once, with all between their common ends as changed', () => {
  const many = (word: string) => Array.from({ length: 5_000 }, (_, i) => `${word}${i}`).join('\n')

  const lines = diffLines(`first\n${many('a')}\nlast`, `first\n${many('b')}\nlast`)

  expect(lines).toHaveLength(10_002)
  expect(lines.filter(({ kind }) => kind === 'same')).toHaveLength(2)
})

test('a long stretch of equal lines is folded, and what lies beside a change is not', () => {
  const lines = diffLines('1\n2\n3\n4\n5\n6\n7\n8', '1\n2\n3\n4\n5\n6\n7\nx')

  expect(folded(lines, 2).map((line) => (line.kind === 'fold' ? line.count : line.text))).toEqual([
    5,
    '6',
    '7',
    '8',
    'x',
  ])
})
