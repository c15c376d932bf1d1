// The SDK's server over HTTP, asked by hand: what the plugin would never send.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from './bundle.ts'

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

let url = ''
let stop = async () => {}

beforeAll(async () => {
  const { program } = await bundle(`
    import { createServer } from './sdk.ts'
    createServer({ name: 'text' })
      .component('echo', {}, (input) => input)
      .component('blob', {}, async (input, ctx) => ({ input, id: await ctx.putBlob(input) }))
      .listen()`)
  const child = spawn(process.execPath, [program, '--http'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer]
  url = `http://127.0.0.1:${JSON.parse(line.toString()).port}/`
  stop = async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
})
afterAll(() => stop())

const post = (message: unknown, headers: Record<string, string> = HEADERS) =>
  fetch(url, { method: 'POST', headers, body: typeof message === 'string' ? message : JSON.stringify(message) })
const execute = (id: number, component: string, input: unknown) => ({
  jsonrpc: '2.0',
  id,
  method: 'components/execute',
  params: { component, input, attempt: 1, observability: {} },
})

test('it says that it is well', async () => {
  expect(await (await fetch(`${url}health`)).json()).toMatchObject({ status: 'healthy', service: 'text' })
})

test.each([
  ['another content type', 415, { ...HEADERS, 'content-type': 'text/plain' }],
  ['only one form of answers taken', 406, { ...HEADERS, accept: 'application/json' }],
  ['a page in a browser', 403, { ...HEADERS, origin: 'http://elsewhere' }],
])('%s is refused with %i', async (_, status, headers) => {
  expect((await post(execute(1, '/echo', 1), headers)).status).toBe(status)
})

test('what is no message, no POST or too long is refused, and the next request works', async () => {
  expect((await post('{')).status).toBe(400)
  expect((await fetch(url)).status).toBe(405)
  expect((await post(JSON.stringify('x'.repeat(64 * 1024 * 1024)))).status).toBe(413)

  const answer = await post(execute(1, '/echo', 'next'))

  expect(await answer.json()).toEqual({ jsonrpc: '2.0', id: 1, result: { output: 'next' } })
})

test('two runtimes may use the same ids: each gets its own answer, and none is cancelled by the other', async () => {
  const [one, other] = await Promise.all([post(execute(1, '/blob', 'one')), post(execute(1, '/blob', 'other'))])
  await post({ jsonrpc: '2.0', method: 'components/cancel', params: { id: 1 } })
  const read = async (response: Response) => {
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const event = async () => JSON.parse(String((await reader.read()).value).replace(/^data: /, ''))
    const asked = await event()
    expect(asked).toMatchObject({ method: 'blobs/put' })
    const taken = await post({ jsonrpc: '2.0', id: asked.id, result: { blob_id: `of ${asked.params.data}` } })
    expect([taken.status, await taken.text()]).toEqual([202, ''])
    return event()
  }

  const answers = await Promise.all([read(one), read(other)])

  expect(answers).toEqual([
    { jsonrpc: '2.0', id: 1, result: { output: { input: 'one', id: 'of one' } } },
    { jsonrpc: '2.0', id: 1, result: { output: { input: 'other', id: 'of other' } } },
  ])
  expect(one.headers.get('stepflow-instance-id')).toBe(other.headers.get('stepflow-instance-id'))
})
