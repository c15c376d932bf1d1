// Runs that are repeated, exported, imported, deleted.

import { beforeAll, expect, test } from 'vitest'
import { ECHO, serverOfFile, startServer, WAITS } from './start-server.ts'

const FLOW = (last: string) => `
name: two
steps:
  - { id: first, component: /builtin/noop, input: { $input: n } }
  - { id: then, component: ${last}, input: { $step: first } }
output: { $step: then }
`
const files = {
  'flows/two.yaml': FLOW('/c/odd'),
  'flows/waits.yaml': WAITS,
  'c.mjs': "export function odd(n) { if (n % 2 === 0) throw new Error('not odd'); return n }\n",
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, c: { type: module, path: c.mjs } }\nroutes: { "/c/{*component}": [{ plugin: c }], "/{*component}": [{ plugin: builtin }] }\n',
}

const server = serverOfFile({ files })
let batch: string
beforeAll(async () => {
  const inputs = [1, 2, 3, 4].map((n) => ({ n }))
  batch = (await server.call('POST', '/runs', { flowName: 'two', inputs, wait: true })).body.runId
})

const rerun = (runId: string, body: object, headers = {}) => server.call('POST', `/runs/${runId}/rerun`, body, headers)
const outcomes = async (runId: string) => {
  const { body } = await server.call('GET', `/runs/${runId}/results`)
  return body
    .trim()
    .split('\n')
    .map((line: string) => JSON.parse(line).result ?? JSON.parse(line).error.code)
}

test('a dry run says what would be repeated, and begins nothing', async () => {
  const before = (await server.call('GET', '/runs')).body.total
  expect(await rerun(batch, { failed: true, dryRun: true })).toMatchObject({
    status: 200,
    body: {
      items: { total: 4, kept: 2, again: 2 },
      steps: [
        { stepId: 'first', reused: 2, again: 0 },
        { stepId: 'then', reused: 0, again: 2 },
      ],
    },
  })
  expect((await server.call('GET', '/runs')).body.total).toBe(before)
})

test('what failed is repeated with a changed flow, and the rest keeps its results', async () => {
  const { status, body } = await rerun(batch, { failed: true, flow: FLOW('/builtin/noop') })
  expect(status).toBe(202)
  expect(body.origin).toEqual({ runId: batch, failed: true })
  expect(await outcomes(body.runId)).toEqual([1, 2, 3, 4])
  const steps = (await server.call('GET', `/runs/${body.runId}/items/1/steps`)).body.steps
  expect(steps.map((step: any) => step.reused ?? false)).toEqual([true, false])
})

test('items that are chosen are repeated, and no others', async () => {
  const { body } = await rerun(batch, {
    items: [[1, 1], 3],
    overrides: { then: { value: { component: '/builtin/noop' } } },
  })
  expect(await outcomes(body.runId)).toEqual([1, 2, 3, 4])
})

test('a run of one item is repeated with an edited input', async () => {
  const { runId } = (await server.call('POST', '/runs', { flowName: 'two', input: { n: 2 }, wait: true })).body
  const { body } = await rerun(runId, { input: { n: 5 } })
  expect(await outcomes(body.runId)).toEqual([5])
})

test('a key begins one rerun, and is refused for another', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => rerun(batch, {}, { 'idempotency-key': 'again' })))
  expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1)
  expect((await rerun(batch, { failed: true }, { 'idempotency-key': 'again' })).status).toBe(409)
})

test('a step that has changed cannot be taken over', async () => {
  const changed = FLOW('/builtin/noop').replace('$input: n', '$input: m')
  expect(await rerun(batch, { from: 'then', flow: changed })).toMatchObject({ status: 422 })
})

test('an exported run is deleted and brought in again, with everything', async () => {
  const { runId } = (await server.call('POST', '/runs', { flowName: 'two', input: { n: 3 }, wait: true })).body
  const { body } = await server.call('GET', `/runs/${runId}/export`)
  expect((await server.call('POST', '/runs/import', body)).status).toBe(200)
  const other = JSON.parse(JSON.stringify(body).replaceAll('"result":3', '"result":4'))
  expect((await server.call('POST', '/runs/import', other)).status).toBe(409)
  expect((await server.call('DELETE', `/runs/${runId}`)).status).toBe(204)
  expect((await server.call('GET', `/runs/${runId}`)).status).toBe(404)
  expect((await server.call('POST', '/runs/import', body)).status).toBe(201)
  expect(await outcomes(runId)).toEqual([3])
  expect((await server.call('GET', `/runs/${runId}/steps/then`)).body).toMatchObject({ input: 3, output: 3 })
})

test('what has not ended is neither repeated nor deleted', async () => {
  const { runId } = (await server.call('POST', '/runs', { flowName: 'waits', input: {} })).body
  expect((await rerun(runId, {})).status).toBe(409)
  expect((await server.call('DELETE', `/runs/${runId}`)).status).toBe(409)
})

test.each(['bulk', 'summary', '..', 'a/b'])(
  'a run is not imported under an id that leads elsewhere: %s',
  async (id) => {
    const { runId } = (await server.call('POST', '/runs', { flowName: 'echo', input: { n: 1 }, wait: true })).body
    const { body } = await server.call('GET', `/runs/${runId}/export`)

    const { status, body: refused } = await server.call(
      'POST',
      '/runs/import',
      JSON.stringify(body).replaceAll(runId, id),
    )

    expect([status, refused.code]).toEqual([422, 'INVALID_INPUT'])
  },
)

