// Component servers over HTTP, with real servers: both forms of answers, what is asked meanwhile, and every bad habit.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { httpTransport } from '../src/http.ts'
import { type Exchange, testServer } from './http-server.ts'
import { pluginOf, stillClock } from './setup.ts'

/** Asks for a blob, by an event; its answer comes as another POST. */
const asks = ({ event, message }: Exchange) =>
  event({ jsonrpc: '2.0', id: `of ${message.id}`, method: 'blobs/put', params: { data: 7 } })

describe('an answer', () => {
  test('comes as JSON or as a stream of events', async () => {
    const server = await testServer({
      '/stream'({ event, done }) {
        event({ jsonrpc: '2.0', method: 'log', params: { level: 'info', message: 'on my way' } })
        done('by stream')
      },
    })
    const plugin = server.plugin()

    expect(await plugin.run('/echo', { a: 'ä' })).toEqual({ a: 'ä' })
    expect(await plugin.run('/stream')).toBe('by stream')
    await plugin.said('on my way')
  })

  test('to what the server asks meanwhile goes by a POST of its own, to the instance that asked', async () => {
    let waiting: Exchange | undefined
    const server = await testServer(
      {
        '/ask'(exchange) {
          waiting = exchange
          asks(exchange)
        },
      },
      ({ response, message }) => {
        response.writeHead(202).end()
        waiting?.done(message.result)
      },
    )

    expect(await server.plugin().run('/ask')).toEqual({ blob_id: 'blob-0' })
    expect(server.headers.at(-1)?.['stepflow-instance-id']).toBe('one')
  })

  test('is in the name of the call whose stream asked, whatever the server says', async () => {
    const exchanges: Exchange[] = []
    const server = await testServer(
      {
        '/ask'(exchange) {
          exchanges.push(exchange)
          asks(exchange)
        },
      },
      ({ response, message }) => {
        response.writeHead(202).end()
        exchanges.find(({ message: { id } }) => `of ${id}` === message.id)?.done(message.result)
      },
    )
    const plugin = server.plugin()
    const blobs = (name: string) => ({ blobs: { put: () => name, get: () => null } })

    const outputs = await Promise.all(['a', 'b', 'c'].map((name) => plugin.run('/ask', name, blobs(name))))

    expect(outputs).toEqual([{ blob_id: 'a' }, { blob_id: 'b' }, { blob_id: 'c' }])
  })
})

test('a byte order mark before an answer is passed over', async () => {
  const server = await testServer({
    '/marked'({ response, message: { id } }) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`\ufeff${JSON.stringify({ jsonrpc: '2.0', id, result: { output: 'ä' } })}`)
    },
  })

  expect(await server.plugin().run('/marked')).toBe('ä')
})

