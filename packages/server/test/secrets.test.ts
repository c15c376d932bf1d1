// Secrets through the API: set, listed, removed, never answered, and redacted in what runs show.

import { openStoredSecrets } from '@stepflow/host/secrets'
import { expect, test } from 'vitest'
import { startServer } from './start-server.ts'

const READS = `
name: reads
steps: [{ id: a, component: /builtin/noop, input: { key: { $secret: api_key }, said: "it is a success" } }]
output: { $step: a }
`

test('a secret is set, read by the next run, replaced and removed, and its values are in no answer', async () => {
  const { call } = await startServer({ files: { 'flows/reads.yaml': READS } })
  const answers: string[] = []
  const run = async () => {
    const { body } = await call('POST', '/runs', { flow: READS, input: {}, wait: true })
    answers.push(JSON.stringify(body))
    return body
  }
  expect((await run()).result.error.message).toContain('which is not set')
  for (const value of ['first-value', 'second-value']) {
    const set = await call('PUT', '/secrets/api_key', { value })
    expect([set.status, set.body]).toEqual([
      200,
      { name: 'api_key', from: 'store', updatedAt: expect.any(String), usedBy: ['reads'] },
    ])
    const { runId, result } = await run()
    expect(result.result.key).toBe('[redacted]')
    answers.push((await call('GET', `/runs/${runId}/results`)).body)
    answers.push(JSON.stringify(set.body), JSON.stringify((await call('GET', '/secrets')).body))
  }
  expect((await call('DELETE', '/secrets/api_key')).status).toBe(204)
  expect((await call('DELETE', '/secrets/api_key')).status).toBe(404)
  expect((await call('GET', '/secrets')).body.secrets).toEqual([])

  for (const { runId } of (await call('GET', '/runs')).body.runs) {
    answers.push(JSON.stringify((await call('GET', `/runs/${runId}`)).body))
    answers.push((await call('GET', `/runs/${runId}/results`)).body)
  }
  expect(answers.join('\n')).not.toMatch(/first-value|second-value/)
})

test('what another process sets is read and hidden by the next request', async () => {
  const { call, services, folder } = await startServer()
  const other = openStoredSecrets({
    env: {},
    store: services.store,
    place: { type: 'sqlite', path: `${folder}/.stepflow/stepflow.db` },
  })
  await other.set('api_key', 'set-by-another-process')

  const { body } = await call('POST', '/runs', { flow: READS, input: {}, wait: true })
  expect(body.result).toMatchObject({ outcome: 'success', result: { key: '[redacted]' } })
  await other.set('api_key', 'success')
  const word = await call('POST', '/runs', { flow: READS, input: {}, wait: true })
  expect(word.body).toMatchObject({
    status: 'completed',
    result: { outcome: 'success', result: { key: '[redacted]', said: 'it is a [redacted]' } },
  })
})

test('the environment wins, and is listed without a value', async () => {
  const { call } = await startServer({ env: { STEPFLOW_SECRET_API_KEY: 'of-the-environment' } })
  await call('PUT', '/secrets/api_key', { value: 'of-the-store' })

  expect((await call('GET', '/secrets')).body.secrets).toMatchObject([{ name: 'api_key', from: 'env' }])
})

test('a name or a value that cannot be a secret is refused, and nothing is set', async () => {
  const { call } = await startServer()
  const wrong = [
    ...[{}, { value: '' }, { value: 5 }, { value: '[redacted]' }, { value: 'x'.repeat(70_000) }].map((body) => {
      return ['api_key', body] as const
    }),
    ...['a%20b', '..%2Fx', 'x'.repeat(200)].map((name) => [name, { value: 'x' }] as const),
  ]

  for (const [name, body] of wrong) {
    const { status, body: problem } = await call('PUT', `/secrets/${name}`, body)
    expect([status, problem.code], name).toEqual([422, 'INVALID_INPUT'])
  }
  expect((await call('GET', '/secrets')).body.secrets).toEqual([])
})
