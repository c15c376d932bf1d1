// MCP servers over streamable HTTP: sessions, headers, streams, and everything that can go wrong between here and there.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Exchange, httpServer, type ServerOptions } from './mcp-http-server.ts'
import { failing, mcpPlugin } from './mcp-plugin.ts'

/** A slow machine answers late. */
const WHILE_LOADED = { timeout: 60_000 }
const text = (said: string) => ({ content: [{ type: 'text', text: said }] })

async function pluginOver(options: ServerOptions = {}, headers: Record<string, string> = {}, over = {}) {
  const server = await httpServer(options)
  return { server, plugin: mcpPlugin({ place: { url: server.url, headers }, ...over }) }
}

afterEach(() => vi.restoreAllMocks())

describe.each(['old', 'modern'] as const)('a server of the %s protocol', (era) => {
  test('answers with JSON', async () => {
    const { plugin } = await pluginOver({ era })

    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })
  })

  test('answers with a stream of events, and progress before', async () => {
    const log = vi.fn()
    const done = era === 'modern' ? { resultType: 'complete' } : {}
    const { plugin } = await pluginOver({
      era,
      tools: {
        slow({ asked, stream, response }) {
          const send = stream()
          const progressToken = asked.params?._meta?.progressToken
          send({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } })
          send({ id: asked.id, result: { ...text('done'), ...done } })
          response.end()
        },
      },
    })

    expect(await plugin.run('/slow', {}, { log })).toEqual([{ type: 'text', text: 'done' }])
    expect(log).toHaveBeenCalledWith('info', 'progress', { done: 1, total: 2 })
  })

  test('gets the headers of the configuration with every request', async () => {
    const { plugin, server } = await pluginOver({ era }, { Authorization: 'Bearer t0k3n', 'X-Team': 'a' })

    await plugin.run('/echo')

    expect(server.headers.length).toBeGreaterThan(2)
    for (const headers of server.headers)
      expect(headers).toMatchObject({ authorization: 'Bearer t0k3n', 'x-team': 'a' })
    expect(JSON.stringify(server.headers)).not.toContain('stepflow-call')
  })

  test('that is cancelled is told, and serves the next call', async () => {
    let closed = false
    const { plugin, server } = await pluginOver({
      era,
      tools: {
        slow({ stream, response }) {
          stream()
          response.on('close', () => {
            closed = true
          })
        },
      },
    })
    const stop = new AbortController()
    const call = plugin.run('/slow', {}, { signal: stop.signal })
    call.catch(() => {})
    await vi.waitFor(() => expect(server.asked).toContain('tools/call slow'), WHILE_LOADED)

    stop.abort()

    await expect(call).rejects.toEqual(failing('CANCELLED', 'step'))
    await vi.waitFor(() => expect(closed || server.asked.includes('notifications/cancelled')).toBe(true), WHILE_LOADED)
    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })
  })

  test('that wants an answer of a person fails that call with the sentence', async () => {
    const { plugin } = await pluginOver({
      era,
      tools: {
        asks({ asked, answer, stream, response }) {
          if (era === 'modern') {
            const ask = {
              method: 'elicitation/create',
              params: { mode: 'form', message: 'who?', requestedSchema: { type: 'object', properties: {} } },
            }
            return answer({ resultType: 'input_required', inputRequests: { who: ask } })
          }
          const send = stream()
          send({
            id: 'ask',
            method: 'elicitation/create',
            params: { message: 'who?', requestedSchema: { type: 'object', properties: {} } },
          })
          send({ id: asked.id, result: { ...text('nobody is there to answer, it says'), isError: true } })
          response.end()
        },
      },
    })

    await expect(plugin.run('/asks')).rejects.toEqual(failing('COMPONENT_FAILED', 'nobody is there to answer'))
  })
})

