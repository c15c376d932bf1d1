// Why a step was skipped or has not run, and why a run or an item does not move: each kind, over HTTP.

import { expect, test, vi } from 'vitest'
import { FILES, SKIPS } from '../../../test/reasons.ts'
import { serverOfFile, startServer } from './start-server.ts'

const one = (name: string, step: string, more = '') => `
name: ${name}
${more}
steps:
  - { id: first, ${step} }
  - { id: second, component: /builtin/noop, input: { $step: first } }
  - { id: spare, component: /builtin/noop, input: 2 }
output: { $coalesce: [{ $step: second }, { $step: spare }] }
`
const DECIDES = `
import { StepFunction } from 'stepflow'
export default new StepFunction('decides')
  .addStep('Check', { func: () => 'b', branch: { a: 'Left', b: 'Right' } })
  .addStep('Left', { func: () => 1, nextStep: 'Deeper' })
  .addStep('Deeper', { func: () => 1 })
  .addStep('Right', { func: () => 2 })
  .setStartStep('Check')
`
const TWO = `
name: two
max_concurrent: 1
steps:
  - { id: first, component: /w/hold, input: 1 }
  - { id: second, component: /w/hold, input: 1 }
output: [{ $step: first }, { $step: second }]
`
const LOOP = `
name: loop
steps:
  - { id: all, for_each: { $input: list }, component: /builtin/wait_for_signal, input: { name: go } }
output: { $step: all }
`
const wait = 'component: /builtin/wait_for_signal, input: { name: go, timeout: 1h }'
const files = {
  ...FILES,
  'flows/decides.mjs': DECIDES,
  'flows/two.yaml': TWO,
  'flows/loop.yaml': LOOP,
  'flows/signal.yaml': one('signal', wait),
  'flows/time.yaml': one('time', 'component: /builtin/wait, input: { duration: 1h }'),
  'flows/retry.yaml': one(
    'retry',
    'component: /w/fail, input: 1, retry: { max_attempts: 3, delay: 1h, backoff: fixed }',
  ),
  'flows/narrow.yaml': one('narrow', 'component: /narrow/hold, input: 1'),
  'flows/seldom.yaml': one('seldom', 'component: /seldom/same, input: 1'),
}

const server = serverOfFile({ files })

const get = async (path: string) => (await server.call('GET', path)).body
const begin = async (flowName: string, more: object = { input: { n: 1 } }) => {
  const { body } = await server.call('POST', '/runs', { flowName, ...more })
  expect(body).toHaveProperty('runId')
  return body.runId as string
}
const ended = async (flowName: string) => {
  const { body } = await server.call('POST', '/runs', { flowName, input: { n: 1 }, wait: true })
  return body.runId as string
}
const whyOf = async (runId: string, step: string) => (await get(`/runs/${runId}/steps/${step}`)).why
/** Asks until it is so: nothing says when a run has come so far. */
const becomes = (path: string, expected: object) =>
  vi.waitFor(async () => expect(await get(path)).toMatchObject(expected), { timeout: 50_000 })
const line = (text: string, id: string) => text.split('\n').findIndex((one) => one.includes(`id: ${id},`)) + 1

test('need, condition, rule and not_needed: a step that was skipped says which, and where that is written', async () => {
  const runId = await ended('skips')

  expect(await whyOf(runId, 'needs')).toMatchObject({
    ...{ kind: 'need', step: 'fails', text: 'step "fails" failed' },
    at: { line: line(SKIPS, 'fails') },
  })
  expect(await whyOf(runId, 'transitive')).toMatchObject({ kind: 'need', step: 'off' })
  expect(await whyOf(runId, 'off')).toMatchObject({
    ...{ kind: 'condition', values: { input: { n: 1 } } },
    at: { line: line(SKIPS, 'off') },
  })
  expect(await whyOf(runId, 'cleanup')).toMatchObject({
    ...{ kind: 'rule', values: { first: 'success' } },
    text: 'trigger rule one_failed: none of the steps it depends on failed',
  })
  expect(await whyOf(runId, 'spare')).toEqual({
    ...{ kind: 'not_needed', text: 'nothing needed it' },
    at: { file: expect.stringContaining('skips.yaml'), line: line(SKIPS, 'spare'), column: expect.any(Number) },
  })
  const rows = (await get(`/runs/${runId}/steps`)).steps
  expect(rows.map(({ why }: any) => why?.kind)).toEqual([
    undefined,
    'need',
    'condition',
    'need',
    undefined,
    'rule',
    'not_needed',
  ])
  expect(JSON.stringify(rows)).not.toContain('"values"')
})

