// Values that come into a run from another one, where only that other one's schema says that they are secret: in no exit.

import { beforeAll, expect, test, vi } from 'vitest'
import { serverOfFile, startServer } from './start-server.ts'

const INPUT = 'input-of-the-first-run'
const VARIABLE = 'variable-of-the-first-run'
const SECRET = new RegExp(`${INPUT}|${VARIABLE}|${encodeURIComponent(Buffer.from(INPUT).toString('base64'))}`)

const steps = `
steps:
  - { id: load, component: /l/load, input: { key: { $input: key }, token: { $variable: token } } }
  - id: ask
    component: /builtin/wait_for_signal
    input: { name: go, timeout: 100ms, title: Go on?, context: { $step: load }, default: { was: { $step: load } } }
  - { id: fails, component: /l/fail, input: { $step: load }, on_error: { action: skip } }
  - { id: told, component: /l/tell, input: { $step: ask } }
  - { id: off, component: /builtin/noop, input: 1, when: { $template: "{{ steps.load.result.key == 'other' }}" } }
output: { all: { $step: told }, asked: { $step: ask } }
`
const marks = (isSecret: string) => `
schemas:
  type: object
  properties:
    input: { type: object, properties: { key: { type: string${isSecret} } } }
    variables: { type: object, properties: { token: { type: string${isSecret}, default: none } } }
`
const MARKED = `name: marked${marks(', is_secret: true')}${steps}`
const BARE = `name: marked${marks('')}${steps}`
const OTHER = `name: other${marks('')}${steps}`
const INNER = `
name: inner
schemas: { type: object, properties: { input: { type: object, properties: { key: { type: string, is_secret: true } } } } }
steps: [{ id: use, component: /builtin/noop, input: { got: { $input: key } } }]
output: { $step: use }
`
const AROUND = `
name: around
steps:
  - { id: load, component: /builtin/noop, input: { k: { $input: k } } }
  - { id: call, component: /builtin/flow, input: { flow: inner.yaml, input: { key: { $step: load, path: k } } } }
  - { id: told, component: /builtin/noop, input: { again: { $step: call } } }
output: { $step: told }
`
const SUBMITS = `
name: submits
schemas: { type: object, properties: { input: { type: object, properties: { key: { type: string, is_secret: true } } } } }
steps: [{ id: run, component: /l/submit, input: { $input: key } }]
output: { $step: run }
`
const CACHED = (name: string, isSecret: string) => `
name: ${name}
schemas: { type: object, properties: { input: { type: object, properties: { key: { type: string${isSecret} } } } } }
steps: [{ id: a, component: /builtin/noop, input: { $input: key }, cache: { key: same } }]
output: { $step: a }
`
const MODULE = `
export const load = (input) => ({ ...input, whole: Buffer.from(input.key ?? '').toString('base64') })
export const fail = (input) => { throw new Error('cannot use ' + JSON.stringify(input)) }
export const tell = (input, { log }) => { log?.('info', 'told ' + JSON.stringify(input)); return { told: input } }
export const submit = (key, context) => context.submit(
  { name: 'inner', entry: 0, exit: 0, onFailure: 'stop', steps: [{ id: 'a', component: '/l/load', input: { op: 'input' } }] },
  [{ key }], { wait: true })
`
const files = {
  'l.mjs': MODULE,
  'flows/marked.yaml': MARKED,
  'flows/other.yaml': OTHER,
  'flows/submits.yaml': SUBMITS,
  'flows/inner.yaml': INNER,
  'flows/around.yaml': AROUND,
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, l: { type: module, path: l.mjs } }\nroutes: { "/l/{*component}": [{ plugin: l }], "/{*component}": [{ plugin: builtin }] }\n',
}

const server = serverOfFile({ files })
let first: string
beforeAll(async () => {
  first = await begin({ flowName: 'marked', input: { key: INPUT }, variables: { token: VARIABLE } })
})

async function begin(body: object): Promise<string> {
  const answer = await server.call('POST', '/runs', { ...body, wait: true })
  expect(answer.status).toBe(200)
  expect(JSON.stringify(answer.body)).not.toMatch(SECRET)
  return answer.body.runId
}

