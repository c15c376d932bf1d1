// Every exit of a server, with a component that hands out secrets in every way that it can think of: no part of one leaves.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serverOfFile } from './start-server.ts'

const SECRETS: Readonly<Record<string, string>> = {
  TOKEN: 'tk9Vx2LqWm7RzPcJ4sHb',
  SIGNS: 'q&7/w=Zd"\\üX€ 5%kV+mB',
  LINES: 'MIIEow1BAAKCAQ\n\nEa7kX3vQ9zTfYw\nhG2sLp8cRnUd4M',
  JSON: '{"user":"kqzv-svc","pass":"Jw8#xNt2Lm"}',
}
const INPUT = 'Hy5rTq8wEz3uKd'
const REPLACED = 'old7Gk2pVx9sLqNe'

const FLOW = `
name: leaks
input_schema: { type: object, properties: { pw: { type: string, is_secret: true }, mode: { type: string } } }
triggers: [{ mcp: leaks }]
steps:
  - id: leak
    component: /l/leak
    input: { all: [{ $input: pw }, { $secret: TOKEN }, { $secret: SIGNS }, { $secret: LINES }, { $secret: JSON }, { $secret: OLD }], mode: { $input: mode } }
  - { id: each, for_each: { $step: leak, path: all }, component: /builtin/noop, input: { $item: "" } }
  - id: ask
    component: /builtin/wait_for_signal
    when: { $template: "{{ inputs.mode == 'wait' }}" }
    input: { name: go, title: { $secret: TOKEN }, context: { $step: leak, path: map } }
output: { $step: leak }
`
const files = {
  'flows/leaks.yaml': FLOW,
  'c.mjs': `const ways = (s) => [
  s, 'x' + s + 'y', encodeURIComponent(s), JSON.stringify({ s }), JSON.stringify(JSON.stringify({ s })),
  new URLSearchParams({ s }).toString(), Buffer.from(s).toString('base64'), Buffer.from('u:' + s).toString('base64'),
  Buffer.from(s).toString('base64url'), s.split('\\n').join('|'), s.replaceAll('\\n', '\\r\\n  '),
]
export function leak({ all: secrets, mode }, ctx) {
  const all = secrets.flatMap(ways)
  for (const one of all) ctx.log('info', 'it is ' + one, { one, [one]: [one] })
  if (mode === 'fail') throw Object.assign(new Error('broken: ' + all.join(' ')), { data: { all } })
  // Wherever a preview ends, it ends within one of them.
  const pad = (n) => secrets.map((s) => '.'.repeat(n) + s.repeat(3))
  const cuts = Array.from({ length: 12 }, (_, n) => ({ ['n' + n]: '.'.repeat(440 + 5 * n) + all.join(',') + '.'.repeat(mode === 'large' ? 300000 : 3000) }))
  return { all, map: Object.fromEntries(all.map((one) => [one, { [one]: one }])), pad: pad(3), cuts: mode === 'large' ? cuts.slice(0, 3) : cuts }
}
`,
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, l: { type: module, path: c.mjs } }\nroutes: { "/l/{*component}": [{ plugin: l }], "/{*component}": [{ plugin: builtin }] }\n',
}

/** All that left, by where it did. */
const exits = new Map<string, string>()
const collector = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  exits.set('telemetry', `${exits.get('telemetry') ?? ''}${body}`)
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
})
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
afterAll(() => void collector.close())
const env = {
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
  ...Object.fromEntries(Object.entries(SECRETS).map(([name, value]) => [`STEPFLOW_SECRET_${name}`, value])),
}
const log = (_level: string, message: string) => void exits.set('log', `${exits.get('log') ?? ''}\n${message}`)
const server = serverOfFile({ files, env, log })
let runIds: string[]

