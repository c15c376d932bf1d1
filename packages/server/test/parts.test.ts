// Parts of a flow: up to a step, one step alone, with values that stand in for others.

import { expect, test } from 'vitest'
import { serverOfFile } from './start-server.ts'

const FLOW = `
name: parts
steps:
  - { id: load, component: /l/count, input: { step: load, n: { $input: n } } }
  - { id: double, component: /l/count, input: { step: double, n: { $step: load } } }
  - { id: picked, component: /builtin/noop, input: { $coalesce: [{ $step: maybe }, { $step: double }] } }
  - { id: maybe, component: /builtin/noop, input: { $step: double }, when: { $template: "{{ inputs.n > 100 }}" } }
  - { id: each, for_each: { $step: list }, component: /builtin/noop, input: { $item: "$" } }
  - { id: list, component: /builtin/noop, input: [1, 2] }
  - { id: side, component: /l/count, input: { step: side, n: 0 }, needs: [double] }
output: { picked: { $step: picked }, each: { $step: each } }
`
const files = {
  'flows/parts.yaml': FLOW,
  'c.mjs': 'export const count = ({ n }) => n * 2\n',
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, l: { type: module, path: c.mjs } }\nroutes: { "/l/{*component}": [{ plugin: l }], "/{*component}": [{ plugin: builtin }] }\n',
}

const server = serverOfFile({ files })
const run = async (more: object) =>
  (await server.call('POST', '/runs', { flowName: 'parts', input: { n: 1 }, wait: true, ...more })).body
const stepsOf = async (runId: string) => {
  const recorded = await server.services.runs.open(runId)
  return (await recorded.visitsOf(0)).filter(({ status }) => status === 'success').map(({ stepId }) => stepId)
}

test('until a step, what it needs is run and nothing else, and its answer is the result', async () => {
  const { result, runId, kind } = await run({ until: 'double' })

  expect(result).toEqual({ outcome: 'success', result: 4 })
  expect(kind).toBe('test')
  expect((await stepsOf(runId)).sort()).toEqual(['double', 'load'])
  expect((await server.call('GET', '/runs')).body.runs.map(({ runId }: any) => runId)).not.toContain(runId)
  expect((await run({ until: 'each' })).result.result).toEqual([1, 2])
})

test('one step alone is run on pinned values, and names what it reads without one', async () => {
  const { result, runId } = await run({ only: 'double', pins: { load: 21 } })
  expect(result.result).toBe(42)
  expect(await stepsOf(runId)).not.toContain('side')

  const missing = await server.call('POST', '/runs', {
    flowName: 'parts',
    input: { n: 1 },
    only: 'picked',
    pins: { maybe: 1 },
  })
  expect(missing.status).toBe(422)
  expect(missing.body.detail).toContain('reads "double" without a pin')
  expect(missing.body.data).toEqual({ unpinned: ['double'] })
  expect((await run({ only: 'picked', pins: { maybe: 1, double: null } })).result.result).toBe(1)
  expect((await run({ only: 'side', pins: { double: 1 } })).result.result).toBe(0)
  expect((await run({ only: 'load' })).result.result).toBe(2)
})

test('pins stand in for steps in a whole run, null and objects too', async () => {
  const { result, runId, kind } = await run({ pins: { double: { a: [1] }, list: ['x'] } })

  expect(result.result).toEqual({ picked: { a: [1] }, each: ['x'] })
  expect(kind).toBe('test')
  expect(await stepsOf(runId)).not.toContain('load')
})

test('what steps answered in another run stands in for them; a pin comes first', async () => {
  const before = await run({ input: { n: 10 } })
  expect(before.result.result.picked).toBe(40)

  const { result, runId } = await run({ only: 'picked', pins: { maybe: null }, pinsFrom: { runId: before.runId } })
  expect(result.result).toBe(40)
  expect((await run({ until: 'double', pinsFrom: { runId: before.runId } })).result.result).toBe(40)
  expect((await run({ until: 'double', pins: { load: 1 }, pinsFrom: { runId: before.runId } })).result.result).toBe(2)
  expect(await stepsOf(runId)).not.toContain('load')
  for (const pinsFrom of [{ runId: 'nobody' }, { runId: before.runId, item: 5 }]) {
    expect(
      (await server.call('POST', '/runs', { flowName: 'parts', input: { n: 1 }, until: 'double', pinsFrom })).status,
    ).toBe(404)
  }
})

test.each([
  [{ until: 'nobody' }, 'does not have'],
  [{ until: 'dobule' }, 'did you mean "double"?'],
  [{ only: 'double', until: 'double' }, 'give one of them'],
  [{ pins: { nobody: 1 } }, 'does not have'],
  [{ pins: { $output: 1 } }, 'does not have'],
  [{ pins: [] }, 'object'],
  [{ until: '' }, 'until'],
  [{ pinsFrom: {} }, 'runId'],
  [{ pinsFrom: { runId: 'x', item: -1 } }, 'item'],
])('%j is refused', async (more, message) => {
  const { status, body } = await server.call('POST', '/runs', { flowName: 'parts', input: { n: 1 }, ...more })

  expect(status).toBe(422)
  expect(body.detail).toContain(message)
})

test('with the inputs as lines, what part is run is in the query', async () => {
  const before = await run({ input: { n: 10 } })
  const lines = async (asked: Record<string, unknown>) => {
    const query = new URLSearchParams({ flowName: 'parts', wait: 'true' })
    for (const [name, value] of Object.entries(asked))
      query.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    const { body } = await server.call('POST', `/runs?${query}`, '{"n": 1}', { 'content-type': 'application/x-ndjson' })
    return { kind: body.kind, result: body.result?.result }
  }

  expect(await lines({ until: 'double' })).toEqual({ kind: 'test', result: 4 })
  expect(await lines({ only: 'double', pins: { load: 21 } })).toEqual({ kind: 'test', result: 42 })
  expect(await lines({ until: 'double', pinsFrom: { runId: before.runId } })).toEqual({ kind: 'test', result: 40 })
})

test('a secret in a pinned value is shown nowhere', async () => {
  await server.call('PUT', '/secrets/pinned', { value: 'a-secret-in-a-pin' })
  const { runId, result } = await run({ pins: { double: { is: 'a-secret-in-a-pin' } } })
  const recorded = await server.services.runs.open(runId)
  const shown = [result, recorded.plan, await recorded.entriesOf(0), await recorded.visitsOf(0)]
  for await (const { rows } of recorded.journals()) shown.push(rows)

  expect(JSON.stringify(shown)).not.toContain('a-secret-in-a-pin')
})