test('a modern server that says that its tools changed is asked for them again', async () => {
  let send: ((message: unknown) => void) | undefined
  let tools: string[] = ['a']
  const { plugin } = await pluginOver({
    era: 'modern',
    on({ asked, answer, stream }) {
      if (asked.method === 'tools/list') {
        answer({
          resultType: 'complete',
          ttlMs: 0,
          cacheScope: 'private',
          tools: tools.map((name) => ({ name, inputSchema: { type: 'object' } })),
        })
        return true
      }
      if (asked.method !== 'subscriptions/listen') return false
      send = stream()
      const _meta = { 'io.modelcontextprotocol/subscriptionId': asked.id }
      send({
        method: 'notifications/subscriptions/acknowledged',
        params: { _meta, notifications: { toolsListChanged: true } },
      })
      return true
    },
  })
  expect((await plugin.components()).map(({ name }) => name)).toEqual(['/a'])
  await vi.waitFor(() => expect(send).toBeDefined(), WHILE_LOADED)

  tools = ['a', 'b']
  send?.({ method: 'notifications/tools/list_changed' })

  await vi.waitFor(
    async () => expect((await plugin.components()).map(({ name }) => name)).toEqual(['/a', '/b']),
    WHILE_LOADED,
  )
})

test('a modern server that finds the headers of a changed tool wrong is asked for its tools again', async () => {
  let calls = 0
  const { plugin, server } = await pluginOver({
    era: 'modern',
    tools: {
      moved({ asked, answer, response }) {
        if (++calls > 1) return answer({ resultType: 'complete', ...text('done') })
        response.writeHead(400, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify({ jsonrpc: '2.0', id: asked.id, error: { code: -32020, message: 'wrong headers' } }),
        )
      },
    },
  })

  await expect(plugin.run('/moved')).rejects.toEqual(failing('UNREACHABLE', 'wrong headers'))
  expect(await plugin.run('/moved')).toEqual([{ type: 'text', text: 'done' }])

  expect(server.asked.filter((asked) => asked === 'tools/list')).toHaveLength(2)
})

describe('a session', () => {
  test('that is lost is opened again by the next call', async () => {
    const { plugin, server } = await pluginOver()
    await plugin.run('/echo')
    server.forget()

    await expect(plugin.run('/echo')).rejects.toEqual(failing('UNREACHABLE', 'has lost the session (HTTP 404)'))

    expect(await plugin.run('/echo', { n: 2 })).toEqual({ n: 2 })
  })

  test('is given back at the end', async () => {
    const { plugin, server } = await pluginOver()
    await plugin.run('/echo')

    await plugin.stop?.()

    expect(server.asked.at(-1)).toBe('DELETE')
  })
})

const MIB = 2 ** 20
const tools: Record<string, (exchange: Exchange) => void> = {
  forbidden: ({ response }) => void response.writeHead(403).end('not you'),
  unauthorized: ({ response }) => void response.writeHead(401).end('who are you?'),
  broken: ({ response }) => void response.writeHead(500).end('stack trace'),
  busy: ({ response }) => void response.writeHead(429).end('later'),
  large: ({ response }) => void response.writeHead(413).end(),
  html: ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>'),
  no_json: ({ response }) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":'),
  other_id: ({ response }) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":4711,"result":{}}'),
  accepted: ({ response }) => void response.writeHead(202).end(),
  elsewhere: ({ response }) => void response.writeHead(307, { location: 'http://10.0.0.1/mcp' }).end(),
  empty_stream: ({ stream, response }) => {
    stream()
    response.end()
  },
  cut_stream: ({ stream, response, asked }) => {
    stream()
    response.write(`data: {"jsonrpc":"2.0","id":${asked.id},"resu`, () => response.socket?.destroy())
  },
  dropped: ({ response }) => void response.socket?.destroy(),
  big: ({ answer }) => answer(text('x'.repeat(MIB))),
  big_event: ({ stream, asked, response }) => {
    stream()({ id: asked.id, result: text('x'.repeat(MIB)) })
    response.end()
  },
}

