// Flows in code from the command line: a file that exports a flow or a step function is run as one in YAML is.

import { component, defineFlow, run as runFlow, shape } from 'stepflow'
import { expect, test } from 'vitest'
import { root } from '../../../test/stepflow.ts'
import { cli, folderWith } from './cli.ts'

const library = `${root}/packages/stepflow/dist/esm/stepflow.js`
const source = `
import { StepFunction } from '${library}'
const double = new StepFunction('double')
double.addStep('Double', { func: (input: { n: number }) => input.n * 2, nextStep: 'Say' })
double.addStep('Say', { func: (n: number) => \`it is \${n}\` })
double.setStartStep('Double')
export default double
export const test = {
  cases: [
    { name: 'two', input: { n: 2 }, output: { outcome: 'success', result: 'it is 4' } },
    { name: 'wrong', input: { n: 2 }, output: { outcome: 'success', result: 'it is 5' } },
  ],
}
`

test('a step function runs on one input and over a batch', async () => {
  const { at } = folderWith({ 'double.ts': source, 'items.jsonl': '{"n":1}\n{"n":2}\n' })

  const one = await cli(['run', at('double.ts'), '--input-json', '{"n":4}'])
  const many = await cli(['run', at('double.ts'), '--inputs', at('items.jsonl')])

  expect(one.out).toBe('{"outcome":"success","result":"it is 8"}\n')
  expect(many.out).toBe('{"outcome":"success","result":"it is 2"}\n{"outcome":"success","result":"it is 4"}\n')
})

test('its cases are what the file exports as test', async () => {
  const { at } = folderWith({ 'double.ts': source })

  const { code, out } = await cli(['test', at('double.ts')])

  expect(code).toBe(1)
  expect(out).toContain('expected "it is 5", got "it is 4"')
  expect(out).toContain('Passed: 1')
})

test('it is validated and drawn, and what is wrong with it is told', async () => {
  const { at } = folderWith({ 'double.ts': source, 'lost.ts': source.replace("nextStep: 'Say'", "nextStep: 'Sya'") })

  const valid = await cli(['validate', at('double.ts')])
  const drawn = await cli(['visualize', at('double.ts'), '--format', 'mermaid'])
  const lost = await cli(['validate', at('lost.ts')])

  expect(valid.code).toBe(0)
  expect(drawn.out).toMatch(/Double.*-->.*Say/s)
  expect(lost.code).toBe(2)
  expect(lost.out).toMatch(/Sya.*did you mean "Say"/is)
})

test('a file that exports no flow says what to export', async () => {
  const { at } = folderWith({ 'none.ts': 'export const x = 1\n' })

  const { code, err } = await cli(['run', at('none.ts')])

  expect(code).toBe(2)
  expect(err).toContain('exports no flow and no step function')
})

test('the YAML that a flow writes runs beside the module of its components', async () => {
  const fetchUser = component('fetch_user', {}, (id: string) => ({ name: `user ${id}`, tags: ['a', 'b'] }))
  const flow = defineFlow('enrich', { input: shape<{ id: string }>() }, ({ input, step, forEach, cond }) => {
    const user = step('user', fetchUser, input.id)
    const loud = forEach(user.tags, (tag) => step('loud', shout, tag))
    return { name: cond(user.name, user.name, 'nobody'), loud }
  })
  const { run } = folderWith({
    'flow.yaml': flow.toYAML({ prefix: '/my' }),
    'components.ts': `
      import { component } from '${library}'
      export const fetchUser = component('fetch_user', {}, (id: string) => ({ name: \`user \${id}\`, tags: ['a', 'b'] }))
      ${shout}
      export { shout }`,
    'stepflow-config.yml': `
plugins: { my: { type: module, path: ./components.ts } }
routes: { "/my/{*component}": [{ plugin: my }] }`,
  })

  const { code, out } = await run('run', 'flow.yaml', '--input-json', '{"id":"u1"}')

  expect({ code, out: JSON.parse(out) }).toEqual({
    code: 0,
    out: { outcome: 'success', result: { name: 'user u1', loud: ['A', 'B'] } },
  })
  expect(await runFlow(flow, { id: 'u1' })).toEqual(JSON.parse(out).result)
})

function shout(text: string) {
  return text.toUpperCase()
}

test('a result that JSON cannot carry is a failure, not a fault of ours', async () => {
  const { at } = folderWith({ 'big.ts': source.replace(/`it is .*`/, '2n'), 'items.jsonl': '{"n":1}\n' })

  const one = await cli(['run', at('big.ts'), '--input-json', '{"n":4}'])
  const many = await cli(['run', at('big.ts'), '--inputs', at('items.jsonl')])

  expect([one.code, many.code]).toEqual([1, 1])
  expect(JSON.parse(one.out).error).toMatchObject({ message: expect.stringContaining('cannot be written as JSON') })
  expect(many.out).toBe(one.out)
})

test.each(['flow.ts', 'flow.mjs', 'flow.js'])('%s may import stepflow where it is not installed', async (name) => {
  const { at } = folderWith({
    [name]: `import { defineFlow, FlowError, Skip } from 'stepflow'
import { createManualClock } from 'stepflow/testing'
export const late = defineFlow('late', {}, ({ input, step, coalesce }) => {
  const now = step('now', () => createManualClock(5).now())
  const skipped = step('skipped', () => new Skip('not today'))
  const failed = step('failed', () => { throw new FlowError('INVALID_INPUT', 'no') }, input, { onError: { default: 'mended' } })
  return { now, skipped: coalesce(skipped, 'nothing'), failed }
})
`,
  })

  const { out } = await cli(['run', at(name), '--input-json', 'null'])

  expect(JSON.parse(out)).toEqual({
    outcome: 'success',
    result: { now: 5, skipped: 'nothing', failed: 'mended' },
  })
})

test('a package that is nowhere is named, with the line', async () => {
  const { run } = folderWith({ 'flow.ts': "\nimport { x } from 'no-such-package'\nexport default x\n" })

  expect((await run('run', 'flow.ts', '--input-json', '1')).err).toContain(
    "flow.ts:2: Cannot find module 'no-such-package'",
  )
})
