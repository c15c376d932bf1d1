// What was logged in a run, over HTTP: of components, of servers, of the engine; without secrets, with the run wherever it goes.

import { beforeAll, expect, test } from 'vitest'
import { serverOfFile, startServer } from './start-server.ts'

// A component server that prints to both its pipes and sends messages of the protocol.
const CHATTY = `
import { createInterface } from 'node:readline'
const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }))
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize') {
    say({ id, result: { server_protocol_version: 1, capabilities: { cancel: true, progress: true, log: true, idempotency_key: true } } })
  } else if (method === 'components/list') say({ id, result: { components: [{ component: '/chat' }] } })
  else if (method === 'components/execute') {
    console.error('printed of ' + params.input.key)
    say({ method: 'log', params: { id, level: 'warning', message: 'sent of ' + params.input.key, data: { key: params.input.key } } })
    say({ id, result: { output: params.input.n } })
  } else if (id !== undefined) say({ id, result: {} })
}
`

const COMPONENTS = `
const tried = new Set()
export function flaky(input, { log, runId }) {
  log('debug', 'trying ' + input.n)
  const key = runId + input.n
  if (!tried.has(key)) {
    tried.add(key)
    throw new Error('not at once')
  }
  log('error', 'done with ' + input.n, { n: input.n })
  return input.n
}
export function each(n, { log }) {
  log('info', 'element ' + n)
  return n
}
`

const files = {
  'flows/loud.yaml': `
name: loud
input_schema: { type: object, properties: { key: { type: string, is_secret: true } } }
steps:
  - { id: flaky, component: /c/flaky, input: { $input: "" }, retry: { attempts: 2, delay: 1ms } }
  - { id: chat, component: /s/chat, input: { $input: "" }, needs: [flaky] }
  - { id: loop, for_each: [7, 8], component: /c/each, input: { $item: "$" }, needs: [chat] }
output: { $step: chat }
`,
  'chatty.mjs': CHATTY,
  'c.mjs': COMPONENTS,
  'stepflow-config.yml': `
plugins:
  builtin: { type: builtin }
  c: { type: module, path: c.mjs }
  s: { type: stepflow, command: ${JSON.stringify(process.execPath)}, args: [chatty.mjs] }
routes: { "/c/{*component}": [{ plugin: c }], "/s/{*component}": [{ plugin: s }], "/{*component}": [{ plugin: builtin }] }
`,
}

const SECRET = 'hush-hush-hush'

const server = serverOfFile({ files })
let runId: string
beforeAll(async () => {
  const inputs = [1, 2].map((n) => ({ n, key: SECRET }))
  const body = { flowName: 'loud', inputs, maxConcurrent: 1, wait: true }
  const begun = await server.call('POST', '/runs', body)
  expect(begun.body.status).toBe('completed')
  runId = begun.body.runId
})

/** All pages. */
async function logs(query = '', of = runId, at = server): Promise<any[]> {
  const lines: any[] = []
  for (let cursor = ''; ; ) {
    const { status, body } = await at.call('GET', `/runs/${of}/logs?${query}${cursor && `&cursor=${cursor}`}`)
    expect(status).toBe(200)
    lines.push(...body.logs)
    if (body.nextCursor === undefined) return lines
    cursor = encodeURIComponent(body.nextCursor)
  }
}

const messages = async (query: string) => (await logs(query)).map(({ message }) => message)

test('a log has what components log and servers print, and retries, each with its place', async () => {
  const lines = await logs('item=0')
  const place = { item: 0, node: expect.any(String), at: expect.stringMatching(/^\d{4}-.*Z$/) }
  expect(lines.filter(({ step }) => step === 'flaky')).toEqual([
    { ...place, step: 'flaky', visit: 1, attempt: 1, level: 'debug', message: 'trying 1' },
    {
      ...{ ...place, step: 'flaky', visit: 1, attempt: 1, level: 'warning' },
      message: expect.stringMatching(/^attempt 1 failed, next in \d+ ms: not at once$/),
      data: { event: 'retry', item: 0, attempt: 1, delayMs: expect.any(Number) },
    },
    { ...place, step: 'flaky', visit: 1, attempt: 2, level: 'debug', message: 'trying 1' },
    { ...place, step: 'flaky', visit: 1, attempt: 2, level: 'error', message: 'done with 1', data: { n: 1 } },
  ])
  const ofServer = lines.filter(({ step }) => step === 'chat').sort((a, b) => (a.message < b.message ? -1 : 1))
  expect(ofServer).toEqual([
    {
      ...{ ...place, step: 'chat', visit: 1, attempt: 1, level: 'info', message: 'printed of [redacted]' },
      data: { plugin: 's', from: 'stderr' },
    },
    {
      ...{ ...place, step: 'chat', visit: 1, attempt: 1, level: 'warning', message: 'sent of [redacted]' },
      data: { key: '[redacted]' },
    },
  ])
  const ofLoop = lines.filter(({ step }) => step === 'loop')
  expect(ofLoop.map(({ message, element, inside }) => [message, element, inside])).toEqual([
    ['element 7', 0, ofLoop[0].inside],
    ['element 8', 1, ofLoop[0].inside],
  ])
})