test('ended: a step that its item did not live to see names what failed', async () => {
  const runId = await ended('stops')

  expect(await whyOf(runId, 'after')).toMatchObject({ kind: 'ended', step: 'fails' })
  expect(await get(`/runs/${runId}/steps/slow`)).toMatchObject({ status: 'cancelled', why: { kind: 'ended' } })
})

test('branch: a step on a way that was not taken names the step that chose, and what it answered', async () => {
  const runId = await ended('decides')

  for (const step of ['Left', 'Deeper']) {
    expect(await whyOf(runId, step)).toMatchObject({ kind: 'branch', step: 'Check', values: { Check: 'b' } })
  }
  expect(await whyOf(runId, 'Right')).toBe(undefined)
})

test('signal, step and not_needed: what waits, what waits for that, and what nothing has asked for', async () => {
  const runId = await begin('signal')
  const waiting = { kind: 'signal', signal: 'go', until: expect.any(String), at: { line: 5 } }
  await becomes(`/runs/${runId}`, { status: 'running', waiting: { ...waiting, step: 'first' } })

  expect(await get(`/runs/${runId}/items/0`)).toMatchObject({ waiting: { ...waiting, step: 'first' } })
  expect(await whyOf(runId, 'first')).toMatchObject(waiting)
  expect(await whyOf(runId, 'second')).toMatchObject({ kind: 'step', step: 'first', at: { line: 5 } })
  expect(await whyOf(runId, 'spare')).toMatchObject({ kind: 'not_needed' })
})

test.each([
  ['time', 'time'],
  ['retry', 'retry'],
])('%s: a step says until when it waits, and so do its item and its run', async (flow, kind) => {
  const runId = await begin(flow)
  const why = { kind, until: expect.any(String) }
  await becomes(`/runs/${runId}`, { waiting: { ...why, step: 'first' } })

  expect(await get(`/runs/${runId}/items/0`)).toMatchObject({ waiting: { ...why, step: 'first' } })
  expect(await whyOf(runId, 'first')).toMatchObject(why)
})

test('rate: a step whose plugin may make no more calls says when it may', async () => {
  await ended('seldom')
  const runId = await begin('seldom')

  await becomes(`/runs/${runId}`, { waiting: { kind: 'rate', step: 'first', until: expect.any(String) } })
  expect(await whyOf(runId, 'first')).toMatchObject({ kind: 'rate' })
})

test('slot: for a place in the plugin, in its item, and in its run', async () => {
  const runs = [await begin('narrow'), await begin('narrow')]
  await vi.waitFor(
    async () => {
      const whys = await Promise.all(runs.map((runId) => whyOf(runId, 'first')))
      expect(whys.filter(Boolean)).toMatchObject([{ kind: 'slot', text: expect.stringContaining('its plugin') }])
    },
    { timeout: 50_000 },
  )
  const steps = await begin('two')
  await becomes(`/runs/${steps}/steps/first`, { status: 'running' })
  expect(await whyOf(steps, 'second')).toMatchObject({ kind: 'slot', text: expect.stringContaining('one step') })

  const batch = await begin('two', { inputs: [1, 2], maxConcurrent: 1 })
  const slot = { kind: 'slot', text: expect.stringContaining('(1) are in flight') }
  await becomes(`/runs/${batch}/items/0/steps/first`, { status: 'running' })
  expect(await get(`/runs/${batch}/items/1`)).toMatchObject({ status: 'pending', waiting: slot })
  expect((await get(`/runs/${batch}/items/1/steps/first`)).why).toMatchObject(slot)
  expect(await get(`/runs/${batch}`)).not.toHaveProperty('waiting')
  for (const runId of [...runs, steps, batch]) await server.call('POST', `/runs/${runId}/cancel`, {})
})

