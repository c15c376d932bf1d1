// The form of a run that the platform of manifests has, and what a flow was given and answered before.

import { expect, test } from 'vitest'
import { serverOfFile } from './start-server.ts'

const MANIFEST = `
name: greet
steps:
  - { id: name, tool: INPUT_TEXT }
  - { id: formal, tool: INPUT_BOOLEAN, input: { value: false } }
  - { id: dear, tool: OUTPUT_TEXT, when: "{{inputs.formal}}", input: { value: "Dear {{inputs.name}}" } }
  - { id: hi, tool: OUTPUT_TEXT, when: "not {{inputs.formal}}", input: { value: "Hi {{inputs.name}}" } }
`
const files = {
  'flows/greet.yaml': MANIFEST,
  'flows/fails.yaml':
    'steps:\n  - { id: ok, component: /builtin/noop, input: 1 }\n  - { id: bad, component: /builtin/noop, input: { $step: ok, path: $.no.such } }\n',
  'flows/waits.yaml': 'steps: [{ id: ask, component: /builtin/wait_for_signal, input: { name: go } }]\n',
  'flows/secretive.yaml': `
input_schema: { type: object, properties: { pw: { type: string, is_secret: true }, n: {} } }
steps: [{ id: a, component: /builtin/noop, input: { said: { $input: pw }, n: { $input: n } } }]
output: { $step: a }
`,
}

const server = serverOfFile({ files })

async function publishedRun(flow: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${server.url}/api/v2/external/flows/${flow}/published-run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as any }
}

test('arguments go in by name, and the result comes out with what each step answered', async () => {
  const { status, body } = await publishedRun('greet', { args: [{ name: 'name', value: 'Ada' }] })

  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 'success',
    stepOutputs: { hi: { status: 'success' }, dear: { status: 'skipped' } },
  })
  expect(JSON.stringify(body.result)).toContain('Hi Ada')
  const formal = await publishedRun('greet', {
    args: [
      { name: 'name', value: 'Ada' },
      { name: 'formal', value: true },
    ],
    mode: 'sync',
  })
  expect(JSON.stringify(formal.body.result)).toContain('Dear Ada')
})

test('a failed run says which step failed, and how', async () => {
  const { status, body } = await publishedRun('fails', {})

  expect(status).toBe(200)
  expect(body).toMatchObject({
    status: 'failed',
    error: { code: 'EXPRESSION_FAILURE', name: 'EXPRESSION_FAILURE', step: 'bad' },
    stepOutputs: {
      ok: { status: 'success', result: 1 },
      bad: { status: 'failed', error: { code: 'EXPRESSION_FAILURE' } },
    },
  })
})

test('asynchronously the answer is the id of the run; the same key is the same run', async () => {
  const begun = await publishedRun('waits', { args: [], mode: 'async' }, { 'idempotency-key': 'k1' })
  expect([begun.status, begun.body]).toEqual([202, { runId: expect.any(String), status: 'running' }])
  expect((await publishedRun('waits', { mode: 'async' }, { 'idempotency-key': 'k1' })).body.runId).toBe(
    begun.body.runId,
  )
  expect(
    (await publishedRun('greet', { args: [{ name: 'name', value: 'x' }] }, { 'idempotency-key': 'k1' })).status,
  ).toBe(409)
})

test('what is wrong is refused: arguments, modes, flows that are not there or not published', async () => {
  await server.call('POST', '/flows', { name: 'draft', flow: MANIFEST.replace('name: greet\n', '') })
  const wrong: readonly (readonly [string, unknown, number, string])[] = [
    ['greet', { args: [{ name: 'nmae', value: 'x' }] }, 422, 'did you mean "name"?'],
    [
      'greet',
      {
        args: [
          { name: 'name', value: 'x' },
          { name: 'name', value: 'y' },
        ],
      },
      422,
      'given twice',
    ],
    ['greet', { args: [{ name: 'name', value: 5 }] }, 422, 'name'],
    ['greet', { args: [] }, 422, 'name'],
    ['greet', { args: [{ value: 5 }] }, 422, 'name'],
    ['greet', { args: { name: 'Ada' } }, 422, 'args'],
    ['greet', { mode: 'later' }, 422, 'mode'],
    ['greet', { arg: [] }, 422, 'arg'],
    ['nobody', {}, 404, 'nobody'],
    ['0'.repeat(64), {}, 404, 'no flow'],
    ['draft', { args: [{ name: 'name', value: 'x' }] }, 409, 'published'],
  ]

  for (const [flow, body, status, detail] of wrong) {
    const answer = await publishedRun(flow, body)
    expect([answer.status, answer.body.detail], JSON.stringify([flow, body])).toEqual([
      status,
      expect.stringContaining(detail),
    ])
  }
})

test('the last different inputs of a flow and the last outputs of its steps are there, without what is secret', async () => {
  const run = (input: unknown) => server.call('POST', '/runs', { flowName: 'secretive', input, wait: true })
  for (const n of [1, 2, 2, 3]) await run({ n, pw: 'hunter2-and-co' })
  await server.call('POST', '/runs', { flowName: 'secretive', inputs: [{ n: 4 }, { n: 5 }], wait: true })

  const { inputs } = (await server.call('GET', '/flows/secretive/inputs')).body
  expect(inputs.map(({ input }: any) => input.n)).toEqual([4, 5, 3, 2, 1])
  expect(inputs.at(-1).input).toEqual({ n: 1, pw: '[redacted]' })
  const { steps } = (await server.call('GET', '/flows/secretive/samples')).body
  expect(steps).toMatchObject({ a: { value: { said: '[redacted]', n: 3 }, runId: expect.any(String) } })
  await run({ n: 'x'.repeat(10_000), pw: 'hunter2-and-co' })
  const [large] = (await server.call('GET', '/flows/secretive/inputs')).body.inputs
  expect(large.input).toMatchObject({ $preview: expect.any(String), bytes: expect.any(Number) })
  expect(JSON.stringify(large)).not.toContain('hunter2')
  for (const path of ['inputs', 'samples']) expect((await server.call('GET', `/flows/nobody/${path}`)).status).toBe(404)
})

test('nobody who may only read runs a flow this way', async () => {
  const { token } = await server.services.tokens.create({ role: 'viewer' })

  expect((await publishedRun('greet', {}, { authorization: `Bearer ${token}` })).status).toBe(403)
  expect((await publishedRun('greet', {}, { 'x-forwarded-for': '10.0.0.1' })).status).toBe(401)
})