describe('a bad answer ends its call, says why, and harms no other', () => {
  test.each([
    ['forbidden', 'UNREACHABLE', 'denies access (HTTP 403): not you'],
    ['unauthorized', 'UNREACHABLE', 'wants authorization (HTTP 401): who are you?; give what it asks for in "headers"'],
    ['broken', 'UNREACHABLE', 'answered with HTTP 500: stack trace'],
    ['busy', 'UNREACHABLE', 'answered with HTTP 429: later'],
    ['large', 'INVALID_INPUT', 'takes no message of this size (HTTP 413)'],
    ['html', 'COMPONENT_FAILED', 'Unexpected content type: text/html'],
    ['no_json', 'COMPONENT_FAILED', 'JSON'],
    ['other_id', 'UNREACHABLE', 'is not the answer to this request'],
    ['accepted', 'COMPONENT_FAILED', 'took a request with HTTP 202 and no answer'],
    ['elsewhere', 'UNREACHABLE', 'Redirect to http://10.0.0.1/mcp not followed'],
    ['empty_stream', 'UNREACHABLE', 'the stream of its answer ended before the result came'],
    ['cut_stream', 'UNREACHABLE', 'the stream of its answer ended before the result came'],
    ['dropped', 'UNREACHABLE', 'cannot be reached: socket hang up'],
    ['big', 'COMPONENT_FAILED', 'is more than the 65,536 bytes that are taken'],
    ['big_event', 'COMPONENT_FAILED', 'is more than the 65,536 bytes that are taken'],
  ])('%s', async (tool, code, message) => {
    const { plugin, server } = await pluginOver({ tools }, {}, { maxMessageBytes: 64 * 1024 })
    const other = plugin.run('/echo', { n: 1 })

    await expect(plugin.run(`/${tool}`)).rejects.toEqual(failing(code, message))

    expect(await other).toEqual({ n: 1 })
    expect(await plugin.run('/echo', { n: 2 })).toEqual({ n: 2 })
    expect(server.asked.filter((asked) => asked === `tools/call ${tool}`)).toHaveLength(1)
  })

  test('and many events that are each within the bound are taken', async () => {
    const { plugin } = await pluginOver(
      {
        tools: {
          chatty({ stream, asked, response }) {
            const send = stream()
            for (let n = 0; n < 50; n++)
              send({ method: 'notifications/message', params: { level: 'debug', data: 'x'.repeat(10_000) } })
            send({ id: asked.id, result: text('done') })
            response.end()
          },
        },
      },
      {},
      { maxMessageBytes: 64 * 1024 },
    )

    expect(await plugin.run('/chatty')).toEqual([{ type: 'text', text: 'done' }])
  })
})

describe('a server that cannot be talked to says why', () => {
  test('wrong authorization, which is not tried again', async () => {
    const { plugin } = await pluginOver({
      before: (_, response) => {
        response.writeHead(401).end()
        return true
      },
    })

    await expect(plugin.run('/echo')).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('wants authorization (HTTP 401)'),
    })
  })

  test('nobody at its address', async () => {
    const { plugin, server } = await pluginOver()
    await server.stop()

    await expect(plugin.run('/echo')).rejects.toEqual(
      failing('UNREACHABLE', `at ${server.url} cannot be reached: connect ECONNREFUSED`),
    )
  })

  test('no TLS, which is not tried again', async () => {
    const { server } = await pluginOver()
    const plugin = mcpPlugin({ place: { url: server.url.replace('http:', 'https:'), headers: {} } })

    await expect(plugin.run('/echo')).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: false })
  })

  test('one that takes connections and never answers, in time', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const plugin = mcpPlugin({ place: { url: `http://127.0.0.1:${port}/`, headers: {} }, startupTimeoutMs: 50 })

    await expect(plugin.run('/echo')).rejects.toEqual(
      failing('UNREACHABLE', 'did not finish the handshake within 0.05 s'),
    )

    server.close()
  })

  test('one that speaks no MCP', async () => {
    const { plugin } = await pluginOver({
      before: (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>')
        return true
      },
    })

    await expect(plugin.run('/echo')).rejects.toEqual(
      failing('UNREACHABLE', 'did not finish the handshake', 'text/html'),
    )
  })

  test('what may be secret in its address is not quoted', async () => {
    const { server } = await pluginOver()
    await server.stop()
    const url = server.url.replace('http://', 'http://me:pass@').replace('/mcp', '/mcp?key=s3cret')
    const plugin = mcpPlugin({ place: { url, headers: {} } })

    const failure = await plugin.run('/echo').catch((error: Error) => error.message)

    expect(failure).toContain(server.url)
    expect(failure).not.toMatch(/pass|s3cret/)
  })
})