/** Up to its end. */
async function eventsOf(runId: string): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/runs/${runId}/events?topics=run,items,entries`)
  expect(answer.status).toBe(200)
  return answer.text()
}

/** All that any route says of a run. */
async function exitsOf(runId: string): Promise<string> {
  const said: string[] = [await eventsOf(runId)]
  const get = async (path: string) => {
    const { status, body } = await server.call('GET', path)
    if (status === 200) said.push(typeof body === 'string' ? body : JSON.stringify(body))
    return body
  }
  await get(`/runs/${runId}`)
  for (const part of ['results', 'items', 'items/0?full=true', 'items/failures', 'flow', 'logs', 'journal', 'export']) {
    await get(`/runs/${runId}/${part}`)
  }
  const { steps = [] } = await get(`/runs/${runId}/steps`)
  for (const { stepId, inside } of steps) {
    await get(`/runs/${runId}/steps/${stepId}?full=true`)
    if (!inside) continue
    const within = await get(`/runs/${runId}/steps?inside=${inside}`)
    for (const one of within.steps) await get(`/runs/${runId}/steps/${one.stepId}?inside=${inside}&full=true`)
  }
  for (const flow of ['marked', 'other', 'around']) {
    await get(`/flows/${flow}/inputs`)
    await get(`/flows/${flow}/samples`)
  }
  const { waits = [] } = await get(`/waits?runId=${runId}`)
  for (const { id } of waits) await get(`/waits/${id}`)
  await get('/runs?kind=all&q=run')
  return said.join('\n')
}

test('the first run shows nothing of it: its own schema marks what is secret', async () => {
  const said = await exitsOf(first)
  expect(said).not.toMatch(SECRET)
  expect(said).toContain('[redacted]')
})

test('outputs that stand in for steps of another flow', async () => {
  const pinsFrom = { runId: first }
  for (const more of [{}, { only: 'fails' }]) {
    const runId = await begin({ flowName: 'other', input: { key: 'other' }, pinsFrom, ...more })
    const said = await exitsOf(runId)
    expect(said).not.toMatch(SECRET)
    expect(said).toContain('[redacted]')
    // And from there into a third.
    expect(await exitsOf(await begin({ flowName: 'other', input: { key: 'x' }, pinsFrom: { runId } }))).not.toMatch(
      SECRET,
    )
  }
})

test('outputs of a run that was removed since', async () => {
  const source = await begin({ flowName: 'marked', input: { key: INPUT }, variables: { token: VARIABLE } })
  const runId = await begin({ flowName: 'other', input: { key: 'other' }, pinsFrom: { runId: source } })
  expect((await server.call('DELETE', `/runs/${source}`)).status).toBe(204)
  expect(await exitsOf(runId)).not.toMatch(SECRET)
})

test.each([
  ['a flow that marks nothing', { flow: BARE, from: 'told' }],
  ['other variables', { variables: { token: 'second' }, from: 'told' }],
  ['another input', { input: { key: 'second' }, from: 'told' }],
  ['a flow that marks nothing, and all items kept', { flow: BARE, failed: true, items: [0] }],
])('a repetition with %s', async (_, asked) => {
  const { status, body } = await server.call('POST', `/runs/${first}/rerun`, asked)
  // Of what has not failed, nothing is repeated.
  if ('failed' in asked) return expect(status).toBe(409)
  expect(status).toBe(202)
  await vi.waitFor(
    async () => expect((await server.call('GET', `/runs/${body.runId}`)).body.status).toBe('completed'),
    { timeout: 50_000 },
  )
  const said = await exitsOf(body.runId)
  expect(said).not.toMatch(SECRET)
  expect(said).toContain('[redacted]')
  const again = await server.call('POST', `/runs/${body.runId}/rerun`, { from: 'told' })
  expect(again.status).toBe(202)
  expect(await exitsOf(again.body.runId)).not.toMatch(SECRET)
})

test('a run that was brought from elsewhere, and repeated with a flow that marks nothing', async () => {
  const { body } = await server.call('GET', `/runs/${first}/export`)
  const elsewhere = await startServer({ files })
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  expect(text).not.toMatch(SECRET)
  expect((await elsewhere.call('POST', '/runs/import', text)).status).toBe(201)
  const again = await elsewhere.call('POST', `/runs/${first}/rerun`, { flow: BARE, from: 'told' })
  expect(again.status).toBe(202)
})

test('a run that a step begins with values of its own', async () => {
  const runId = await begin({ flowName: 'submits', input: { key: INPUT } })
  expect(await exitsOf(runId)).not.toMatch(SECRET)
  const { runs } = (await server.call('GET', '/runs?trigger=api&limit=1000')).body
  const inner = runs.filter((run: any) => run.flowName === undefined)
  expect(inner.length).toBeGreaterThan(0)
  for (const one of inner) expect(await exitsOf(one.runId)).not.toMatch(SECRET)
})

test('an output that holds a secret is kept for no other run', async () => {
  const run = async (flow: string, key: string) => begin({ flow, input: { key } })
  await run(CACHED('keeps', ', is_secret: true'), INPUT)
  const other = await run(CACHED('finds', ''), 'own')
  expect((await server.call('GET', `/runs/${other}/results`)).body).toContain('own')
  // What holds none is.
  const third = await run(CACHED('finds', ''), 'third')
  expect((await server.call('GET', `/runs/${third}/results`)).body).toContain('own')
})

test('what only a flow inside marks, in the steps around it, in a run that takes their outputs, and in a repetition', async () => {
  const runId = await begin({ flowName: 'around', input: { k: INPUT } })
  expect(await exitsOf(runId)).not.toMatch(SECRET)
  expect(await exitsOf(await begin({ flowName: 'other', input: { key: 'x' }, pinsFrom: { runId } }))).not.toMatch(
    SECRET,
  )
  const again = await server.call('POST', `/runs/${runId}/rerun`, { from: 'told' })
  expect(await exitsOf(again.body.runId)).not.toMatch(SECRET)
})
