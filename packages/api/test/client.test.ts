// The client against servers that fail in every way.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type ReadResults, StepflowClient } from '../src/client/index.ts'

const line = (n: number) => `{"outcome":"success","result":${n}}\n`

test('results that break off in the middle of a line are taken up behind the last whole one', async () => {
  const asked: string[] = []
  const client = await against((request, response) => {
    asked.push(request.url ?? '')
    response.setHeader('content-type', 'application/x-ndjson')
    if (asked.length === 1) {
      response.write(line(0) + line(1).slice(0, 9), () => response.destroy())
    } else response.end(line(1) + line(2))
  })

  expect(await all(client)).toEqual([0, 1, 2])
  expect(asked[1]).toContain('from=1')
})

test('a server that starts is asked again, and what it refuses for good is thrown with its code', async () => {
  let count = 0
  const client = await against((_request, response) => {
    count++
    response.writeHead(count === 1 ? 503 : 404, { 'content-type': 'application/problem+json' })
    response.end(
      JSON.stringify({ code: count === 1 ? 'RESOURCE_UNAVAILABLE' : 'NOT_FOUND', detail: 'there is no run r' }),
    )
  })

  await expect(all(client)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'there is no run r', status: 404 })
  expect(count).toBe(2)
})

test('events of a connection on which nothing comes any more are continued on another', async () => {
  const asked: string[] = []
  const client = await against((request, response) => {
    asked.push(request.url ?? '')
    response.setHeader('content-type', 'text/event-stream')
    // The first one stays open, and says no more.
    if (asked.length === 1) response.write('id: 1\n\nid: 2\nevent: run\ndata: {"n":1}\n\n')
    else response.end('id: 3\nevent: run\ndata: {"n":2}\n\n')
  })
  const places: string[] = []
  const away: string[] = []
  const seen: unknown[] = []

  for await (const { data } of client.getRunEvents('r', {
    silentMs: 50,
    onPlace: (place) => places.push(place),
    onAway: ({ message }) => away.push(message),
  })) {
    seen.push(data)
    if (seen.length === 2) break
  }

  expect(seen).toEqual([{ n: 1 }, { n: 2 }])
  expect(asked[1]).toContain('after=2')
  expect(places).toEqual(['1', '2'])
  expect(away[0]).toContain('nothing has come for 50 ms')
})

test('a stream that breaks off again and again is waited for as long each time', async () => {
  let count = 0
  const client = await against((_request, response) => {
    response.setHeader('content-type', 'text/event-stream')
    response.write(`id: ${++count}\nevent: run\ndata: {}\n\n`, () => response.destroy())
  })
  let seen = 0

  // Each failure is the first one in a row: what has come in between ends the row.
  for await (const _ of client.getRunEvents('r', { reconnectMs: 1_500 })) if (++seen === 8) break

  expect(seen).toBe(8)
})

test('lines are sent again, from the first on, with the same key', async () => {
  const bodies: string[] = []
  const keys: unknown[] = []
  const client = await against(async (request, response) => {
    if (request.url?.endsWith('/blobs')) return void response.end('{"blobId":"b"}')
    keys.push(request.headers['idempotency-key'])
    if (bodies.push(await textOf(request)) === 1) return void response.destroy()
    response.writeHead(202, { location: '/x/api/v1/runs/r' })
    response.end('\n{"runId":"r","itemCount":2}')
  })
  const told: string[] = []
  async function* lines() {
    yield Buffer.from('1\n')
    yield Buffer.from('2\n')
  }

  const { itemCount } = await client.sendLines({ run: { flowId: 'f' }, lines, key: 'k', onRun: (id) => told.push(id) })

  expect(itemCount).toBe(2)
  expect(bodies).toEqual(['1\n2\n', '1\n2\n'])
  expect(keys).toEqual(['k', 'k'])
  expect(told).toEqual(['r'])
})

test('what is no answer of ours is an error all the same', async () => {
  const client = await against((_request, response) => {
    response.writeHead(418)
    response.end('<h1>teapot</h1>')
  })

  await expect(client.getInfo()).rejects.toMatchObject({ code: 'CONFLICT', status: 418 })
})