describe('what goes wrong ends its call at once, harms no other, and the next one works', () => {
  const html = (status: number) => (exchange: Exchange) =>
    void exchange.response.writeHead(status, { 'content-type': 'text/html' }).end('<html><h1>Bad Gateway</h1></html>')
  const json = (status: number, value: unknown) => (exchange: Exchange) =>
    void exchange.response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

  const faults: [name: string, fault: (exchange: Exchange) => void, code: string, message: string][] = [
    ['413', html(413), 'INVALID_INPUT', 'the server takes no message of'],
    [
      '500 without an id',
      json(500, { error: { code: -32603, message: 'Internal error: no luck' } }),
      'COMPONENT_FAILED',
      'Internal error: no luck',
    ],
    ['400 with a text', json(400, { error: 'no such thing' }), 'COMPONENT_FAILED', 'no such thing'],
    [
      'HTML',
      html(502),
      'UNREACHABLE',
      'HTTP 502 and text/html, which is not a JSON-RPC message: <html><h1>Bad Gateway',
    ],
    [
      'a redirect',
      ({ response }) => void response.writeHead(302, { location: 'https://elsewhere/' }).end(),
      'UNREACHABLE',
      'a redirect (HTTP 302) to https://elsewhere/',
    ],
    ['no answer', ({ response }) => void response.writeHead(202).end(), 'UNREACHABLE', 'HTTP 202 and nothing'],
    [
      'an answer to another request',
      json(200, { jsonrpc: '2.0', id: 'x', result: { output: 1 } }),
      'UNREACHABLE',
      'the server answered another request in its place',
    ],
    [
      'neither result nor error',
      ({ response, message: { id } }) =>
        void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id })),
      'COMPONENT_FAILED',
      'neither a result nor an error',
    ],
    [
      'a stream that is dropped',
      ({ response, event }) => {
        event({ jsonrpc: '2.0', method: 'log', params: { message: 'x' } })
        response.socket?.destroy()
      },
      'UNREACHABLE',
      'broke off',
    ],
    [
      'a stream that ends too early',
      ({ response, event }) => {
        event({ jsonrpc: '2.0', method: 'log', params: { message: 'x' } })
        response.end()
      },
      'UNREACHABLE',
      'its answer ended before the result came',
    ],
    [
      'an event that is no message',
      ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: {"jsonrpc": "2.0", "id": \n\n')
      },
      'UNREACHABLE',
      'an event that is not a JSON-RPC message',
    ],
    ['a connection that is closed', ({ response }) => void response.socket?.destroy(), 'UNREACHABLE', 'broke off'],
    [
      'an answer that is not UTF-8',
      ({ response, message: { id } }) =>
        void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"output":"caf\xe9"}}`, 'latin1')),
      'UNREACHABLE',
      'not valid UTF-8',
    ],
  ]

  test.each(faults)('%s', async (_, fault, code, message) => {
    let slow: Exchange | undefined
    const server = await testServer({
      '/fault': fault,
      '/slow'(exchange) {
        slow = exchange
      },
    })
    const plugin = server.plugin()
    const other = plugin.run('/slow')
    await expect.poll(() => slow !== undefined).toBe(true)

    await expect(plugin.run('/fault', { a: 1 })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })

    expect(await plugin.run('/echo', 'next')).toBe('next')
    slow?.done('slow')
    expect(await other).toBe('slow')
  })

  test.each([
    [500, 'HTTP 500, no luck'],
    [200, 'HTTP 200'],
    [404, 'HTTP 404'],
  ])('an answer of ours that is not taken (%i)', async (status, message) => {
    const server = await testServer({ '/ask': asks }, ({ response }) => void response.writeHead(status).end('no luck'))
    const plugin = server.plugin()

    await expect(plugin.run('/ask')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(`did not take an answer that it had asked for: ${message}`),
    })

    expect(await plugin.run('/echo', 'next')).toBe('next')
  })

  test.each(['JSON', 'events'])('an answer that is too long (%s)', async (form) => {
    const output = 'x'.repeat(5000)
    const server = await testServer({
      '/long'({ done, event }) {
        if (form === 'events') event({ jsonrpc: '2.0', method: 'log', params: { message: 'x' } })
        done(output)
      },
    })
    const plugin = server.plugin({ maxMessageBytes: 4000 })

    await expect(plugin.run('/long')).rejects.toMatchObject({
      message: expect.stringContaining('the answer is more than the 4,000 bytes'),
      retryable: false,
    })

    expect(await plugin.run('/echo', 'next')).toBe('next')
  })

  test('no answer within the time limit', async () => {
    const { clock, advance } = stillClock()
    const server = await testServer({ '/never': () => advance(300) })
    const plugin = server.plugin({ clock, timeoutMs: 300 })

    await expect(plugin.run('/never')).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('gave no answer within 0.3 s'),
    })

    expect(await plugin.run('/echo', 'next')).toBe('next')
  })

  test('a cancelled call closes its connection', async () => {
    const cancel = new AbortController()
    let isClosed = false
    const server = await testServer({
      '/never'({ response }) {
        response.on('close', () => {
          isClosed = true
        })
        cancel.abort()
      },
    })
    const plugin = server.plugin()

    await expect(plugin.run('/never', null, { signal: cancel.signal })).rejects.toMatchObject({ code: 'CANCELLED' })

    await expect.poll(() => isClosed).toBe(true)
    expect(await plugin.run('/echo', 'next')).toBe('next')
  })
})

describe('a connection', () => {
  test('that has been idle is not used again', async () => {
    const sockets = new Set<unknown>()
    const server = createServer((request, response) => {
      sockets.add(request.socket)
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify({ jsonrpc: '2.0', id: Number(request.headers['content-length']) > 0 ? 1 : 0, result: 1 }),
        )
      })
    })
    server.keepAliveTimeout = 0
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const transport = httpTransport({ url, place: 'child', idleMs: 50 })
    let answers = 0
    const answered = (count: number) => expect.poll(() => answers).toBe(count)
    transport.start({ message: () => void answers++, noise: () => {}, lost: () => {}, close: () => {} })
    const ask = () => transport.send({ jsonrpc: '2.0', id: 1, method: 'x', params: {} })

    ask()
    await answered(1)
    const [first] = sockets
    await once(first as NodeJS.EventEmitter, 'close')
    ask()
    await answered(2)

    expect(sockets.size).toBe(2)
    await transport.close()
    await new Promise((resolve) => server.close(resolve))
  })

  test('that cannot be made is UNREACHABLE, and a server that is back is greeted again', async () => {
    const first = await testServer({})
    const plugin = first.plugin()
    expect(await plugin.run('/echo', 1)).toBe(1)
    await first.close()

    await expect(plugin.run('/echo', 2)).rejects.toMatchObject({ code: 'UNREACHABLE' })

    const again = await testServer({}, undefined, { port: Number(new URL(first.url).port) })
    expect(await plugin.run('/echo', 3)).toBe(3)
    expect(again.heard.map(({ method }) => method)).toEqual(['initialize', 'initialized', 'components/execute'])
  })

  test('to what speaks no TLS is refused in words, for good', async () => {
    const plain = createTcpServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(plain.address() as AddressInfo).port}/`

    const failure = await pluginOf({ url, startupTimeoutMs: 5000 })
      .run('/echo')
      .catch((error: unknown) => error)

    expect(failure).toMatchObject({
      code: 'UNREACHABLE',
      retryable: false,
      message: expect.stringContaining(`at ${new URL(url).origin} cannot be reached`),
    })
    await new Promise((resolve) => plain.close(resolve))
  })
})

