// What a connection may be, below what a request is: slow, half-open, cut, full of what is no HTTP, or one of very many.

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { serverOfFile, startServer, WAITS } from './start-server.ts'

const server = serverOfFile()

test.concurrent('a head that does not come is cut', async () => {
  const silent = await connected(server)
  const slow = await connected(server)
  slow.write('GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  const dripping = setInterval(() => slow.write('x'), 500)

  const [ofSilent, ofSlow] = await Promise.all([textOf(silent), textOf(slow)])
  clearInterval(dripping)

  expect(ofSilent === '' || problemIn(ofSilent).status === 408).toBe(true)
  expect(problemIn(ofSlow)).toMatchObject({
    status: 408,
    code: 'TIMEOUT',
    detail: 'the request did not come in time: send it whole, on a new connection',
  })
})

test('where the server has several addresses, all of them answer in the same form what is no request', async () => {
  const { url } = await startServer({ host: 'localhost' })
  const { port } = new URL(url)
  const texts: string[] = []
  for (const { address } of await lookup('localhost', { all: true })) {
    const socket = await connected({ url: `http://${address.includes(':') ? `[${address}]` : address}:${port}` })
    socket.write('hello\r\n\r\n')
    texts.push(await textOf(socket))
  }

  expect(texts.map((text) => problemIn(text).code)).toEqual(texts.map(() => 'INVALID_INPUT'))
})

test('what breaks in the middle of an answer is not answered into it', async () => {
  const { url, call } = await startServer({ files: { 'flows/waits.yaml': WAITS } })
  const { runId } = (await call('POST', '/runs', { flowName: 'waits', input: {} })).body
  const socket = await connected({ url })
  socket.write(`GET /api/v1/runs/${runId}/events HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await once(socket, 'data')
  socket.write('hello\r\n\r\n')

  expect(await textOf(socket)).not.toContain('HTTP/1.1')
})

test('a body that comes byte by byte, or stops, is cut after a minute', async () => {
  const clock = createManualClock(Date.UTC(2026, 10, 30))
  const { url, call } = await startServer({ clock })
  const socket = await connected({ url })
  socket.write(
    'POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  )
  let isGone = false
  socket.on('close', () => {
    isGone = true
  })

  for (let second = 0; !isGone && second < 600; second += 10) {
    socket.write(' ')
    await clock.advance(10_000)
  }

  expect(isGone).toBe(true)
  expect((await call('GET', '/runs')).body.total).toBe(0)
})

test('requests that are sent without waiting are answered one after the other, each with its own', async () => {
  const socket = await connected(server)
  const names = Array.from({ length: 200 }, (_, n) => `none-${n}`)
  const last = 'GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
  socket.write(names.map((name) => `GET /api/v1/runs/${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join('') + last)

  const text = await textOf(socket)

  expect([...text.matchAll(/there is no run \\?"?(none-\d+)/g)].map(([, name]) => name)).toEqual(names)
})

test.each([
  ['what is no HTTP', 'hello\r\n\r\n', /^HTTP\/1.1 400/],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1.1 400/],
  ['no Host', 'GET /api/v1/info HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400/],
  [
    'an expectation of its own',
    'GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nExpect: cake\r\n\r\n',
    /^HTTP\/1.1 417/,
  ],
  [
    'two Hosts',
    'GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\nConnection: close\r\n\r\n',
    /^HTTP\/1.1 (200|400|421)/,
  ],
  [
    'another Host in the line',
    'GET http://evil/api/v1/info HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n',
    /^HTTP\/1.1 421/,
  ],
  ['a head of 100 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
  [
    'a path of 20 KB',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    /^HTTP\/1.1 4(04|14|31)/,
  ],
  [
    'two lengths',
    'POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    /^HTTP\/1.1 400/,
  ],
  [
    'a chunk that is none',
    'POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    /^HTTP\/1.1 400/,
  ],
  [
    'a length below zero',
    'POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
    /^HTTP\/1.1 400/,
  ],
  ['CONNECT', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n', /^HTTP\/1.1 405/],
  [
    'an upgrade',
    'GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
    /^(HTTP\/1.1 200|HTTP\/1.1 4\d\d|$)/,
  ],
  [
    'a head with a line end in a value',
    'GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nX: a\nb\r\n\r\n',
    /^HTTP\/1.1 400/,
  ],
])('%s is refused, and the server goes on', async (_what, sent, answer) => {
  const socket = await connected(server)
  socket.write(Buffer.from(sent, 'latin1'))

  const text = await textOf(socket)

  expect(text).toMatch(answer)
  if (/^HTTP\/1.1 4/.test(text)) expect(problemIn(text).status).toBe(Number(text.slice(9, 12)))
  expect((await server.call('GET', '/health')).status).toBe(200)
})

// ---

async function connected({ url }: { readonly url: string }): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Of an answer that is one. */
function problemIn(text: string): any {
  const [head, body] = text.split('\r\n\r\n') as [string, string]
  expect(head).toMatch(/\r\ncontent-type: application\/problem\+json/i)
  const problem = JSON.parse(body)
  expect(head.toLowerCase()).toContain(`x-request-id: ${problem.requestId}`)
  return problem
}

/** All that comes, until the server ends it. */
async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (part) => {
    text += part.toString('latin1')
  })
  await new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()))
  socket.destroy()
  return text
}
