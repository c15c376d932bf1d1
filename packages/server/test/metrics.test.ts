// GET /metrics: what a server counts, in the text that Prometheus reads.

import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { pythonOf } from '../../host/test/released-environments.ts'
import { ECHO, startServer, type TestServer, WAITS } from './start-server.ts'

test('runs, items and requests are counted once they end, by how they ended', async () => {
  const server = await startServer()
  const { call } = server
  await call('POST', '/runs', { flow: ECHO, inputs: [{ n: 1 }, { n: 2 }], wait: true })
  const flow = ECHO.replace('/builtin/noop', '/builtin/get_blob').replace('{ $input: n }', '{ blob_id: none }')
  await call('POST', '/runs', { flow, input: { n: 1 }, wait: true })
  const { body } = await call('POST', '/runs', { flow: WAITS, input: {} })
  await call('POST', '/runs', { flow: WAITS, input: {} })
  await call('POST', `/runs/${body.runId}/cancel`)
  await call('GET', `/runs/${body.runId}/results`)

  const read = await metricsOf(server)

  expect(read).toMatchObject({
    'stepflow_runs_total{status="completed"}': 1,
    'stepflow_runs_total{status="failed"}': 1,
    'stepflow_runs_total{status="cancelled"}': 1,
    'stepflow_items_total{outcome="success"}': 2,
    'stepflow_items_total{outcome="failed"}': 1,
    'stepflow_items_total{outcome="cancelled"}': 1,
    stepflow_runs_open: 1,
    // The two that wait have not been answered.
    stepflow_step_seconds_count: 3,
    'stepflow_http_seconds_count{route="/api/v1/runs",status="200"}': 2,
    'stepflow_http_seconds_count{route="/api/v1/runs/:runId/cancel",status="200"}': 1,
  })
  expect(await metricsOf(server)).toMatchObject({ 'stepflow_runs_total{status="completed"}': 1 })
})

test('no path, id or other text of a request is in a label', async () => {
  const server = await startServer({ basePath: '/x' })
  await server.call('GET', '/runs/some-run-id')
  await fetch(`${server.url}/nothing/here-at-all`)
  await fetch(`${server.url}/api/v1/runs?limit="quoted"`)

  const text = await textOf(server)

  expect(text).toMatch(/stepflow_http_seconds_count\{route="\/api\/v1\/runs\/:runId",status="404"\} 1/)
  expect(text).toMatch(/stepflow_http_seconds_count\{route="none",status="404"\} 1/)
  expect(text).not.toMatch(/some-run-id|here-at-all|quoted|\/x\//)
})

test('the metrics need a token where everything does, at the root and in the API', async () => {
  const { url, services } = await startServer({ allowHosts: ['example.test'] })
  const { token } = await services.tokens.create({ role: 'viewer' })

  for (const path of ['/metrics', '/api/v1/metrics']) {
    expect((await fetch(`${url}${path}`)).status).toBe(401)
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    await answer.text()
  }
})

test('each histogram grows with its bounds, and its last bucket is its count', async () => {
  const server = await startServer()
  await server.call('POST', '/runs', { flow: ECHO, input: { n: 1 }, wait: true })

  const read = Object.entries(await metricsOf(server)).filter(([name]) => name.startsWith('stepflow_step_seconds_b'))

  const counts = read.map(([, count]) => count)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
  expect(read.at(-1)).toEqual(['stepflow_step_seconds_bucket{le="+Inf"}', 1])
})

test("Prometheus' own parser reads the text", { timeout: 300_000 }, async ({ skip }) => {
  const found = await pythonOf('prometheus', ['prometheus_client==0.22.1'])
  if ('missing' in found) return skip(found.missing)
  const server = await startServer()
  await server.call('POST', '/runs', { flow: ECHO, input: { n: 1 }, wait: true })

  const program = `
import sys
from prometheus_client.parser import text_string_to_metric_families as families
for family in families(sys.stdin.read()): print(family.name, family.type, len(family.samples) > 0)`
  const read = execFileSync(found.python, ['-c', program], { input: await textOf(server), encoding: 'utf8' })

  expect(read.trim().split('\n')).toEqual([
    'stepflow_runs counter True',
    'stepflow_items counter True',
    'stepflow_step_seconds histogram True',
    'stepflow_runs_open gauge True',
    'stepflow_http_seconds histogram True',
  ])
})

// ---

async function textOf({ url }: TestServer): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

/** By name and labels. Refuses a line that is neither a comment nor a sample. */
async function metricsOf(server: TestServer): Promise<Record<string, number>> {
  const samples: Record<string, number> = {}
  for (const line of (await textOf(server)).trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) stepflow_\w+ .+$/.test(line)) continue
    const [, name, value] = /^([a-z_]+(?:\{[^{}]+\})?) ([\d.e+-]+)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`no sample: ${line}`)
    samples[name] = Number(value)
  }
  return samples
}
