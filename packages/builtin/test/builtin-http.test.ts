import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createHttpClient } from '../src/http-client.ts'
import { createNetGuard } from '../src/net-guard.ts'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure, serve } from './builtin-context.ts'

const plugin = createBuiltinPlugin({ allowPrivate: ['127.0.0.0/8'] })

/** Answers with what it was asked. */
const echo = () =>
  serve(async (request, response) => {
    const { method, url, headers } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, url, headers, body: await bodyOf(request) }))
  })

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}

async function tcp(onConnect: (socket: import('node:net').Socket) => void): Promise<string> {
  const sockets = new Set<import('node:net').Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnect(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('what is sent', () => {
  test.each([
    ['/http', {}, 'GET'],
    ['/http', { method: 'delete' }, 'DELETE'],
    ['/http', { body: {} }, 'POST'],
    ['/http/request', { method: 'PUT' }, 'PUT'],
    ['/http/get', {}, 'GET'],
    ['/http/post', {}, 'POST'],
    ['/http/patch', {}, 'PATCH'],
    ['/builtin/http/put', {}, 'PUT'],
    ['/builtins/http', {}, 'GET'],
  ])('%s with %j sends %s', async (name, input, method) => {
    expect(await call(plugin, name, { url: await echo(), ...input })).toMatchObject({ status: 200, body: { method } })
  })

  test('a body is JSON, a text is text, a form is a form', async () => {
    const url = await echo()

    const sent = await Promise.all([
      call(plugin, '/http', { url, body: { a: [1, 'ü'] } }),
      call(plugin, '/http', { url, text: 'plain' }),
      call(plugin, '/http', { url, form: { a: 'x y', b: [1, true], c: null } }),
      call(plugin, '/http', { url, body: false, headers: { 'Content-Type': 'application/vnd.x+json' } }),
    ])

    expect(sent).toMatchObject([
      { body: { body: '{"a":[1,"ü"]}', headers: { 'content-type': 'application/json', 'content-length': '14' } } },
      { body: { body: 'plain', headers: { 'content-type': 'text/plain; charset=utf-8' } } },
      { body: { body: 'a=x+y&b=1&b=true', headers: { 'content-type': 'application/x-www-form-urlencoded' } } },
      { body: { body: 'false', headers: { 'content-type': 'application/vnd.x+json' } } },
    ])
  })

  test('a query is added to the one of the URL', async () => {
    const url = `${await echo()}/p?a=1`

    expect(await call(plugin, '/http', { url, query: { b: ['x', 'y'], c: '&=' } })).toMatchObject({
      body: { url: '/p?a=1&b=x&b=y&c=%26%3D' },
    })
  })

  test('headers are sent, numbers as text', async () => {
    expect(await call(plugin, '/http', { url: await echo(), headers: { 'X-A': 'b', 'x-n': 7 } })).toMatchObject({
      body: { headers: { 'x-a': 'b', 'x-n': '7' } },
    })
  })

  test('user and password of the URL become an Authorization', async () => {
    const url = (await echo()).replace('http://', 'http://me:p%40ss@')

    expect(await call(plugin, '/http', { url })).toMatchObject({
      body: { headers: { authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` } },
    })
  })

  test.each([
    [{}, '/builtin/http needs "url": text'],
    [{ ulr: 'x' }, '/builtin/http needs "url": text; "ulr" is not a field of it'],
    ['x', '/builtin/http needs an object with "url", got text'],
    [{ url: 7 }, '/builtin/http needs "url" to be text, got 7'],
    [{ url: 'example.com' }, '"example.com" is not a URL such as https://example.com/a'],
    [{ url: 'http://a', body: 1, text: 'b' }, '/builtin/http can send only one of "body" and "text"'],
    [{ url: 'http://a', headers: { 'Content-Length': '9' } }, 'sets the header "Content-Length" itself'],
    [
      { url: 'http://a', headers: { a: {} } },
      'needs the header "a" to be text, a number, true or false, got an object',
    ],
    [{ url: 'http://127.0.0.1:1', headers: { 'a\r\nb': 'c' } }, 'the request cannot be sent'],
    [{ url: 'http://127.0.0.1:1', headers: { a: 'c\r\nd: e' } }, 'the request cannot be sent'],
    [{ url: 'http://a', timeout: 'soon' }, '"timeout" to be a duration ("30s", "5m", or seconds), got "soon"'],
    [{ url: 'http://a', expect: [99] }, '"expect" to be a list of statuses'],
    [{ url: 'http://a', follow_redirects: -1 }, '"follow_redirects" to be true, false or a number, got -1'],
    [{ url: 'http://a', method: 'GE T' }, '"method" to be one of GET'],
  ])('%j is refused before anything is sent', async (input, message) => {
    const error = await failure(call(plugin, '/http', input))

    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toContain(message)
  })

  test('/http/get with another method is refused', async () => {
    const error = await failure(call(plugin, '/http/get', { url: 'http://a', method: 'POST' }))

    expect(error.message).toBe('/builtin/http/get sends GET, but "method" says POST: use /builtin/http')
  })
})

describe('what comes back', () => {
  const answers: [string, Record<string, string>, string | Buffer, object][] = [
    ['JSON', { 'content-type': 'application/json; charset=utf-8' }, '{"a":1}', { body: { a: 1 } }],
    ['JSON of another type', { 'content-type': 'application/problem+json' }, '[1]', { body: [1] }],
    ['JSON without a type', {}, '{"a":1}', { body: { a: 1 } }],
    ['text without a type', {}, 'hello', { body: 'hello', text: 'hello' }],
    ['text that looks like JSON', { 'content-type': 'text/plain' }, '42', { body: '42', text: '42' }],
    ['broken JSON', { 'content-type': 'application/json' }, '{"a":', { body: '{"a":', text: '{"a":' }],
    ['nothing', { 'content-type': 'application/json' }, '', { body: null }],
    ['latin-1', { 'content-type': 'text/html; charset=iso-8859-1' }, Buffer.from([0xfc]), { body: 'ü' }],
    ['bytes', { 'content-type': 'image/png' }, Buffer.from([0x89, 0xff, 0]), { body: 'if8A', encoding: 'base64' }],
    [
      'gzip',
      { 'content-encoding': 'gzip', 'content-type': 'application/json' },
      gzipSync('{"z":1}'),
      { body: { z: 1 } },
    ],
    ['brotli', { 'content-encoding': 'br', 'content-type': 'text/plain' }, brotliCompressSync('b'), { body: 'b' }],
  ]
  test.each(answers)('%s', async (_name, headers, body, expected) => {
    const url = await serve((_request, response) => response.writeHead(200, headers).end(body))

    const answer = await call(plugin, '/http', { url })

    expect(answer).toMatchObject({ status: 200, ...expected })
    expect(answer).toHaveProperty('headers')
    expect(Object.hasOwn(answer as object, 'text')).toBe(
      'text' in expected || (typeof (answer as { body: unknown }).body === 'string' && !('encoding' in expected)),
    )
  })

  test('a status that is not expected fails with the answer as data', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(404, 'Not Found', { 'content-type': 'application/json' }).end('{"why":"gone"}')
    })

    const error = await failure(call(plugin, '/http', { url: `${url}/x?key=secret` }))

    expect(error.code).toBe('COMPONENT_FAILED')
    expect(error.message).toBe(`GET ${url}/x answered 404 Not Found`)
    expect(error.data).toMatchObject({ status: 404, body: { why: 'gone' } })
  })

  test.each([[[404]], [[200, 404]], [404], [['4xx']], ['4xx']])('expect: %j takes a 404', async (expect404) => {
    const url = await serve((_request, response) => response.writeHead(404).end('x'))

    expect(await call(plugin, '/http', { url, expect: expect404 })).toMatchObject({ status: 404, body: 'x' })
  })

  test.each([200, 404, 500])(
    'at /http/request %i is an answer, with its status also as status_code',
    async (status) => {
      const url = await serve((_request, response) => response.writeHead(status).end('x'))

      expect(await call(plugin, '/http/request', { url })).toMatchObject({ status, status_code: status, body: 'x' })
    },
  )

  test('at /http/request a status that is not expected fails', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end('x'))

    const error = await failure(call(plugin, '/http/request', { url, expect: [200] }))

    expect(error.message).toBe(`GET ${url}/ answered 404 Not Found`)
  })

  test('a 200 that is not expected fails', async () => {
    const url = await serve((_request, response) => response.end('x'))

    expect((await failure(call(plugin, '/http', { url, expect: [201] }))).data).toMatchObject({ status: 200 })
  })

  test.each([
    [429, '3', 3000],
    [503, '0.5', 500],
    [503, new Date(Date.UTC(2030, 0, 1, 0, 1)).toUTCString(), 60_000],
    [503, new Date(Date.UTC(2029, 0, 1)).toUTCString(), 0],
    [429, 'later', undefined],
  ])('after %i with Retry-After: %s the wait is %s ms', async (status, retryAfter, ms) => {
    const clock = { now: () => Date.UTC(2030, 0, 1), timer: () => () => {}, soon: () => {} }
    const timed = createBuiltinPlugin({ allowPrivate: ['*'], clock })
    const url = await serve((_request, response) => response.writeHead(status, { 'retry-after': retryAfter }).end())

    expect((await failure(call(timed, '/http', { url }))).retryAfterMs).toBe(ms)
  })
})

describe('redirects', () => {
  test.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', '"b"'],
    [308, 'PUT', 'PUT', '"b"'],
    [302, 'DELETE', 'DELETE', '"b"'],
  ])('%i after %s is followed with %s', async (status, method, then, body) => {
    const target = await echo()
    const url = await serve((_request, response) => response.writeHead(status, { location: `${target}/t` }).end())

    expect(await call(plugin, '/http', { url, method, body: 'b' })).toMatchObject({
      body: { method: then, url: '/t', body },
    })
  })

  test('to another origin lose what authorises, to the same keep it', async () => {
    const target = await echo()
    const url = await serve((request, response) => {
      if (request.url === '/same')
        response.setHeader('content-type', 'application/json').end(JSON.stringify(request.headers))
      else response.writeHead(302, { location: request.url === '/other' ? target : '/same' }).end()
    })
    const headers = { Authorization: 'Bearer k', Cookie: 'c=1', 'X-Api-Key': 'k', Accept: 'x/y' }

    const other = (await call(plugin, '/http', { url: `${url}/other`, headers })) as { body: { headers: object } }
    const same = await call(plugin, '/http', { url, headers })

    expect(Object.keys(other.body.headers)).not.toEqual(expect.arrayContaining(['authorization']))
    expect(other.body.headers).toMatchObject({ accept: 'x/y' })
    expect(JSON.stringify(other.body.headers)).not.toMatch(/Bearer|c=1|api-key/)
    expect(same).toMatchObject({ body: { authorization: 'Bearer k', cookie: 'c=1', 'x-api-key': 'k' } })
  })

  test('without an end are an error', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/' }).end())

    expect((await failure(call(plugin, '/http', { url }))).message).toBe(`${url}/ redirects more than 10 times`)
  })

  test('are not followed if follow_redirects is false', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/x' }).end())

    const answer = await call(plugin, '/http', { url, follow_redirects: false, expect: [302] })

    expect(answer).toMatchObject({ status: 302, headers: { location: '/x' } })
  })
})

describe('when the other side does not answer', () => {
  test('a refused connection is UNREACHABLE', async () => {
    const url = await serve(() => {})
    const closed = url.replace(/\d+$/, '1')

    const error = await failure(call(plugin, '/http', { url: closed }))

    expect(error.code).toBe('UNREACHABLE')
    expect(error.message).toBe('http://127.0.0.1:1 refused the connection: is the server running?')
  })

  test('a connection that is closed before or within the answer is UNREACHABLE', async () => {
    const before = await tcp((socket) => socket.destroy())
    const within = await tcp((socket) => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
    })

    for (const url of [before, within]) {
      const error = await failure(call(plugin, '/http', { url }))
      expect(error.code).toBe('UNREACHABLE')
      expect(error.message).toContain('closed the connection before it had answered')
    }
  })

  test('half of a compressed answer is an error, not a hang', async () => {
    const zipped = gzipSync('x'.repeat(1000))
    const url = await tcp((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`)
      socket.end(zipped.subarray(0, 10))
    })

    expect((await failure(call(plugin, '/http', { url }))).code).toBe('UNREACHABLE')
  })

  test('an answer that is not HTTP is UNREACHABLE', async () => {
    const url = await tcp((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))

    expect((await failure(call(plugin, '/http', { url }))).message).toContain('did not answer in HTTP')
  })

  test('an answer that cannot be decompressed is an error', async () => {
    const url = await serve((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no'))

    expect((await failure(call(plugin, '/http', { url }))).message).toContain('cannot be decompressed')
  })

  test('a name that does not exist is UNREACHABLE', async () => {
    const error = await failure(call(plugin, '/http', { url: 'http://no-such-name.invalid/' }))

    expect(error.code).toBe('UNREACHABLE')
    expect(error.message).toContain('the name "no-such-name.invalid" could not be resolved')
  })

  test('a hung server is TIMEOUT after `timeout`', async () => {
    const url = await serve(() => {})

    const error = await failure(call(plugin, '/http', { url, timeout: '50ms' }))

    expect(error.code).toBe('TIMEOUT')
    expect(error.message).toBe(`${url}/ did not answer within 0.05 s`)
  })

  test('a name server that never answers is TIMEOUT', async () => {
    const hung = createBuiltinPlugin({ resolve: () => new Promise(() => {}) })

    const error = await failure(call(hung, '/http', { url: 'http://slow.example/', timeout: '50ms' }))

    expect(error.code).toBe('TIMEOUT')
  })

  test('the signal ends a request to a hung server', async () => {
    const stop = new AbortController()
    const url = await serve(() => stop.abort())

    expect((await failure(call(plugin, '/http', { url }, { signal: stop.signal }))).code).toBe('CANCELLED')
  })

  test('the signal ends an answer that never does', async () => {
    const stop = new AbortController()
    const url = await serve((_request, response) => {
      response.write('a')
      setImmediate(() => stop.abort())
    })

    expect((await failure(call(plugin, '/http', { url }, { signal: stop.signal }))).code).toBe('CANCELLED')
  })

  test('an answer that is too large is an error, compressed or not', async () => {
    const client = createHttpClient({ guard: createNetGuard({ allowPrivate: ['*'] }), maxBytes: 2 ** 20 })
    const url = await serve((request, response) => {
      const large = Buffer.alloc(2 ** 21)
      if (request.url === '/z') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(large))
      else response.end(large)
    })

    for (const path of ['/', '/z']) {
      const error = await failure(client.send({ url: url + path, signal: new AbortController().signal }))
      expect(error.message).toContain('is larger than 1 MiB')
    }
  })

  test('a kept connection that was closed meanwhile is opened again', async () => {
    let connections = 0
    const url = await tcp((socket) => {
      connections++
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"a')
        socket.write('"'.slice(0, 0))
        // The next request on this connection finds it closed.
        socket.once('data', () => socket.resetAndDestroy())
      })
    })
    const first = await call(plugin, '/http', { url })

    const second = await call(plugin, '/http', { url })

    expect([first, second]).toMatchObject([{ body: '"a' }, { body: '"a' }])
    expect(connections).toBe(2)
  })

  test('a POST is not sent again because its kept connection broke: the server may have read it', async () => {
    const seen: string[] = []
    const url = await tcp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1')
        socket.once('data', (data) => {
          seen.push(String(data).slice(0, 4))
          socket.resetAndDestroy()
        })
      })
    })
    await call(plugin, '/http', { url })

    const error = await failure(call(plugin, '/http', { url, body: { order: 1 } }))

    expect(error).toMatchObject({ code: 'UNREACHABLE', tries: 1 })
    expect(seen).toEqual(['POST'])
  })

  test('only what cannot have arrived, or may be repeated, is tried again without being asked', async () => {
    const broken = await tcp((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const fault = (input: object) => failure(call(plugin, '/http', input))

    expect((await fault({ url: broken })).tries).toBe(undefined)
    expect((await fault({ url: broken, method: 'DELETE' })).tries).toBe(undefined)
    expect((await fault({ url: broken, method: 'PATCH', text: 'x' })).tries).toBe(1)
    expect((await fault({ url: 'http://nowhere.invalid', text: 'x' })).tries).toBe(undefined)
    // Whether a service that is not there is asked again is said by its step.
    expect((await fault({ url: 'http://127.0.0.1:1' })).tries).toBe(1)
  })
})
