// What a connection may be, below what a request is: slow, half-open, cut, full of what is no HTTP, or one of very many.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { serverOfFile, startServer } from './start-server.ts'

const server = serverOfFile()

test.concurrent('a head that does not come is cut', async () => {
  const silent = await connected(server)
  const slow = await connected(server)
  slow.write('GET /api/v1/info HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  const dripping = setInterval(() => slow.write('x'), 500)

  const [ofSilent, ofSlow] = await Promise.all([textOf(silent), textOf(slow)])
  clearInterval(dripping)

  expect([ofSilent, ofSlow].every((text) => text === '' || text.startsWith('HTTP/1.1 408'))).toBe(true)
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
  ['CONNECT', 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n', /^(HTTP\/1.1 4\d\d|$)/],
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
])('%s is refused, and the server goes on', async (_what, text, answer) => {
  const socket = await connected(server)
  socket.write(Buffer.from(text, 'latin1'))

  expect(await textOf(socket)).toMatch(answer)
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
