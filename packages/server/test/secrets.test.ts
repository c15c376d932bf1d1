// Secrets through the API: set, listed, removed, never answered, and redacted in what runs show.

import { openStoredSecrets } from '@stepflow/host/secrets'
import { expect, test } from 'vitest'
import { readEvents } from './read-events.ts'
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

test('what only its own flow marks as secret is in no list, event, search or metric of a run whose error and labels hold it', async () => {
  const flow = `
name: tells
schemas:
  properties:
    input: { type: object, properties: { pw: { type: string, is_secret: true } } }
    variables: { type: object, properties: { token: { type: string, is_secret: true } } }
steps: [{ id: a, component: /l/tell, input: { pw: { $input: pw }, token: { $variable: token } } }]
output: { $step: a }
`
  const { call, url } = await startServer({
    files: {
      'c.mjs':
        'export function tell({ pw, token }) { throw new Error("with " + pw + " and " + token + " it fails") }\n',
      'stepflow-config.yml':
        'plugins: { builtin: { type: builtin }, l: { type: module, path: c.mjs } }\nroutes: { "/l/{*component}": [{ plugin: l }], "/{*component}": [{ plugin: builtin }] }\n',
    },
  })
  const of = {
    flow,
    variables: { token: 'token-of-the-run' },
    labels: { who: 'me: token-of-the-run', is: 'input-of-the-run' },
  }
  const { cursor } = (await call('GET', '/runs')).body
  const one = await call('POST', '/runs', { ...of, input: { pw: 'input-of-the-run' }, wait: true })
  const many = await call('POST', '/runs', { ...of, inputs: [{ pw: 'input-of-the-run' }, {}], wait: true })

  const listed = await call('GET', '/runs')
  const events = await fetch(`${url}/api/v1/events?after=${encodeURIComponent(cursor)}`)
  const exits = [one, many, listed]
  for (const { body } of [one, many]) exits.push(await call('GET', `/runs/${body.runId}`))
  let sent = ''
  const left = new Set([one.body.runId, many.body.runId])
  for await (const event of readEvents(events)) {
    sent += JSON.stringify(event)
    if (event.event === 'run' && event.data.status === 'failed') left.delete(event.data.runId)
    if (left.size === 0) break
  }
  const metrics = await (await fetch(`${url}/metrics`)).text()

  expect(listed.body.runs.map((run: any) => run.error.message)).toEqual(
    Array(2).fill('with [redacted] and [redacted] it fails'),
  )
  expect(listed.body.runs[0].labels).toEqual({ who: 'me: [redacted]', is: '[redacted]' })
  expect(JSON.stringify(exits) + sent + metrics).not.toMatch(/(input|token)-of-the-run/)
  for (const q of ['input-of', 'token-of']) expect((await call('GET', `/runs?q=${q}`)).body.total).toBe(0)
})
