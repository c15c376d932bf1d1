// Inputs as the lines of a body.

import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { ECHO, startServer, type TestServer } from './start-server.ts'

const FLOW = encodeURIComponent(ECHO)
const LINES = { 'content-type': 'application/x-ndjson' }

test('each line is an item, a bad one fails, blank ones are passed over', async () => {
  const { call } = await startServer()

  const body = '{"n":1}\n\nno json\r\n{"n":3}'
  const { status, body: run } = await call('POST', `/runs?wait=true&flow=${FLOW}`, body, LINES)
  const results = (await call('GET', `/runs/${run.runId}/results`)).body.split('\n')

  expect(status).toBe(200)
  expect(run).toMatchObject({ status: 'failed', itemCount: 3, items: { completed: 2, failed: 1 } })
  expect(results[1]).toContain('line 3 is not JSON')
  expect(results[2]).toBe('{"outcome":"success","result":3}')
})

test('what belongs to the run is in the query, or in a blob', async () => {
  const { call, services } = await startServer()
  const id = await services.store.blobs.put({ flow: ECHO, labels: { team: 'a' }, maxConcurrent: 1 })

  const { body } = await call(
    'POST',
    `/runs?wait=true&request=${id}&label=${encodeURIComponent('team:b')}`,
    '{"n":1}',
    LINES,
  )

  expect(body).toMatchObject({ status: 'completed', labels: { team: 'b' } })
})

test('results can be read while the input still comes', async () => {
  const server = await startServer()
  const { sending, answer, runId } = await open(server, `/runs?flow=${FLOW}`)

  sending.write('{"n":1}\n{"n":2}\n')
  const results = await fetch(`${server.url}/api/v1/runs/${runId}/results`)
  const reader = results.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (text.split('\n').length < 3) text += (await reader.read()).value
  sending.end('{"n":3}\n')
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value

  expect(text).toBe([1, 2, 3].map((n) => `{"outcome":"success","result":${n}}\n`).join(''))
  expect(JSON.parse(await textOf(answer))).toMatchObject({ runId, itemCount: 3 })
})

test('a body that breaks off leaves what came: without a key the run fails, and says how many lines came', async () => {
  const server = await startServer()
  const { sending, runId } = await open(server, `/runs?flow=${FLOW}`)

  await breakOff(server, sending, runId, '{"n":1}\n{"n":2}\n{"n":')
  const results = await server.call('GET', `/runs/${runId}/results`)
  const { body } = await server.call('GET', `/runs/${runId}`)

  expect(results.body.trim().split('\n')).toHaveLength(2)
  expect(body).toMatchObject({
    status: 'failed',
    items: { total: 2, completed: 2 },
    error: { message: 'the input broke off after 2 lines' },
  })
})

test('with a key, the same body goes on behind the lines that were taken', async () => {
  const server = await startServer()
  const path = `/runs?flow=${FLOW}&idempotencyKey=k`
  const { sending, runId } = await open(server, path)
  await breakOff(server, sending, runId, '{"n":1}\n{"n":2}\n')

  expect((await server.call('GET', `/runs/${runId}`)).body).toMatchObject({ status: 'running', items: { total: null } })
  const again = await server.call('POST', `${path}&wait=true`, '{"n":1}\n{ "n": 2 }\n{"n":3}\n', LINES)

  expect(again.body).toMatchObject({ runId, status: 'completed', items: { total: 3, completed: 3 } })
})

test.each([
  ['another line', '{"n":1}\n{"n":7}\n{"n":3}\n'],
  ['fewer lines', '{"n":1}\n'],
])('with a key, a body that has %s is refused, and the right one still goes on', async (_what, other) => {
  const server = await startServer()
  const path = `/runs?wait=true&flow=${FLOW}&idempotencyKey=k`
  const { sending, runId } = await open(server, path.replace('wait=true&', ''))
  await breakOff(server, sending, runId, '{"n":1}\n{"n":2}\n')

  expect((await server.call('POST', path, other, LINES)).status).toBe(409)
  const right = await server.call('POST', path, '{"n":1}\n{"n":2}\n{"n":3}\n', LINES)

  expect(right.body).toMatchObject({ runId, status: 'completed', itemCount: 3 })
})

test('a run with a key waits 10 minutes for the rest, and then fails', async () => {
  const clock = createManualClock(Date.UTC(2026, 10, 30))
  const server = await startServer({ clock })
  const { sending, runId } = await open(server, `/runs?flow=${FLOW}&idempotencyKey=k`)
  await breakOff(server, sending, runId, '{"n":1}\n', () => clock.advance(10))

  await clock.advance(9 * 60_000)
  const before = (await server.call('GET', `/runs/${runId}`)).body
  await clock.advance(60_000)
  const after = (await server.call('GET', `/runs/${runId}`)).body

  expect(before.status).toBe('running')
  expect(after).toMatchObject({ status: 'failed', error: { message: 'the input broke off after 1 line' } })
})

