// Flows as tools of MCP clients, over /mcp: with the official client of either generation of the protocol.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startServer, type TestServer, type TestServerOptions, WAITS } from './start-server.ts'

/** A slow machine answers late. */
const WHILE_LOADED = { timeout: 60_000 }

const GREET = `
name: greet
description: Greets somebody
triggers: [{ mcp: greet }]
input_schema:
  $schema: https://json-schema.org/draft/2020-12/schema
  type: object
  $defs: { name: { type: string } }
  properties: { name: { $ref: "#/$defs/name" } }
  required: [name]
  additionalProperties: false
steps:
  - { id: hello, component: /builtin/noop, input: { $input: name } }
  - { id: again, component: /builtin/noop, input: { $step: hello } }
output: { greeted: { $step: again } }
`
const TEXT = `
name: text
triggers: [{ mcp: upper }]
input_schema: { type: string }
steps: [{ id: a, component: /builtin/noop, input: { $input: $ } }]
output: { $step: a }
`
const FAILS = `
name: fails
triggers: [{ mcp: fails }]
steps: [{ id: a, component: /builtin/validate, input: { data: 1, schema: { type: string }, fail: true } }]
output: { $step: a }
`
const PICTURE = `
name: picture
triggers: [{ mcp: picture }]
steps:
  - id: a
    component: /builtin/noop
    input: [{ type: text, text: look }, { type: image, data: aGk=, mimeType: image/png }]
output: { $step: a }
`
const SECRET = `
name: secretive
triggers: [{ mcp: secretive }]
steps: [{ id: a, component: /builtin/noop, input: { key: { $secret: KEY } } }]
output: { $step: a }
`
const FILES = {
  'flows/greet.yaml': GREET,
  'flows/text.yaml': TEXT,
  'flows/fails.yaml': FAILS,
  'flows/picture.yaml': PICTURE,
  'flows/plain.yaml':
    'name: plain flow\nsteps: [{ id: a, component: /builtin/noop, input: 1 }]\noutput: { $step: a }\n',
}

interface Connected {
  readonly client: Client
  readonly server: TestServer
  call(name: string, args?: Record<string, unknown>, options?: Parameters<Client['callTool']>[1]): Promise<any>
}

async function connect(
  era: 'old' | 'modern',
  { files = FILES, token, ...options }: TestServerOptions & { token?: string } = {},
  server?: TestServer,
): Promise<Connected> {
  const at = server ?? (await startServer({ files, ...options }))
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const transport = new StreamableHTTPClientTransport(new URL(`${at.url}/mcp`), { requestInit: { headers } })
  const mode = era === 'modern' ? { pin: '2026-07-28' } : ('legacy' as const)
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  await client.connect(transport)
  onTestFinished(() => client.close())
  return {
    client,
    server: at,
    call: (name, args = {}, given = {}) => client.callTool({ name, arguments: args }, { timeout: 60_000, ...given }),
  }
}

const text = (said: string) => [{ type: 'text', text: said }]