test('a token goes into a header, and the address may end in /api/v1', async () => {
  let seen: IncomingMessage | undefined
  const client = await against(
    (request, response) => {
      seen = request
      response.end('{"version":"1.0.0"}')
    },
    (url) => new StepflowClient({ url: `${url}/x/api/v1/`, token: 't' }),
  )

  await client.getInfo()

  expect(seen?.headers.authorization).toBe('Bearer t')
  expect(seen?.url).toBe('/x/api/v1/info')
  expect(client.url).toMatch(/\/x$/)
})

test.each(['nowhere', 'ftp://a', 'http://user:pass@a'])('%s is no address of a server', (url) => {
  expect(() => new StepflowClient({ url })).toThrow(/address/)
})

test('a redirect is not followed: the body and the token would be lost, and the error be about that', async () => {
  let count = 0
  const client = await against((request, response) => {
    count++
    response.writeHead(301, { location: `https://flows.example/x${request.url}` }).end()
  })

  await expect(client.putBlob('x')).rejects.toThrow('redirects to https://flows.example/x: give that address')
  expect(count).toBe(1)
})

test.each([
  ['a page', 'text/html; charset=utf-8', '<h1>Welcome</h1>'],
  ['what is not JSON', 'text/plain', 'welcome'],
])('a server that answers 200 with %s is called none of ours', async (what, type, body) => {
  const client = await against((_request, response) => response.writeHead(200, { 'content-type': type }).end(body))

  await expect(client.getInfo()).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(`answered 200 with ${what}: that is no Stepflow server`),
  })
})

test.each(methods())('%s calls a server that answers JSON of its own, to everything, none of ours', async (name) => {
  const client = await against((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  })

  await expect(asked(client, name)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/answered 200 .*: that is no Stepflow server/),
  })
})

test('https:// to a server that speaks http is said in words, not in those of OpenSSL', async () => {
  const client = await against(
    () => {},
    (url) => new StepflowClient({ url: url.replace('http:', 'https:') }),
  )

  await expect(client.getInfo()).rejects.toThrow(/does not speak TLS: does its address begin with http:\/\/\?$/)
})

test('a token that no header can carry is refused without being shown; blanks around one do not matter', () => {
  const withToken = (token: string) => new StepflowClient({ url: 'http://a', token })

  expect(() => withToken('hidden\nvalue')).toThrow(/^the token has blanks, line breaks[^:]*: copy it again$/)
  expect(() => withToken('日本')).toThrow('the token has')
  expect(withToken(' t\n')).toBeInstanceOf(StepflowClient)
})

// ---

/** Of the client: each asks a server. */
function methods(): string[] {
  const all = Object.getOwnPropertyDescriptors(StepflowClient.prototype)
  return Object.keys(all).filter((name) => name !== 'constructor' && all[name as keyof typeof all]?.value !== undefined)
}

/** A method is called with as little as it takes, and what comes piece by piece is read. */
async function asked(client: StepflowClient, name: string): Promise<void> {
  const given: Readonly<Record<string, readonly unknown[]>> = {
    sendLines: [{ run: {}, lines: async function* () {}, key: 'k' }],
    importRun: ['{}'],
    startRun: [{}],
    getRun: ['r'],
    bulk: [{ action: 'delete', ids: ['r'] }],
  }
  const method = client[name as keyof StepflowClient] as unknown as (...given: readonly unknown[]) => unknown
  const answer = await method.apply(client, [...(given[name] ?? ['a', 'b'])])
  for await (const _ of (answer ?? []) as AsyncIterable<unknown>);
}

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

async function against(answer: Answer, create = (url: string) => new StepflowClient({ url })): Promise<StepflowClient> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return create(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

async function all(client: StepflowClient, options?: ReadResults): Promise<unknown[]> {
  const results: unknown[] = []
  for await (const batch of client.getResults('r', options)) {
    for (const { outcome } of batch) results.push(outcome.outcome === 'success' ? outcome.result : outcome)
  }
  return results
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += part
  return text
}