describe('what is said to a server', () => {
  test('that announces nothing is the long form, with nothing null in it', async () => {
    const server = await testServer({}, undefined, { capabilities: null })

    await server.plugin().run('/echo', 1)

    const { params } = server.heard.at(-1) as { params: Record<string, unknown> }
    const run = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const about = { run_id: run, step_id: 'step', flow_id: 'f'.repeat(64) }
    expect(params).toEqual({ component: '/echo', input: 1, attempt: 1, observability: about, ...about })
  })

  test('that announces extensions is the short form', async () => {
    const server = await testServer({}, undefined, { capabilities: { idempotency_key: true } })

    await server.plugin().run('/echo', 1)

    expect(server.heard.at(-1)?.params).toEqual({
      component: '/echo',
      input: 1,
      attempt: 1,
      observability: { run_id: 'run-1', step_id: 'step' },
      idempotency_key: 'run-1/0/step/1',
    })
  })

  test('at the beginning has the address of its blobs', async () => {
    const server = await testServer({})

    await server.plugin({ blobUrl: 'http://10.0.0.1/blobs' }).run('/echo', 1)

    expect(server.heard[0]).toMatchObject({
      method: 'initialize',
      params: {
        runtime_protocol_version: 1,
        runtimeProtocolVersion: 1,
        protocol_prefix: '$',
        capabilities: { cancel: true, blobApiUrl: 'http://10.0.0.1/blobs' },
      },
    })
  })
})
