// Reading text: values, places, and sources that mean harm.

import { expect, test } from 'vitest'
import { Findings } from '../src/findings.ts'
import { readSource, type SourceOptions, toJson } from '../src/index.ts'
import { get, type Node } from '../src/source/node.ts'
import { parseYaml } from '../src/source/yaml.ts'
import { parsePlainYaml } from '../src/source/yaml-plain.ts'

const value = (text: string, options: SourceOptions = { file: 'a.yaml' }) => {
  const { node, diagnostics } = readSource(text, options)
  expect(diagnostics).toEqual([])
  return toJson(node as Node)
}
const findings = (text: string, options: SourceOptions = { file: 'a.yaml' }) =>
  readSource(text, options).diagnostics.map((d) => `${d.code}@${d.line}:${d.column}`)

test('the core schema leaves dates, yes and no as text', () => {
  expect(value('[2024-01-01, 2024-01-01 00:00:00+00:00, yes, no, on, off]')).toEqual([
    '2024-01-01',
    '2024-01-01 00:00:00+00:00',
    'yes',
    'no',
    'on',
    'off',
  ])
})

test('numbers, null and booleans are read as YAML 1.2 says', () => {
  expect(value('[1, -1, +5, 1.5, .5, 1e3, 0x1F, 0o17, 012, 1_000, true, FALSE, ~, null, Null]')).toEqual([
    1,
    -1,
    5,
    1.5,
    0.5,
    1000,
    31,
    15,
    12,
    '1_000',
    true,
    false,
    null,
    null,
    null,
  ])
})

