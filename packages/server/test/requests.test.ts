// What a request may be, whatever its route.

import { request } from 'node:http'
import { expect, test } from 'vitest'
import { ECHO, serverOfFile } from './start-server.ts'

const server = serverOfFile()

test('a body that is not JSON is 400, and its text is not quoted', async () => {
  const { status, body } = await server.call('POST', '/runs', '{"flow": hunter2')

  expect(status).toBe(400)
  expect(body.detail).not.toContain('hunter2')
})

test('a body of more than 16 MiB is 413', async () => {
  const { status, body } = await server.call('POST', '/runs', JSON.stringify({ flow: 'x'.repeat(17 * 2 ** 20) }))

  expect(status).toBe(413)
  expect(body.code).toBe('TOO_LARGE')
})

test('a body of more than 1,000 levels is 400', async () => {
  const deep = `{"flow": "a", "input": ${'['.repeat(1001)}${']'.repeat(1001)}}`

  expect((await server.call('POST', '/runs', deep)).status).toBe(400)
})

test('a body of another type is 415', async () => {
  const { status, body } = await server.call('POST', '/runs', 'a=1', { 'content-type': 'text/plain' })

  expect(status).toBe(415)
  expect(body.code).toBe('UNSUPPORTED_TYPE')
})

test('a method that a path does not take is 405, with those that it takes', async () => {
  const { status, headers } = await server.call('DELETE', '/runs')

  expect(status).toBe(405)
  expect(headers.get('allow')).toContain('POST')
})

test.each(['/nothing', '/runs/a/b/c/d', '/runs/%00', '/runs/..%2f..%2fetc', '/runs/__proto__', '/runs/constructor'])(
  '%s is 404',
  async (path) => {
    expect((await server.call('GET', path)).status).toBe(404)
  },
)

test('a path with a wrong % is 400', async () => {
  expect((await server.call('GET', '/runs/%zz')).status).toBe(400)
})

test('a query that is not known, or wrong, is 400 and says what is meant', async () => {
  const { status, body } = await server.call('GET', '/runs?limt=3')

  expect(status).toBe(400)
  expect(body.detail).toContain('limit')
  for (const query of ['limit=0', 'limit=x', 'status=done', 'since=yesterday', 'cursor=%21', 'label=x']) {
    expect((await server.call('GET', `/runs?${query}`)).status, query).toBe(400)
  }
})

test('a key named __proto__ is a key like any other', async () => {
  const flow = 'steps: [{ id: a, component: /builtin/noop, input: { $input: "$" } }]\noutput: { $step: a }\n'
  const body = `{"flow": ${JSON.stringify(flow)}, "input": {"__proto__": {"x": 1}}, "wait": true}`
  const answer = await fetch(`${server.url}/api/v1/runs`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })

  expect(await answer.text()).toContain('"result":{"outcome":"success","result":{"__proto__":{"x":1}}}')
})

test.each(['', 'a:b', 'a=b'])('a label that no filter could name is refused, and no run begins: "%s"', async (name) => {
  const labels = { [name]: 'x' }
  const lines = { 'content-type': 'application/x-ndjson' }
  const request = (await server.call('POST', '/blobs', { data: { flow: ECHO, labels } })).body.blobId
  const before = (await server.call('GET', '/runs')).body.total

  const one = await server.call('POST', '/runs', { flow: ECHO, labels, input: { n: 1 } })
  const many = await server.call('POST', `/runs?request=${request}`, '{"n":1}\n', lines)

  expect([one.status, one.body.detail]).toEqual([422, expect.stringMatching(/^"labels": .*name/)])
  expect([many.status, many.body.detail]).toEqual([422, one.body.detail])
  expect((await server.call('GET', '/runs')).body.total).toBe(before)
})

test('a body that breaks off harms nobody else', async () => {
  const { port, hostname } = new URL(server.url)
  await new Promise<void>((resolve) => {
    const broken = request({
      port,
      hostname,
      method: 'POST',
      path: '/api/v1/runs',
      headers: { 'content-length': '100' },
    })
    broken.on('error', () => resolve())
    broken.write('{"flow"', () => broken.destroy())
  })

  expect((await server.call('POST', '/runs', { flow: ECHO, input: { n: 1 }, wait: true })).status).toBe(200)
})

test('every answer names its request', async () => {
  const { headers, body } = await server.call('GET', '/runs/none')

  expect(body.requestId).toBe(headers.get('x-request-id'))
})
