// What a flow that came in by the API may reach by the network: nothing that is not public, however it is written. A listener
// on this machine counts who comes.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { serverOfFile } from './start-server.ts'

const came: string[] = []
const listener = createServer((request, response) => {
  came.push(request.url ?? '')
  if (request.url === '/allowed') return response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end()
  response.end('"secret"')
})
await new Promise<void>((resolve) => listener.listen(0, resolve))
afterAll(() => void listener.close())
const { port } = listener.address() as AddressInfo
const server = serverOfFile({
  files: {
    // One name of this machine is allowed; where it redirects to is not.
    'stepflow-config.yml': `plugins: { builtin: { type: builtin } }\nroutes: { "/{*component}": [{ plugin: builtin }] }\nhttp: { allow_private: ["localhost:${port}"] }\n`,
    'flows/.keep': '',
  },
  env: {
    OPENAI_API_KEY: 'key-of-the-machine',
    ANTHROPIC_API_KEY: 'x',
    GEMINI_API_KEY: 'x',
    SLACK_BOT_TOKEN: 'x',
  },
})

async function resultOf(component: string, input: object, more: object = {}) {
  const flow = { steps: [{ id: 'a', component, input }], output: { $step: 'a' } }
  const { body } = await server.call('POST', '/runs', { flow, input: {}, wait: true, ...more })
  return body.result
}

const HOSTS = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '127.0.0.1.', '0', '0.0.0.0'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '127.0.0.2', '１２７.0.0.1'],
  ...['169.254.169.254', '[fd00:ec2::254]', '10.0.0.1', '192.168.0.1', '172.16.0.1', '100.64.0.1', 'user:x@127.0.0.1'],
]

test.each(HOSTS)('%s is refused, as a URL, of a step that a step made, and in an override', async (host) => {
  const url = `http://${host}:${port}/x`
  const inner = { steps: [{ id: 'b', component: '/builtin/http', input: { url } }], output: { $step: 'b' } }
  const overrides = { a: { value: { input: { url } } } }

  const results = [
    await resultOf('/builtin/http', { url }),
    await resultOf('/builtin/http/request', { url, method: 'POST', text: 'x' }),
    await resultOf('/builtin/eval', { flow: { $literal: inner }, input: {} }),
    await resultOf('/builtin/http', { url: 'http://example.invalid/' }, { overrides }),
  ]

  for (const result of results) expect(JSON.stringify(result)).toMatch(/"INVALID_INPUT".* is refused: /)
  expect(came).toEqual([])
})

test.each([
  ['/builtin/openai', { messages: [{ role: 'user', content: 'x' }] }],
  ['/builtin/anthropic', { messages: [{ role: 'user', content: 'x' }] }],
  ['/builtin/gemini', { messages: [{ role: 'user', content: 'x' }] }],
  ['/builtin/slack', { channel: 'C', text: 'x' }],
])('%s takes no address of this machine from a step', async (component, input) => {
  const result = await resultOf(component, { ...input, base_url: `http://127.0.0.1:${port}` })

  expect(result).toMatchObject({ outcome: 'failed', error: { code: 'INVALID_INPUT' } })
  expect(JSON.stringify(result)).toContain('is refused')
  expect(came).toEqual([])
})

test('a name that is allowed may not lead to an address that is not', async () => {
  const result = await resultOf('/builtin/http', { url: `http://localhost:${port}/allowed`, follow_redirects: true })

  expect(result).toMatchObject({ outcome: 'failed', error: { code: 'INVALID_INPUT' } })
  expect(came.splice(0)).toEqual(['/allowed'])
})

test('schemas are not fetched, wherever they are said to be', async () => {
  const schema = `http://localhost:${port}/schema.json`
  const texts = [
    `schemas: { properties: { input: ${JSON.stringify(schema)} } }\nsteps: []\noutput: 1\n`,
    `input_schema: { $ref: ${JSON.stringify(schema)} }\nsteps: []\noutput: 1\n`,
    `input_schema: { $schema: ${JSON.stringify(schema)}, type: object }\nsteps: []\noutput: 1\n`,
  ]
  for (const text of texts) {
    expect((await server.call('POST', '/flows/check', { text })).status).toBe(200)
    await server.call('POST', '/flows', { flow: text, name: 'x' })
    await server.call('POST', '/runs', { flow: text, input: {}, wait: true })
  }

  expect(came).toEqual([])
})
