import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { mismatch, normalised } from '../../host/src/cases/compare.ts'
import { diffLines } from '../src/cli/cases/diff-lines.ts'
import { updateOutputs } from '../src/cli/cases/update-file.ts'

const ok = (result: unknown) => ({ outcome: 'success', result })
const bad = (error: unknown) => ({ outcome: 'failed', error })

describe('an expectation', () => {
  test('is met by an object with more keys', () => {
    expect(mismatch(ok({ a: 1 }), ok({ a: 1, b: 2 }))).toBeUndefined()
  })

  test('is not met by a missing key, whose path is named', () => {
    expect(mismatch(ok({ a: { b: 1 } }), ok({ a: {} }))).toBe('$.result.a.b: expected 1, but it is not there')
  })

  test('of a list needs every element and no more', () => {
    expect(mismatch(ok([{ a: 1 }]), ok([{ a: 1, b: 2 }]))).toBeUndefined()
    expect(mismatch(ok([1]), ok([1, 2]))).toContain('expected 1 elements, got 2')
  })

  test('compares numbers as numbers', () => {
    expect(mismatch(ok(parse('15.0')), ok(15))).toBeUndefined()
  })

  test('of another outcome is not met', () => {
    expect(mismatch(ok(1), { outcome: 'skipped', reason: 'r' })).toBe('$.outcome: expected "success", got "skipped"')
  })

  test('of a skip needs the reason only if it gives one', () => {
    const skipped = { outcome: 'skipped', reason: 'r' }
    expect(mismatch({ outcome: 'skipped' }, skipped)).toBeUndefined()
    expect(mismatch({ outcome: 'skipped', reason: 's' }, skipped)).toContain('$.reason')
  })

  test('of a failure needs code and message only if it gives them', () => {
    const actual = bad({ code: 'TIMEOUT', message: 'late', step: 'a' })
    expect(mismatch({ outcome: 'failed' }, actual)).toBeUndefined()
    expect(mismatch(bad({ message: 'late' }), actual)).toBeUndefined()
    expect(mismatch(bad({ code: 'TIMEOUT' }), actual)).toBeUndefined()
    expect(mismatch(bad({ code: 'TIMEOUT', message: 'early' }), actual)).toContain('$.error.message')
  })

  test('may use the numbers and names of older versions', () => {
    expect(mismatch(bad({ code: 8 }), bad({ code: 'COMPONENT_FAILED', message: '' }))).toBeUndefined()
    expect(mismatch(bad({ code: 1 }), bad({ code: 'EXPRESSION_FAILURE', message: '' }))).toBeUndefined()
    expect(mismatch(bad({ code: 400 }), bad({ code: 'INVALID_INPUT', message: '' }))).toBeUndefined()
    expect(mismatch(bad({ code: 500 }), bad({ code: 'UNREACHABLE', message: '' }))).toBeUndefined()
    expect(mismatch(bad({ code: 'ORCHESTRATOR_ERROR' }), bad({ code: 'INTERNAL', message: '' }))).toBeUndefined()
    expect(mismatch(bad({ code: 1 }), bad({ code: 'TIMEOUT', message: '' }))).toContain('$.error.code')
  })

  test('does not see run ids and backtraces', () => {
    const actual = ok({ run_id: 'abc', inner: [{ backtrace: 'x', kept: 1 }] })
    expect(mismatch(ok({ run_id: 'other' }), actual)).toBeUndefined()
    expect(normalised(actual)).toEqual(ok({ run_id: '00000000-0000-0000-0000-000000000000', inner: [{ kept: 1 }] }))
  })

  test('does not read prototypes', () => {
    expect(mismatch(ok({ toString: 1 }), ok({}))).toContain('not there')
    expect(mismatch(ok(JSON.parse('{"__proto__": 1}')), ok({}))).toContain('__proto__')
  })
})

test('a diff shows what went and what came, with a little around it', () => {
  const before = Array.from({ length: 20 }, (_, i) => `line ${i}`)
  const after = before.with(10, 'other')

  expect(diffLines(before.join('\n'), after.join('\n'))).toEqual([
    ' ...',
    ' line 7',
    ' line 8',
    ' line 9',
    '-line 10',
    '+other',
    ' line 11',
    ' line 12',
    ' line 13',
  ])
})

const flow = `# the flow
name:   odd   # spacing
steps: []
test:
  cases:
    # the first
    - name: one
      input: {a: 1}   # input
      output:
        outcome: success   # old
        result:
          x: 1

    - name: two
      input: 2
      # no output yet
    - { name: three, input: 3, output: { outcome: success, result: 3 } }
    - name: four
      output: {outcome: success,
               result: 5}
      input: 4
examples: []   # the end
`

async function updated(text: string, outputs: [number, unknown][]): Promise<string> {
  const result = await updateOutputs(text, new Map(outputs))
  if (result === undefined) throw new Error('not updated')
  return result
}

test('an update replaces what is expected and leaves every other line alone', async () => {
  const text = await updated(flow, [[0, ok({ x: 2, text: 'a: b\nc' })]])

  expect(parse(text).test.cases[0].output).toEqual(ok({ x: 2, text: 'a: b\nc' }))
  const kept = (from: string) => from.split('\n').filter((line) => /#|examples|two|three/.test(line))
  expect(kept(text)).toEqual(kept(flow))
})

test('an update fills in an output that is not there', async () => {
  const text = await updated(flow, [[1, { outcome: 'skipped', reason: 'no' }]])

  expect(parse(text).test.cases[1]).toEqual({ name: 'two', input: 2, output: { outcome: 'skipped', reason: 'no' } })
  expect(text).toContain('# no output yet')
})

test('an update keeps a case on one line on one line', async () => {
  const text = await updated(flow, [[2, ok([1, 2])]])

  expect(parse(text).test.cases[2].output).toEqual(ok([1, 2]))
  expect(text).toContain('{ name: three, input: 3, output: ')
})

test('several cases are updated at once, in whatever order', async () => {
  const text = await updated(flow, [
    [3, ok('four')],
    [1, ok(null)],
    [0, ok({})],
  ])

  const { cases } = parse(text).test
  expect(cases.map((one: { output: unknown }) => one.output)).toEqual([ok({}), ok(null), ok(3), ok('four')])
  expect(cases[3].input).toBe(4)
})

test('an update keeps the line ends of the file', async () => {
  const outputs: [number, unknown][] = [
    [0, ok({ x: 2, text: 'a: b\nc' })],
    [1, ok(2)],
    [3, ok('four')],
  ]

  const text = await updated(flow.replaceAll('\n', '\r\n'), outputs)

  expect(text).not.toMatch(/(?<!\r)\n/)
  expect(text.replaceAll('\r\n', '\n')).toBe(await updated(flow, outputs))
})

test('an update of a JSON file stays JSON', async () => {
  const source = JSON.stringify({ steps: [], test: { cases: [{ name: 'a', input: 1 }] } }, null, 4)

  const text = await updated(source, [[0, ok({ x: [1] })]])

  expect(JSON.parse(text).test.cases[0]).toEqual({ name: 'a', input: 1, output: ok({ x: [1] }) })
})

test('a file whose cases are not there is not touched', async () => {
  expect(await updateOutputs('steps: []\n', new Map([[0, ok(1)]]))).toBeUndefined()
})