test('lines are found by item, step, least level and a part of the message, page by page', async () => {
  expect(await messages('step=flaky&level=error')).toEqual(['done with 1', 'done with 2'])
  expect(await messages('item=1&step=flaky&level=debug&q=TRYING')).toEqual(['trying 2', 'trying 2'])
  expect(await messages('q=element&limit=1')).toEqual(['element 7', 'element 8', 'element 7', 'element 8'])
  expect(await logs('limit=3')).toEqual(await logs())
  expect(await messages('q=nothing+of+that+kind')).toEqual([])

  const first = (await server.call('GET', `/runs/${runId}/logs?q=element&limit=4`)).body
  expect(first).not.toHaveProperty('nextCursor')
})

test('nobody finds a secret by asking for it', async () => {
  expect(await messages('q=redacted')).toHaveLength(4)
  expect(await messages(`q=${SECRET}`)).toEqual([])
  expect(JSON.stringify(await logs())).not.toContain(SECRET)
})

test('what is asked wrongly is refused with the reason', async () => {
  for (const query of ['level=loud', 'item=-1', 'limit=0', 'limit=1001', 'cursor=nonsense', 'cursor=YWJj', 'what=1']) {
    expect([query, (await server.call('GET', `/runs/${runId}/logs?${query}`)).status]).toEqual([query, 400])
  }
  expect((await server.call('GET', '/runs/nope/logs')).status).toBe(404)
})

test('a step is shown with what it logged, each visit and element with its own', async () => {
  const step = async (path: string) => (await server.call('GET', `/runs/${runId}/items/1/steps/${path}`)).body
  expect((await step('flaky')).logs.map(({ message, attempt }: any) => [message, attempt])).toEqual([
    ['trying 2', 1],
    [expect.stringContaining('not at once'), 1],
    ['trying 2', 2],
    ['done with 2', 2],
  ])
  const { inside } = await step('loop')
  const element = (n: number) => step(`loop?inside=${encodeURIComponent(inside)}&element=${n}`)
  expect((await element(0)).logs.map(({ message }: any) => message)).toEqual(['element 7'])
  expect((await element(1)).logs.map(({ message }: any) => message)).toEqual(['element 8'])
  expect((await step('loop')).logs).toEqual([])
})

test('a log goes with its run: exported, imported, and removed', async () => {
  const exported = (await server.call('GET', `/runs/${runId}/export`)).body
  expect(JSON.stringify(exported)).not.toContain(SECRET)
  const other = await startServer({ files })
  expect((await other.call('POST', '/runs/import', exported)).status).toBe(201)
  expect(await logs('', runId, other)).toEqual(await logs())
  expect((await other.call('POST', '/runs/import', exported)).status).toBe(200)

  const broken = { ...exported, logs: [{ at: 1, level: 'loud', message: 'x' }] }
  const refused = await startServer({ files })
  const { status, body } = await refused.call('POST', '/runs/import', broken)
  expect([status, body.detail]).toEqual([422, expect.stringContaining('line 0 of its log has no "level"')])

  expect((await other.call('DELETE', `/runs/${runId}`)).status).toBe(204)
  expect(await other.services.store.logs.read({ run: runId, limit: 1 })).toEqual({ lines: [], dropped: 0 })
})

test('a log that is full says how many lines are missing', async () => {
  const large = { at: 1, level: 'info', message: 'x'.repeat(15_000) } as const
  const { store } = server.services
  const begun = (await server.call('POST', '/runs', { flowName: 'loud', input: { n: 9, key: 'k' }, wait: true })).body
  for (let i = 0; i < 12; i++) await store.logs.add(begun.runId, Array(100).fill(large))

  const { dropped } = (await store.logs.read({ run: begun.runId, limit: 1 })) ?? {}
  expect(dropped).toBeGreaterThan(0)
  const last = (await logs('limit=1000', begun.runId)).at(-1)
  const count = dropped?.toLocaleString('en-US')
  expect(last).toMatchObject({
    level: 'warning',
    message: `${count} lines were left out: the log of a run has at most 16 MiB`,
  })
  expect(await logs('level=error', begun.runId)).toHaveLength(1)
})
