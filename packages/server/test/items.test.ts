// Items of a run and the visits of their steps, over HTTP.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { serverOfFile, startServer } from './start-server.ts'

const FLOW = `
name: mixed
steps:
  - { id: check, component: /c/check, input: { $input: n } }
  - { id: odd, component: /builtin/noop, input: { $input: n }, needs: [check], when: { $template: "{{ inputs.n > 100 }}" } }
  - { id: wait, component: /builtin/wait_for_signal, input: { name: go }, needs: [check], when: { $template: "{{ inputs.n == 4 }}" } }
  - { id: each, for_each: { $input: list }, component: /builtin/noop, input: { $item: "$" }, needs: [check] }
  - { id: last, component: /builtin/noop, input: { n: { $input: n }, text: { $input: text }, got: { $coalesce: [{ $step: wait }, no] } }, needs: [each] }
output: { $step: last }
`
const files = {
  'flows/mixed.yaml': FLOW,
  'c.mjs': "export function check(n) { if (n === 2 || n === 3) throw new Error('not that one') }\n",
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, c: { type: module, path: c.mjs } }\nroutes: { "/c/{*component}": [{ plugin: c }], "/{*component}": [{ plugin: builtin }] }\n',
}
const input = (n: number, more: object = {}) => ({ n, list: [n, n + 1], text: '', ...more })

const server = serverOfFile({ files })
let batch: string
beforeAll(async () => {
  const inputs = [0, 1, 2, 3, 4].map((n) => input(n))
  const begun = await server.call('POST', '/runs', { flowName: 'mixed', inputs })
  expect(begun.status).toBe(202)
  batch = begun.body.runId
  await waiting(batch)
})

/** Until nothing of it moves. */
async function waiting(runId: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { items } = (await server.call('GET', `/runs/${runId}/items?status=pending,running`)).body
      const { length } = (await server.call('GET', `/runs/${runId}/items`)).body.items
      expect([items.length, length]).toEqual([0, 5])
    },
    { timeout: 50_000 },
  )
}

const get = (path: string) => server.call('GET', path)

test('items that have not ended are listed among those that have, in the order of their numbers', async () => {
  const { items } = (await get(`/runs/${batch}/items`)).body
  expect(items.map((item: any) => [item.itemIndex, item.status])).toEqual([
    [0, 'success'],
    [1, 'success'],
    [2, 'failed'],
    [3, 'failed'],
    [4, 'waiting'],
  ])
  expect(items[0].result).toEqual({ outcome: 'success', result: { n: 0, text: '', got: 'no' } })
  expect(Date.parse(items[0].completedAt)).toBeGreaterThanOrEqual(Date.parse(items[0].startedAt))
  expect(items[4]).not.toHaveProperty('completedAt')
})

test('items are found by status, and by the code and the step of their failure', async () => {
  const numbers = async (query: string) =>
    (await get(`/runs/${batch}/items?${query}`)).body.items.map((item: any) => item.itemIndex)
  expect(await numbers('status=waiting,success')).toEqual([0, 1, 4])
  const { code } = (await get(`/runs/${batch}/items/failures`)).body.failures[0]
  expect(await numbers(`code=${code}&step=check`)).toEqual([2, 3])
  expect(await numbers('step=odd')).toEqual([])
})

test('pages of items leave out none and repeat none', async () => {
  const seen: number[] = []
  for (let cursor = ''; ; ) {
    const { body } = await get(`/runs/${batch}/items?limit=2${cursor}`)
    for (const item of body.items) seen.push(item.itemIndex)
    if (body.nextCursor === undefined) break
    cursor = `&cursor=${body.nextCursor}`
  }
  expect(seen).toEqual([0, 1, 2, 3, 4])
})

test('the bytes of the items say how each stands, and where the event stream goes on', async () => {
  const answer = await fetch(`${server.url}/api/v1/runs/${batch}/items/statuses`)
  expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([3, 3, 5, 5, 2])
  expect(answer.headers.get('x-stepflow-cursor')).toMatch(/./)
})

test('failures of one cause are one, with the ranges of their items', async () => {
  const { failures } = (await get(`/runs/${batch}/items/failures`)).body
  expect(failures).toHaveLength(1)
  expect(failures[0]).toMatchObject({ step: 'check', count: 2, items: [[2, 3]] })
})