beforeAll(async () => {
  await server.call('PUT', '/secrets/OLD', { value: REPLACED })
  const start = async (mode: string, more: object = { wait: true }) => {
    const body = { flowName: 'leaks', input: { pw: INPUT, mode }, labels: { who: SECRETS.TOKEN }, ...more }
    return keep('POST', '/runs', body)
  }
  const started = [await start('ok'), await start('fail'), await start('large'), await start('wait', {})]
  const inputs = ['ok', 'fail', 'wrong'].map((mode) => ({ pw: INPUT, mode }))
  started.push(await keep('POST', '/runs', { flowName: 'leaks', inputs, wait: true }))
  expect(started.map(({ status }) => status)).toEqual([200, 200, 200, 202, 200])
  runIds = started.map(({ body }) => body.runId)
  let waits = 0
  while (waits === 0) waits = (await server.call('GET', '/waits')).body.waits.length
  const published = await fetch(`${server.url}/api/v2/external/flows/leaks/published-run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      args: [
        { name: 'pw', value: INPUT },
        { name: 'mode', value: 'ok' },
      ],
    }),
  })
  exits.set('published-run', await published.text())
  exits.set('mcp', await mcpCall(server.url, 'leaks', { pw: INPUT, mode: 'ok' }))
  // What runs hold is hidden after it was replaced, and after it was removed.
  await server.call('PUT', '/secrets/OLD', { value: 'another-value-of-it' })
  await server.call('DELETE', '/secrets/OLD')
}, 120_000)

test('no answer to a GET of the document has a part of one, whole values and previews', async () => {
  const paths: Record<string, any> = (await server.call('GET', '/openapi.json')).body.paths
  for (const [index, runId] of runIds.entries()) {
    for (const [path, methods] of Object.entries(paths)) {
      if (!methods.get || path === '/events' || path === '/openapi.json' || (index > 0 && !path.includes('{runId}')))
        continue
      if (path.includes('{scheduleId}') || path.includes('{tokenId}')) continue
      // Those of a run that waits do not end.
      if (index === 3 && /events|results/.test(path)) continue
      for (const step of path.includes('{step}') ? ['leak', 'each', 'ask'] : ['']) {
        const filled = path
          .replace('{runId}', runId)
          .replace('{step}', step)
          .replace('{item}', '0')
          .replace(/\{flow\}|\{name\}/, 'leaks')
          .replace('{version}', '1')
        const hasFull = (methods.get.parameters ?? []).some(({ name }: { name: string }) => name === 'full')
        for (const query of hasFull ? ['', '?full=true'] : ['']) await keep('GET', `${filled}${query}`)
      }
    }
  }
  for (const item of [1, 2]) await keep('GET', `/runs/${runIds[4]}/items/${item}/steps/leak?full=true`)
  const { waits } = (await keep('GET', '/waits')).body
  await keep('GET', `/waits/${waits[0].id}`)
  await keep('GET', `/runs?q=${encodeURIComponent('tk9')}`)

  expect(leaks()).toEqual([])
})

test('no answer to what changes something has one', async () => {
  const [ok, failed, , waiting] = runIds
  for (const id of [ok, failed]) {
    await keep('POST', `/runs/${id}/rerun`, { dryRun: true })
    await keep('POST', `/runs/${id}/rerun`, { from: 'leak' })
  }
  await keep('POST', '/flows/check', { text: FLOW })
  await keep('POST', '/flows/leaks/test', {})
  await keep('PUT', '/flows/leaks', { base: 1, text: `${FLOW}# more\n` })
  await keep('POST', '/runs', {
    flowName: 'leaks',
    input: { pw: { x: SECRETS.TOKEN }, mode: 3 },
    variables: { v: INPUT },
  })
  await keep('POST', '/runs', {
    flow: FLOW.replace('/l/leak', '/l/nothing'),
    input: { pw: INPUT, mode: 'ok' },
    wait: true,
  })
  await keep('POST', `/runs/${waiting}/signals/go`, { of: SECRETS.TOKEN })
  await keep('GET', `/runs/${waiting}/results`)
  exits.set('metrics', await (await fetch(`${server.url}/metrics`)).text())

  expect(leaks()).toEqual([])
})

describe('the exits', () => {
  test('were there: what was redacted says so', () => {
    const redacted = [...exits].filter(([, text]) => text.includes('[redacted]')).map(([where]) => where)

    expect(redacted.length).toBeGreaterThan(40)
    for (const where of ['published-run', 'mcp']) expect(redacted).toContain(where)
  })

  test('log and telemetry have none', async () => {
    await server.close()

    expect(exits.get('telemetry')?.length).toBeGreaterThan(100)
    expect(leaks()).toEqual([])
  })
})

// ---

async function keep(method: string, path: string, body?: unknown) {
  const answer = await server.call(method, path, body)
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  exits.set(
    `${method} ${path} ${JSON.stringify(body) ?? ''}`.slice(0, 200),
    `${text}${JSON.stringify([...answer.headers])}`,
  )
  return answer
}

const PART = 7

/** Where a part of a secret left, in any of the ways of writing it. */
function leaks(): string[] {
  const parts = new Set<string>()
  for (const secret of [...Object.values(SECRETS), INPUT, REPLACED]) {
    for (const line of secret.split('\n').filter((one) => one.length >= PART)) {
      const inJson = JSON.stringify(line).slice(1, -1)
      for (const way of [line, inJson, encodeURIComponent(line)]) {
        for (let at = 0; at + PART <= way.length; at++) parts.add(way.slice(at, at + PART))
      }
    }
    const base64 = Buffer.from(secret).toString('base64')
    for (let at = 0; at + 10 <= base64.length; at++) parts.add(base64.slice(at, at + 10))
  }
  const found: string[] = []
  for (const [where, text] of exits) {
    for (const part of parts) {
      const at = text.indexOf(part)
      if (at >= 0) found.push(`${where}: ${text.slice(Math.max(0, at - 60), at + 60)}`)
      if (at >= 0) break
    }
  }
  return found
}

async function mcpCall(url: string, name: string, input: object): Promise<string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  }
  const ask = async (body: object) =>
    fetch(`${url}/mcp`, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...body }) })
  const client = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
  const begun = await ask({ id: 1, method: 'initialize', params: client })
  await begun.text()
  const session = begun.headers.get('mcp-session-id')
  if (session) headers['mcp-session-id'] = session
  await (await ask({ method: 'notifications/initialized' })).text()
  return (await ask({ id: 2, method: 'tools/call', params: { name, arguments: input } })).text()
}