test('keys keep their order and `__proto__` is a key like any other', () => {
  const read = value('b: 1\na: 2\n__proto__: {polluted: true}\n') as object

  expect(Object.keys(read)).toEqual(['b', 'a', '__proto__'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('nodes know their line and column', () => {
  const { node } = readSource('steps:\n  - id: a\n    input: { x: [1, two] }\n')
  const steps = get(node, 'steps')
  const step = steps?.kind === 'list' ? steps.items[0] : undefined
  const list = get(get(step, 'input'), 'x')

  expect(step).toMatchObject({ line: 2, column: 5 })
  expect(list).toMatchObject({ line: 3, column: 17 })
  expect(list?.kind === 'list' && list.items[1]).toMatchObject({ line: 3, column: 21, value: 'two' })
})

test('JSON nodes know their line and column', () => {
  const { node } = readSource('{\n  "a": {"b": [true]}\n}', { file: 'x.json' })

  expect(get(get(node, 'a'), 'b')).toMatchObject({ line: 2, column: 14 })
})

test('a byte order mark and CRLF are no problem', () => {
  expect(value('\ufeffa: 1\r\nb:\r\n  - c\r\n')).toEqual({ a: 1, b: ['c'] })
  expect(value('\ufeff{"a":\r\n1}', { file: 'a.json' })).toEqual({ a: 1 })
})

test('a key twice in one object is told with both lines', () => {
  const { diagnostics, node } = readSource('a: 1\nb: 2\na: 3\n', { file: 'x.yaml' })

  expect(diagnostics).toMatchObject([{ code: 'DUPLICATE_KEY', line: 3, column: 1, file: 'x.yaml' }])
  expect(diagnostics[0]?.message).toContain('line 1 and line 3')
  expect(node).toBeDefined()
})

test('a key twice in JSON is told with both lines', () => {
  expect(readSource('{"a": 1,\n"a": 2}', { file: 'x.json' }).diagnostics[0]?.message).toContain('line 1 and line 2')
})

test('all syntax errors of a YAML file are told, with their places', () => {
  expect(findings('a: [1, 2\nb: "x\nc: }').length).toBeGreaterThan(1)
})

test('a second document, tabs and an empty file are told as what they are', () => {
  expect(readSource('a: 1\n---\nb: 2\n').diagnostics[0]?.message).toContain('more than one document')
  expect(readSource('a:\n\tb: 1\n').diagnostics[0]?.message).toContain('a tab')
  expect(findings(' \n')).toEqual(['EMPTY_SOURCE@1:1'])
  expect(findings('# nothing\n')).toEqual(['EMPTY_SOURCE@1:1'])
})

test('anchors, aliases and merge keys work', () => {
  expect(value('d: &d {a: 1, b: 1}\ne:\n  <<: *d\n  b: 2\nf: *d\n')).toEqual({
    d: { a: 1, b: 1 },
    e: { b: 2, a: 1 },
    f: { a: 1, b: 1 },
  })
})

test('a key that is a map is its compact JSON', () => {
  expect(value('? {input: a}\n: 1\n? [x, 2]\n: 2\n')).toEqual({ '{"input":"a"}': 1, '["x",2]': 2 })
})

test('numbers that JSON does not have are errors, numbers it cannot hold are warnings', () => {
  expect(findings('a: .nan\nb: -.inf\n')).toEqual(['NOT_JSON@1:4', 'NOT_JSON@2:4'])
  expect(findings('a: 12345678901234567890\n')).toEqual(['INEXACT_NUMBER@1:4'])
  expect(findings('{"a": 12345678901234567890}', { file: 'a.json' })).toEqual(['INEXACT_NUMBER@1:7'])
})

test.each([
  ['{"a": 1,}', 1, 9],
  ['{a: 1}', 1, 2],
  ['[1 2]', 1, 4],
  ['{"a": tru}', 1, 7],
  ['{"a": "x\n"}', 1, 7],
  ['{"a": 1} x', 1, 10],
  ['[\n1,\n', 3, 1],
  ['"\\q"', 1, 1],
  ['01', 1, 1],
])('bad JSON %j is told at line %i, column %i', (text, line, column) => {
  expect(readSource(text, { file: 'a.json' }).diagnostics).toMatchObject([{ code: 'JSON_SYNTAX', line, column }])
})

test('text that is no text is refused', () => {
  expect(findings('a: \0b')).toEqual(['NOT_TEXT@1:4'])
  expect(findings('PK\x03\x04')).toEqual(['NOT_TEXT@1:3'])
})

test('an alias bomb is refused before it grows', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`)
  const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${levels.join('\n')}\n`
  readSource('a: &a 1') // the reader itself is loaded
  const before = process.memoryUsage().heapUsed
  const start = performance.now()

  expect(readSource(bomb).diagnostics).toMatchObject([{ code: 'ALIAS_BOMB', level: 'fatal' }])
  // A millisecond on a quiet machine; what it stands for, 9 to the 13th values, would take hours.
  expect(performance.now() - start).toBeLessThan(5_000)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6)
})

test('an alias inside what it names is refused', () => {
  expect(findings('a: &a [*a]')).toEqual(['UNKNOWN_ALIAS@1:8'])
})

test.each([
  ['flow lists', '['.repeat(100_000)],
  ['flow maps', '{a: '.repeat(50_000)],
  ['dashes', `${'- '.repeat(20_000)}a`],
  ['question marks', `${'? '.repeat(20_000)}a`],
  ['indentation', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
])('%s nested without end are refused, not overflowing', (_, text) => {
  expect(readSource(text, { file: 'a.yaml' }).diagnostics).toMatchObject([{ code: 'TOO_DEEP' }])
})

test('JSON nested 100,000 levels deep is refused, not overflowing', () => {
  const text = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`

  expect(readSource(text, { file: 'a.json' }).diagnostics).toMatchObject([{ code: 'TOO_DEEP', line: 1 }])
})

test.each([
  ['a:\n  $input: x\n  transform: "Perform " + $.a\n', '"Perform " + $.a'],
  ['a:\r\n  $input: x\r\n  transform: "Perform " + $.a\r\n', '"Perform " + $.a'],
  ['a:\n  $input: x\n  transform: x ? "it\'s: " : y\n', 'x ? "it\'s: " : y'],
])('an unquoted transform is read as it is meant, and told how to be quoted: %j', (text, transform) => {
  const { node, diagnostics } = readSource(text)

  expect(node && toJson(node)).toEqual({ a: { $input: 'x', transform } })
  expect(diagnostics).toMatchObject([{ code: 'UNQUOTED_TRANSFORM', level: 'warning', line: 3, column: 3 }])
  expect(diagnostics[0]?.hint).toMatch(/^put the whole expression in single quotes: transform: '/)
})

test('a transform without quotes in a file that has other faults leaves these what they are', () => {
  const { node, diagnostics } = readSource('a:\n  $input: x\n  transform: "Perform " + $.a\nb: [\n')

  expect(node).toBe(undefined)
  expect(diagnostics.map(({ code }) => code)).not.toContain('UNQUOTED_TRANSFORM')
})

test('one mistake of syntax is told once a line, and a file that is no YAML does not fill the screen', () => {
  const lines = '{"a": 1}\n'.repeat(1000)

  const { diagnostics } = readSource(lines, { file: 'a.yaml' })

  expect(diagnostics.length).toBeLessThan(25)
  expect(new Set(diagnostics.slice(0, -1).map(({ line }) => line)).size).toBe(diagnostics.length - 1)
  expect(diagnostics.at(-1)?.message).toContain('more errors below')
})

test('a transform below a reference in braces is told to take them off', () => {
  const { node, diagnostics } = readSource('a:\n  { $input: x }\n  transform: "Perform " + $.a\n', { file: 'a.yaml' })

  expect(node && toJson(node)).toEqual({ a: { $input: 'x', transform: '"Perform " + $.a' } })
  expect(diagnostics).toHaveLength(1)
  expect(diagnostics[0]?.hint).toContain('remove the braces from the line above')
})

test('comments between a reference and its unquoted transform, and behind it, stay comments', () => {
  const text = 'a:\n  { $input: x } # of the input\n  # in words\n\n  transform: "Perform # " + $.a # and more\nb: 1\n'

  const { node, diagnostics } = readSource(text)

  expect(node && toJson(node)).toEqual({ a: { $input: 'x', transform: '"Perform # " + $.a' }, b: 1 })
  expect(diagnostics).toMatchObject([{ code: 'UNQUOTED_TRANSFORM', line: 5, hint: expect.stringMatching(/\$\.a'$/) }])
})

test('literal blocks keep their lines', () => {
  expect(value('a: |\n  x\n\n    y\nb: |-\n  z\nc: >\n  folded\n  text\n')).toEqual({
    a: 'x\n\n  y\n',
    b: 'z',
    c: 'folded text\n',
  })
})

test('the plain reader and the full one agree wherever the plain one dares to read', () => {
  const random = generator(20_251_121)
  let read = 0
  for (let i = 0; i < 6000; i++) {
    const text = randomYaml(random)
    const plain = text.trim() === '' ? undefined : parsePlainYaml(text)
    if (!plain) continue
    read++
    const told = new Findings()
    const full = parseYaml(text, told)
    expect({ text, node: plain, errors: [] }).toEqual({ text, node: full, errors: told.list })
  }
  expect(read).toBeGreaterThan(500)
})

test('the plain reader reads what flows are made of', () => {
  const flow =
    '# a flow\nname: "x"\nsteps:\n- id: a\n  component: /a/b\n  input: { $step: b, path: "$.x[0]" } # here\n  on_error: {action: skip}\n- id: b\n  input:\n    text: |\n      many\n      lines\n    list:\n    - - 1\n      - 2\n    - k: v\n'

  expect(parsePlainYaml(flow)).toBeDefined()
})

// ---

function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const WORDS =
  'a|b: c|x y|"q: \\n z"|\'it\'\'s\'|1|1.5|true|~|- a|[1, 2]|{a: 1, b: [x, "y"]}|# c|a #b|a#b|>|key:|a:b|-1|--|?x|&a v|*a|!!str 1|0x1F|.5|.inf|[a|"un||[]|{}|{a: }|[a, ]|{"a":1}|%x|@x|a,b|x]|"a" b|\'x\': 1|- - x|+5|é|a\tb|<<: 1|? q|...|---|null: 1|"a\\u0041"'
    .split('|')
    .concat(['|', '|-', 'a: |', '- b: |'])

function randomYaml(random: (below: number) => number): string {
  const pick = <T>(list: readonly T[]) => list[random(list.length)] as T
  let text = ''
  let indent = 0
  for (let line = 0; line <= random(8); line++) {
    indent = Math.max(0, indent + pick([-2, 0, 0, 2, 2, 1]))
    const key = pick(['', '', '', '- ', `k${random(4)}: `, `k${random(4)}:`, `- k${random(3)}: `, `"q${random(3)}": `])
    text +=
      ' '.repeat(indent) + key + pick(WORDS) + pick(['', '', '', ' ', '  # c']) + pick(['\n', '\n', '\n', '\n\n', ''])
  }
  return text
}