describe.each(['old', 'modern'] as const)('a client of the %s protocol', (era) => {
  test('finds the flows that are tools, with what they take, and tools for flows and runs', async () => {
    const { client, server } = await connect(era)

    const { tools } = await client.listTools()

    expect(tools.map(({ name }) => name).sort()).toEqual(
      [
        ...['fails', 'greet', 'picture', 'upper'],
        ...['stepflow_get_run', 'stepflow_list_flows', 'stepflow_list_runs', 'stepflow_rerun', 'stepflow_run_flow'],
      ].sort(),
    )
    // A flow that took the name of one of them would hide it.
    for (const { name } of tools.filter(({ name }) => name.startsWith('stepflow_'))) {
      const { body } = await server.call('POST', '/flows/check', { text: `steps: []\ntriggers: [{ mcp: ${name} }]` })
      expect(body.diagnostics).toContainEqual(expect.objectContaining({ code: 'INVALID_TRIGGER', line: 2 }))
    }
    expect(tools.find(({ name }) => name === 'greet')).toEqual({
      name: 'greet',
      description: 'Greets somebody',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        $defs: { name: { type: 'string' } },
        properties: { name: { $ref: '#/$defs/name' } },
        required: ['name'],
        additionalProperties: false,
      },
    })
  })

  test('gets an object as it is, anything else as {result}, a list of contents as one', async () => {
    const { call } = await connect(era)

    expect(await call('greet', { name: 'Ada' })).toMatchObject({
      structuredContent: { greeted: 'Ada' },
      content: text('{"greeted":"Ada"}'),
    })
    expect(await call('upper', { input: 'hi' })).toMatchObject({
      structuredContent: { result: 'hi' },
      content: text('hi'),
    })
    expect(await call('picture')).toMatchObject({
      content: [
        { type: 'text', text: 'look' },
        { type: 'image', data: 'aGk=', mimeType: 'image/png' },
      ],
    })
  })

  test('gets what a flow failed with, and what is wrong with its arguments, as the error of the tool', async () => {
    const { call } = await connect(era)

    const failed = await call('fails')
    expect(failed).toMatchObject({ isError: true })
    expect(failed.content[0].text).toMatch(/^INVALID_INPUT: .*\(run [\w-]+\)$/)
    expect((await call('greet', { nam: 1 })).content[0].text).toMatch(/^INVALID_INPUT: .*\$\.name: is required/)
    await expect(call('nobody')).rejects.toThrow('there is no tool "nobody"')
  })

  test('hears how far a run is', async () => {
    const { call } = await connect(era)
    const progress: unknown[] = []

    await call('greet', { name: 'Ada' }, { onprogress: (at) => progress.push(at) })

    await vi.waitFor(() => expect(progress).toHaveLength(3), WHILE_LOADED)
    expect(progress).toEqual([
      { progress: 0, total: 2 },
      { progress: 1, total: 2, message: 'step "hello": success' },
      { progress: 2, total: 2, message: 'step "again": success' },
    ])
  })

  test('that cancels a call cancels its run', async () => {
    const files = { 'flows/waits.yaml': `triggers: [{ mcp: waits }]\n${WAITS}` }
    const { call, server } = await connect(era, { files })
    const stop = new AbortController()
    const called = call('waits', {}, { signal: stop.signal })
    called.catch(() => {})
    const runs = async () => (await server.call('GET', '/runs')).body.runs
    await vi.waitFor(async () => expect((await runs())[0]?.items.waiting).toBe(1), WHILE_LOADED)

    stop.abort()

    await expect(called).rejects.toThrow()
    await vi.waitFor(async () => expect((await runs())[0]?.status).toBe('cancelled'), WHILE_LOADED)
    expect((await runs())[0].trigger).toEqual({ type: 'mcp', tool: 'waits' })
  })

  test('hears that there are other tools when flows change', async () => {
    const { client, server } = await connect(era)
    let changes = 0
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      changes++
    })
    if (era === 'modern') await client.listen({ toolsListChanged: true })

    await server.services.namedFlows.save({
      name: 'new one',
      text: `name: new one\ntriggers: [{ mcp: new }]\n${FAILS.split('\n').slice(3).join('\n')}`,
    })

    await vi.waitFor(() => expect(changes).toBeGreaterThan(0), WHILE_LOADED)
    await vi.waitFor(async () => {
      const { tools } = await client.listTools(undefined, { cacheMode: 'refresh' })
      expect(tools.map(({ name }) => name)).toContain('new')
    }, WHILE_LOADED)
  })

  test('never sees a secret', async () => {
    const env = { STEPFLOW_SECRET_KEY: 'hunter2hunter2' }
    const { call } = await connect(era, { files: { 'flows/secretive.yaml': SECRET }, env })

    expect(JSON.stringify(await call('secretive'))).toContain('[redacted]')
    expect(JSON.stringify(await call('stepflow_list_runs'))).not.toContain('hunter2')
  })
})

