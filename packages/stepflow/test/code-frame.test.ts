import { expect, test } from 'vitest'
import { describeDiagnostics } from '../src/cli/code-frame.ts'

const line = `  - { id: a, component: /builtin/noop, input: { first: 1, second: { $step: nobody } } }`
const text = `steps:\n${line}\n# ${'a long comment '.repeat(20)}\n`
const one = { code: 'X', level: 'error', message: 'no', line: 2, column: line.indexOf('nobody') + 1 } as const

test.each([20, 42, 80, 200])(
  'in a terminal of %i columns, no line of the source is wider, and the mark is below its place',
  (columns) => {
    const frame = describeDiagnostics([one], { text, color: false, columns }).split('\n').slice(2)

    for (const shown of frame) expect(shown.length).toBeLessThan(Math.max(columns, 30))
    const [source, mark] = [
      frame.find((shown) => shown.startsWith('>')) ?? '',
      frame.find((shown) => /\| +\^/.test(shown)) ?? '',
    ]
    expect(source.slice(mark.indexOf('^'))).toMatch(/^nobody/)
  },
)