test('a body whose run has ended answers with that run, if its lines are the same', async () => {
  const { call } = await startServer()
  const path = `/runs?wait=true&flow=${FLOW}&idempotencyKey=k`
  const first = await call('POST', path, '{"n":1}\n', LINES)

  expect((await call('POST', path, '{"n":1}\n', LINES)).body.runId).toBe(first.body.runId)
  expect((await call('POST', path, '{"n":1}\n{"n":2}\n', LINES)).status).toBe(409)
  expect((await call('POST', `${path}&label=a:b`, '{"n":1}\n', LINES)).status).toBe(409)
})

test('one key, 20 bodies at once: one run', async () => {
  const { call } = await startServer()
  const path = `/runs?wait=true&flow=${FLOW}&idempotencyKey=k`
  const lines = Array.from({ length: 50 }, (_, n) => `{"n":${n}}\n`).join('')

  const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', path, lines, LINES)))

  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1)
  expect((await call('GET', '/runs')).body).toMatchObject({ total: 1, runs: [{ items: { total: 50, completed: 50 } }] })
})

test('a client that sends nothing for a minute is cut', async () => {
  const clock = createManualClock(Date.UTC(2026, 10, 30))
  const server = await startServer({ clock })
  const { sending, runId } = await open(server, `/runs?flow=${FLOW}`)
  let isCut = false
  sending.on('close', () => {
    isCut = true
  })

  sending.write('{"n":1}\n')
  while (!isCut) await clock.advance(5_000)

  expect((await server.call('GET', `/runs/${runId}`)).body).toMatchObject({ status: 'failed', items: { total: 1 } })
})

test('a server after one that was taking lines in goes on with them, by the key', async () => {
  const first = await startServer()
  const path = `/runs?flow=${FLOW}&idempotencyKey=k`
  const { sending, runId } = await open(first, path)
  sending.on('error', () => {})
  sending.write('{"n":1}\n')
  while ((await first.call('GET', `/runs/${runId}`)).body.items.completed < 1);
  await first.close()

  const { call } = await startServer({ folder: first.folder })
  const { body } = await call('POST', `${path}&wait=true`, '{"n":1}\n{"n":2}\n', LINES)

  expect(body).toMatchObject({ runId, status: 'completed', itemCount: 2 })
})

test('a server after one that was taking lines in without a key ends the run, and says how many lines came', async () => {
  const first = await startServer()
  const { sending, runId } = await open(first, `/runs?flow=${FLOW}`)
  sending.write('{"n":1}\n')
  while ((await first.call('GET', `/runs/${runId}`)).body.items.completed < 1);
  await first.close()

  const { call } = await startServer({ folder: first.folder })

  expect((await call('GET', `/runs/${runId}`)).body).toMatchObject({
    status: 'failed',
    error: { message: 'the input broke off after 1 line' },
  })
})

test.each([
  ['variables that are no JSON', 'variables=x', 400],
  ['variables that are no object', 'variables=3', 422],
  ['a label without a value', 'label=x', 400],
  ['a blob that is not there', `request=${'a'.repeat(64)}`, 404],
  ['a parameter that is not known', 'wiat=true', 400],
])('%s: %s is refused', async (_what, query, expected) => {
  const { call } = await startServer()

  const { status } = await call('POST', `/runs?flow=${FLOW}&${query}`, '{"n":1}\n', LINES)

  expect(status).toBe(expected)
  expect((await call('GET', '/runs')).body.total).toBe(0)
})

// ---

/** Begins a body, and has the head of the answer, which says which run it is. */
async function open({ url }: TestServer, path: string) {
  const sending: ClientRequest = request(`${url}/api/v1${path}`, { method: 'POST', headers: LINES })
  sending.on('error', () => {})
  sending.flushHeaders()
  const answer = await new Promise<IncomingMessage>((resolve) => sending.once('response', resolve))
  answer.on('error', () => {})
  const runId = answer.headers.location?.split('/').at(-1) as string
  return { sending, answer, runId }
}

/** Ends the connection behind this part of the body, and waits until the server knows. */
async function breakOff(
  { services }: TestServer,
  sending: ClientRequest,
  runId: string,
  part: string,
  pass: () => unknown = () => new Promise((resolve) => setImmediate(resolve)),
) {
  let isBroken = false
  services.store.watch({ run: runId, after: 'beginning' }, ({ entries }) => {
    isBroken ||= entries.some(({ type }) => type === 'broken')
  })
  await new Promise<void>((resolve) => sending.write(part, () => resolve()))
  sending.destroy()
  while (!isBroken) await pass()
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of answer) text += part
  return text
}
