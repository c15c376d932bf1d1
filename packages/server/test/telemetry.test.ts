// OpenTelemetry: what a collector gets of a served run, and how the spans of a component server join.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from './start-server.ts'

// A component server that sends a span of its own, as a child of the one that the call names.
const TRACED = `
import { createInterface } from 'node:readline'
const answer = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize') answer(id, { server_protocol_version: 1 })
  else if (method === 'components/list') answer(id, { components: [{ component: '/work' }] })
  else if (method === 'components/execute') {
    const { trace_id: traceId, span_id: parentSpanId } = params.observability
    const span = { traceId, spanId: '1234567890abcdef', parentSpanId, name: 'in the server' }
    await fetch(process.env.COLLECTOR + '/v1/traces', {
      method: 'POST',
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    })
    answer(id, { output: { answered: params.input } })
  } else if (id !== undefined) answer(id, {})
}
`

const FLOW = `
name: traced
input_schema: { type: object, properties: { key: { type: string, is_secret: true } } }
steps:
  - { id: far, component: /traced/work, input: { key: { $input: key } } }
  - id: inner
    component: /builtin/eval
    input: { flow: { steps: [{ id: deep, component: /builtin/noop, input: { $input: "" } }], output: 1 }, input: 1 }
output: { $step: far }
`

test('a run, its item and its calls are spans of one trace, which the spans of a component server join', async () => {
  const collector = await startCollector()
  const server = await startServer({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    files: { 'traced.mjs': TRACED, 'stepflow-config.yml': configFor(collector.url) },
  })
  const { body } = await server.call('POST', '/runs', { flow: FLOW, input: { key: 'hunter2-is-secret' }, wait: true })
  expect(body.result).toMatchObject({ outcome: 'success' })

  await server.close()

  const { spans, metrics } = collector
  const named = (name: string) => spans.find((span) => span.name === name)
  const [run, item, far, within, inner, deep] = ['traced', 'item', 'far', 'in the server', 'inner', 'deep'].map(named)
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  expect(run.parentSpanId ?? '').toBe('')
  expect(item.parentSpanId).toBe(run.spanId)
  expect(far.parentSpanId).toBe(item.spanId)
  expect(within.parentSpanId).toBe(far.spanId)
  expect(inner.parentSpanId).toBe(item.spanId)
  expect(deep.parentSpanId).toBe(inner.spanId)
  expect(metrics).toEqual(expect.arrayContaining(['stepflow_runs', 'stepflow_items', 'stepflow_step_seconds']))
  expect(collector.bodies.join('')).not.toContain('hunter2')
})

test('the span of a failure has its code, and nothing of its message', async () => {
  const collector = await startCollector()
  const server = await startServer({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  const flow = 'name: fails\nsteps: [{ id: a, component: /builtin/get_blob, input: { blob_id: quoted-in-message } }]\n'
  await server.call('POST', '/runs', { flow: `${flow}output: { $step: a }\n`, input: {}, wait: true })

  await server.close()

  const step = collector.spans.find((span) => span.name === 'a')
  expect(step.status.code).toBe(2)
  expect(step.attributes).toContainEqual({
    key: 'error.type',
    value: { stringValue: expect.stringMatching(/^[A-Z_]+$/) },
  })
  expect(collector.bodies.join('')).not.toContain('quoted-in-message')
})

test('a collector that is away neither stops runs nor keeps the server from ending', async () => {
  const server = await startServer({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } })
  const flow = 'steps: [{ id: a, component: /builtin/noop, input: 1 }]\noutput: { $step: a }\n'

  const { body } = await server.call('POST', '/runs', { flow, input: {}, wait: true })

  expect(body.result).toEqual({ outcome: 'success', result: 1 })
  await server.close()
})

test('an endpoint that is no URL is refused at the start', async () => {
  await expect(startServer({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'nowhere' } })).rejects.toThrow(
    'OTEL_EXPORTER_OTLP_ENDPOINT is no URL',
  )
})

// ---

function configFor(collector: string): string {
  return `
plugins:
  builtin: { type: builtin }
  traced: { type: stepflow, command: ${JSON.stringify(process.execPath)}, args: [traced.mjs], env: { COLLECTOR: "${collector}" } }
routes:
  /traced: [{ plugin: traced }]
`
}

/** Keeps the spans and the names of the metrics that it is sent. */
async function startCollector() {
  const spans: any[] = []
  const metrics: string[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    bodies.push(text)
    const body = JSON.parse(text)
    for (const { scopeSpans } of body.resourceSpans ?? []) for (const scope of scopeSpans) spans.push(...scope.spans)
    for (const { scopeMetrics } of body.resourceMetrics ?? []) {
      for (const scope of scopeMetrics) metrics.push(...scope.metrics.map(({ name }: { name: string }) => name))
    }
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, metrics, bodies }
}