describe('the tools for flows and runs', () => {
  test('list flows, run one, tell how its run stands, and run it again', async () => {
    const { call } = await connect('modern')

    const { flows } = (await call('stepflow_list_flows')).structuredContent
    expect(flows).toContainEqual({ name: 'plain flow', version: 1 })
    const ran = await call('stepflow_run_flow', { flow: 'greet', input: { name: 'Ada' } })
    expect(ran.structuredContent).toEqual({ greeted: 'Ada' })
    const { runs } = (await call('stepflow_list_runs', { flow: 'greet' })).structuredContent
    expect(runs).toMatchObject([{ flowName: 'greet', status: 'completed' }])
    const { runId } = runs[0]
    const run = (await call('stepflow_get_run', { runId })).structuredContent
    expect(run).toMatchObject({ runId, status: 'completed', result: { greeted: 'Ada' } })
    const again = (await call('stepflow_rerun', { runId, from: 'again' })).structuredContent
    expect(again).toMatchObject({ origin: { runId } })
    await vi.waitFor(async () => {
      const rerun = (await call('stepflow_get_run', { runId: again.runId })).structuredContent
      expect(rerun).toMatchObject({ status: 'completed', origin: { runId, from: 'again' } })
    }, WHILE_LOADED)
  })

  test('answer a run that takes longer than the timeout with its id', async () => {
    const { call } = await connect('modern', { files: { 'flows/waits.yaml': WAITS } })

    const { structuredContent } = await call('stepflow_run_flow', { flow: 'waits', timeout: '1ms' })

    expect(structuredContent).toEqual({ runId: expect.any(String), status: 'running' })
  })

  test.each([
    ['stepflow_get_run', { runId: 'nope' }, /^NOT_FOUND: .*nope/],
    ['stepflow_get_run', {}, /^INVALID_INPUT: the arguments do not fit: \$\.runId is required/],
    ['stepflow_run_flow', { flow: 'gret' }, /^NOT_FOUND: there is no flow "gret"; did you mean "greet"\?/],
    ['stepflow_run_flow', { flow: 'greet', timeout: 'soon' }, /^INVALID_INPUT: "timeout" is "soon"/],
    ['stepflow_rerun', { runId: 'x', from: 'a', failed: true }, /^INVALID_INPUT: "from" and "failed" are both given/],
    ['stepflow_list_runs', { status: 'odd' }, /^INVALID_INPUT: .*\$\.status must be one of/],
  ])('%s says what is wrong with %j', async (name, args, message) => {
    const { call } = await connect('modern')

    const { isError, content } = await call(name, args)

    expect(isError).toBe(true)
    expect(content[0].text).toMatch(message)
  })
})

test('with mcpTools: all every published flow is a tool, by a name that the protocol takes', async () => {
  const { client, call } = await connect('modern', { mcpTools: 'all' })

  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('plain-flow')
  expect((await call('plain-flow')).structuredContent).toEqual({ result: 1 })
})

test('two flows whose own names make one name of a tool are reported, and the first has it', async () => {
  const lines: string[] = []
  const twin = TEXT.replace('name: text', 'name: te xt').replace(/triggers:.*\n/, '')
  const files = { 'flows/a.yaml': twin, 'flows/b.yaml': twin.replace('te xt', 'te-xt') }
  const { client } = await connect('old', { files, mcpTools: 'all', log: (_, message) => void lines.push(message) })

  const { tools } = await client.listTools()

  expect(tools.filter(({ name }) => name === 'te-xt')).toHaveLength(1)
  expect(lines).toContain('the flow "te-xt" cannot be the MCP tool "te-xt": the flow "te xt" is')
})