test('one item has its input, and what it waits for', async () => {
  const { body } = await get(`/runs/${batch}/items/4`)
  expect(body).toMatchObject({ status: 'waiting', input: { n: 4 }, waiting: { kind: 'signal', step: 'wait' } })
})

test('a large value is shown by its beginning, and whole to whoever asks for it', async () => {
  const text = 'x'.repeat(300_000)
  const { body } = await server.call('POST', '/runs', { flowName: 'mixed', input: input(1, { text }), wait: true })
  const item = (await get(`/runs/${body.runId}/items/0`)).body
  expect(item.input).toMatchObject({ $preview: expect.any(String), bytes: expect.any(Number) })
  expect((await get(`/runs/${body.runId}/items/0?full=true`)).body.input.text).toBe(text)
  const cut = { outcome: 'success', result: { $preview: expect.any(String), bytes: expect.any(Number) } }
  expect(item.result).toEqual(cut)
  expect((await get(`/runs/${body.runId}/items`)).body.items[0].result).toEqual(cut)
  expect((await get(`/runs/${body.runId}/steps/last?full=true`)).body.output.text).toBe(text)
})

test('the steps of an item are rows without values, and one of them has its values', async () => {
  const { steps, cursor } = (await get(`/runs/${batch}/items/0/steps`)).body
  expect(steps.map((step: any) => [step.stepId, step.status])).toEqual([
    ['check', 'success'],
    ['odd', 'skipped'],
    ['wait', 'skipped'],
    ['each', 'success'],
    ['last', 'success'],
  ])
  expect(cursor).toMatch(/./)
  expect(JSON.stringify(steps)).not.toContain('"input"')
  const step = (await get(`/runs/${batch}/items/0/steps/last`)).body
  expect(step).toMatchObject({ stepId: 'last', visit: 1, input: { n: 0 }, output: { n: 0 } })
})

test('a step that was skipped says why, with what its condition read', async () => {
  const { body } = await get(`/runs/${batch}/items/0/steps/odd`)
  expect(body.why).toMatchObject({ kind: 'condition', values: { input: { n: 0 } } })
})

test('a step that failed says where it is written', async () => {
  const { body } = await get(`/runs/${batch}/items/2/steps/check`)
  expect(body.error).toMatchObject({ code: expect.any(String), line: 4, column: expect.any(Number) })
})

test('what runs inside a step is listed by the key in its row, with its element', async () => {
  const { steps } = (await get(`/runs/${batch}/items/1/steps`)).body
  const { inside } = steps.find((step: any) => step.stepId === 'each')
  const { steps: rows, plan } = (await get(`/runs/${batch}/items/1/steps?inside=${inside}`)).body
  // For whoever draws it.
  expect(plan.steps.map(({ id }: any) => id)).toContain(rows[0].stepId)
  expect(rows.map((row: any) => row.element)).toEqual([0, 1])
  const { stepId } = rows[0]
  const one = await get(`/runs/${batch}/items/1/steps/${encodeURIComponent(stepId)}?inside=${inside}&element=1`)
  expect(one.body).toMatchObject({ element: 1, output: 2 })
})

test.each([
  ['/items?status=lost', 400],
  ['/items?cursor=bm9uc2Vuc2U', 400],
  ['/items?limit=0', 400],
  ['/items/5', 404],
  ['/items/-1', 400],
  ['/items/x', 400],
  ['/items/99999999999999999999', 404],
  ['/steps', 422],
  ['/items/9/steps', 404],
  ['/items/0/steps/nope', 404],
  ['/items/0/steps/last?visit=7', 404],
  ['/items/0/steps/__proto__', 404],
  ['/items/0/steps?inside=../..', 400],
  ['/items/0/steps?inside=1/3/1', 400],
  ['/items/0/steps?inside=0/99/1', 404],
])('%s of a run is refused with %i', async (path, status) => {
  expect(await get(`/runs/${batch}${path}`)).toMatchObject({ status, body: { status } })
})

test.each(['/items', '/items/0', '/items/statuses', '/items/failures', '/steps', '/steps/a'])(
  '%s of a run that is not there is 404',
  async (path) => {
    expect((await get(`/runs/nope${path}`)).status).toBe(404)
  },
)