test('paused: a run that was paused says so, its items, and its steps that could begin', async () => {
  const runId = await begin('signal')
  await becomes(`/runs/${runId}`, { waiting: { kind: 'signal' } })
  await server.call('POST', `/runs/${runId}/pause`)
  await server.call('POST', `/runs/${runId}/signals/go`, { ok: true })
  const paused = { kind: 'paused', text: 'the run is paused' }
  expect(await get(`/runs/${runId}`)).toMatchObject({ status: 'paused', waiting: paused })
  expect(await whyOf(runId, 'second')).toMatchObject({ kind: 'step', step: 'first' })

  const batch = await begin('two', { inputs: [1, 2], maxConcurrent: 1 })
  await becomes(`/runs/${batch}/items/0/steps/first`, { status: 'running' })
  await server.call('POST', `/runs/${batch}/pause`)
  expect((await get(`/runs/${batch}/items/1`)).waiting).toEqual(paused)
  expect((await get(`/runs/${batch}/items/1/steps/first`)).why).toMatchObject(paused)
  await server.call('POST', `/runs/${batch}/cancel`, {})
})

test('input: a run all of whose inputs so far have ended waits for the rest', async () => {
  const lines = new TransformStream<Uint8Array, Uint8Array>()
  const writer = lines.writable.getWriter()
  const answer = fetch(`${server.url}/api/v1/runs?flowName=skips&label=who:input`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.readable,
    duplex: 'half',
  } as RequestInit)
  await writer.write(new TextEncoder().encode('{"n":1}\n'))
  const runId = await vi.waitFor(
    async () => {
      const [run] = (await get('/runs?label=who:input')).runs
      expect(run?.items).toMatchObject({ total: null, failed: 1 })
      return run.runId
    },
    { timeout: 50_000 },
  )
  const text = 'waits for the rest of its inputs: 1 have ended'
  expect((await get(`/runs/${runId}`)).waiting).toEqual({ kind: 'input', text })
  await writer.close()
  await (await answer).text()
  await becomes(`/runs/${runId}`, { status: 'failed', items: { total: 1 } })
  expect(await get(`/runs/${runId}`)).not.toHaveProperty('waiting')
})

test('what waits inside a loop is what its run waits for', async () => {
  const runId = await begin('loop', { input: { list: [1, 2] } })
  await becomes(`/runs/${runId}`, { waiting: { kind: 'signal', step: 'all', signal: 'go' } })
  const { inside } = (await get(`/runs/${runId}/steps`)).steps[0]
  const rows = (await get(`/runs/${runId}/steps?inside=${inside}`)).steps
  expect(rows.map(({ why }: any) => why.kind)).toEqual(['signal', 'signal'])
})

test('the list says of each run what it waits for, as the run by itself says it', async () => {
  await vi.waitFor(
    async () => {
      const { runs } = await get('/runs?limit=1000')
      const each = await Promise.all(runs.map(({ runId }: any) => get(`/runs/${runId}`)))
      expect(runs.map(({ runId, waiting }: any) => [runId, waiting])).toEqual(
        each.map(({ runId, waiting }) => [runId, waiting]),
      )
      const kinds = new Set(runs.flatMap(({ waiting }: any) => waiting?.kind ?? []))
      for (const kind of ['signal', 'time', 'retry', 'paused']) expect(kinds).toContain(kind)
    },
    { timeout: 50_000 },
  )
})

test('node: a run whose component no process serves any more says so', async () => {
  const before = await startServer({ files })
  const { runId } = (await before.call('POST', '/runs', { flowName: 'two', input: 1 })).body
  await vi.waitFor(
    async () => expect((await before.call('GET', `/runs/${runId}/steps/first`)).body.status).toBe('running'),
    { timeout: 50_000 },
  )
  await before.close(0)

  const without = { 'stepflow-config.yml': 'plugins: { builtin: { type: builtin } }\n' }
  const after = await startServer({ folder: before.folder, files: without })
  const node = { kind: 'node', step: 'first', text: 'no node serves the component "/w/hold"' }
  await vi.waitFor(
    async () => expect((await after.call('GET', `/runs/${runId}`)).body).toMatchObject({ waiting: node }),
    { timeout: 50_000 },
  )
  expect((await after.call('GET', `/runs/${runId}/items/0`)).body.waiting).toMatchObject(node)
  expect((await after.call('GET', '/runs')).body.runs[0].waiting).toMatchObject(node)
  expect((await after.call('GET', `/runs/${runId}/steps/second`)).body.why).toMatchObject(node)
})