test('a trigger has its name before a flow that is called so, and before a second trigger', async () => {
  const files = {
    'flows/a.yaml': TEXT.replace('name: text', 'name: upper').replace(/triggers:.*\n/, ''),
    'flows/b.yaml': TEXT,
    'flows/c.yaml': TEXT.replace('name: text', 'name: twin'),
  }
  const { client, server } = await connect('old', { files, mcpTools: 'all' })

  const { tools } = await client.listTools()

  expect(tools.filter(({ name }) => name === 'upper')).toHaveLength(1)
  const { body } = await server.call('GET', '/flows/twin')
  expect(body.diagnostics).toContainEqual(expect.objectContaining({ code: 'TRIGGER_NAME_TAKEN', file: 'c.yaml' }))
})

test('a session that the server does not know any more is answered with 404, so that the client opens another', async () => {
  const { client, server, call } = await connect('old')
  await call('greet', { name: 'Ada' })
  const session = (client.transport as StreamableHTTPClientTransport).sessionId as string
  const end = await fetch(`${server.url}/mcp`, { method: 'DELETE', headers: { 'mcp-session-id': session } })
  expect(end.status).toBe(200)

  const after = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: {
      'mcp-session-id': session,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  })

  expect(after.status).toBe(404)
})

describe('access', () => {
  test('a viewer sees no flow as a tool, and may look at runs only', async () => {
    const server = await startServer({ files: FILES, allowHosts: ['flows.example.org'] })
    const { token } = await server.services.tokens.create({ role: 'viewer' })
    const { client, call } = await connect('modern', { token }, server)

    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      'stepflow_list_flows',
      'stepflow_list_runs',
      'stepflow_get_run',
    ])
    expect((await call('greet', { name: 'Ada' })).content[0].text).toMatch(/^FORBIDDEN: this needs the role operator/)
    expect((await call('stepflow_run_flow', { flow: 'greet' })).content[0].text).toMatch(/^FORBIDDEN/)
  })

  test("an operator's runs say by whom they were started; another token cannot use the session", async () => {
    const server = await startServer({ files: FILES, allowHosts: ['flows.example.org'] })
    const { token } = await server.services.tokens.create({ role: 'operator', name: 'assistant' })
    const other = await server.services.tokens.create({ role: 'operator' })
    const { client, call } = await connect('old', { token }, server)

    await call('greet', { name: 'Ada' })

    const { runs } = (await call('stepflow_list_runs')).structuredContent
    expect(runs[0].trigger).toEqual({ type: 'mcp', tool: 'greet', by: 'assistant' })
    const session = (client.transport as StreamableHTTPClientTransport).sessionId as string
    const stolen = await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${other.token}`,
        'mcp-session-id': session,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
    expect(stolen.status).toBe(404)
  })

  test('nobody without a token, and no foreign page, comes in', async () => {
    const server = await startServer({ files: FILES, allowHosts: ['flows.example.org'] })
    const post = (headers: Record<string, string>) =>
      fetch(`${server.url}/mcp`, { method: 'POST', headers, body: '{}' })

    expect((await post({ 'content-type': 'application/json' })).status).toBe(401)
    expect((await post({ 'content-type': 'application/json', origin: 'https://evil.example' })).status).toBe(403)
  })
})

test.each([
  ['no JSON', '{', 400],
  ['no message', '{}', 400],
  ['an empty list', '[]', 400],
  ['a number', '7', 400],
  ['nothing', '', 400],
])('%s is refused as what it is', async (_, body, status) => {
  const server = await startServer({ files: FILES })

  const answer = await fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body,
  })

  expect(answer.status).toBe(status)
})

test('a server that ends lets go of its clients, and the run that one waits for goes on with the next server', async () => {
  const files = { 'flows/waits.yaml': `triggers: [{ mcp: waits }]\n${WAITS}` }
  const { call, server } = await connect('old', { files })
  const called = call('waits')
  called.catch(() => {})
  await vi.waitFor(
    async () => expect((await server.call('GET', '/runs')).body.runs[0]?.items.waiting).toBe(1),
    WHILE_LOADED,
  )

  await server.close(100)

  const next = await startServer({ folder: server.folder })
  expect((await next.call('GET', '/runs')).body.runs).toMatchObject([{ status: 'running' }])
})
