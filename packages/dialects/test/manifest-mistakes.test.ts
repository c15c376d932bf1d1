// What people who are new to YAML and to templates write, and whether they are told what to do.

import { expect, test } from 'vitest'
import { compile } from '../src/index.ts'

const step = (...lines: string[]) => `steps:\n  - id: a\n    tool: OUTPUT_TEXT\n${lines.join('\n')}\n`

test.each([
  [
    'a key one column too far to the left',
    'steps:\n  - id: a\n   tool: OUTPUT_TEXT\n',
    3,
    /not indented like the keys above/,
  ],
  ['a key one column too far to the right', 'steps:\n  - id: a\n      tool: OUTPUT_TEXT\n', 2, /indented too far/],
  ['a key back at the dash', step('  needs: []'), 4, /begin in the same column/],
  ['a bracket left open', step('    needs: [b'), 5, /"\[" above is never closed/],
  [
    'a condition without quotes',
    step('    when: {{ inputs.x }} == 1'),
    4,
    /there is more text after the end of the value/,
  ],
  [
    'a condition half in quotes',
    step("    when: '{{ inputs.x }}' == 'b'"),
    4,
    /there is more text after the end of the value/,
  ],
  ['a template without quotes', step('    input: { value: {{ inputs.x }} }'), 4, /is not in quotes/],
])('%s is told in words that help', (_, text, line, message) => {
  const [first] = compile(text).diagnostics

  expect(first).toMatchObject({ line })
  expect(first?.message).toMatch(message)
})

test.each(['when: {{ inputs.x }} == 1', "when: '{{ inputs.x }}' == 'b'"])('%s is told to be quoted', (line) => {
  expect(compile(step(`    ${line}`)).diagnostics[0]?.hint).toContain('put the whole value in quotes')
})

test('a loop variable outside of a loop is told with the key of manifests', () => {
  const [first] = compile(step('    input: { value: "{{ item }}" }')).diagnostics

  expect(first?.hint).toBe('add "forEach" to the step')
})
