// GET /runs/{id}/flow: what a run runs, as it was written, without secrets.

import { expect, test } from 'vitest'
import { ECHO, startServer } from './start-server.ts'

test('a run shows the text of its flow, the flow as JSON, what patched it, and the plan', async () => {
  const { call } = await startServer()
  const overrides = { a: { value: { input: 7 } } }
  const { body: run } = await call('POST', '/runs', { flow: ECHO, overrides, input: { n: 1 }, wait: true })

  const { body } = await call('GET', `/runs/${run.runId}/flow`)

  expect(run.result).toEqual({ outcome: 'success', result: 7 })
  expect(body).toMatchObject({ flowId: run.flowId, dialect: 'flow', text: ECHO, overrides: [overrides] })
  expect(body.flow.steps).toHaveLength(1)
  expect(body.plan.steps[0]).toMatchObject({ id: 'a', input: { op: 'literal', value: 7 } })
})

test('a flow that came as an object has no text, and a manifest says that it is one', async () => {
  const { call } = await startServer()
  const manifest = { name: 'm', steps: [{ id: 'a', tool: '/builtin/noop', args: {} }] }
  const { body: run } = await call('POST', '/runs', { flow: manifest, input: {} })

  const { body } = await call('GET', `/runs/${run.runId}/flow`)

  expect(body.dialect).toBe('manifest')
  expect(body).not.toHaveProperty('text')
  expect(body.flow).toEqual(manifest)
})

test('a secret that somebody wrote into a flow is not shown', async () => {
  const { call } = await startServer({ env: { STEPFLOW_SECRET_KEY: 'hunter2-and-more' } })
  const flow = `steps: [{ id: a, component: /builtin/noop, input: { key: hunter2-and-more } }]\n`
  const { body: run } = await call('POST', '/runs', { flow, input: {} })

  const { body } = await call('GET', `/runs/${run.runId}/flow`)

  expect(JSON.stringify(body)).not.toContain('hunter2')
})