test('the steps of a flow that is named by its file have their names, as the flow was when it ran', async () => {
  const INNER =
    'name: inner\nsteps: [{ id: twice, component: /builtin/noop, input: { $input: n } }]\noutput: { $step: twice }\n'
  const OUTER = `
name: outer
steps:
  - { id: call, component: /builtin/flow, input: { flow: inner.yaml, input: { n: 5 } } }
  - { id: many, component: /builtin/map, input: { flow: inner.yaml, items: [{ n: 6 }, { n: 7 }] } }
output: [{ $step: call }, { $step: many }]
`
  const other = await startServer({ files: { 'flows/inner.yaml': INNER, 'flows/outer.yaml': OUTER } })
  const { runId, result } = (await other.call('POST', '/runs', { flowName: 'outer', input: {}, wait: true })).body
  expect(result.outcome).toBe('success')
  writeFileSync(join(other.folder, 'flows/inner.yaml'), INNER.replaceAll('twice', 'changed'))

  for (const [step, element, n] of [
    ['call', 0, 5],
    ['many', 1, 7],
  ] as const) {
    const { steps } = (await other.call('GET', `/runs/${runId}/steps`)).body
    const { inside } = steps.find(({ stepId }: any) => stepId === step)
    const rows = (await other.call('GET', `/runs/${runId}/steps?inside=${inside}`)).body.steps
    expect(new Set(rows.map(({ stepId }: any) => stepId))).toEqual(new Set(['twice']))
    const one = await other.call('GET', `/runs/${runId}/steps/twice?inside=${inside}&element=${element}`)
    expect(one.body).toMatchObject({ stepId: 'twice', input: n, output: n })
  }
  const { text } = { text: (await other.call('GET', `/runs/${runId}/export`)).body }
  expect((await other.call('POST', '/runs/import', text)).status).toBe(200)
})

test('the plan inside a step keeps our own words, though a secret is one of them, and loses the secret itself', async () => {
  const WITHIN = `
name: within
steps:
  - id: loop
    component: /builtin/map
    input:
      items: [1]
      flow:
        $literal: { steps: [{ id: says, component: /builtin/noop, input: the secret literal }], output: { $step: says } }
output: { $step: loop }
`
  const env = { STEPFLOW_SECRET_WORD: 'literal' }
  const other = await startServer({ env, files: { 'flows/within.yaml': WITHIN } })
  const { runId } = (await other.call('POST', '/runs', { flowName: 'within', input: {}, wait: true })).body
  const { steps } = (await other.call('GET', `/runs/${runId}/steps`)).body

  const { plan } = (await other.call('GET', `/runs/${runId}/items/0/steps?inside=${steps[0].inside}`)).body

  expect(plan.steps[0]).toMatchObject({ id: 'says', input: { op: 'literal', value: 'the secret [redacted]' } })
})

test('flows that are made while a run goes on have the names of their steps however deep they are inside one another', async () => {
  const evalOf = (flow: object, input: object) => ({
    component: '/builtin/eval',
    input: { flow: { $literal: flow }, input },
  })
  const last = {
    steps: [{ id: 'last', component: '/builtin/noop', input: { $input: 'n' } }],
    output: { $step: 'last' },
  }
  const third = { steps: [{ id: 'third', ...evalOf(last, { n: { $input: 'n' } }) }], output: { $step: 'third' } }
  const each = { component: '/builtin/map', input: { workflow: { $literal: third }, items: { $input: 'all' } } }
  const second = { steps: [{ id: 'second', ...each }], output: { $step: 'second' } }
  const first = { name: 'deep', steps: [{ id: 'first', ...evalOf(second, { all: [{ n: 1 }, { n: 2 }] }) }] }
  const flow = { ...first, output: { $step: 'first' } }
  const { runId } = (await server.call('POST', '/runs', { flow, input: {}, wait: true })).body

  let inside = ''
  let element = 0
  for (const name of ['first', 'second', 'third']) {
    const { steps } = (await get(`/runs/${runId}/steps${inside === '' ? '' : `?inside=${inside}`}`)).body
    const row = steps.find((one: any) => one.stepId === name && (one.element ?? 0) === element)
    inside = row.inside
    element = name === 'second' ? 1 : 0
  }

  const { steps, plan } = (await get(`/runs/${runId}/steps?inside=${inside}`)).body
  expect([steps[0].stepId, plan.steps[0].id]).toEqual(['last', 'last'])
  expect((await get(`/runs/${runId}/steps/last?inside=${inside}`)).body).toMatchObject({ input: 2, output: 2 })
})