test.each([
  [{ from: 'nope' }, 404],
  [{ from: 'then', failed: true }, 422],
  [{ items: [9] }, 422],
  [{ items: [[2, 1]] }, 422],
  [{ items: ['x'] }, 422],
  [{ input: 1 }, 422],
  [{ flow: 'steps: [' }, 422],
  [{ overrides: { nope: { value: {} } } }, 422],
  [{ form: 'then' }, 422],
])('a rerun with %j is refused with %i', async (body, status) => {
  expect((await rerun(batch, body)).status).toBe(status)
})

test.each([
  {},
  { format: 'stepflow-run' },
  { format: 'stepflow-run', version: 1, run: '../x', journals: {}, blobs: {} },
])('what is no export is not imported: %j', async (body) => {
  expect((await server.call('POST', '/runs/import', body)).status).toBe(422)
})

test('runs that are not there are 404', async () => {
  expect((await rerun('nope', {})).status).toBe(404)
  expect((await server.call('DELETE', '/runs/nope')).status).toBe(404)
  expect((await server.call('GET', '/runs/nope/export')).status).toBe(404)
})

test('runs are found by a part of what they are called, by their trigger, and by any of several flows', async () => {
  const { runId } = (
    await server.call('POST', '/runs', { flowName: 'two', input: { n: 1 }, labels: { Team: 'Rockets' }, wait: true })
  ).body
  const found = async (query: string) =>
    (await server.call('GET', `/runs?${query}`)).body.runs.map((run: any) => run.runId)
  expect(await found('q=rocket')).toEqual([runId])
  expect(await found(`q=${runId.toUpperCase()}&trigger=cli,api`)).toEqual([runId])
  expect(await found('q=NOT%20ODD')).toContain(batch)
  expect(await found('trigger=schedule')).toEqual([])
  expect((await found('flow=waits,two')).length).toBeGreaterThan((await found('flow=waits')).length)
})

test('what is done to many runs says how many it was done to, and why not to the others', async () => {
  const begin = async () =>
    (await server.call('POST', '/runs', { flowName: 'waits', input: {}, labels: { group: 'many' } })).body.runId
  const [a, b] = [await begin(), await begin()]
  const filter = { label: ['group:many'] }
  const bulk = (body: object) => server.call('POST', '/runs/bulk', body)
  expect((await bulk({ action: 'delete', ids: [a, 'nope'] })).body).toMatchObject({
    done: 0,
    refused: [
      { runId: a, code: 'CONFLICT' },
      { runId: 'nope', code: 'NOT_FOUND' },
    ],
  })
  expect((await bulk({ action: 'pause', filter: { label: 'group:many' } })).body).toEqual({ done: 2, refused: [] })
  expect((await bulk({ action: 'cancel', filter })).body).toEqual({ done: 2, refused: [] })
  expect((await bulk({ action: 'delete', ids: [a, b] })).body).toEqual({ done: 2, refused: [] })
  for (const body of [{ action: 'delete' }, { action: 'delete', filter: {} }, { action: 'delete', filter: { x: 1 } }])
    expect((await bulk(body)).status).toBe(422)
})

test('many runs are repeated once for a key, whether they are named or found', async () => {
  const { call } = await startServer({ files: { 'flows/echo.yaml': ECHO } })
  const begin = async () => (await call('POST', '/runs', { flowName: 'echo', input: { n: 1 }, wait: true })).body.runId
  const ids = [await begin(), await begin()]
  const bulk = async (body: object, key: string) =>
    (await call('POST', '/runs/bulk', { action: 'rerun', ...body }, { 'idempotency-key': key })).body
  const count = async () => (await call('GET', '/runs')).body.total
  const ended = () => expect.poll(async () => (await call('GET', '/runs?status=queued,running')).body.total).toBe(0)

  for (let n = 0; n < 2; n++) expect(await bulk({ ids }, 'named')).toEqual({ done: 2, refused: [] })
  expect(await count()).toBe(4)

  await ended()
  expect(await bulk({ filter: { flow: 'echo' } }, 'found')).toEqual({ done: 4, refused: [] })
  await ended()
  expect(await bulk({ filter: { flow: 'echo' } }, 'found')).toEqual({ done: 4, refused: [] })
  expect(await count()).toBe(8)

  const other = await bulk({ ids: [ids[0]] }, 'named')
  expect(other).toMatchObject({ done: 0, refused: [{ runId: ids[0], code: 'CONFLICT' }] })
})

test('runs are pruned by age or number, and a request that names neither is refused', async () => {
  const { call } = await startServer()
  for (const n of [1, 2, 3]) await call('POST', '/runs', { flow: ECHO, input: { n }, wait: true })

  expect((await call('POST', '/runs/prune', {})).status).toBe(422)
  expect((await call('POST', '/runs/prune', { maxAge: 'soon' })).body.detail).toContain('duration')
  for (const maxAge of ['1d', 86_400])
    expect((await call('POST', '/runs/prune', { maxAge })).body).toMatchObject({ runs: 0 })
  expect((await call('POST', '/runs/prune', { maxRuns: 1 })).body).toMatchObject({ runs: 2 })
  expect((await call('GET', '/runs')).body.total).toBe(1)
})
