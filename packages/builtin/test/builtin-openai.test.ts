import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure, serve } from './builtin-context.ts'

const KEY = 'sk-test-0123456789'

/** A stand-in for the service: `answer` gets what was asked. */
async function standIn(answer: (asked: Asked) => { status?: number; headers?: Record<string, string>; body: unknown }) {
  const origin = await serve(async (request, response) => {
    const { status = 200, headers, body } = answer(await read(request))
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  return {
    base: `${origin}/v1`,
    plugin: createBuiltinPlugin({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${origin}/v1/` } }),
  }
}

interface Asked {
  readonly url: string | undefined
  readonly authorization: string | undefined
  readonly body: Record<string, unknown>
}

async function read(request: IncomingMessage): Promise<Asked> {
  let body = ''
  for await (const chunk of request) body += chunk
  return { url: request.url, authorization: request.headers.authorization, body: JSON.parse(body) }
}

const reply = (content: unknown) => ({
  model: 'gpt-4-0613',
  choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { total_tokens: 3 },
})

test('the messages and every setting reach the service; the answer is response, model, usage', async () => {
  let asked: Asked | undefined
  const { plugin } = await standIn((a) => {
    asked = a
    return { body: reply('Hi!') }
  })
  const settings = { model: 'gpt-4', temperature: 0.1, max_tokens: 9, response_format: { type: 'json_object' } }
  const messages = [{ role: 'user', content: 'Hello' }]

  const answer = await call(plugin, '/openai', { messages, ...settings })

  expect(answer).toEqual({ response: 'Hi!', model: 'gpt-4-0613', usage: { total_tokens: 3 }, finish_reason: 'stop' })
  expect(asked).toEqual({
    url: '/v1/chat/completions',
    authorization: `Bearer ${KEY}`,
    body: { messages, ...settings },
  })
})

test('prompt and system become messages', async () => {
  let asked: Asked | undefined
  const { plugin } = await standIn((a) => {
    asked = a
    return { body: reply(null) }
  })

  const answer = await call(plugin, '/openai', { system: 'Be kind.', prompt: 'Hello' })

  expect(answer).toMatchObject({ response: '' })
  expect(asked?.body).toEqual({
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello' },
    ],
  })
})

test('the key of the step comes before the one of the environment', async () => {
  let asked: Asked | undefined
  const { plugin } = await standIn((a) => {
    asked = a
    return { body: reply('') }
  })

  await call(plugin, '/openai', { prompt: 'x', api_key: 'sk-mine' })

  expect(asked?.authorization).toBe('Bearer sk-mine')
})

test.each([
  [{}, 'needs "messages": [{role, content}], or "prompt": text'],
  [{ messages: ['Hello'] }, 'needs "messages[0]" to be {role, content}, got text'],
  [{ messages: [{ content: 'x' }] }, 'got an object without "role"'],
  [{ messages: 'Hello' }, 'needs "messages" to be a list, got "Hello"'],
  [{ prompt: 'x', temperature: 'hot' }, 'needs "temperature" to be a number, got "hot"'],
])('%j is refused', async (input, message) => {
  const error = await failure(call(createBuiltinPlugin({ env: { OPENAI_API_KEY: KEY } }), '/openai', input))

  expect(error.code).toBe('INVALID_INPUT')
  expect(error.message).toContain(message)
})

test('without a key the error says how to give one', async () => {
  const error = await failure(call(createBuiltinPlugin({ env: {} }), '/openai', { prompt: 'x' }))

  expect(error.code).toBe('INVALID_INPUT')
  expect(error.message).toContain('set OPENAI_API_KEY in the environment, or give "api_key"')
})

test('a base URL of a step must be public, unless it is the one of the environment', async () => {
  const { base, plugin } = await standIn(() => ({ body: reply('ok') }))
  const other = createBuiltinPlugin({ env: { OPENAI_API_KEY: KEY } })

  expect(await call(plugin, '/openai', { prompt: 'x', base_url: base })).toMatchObject({ response: 'ok' })
  expect((await failure(call(other, '/openai', { prompt: 'x', base_url: base }))).message).toContain('is refused')
})

test.each([
  [401, 'COMPONENT_FAILED'],
  [400, 'COMPONENT_FAILED'],
  [404, 'COMPONENT_FAILED'],
  [429, 'RESOURCE_UNAVAILABLE'],
  [500, 'RESOURCE_UNAVAILABLE'],
  [503, 'RESOURCE_UNAVAILABLE'],
])('%i is %s, and the key is not in the error', async (status, code) => {
  const said = `bad key ${KEY} (${Buffer.from(KEY).toString('base64')})`
  const { plugin } = await standIn(() => ({
    status,
    headers: { 'retry-after': '2' },
    body: { error: { message: said } },
  }))

  const error = await failure(call(plugin, '/openai', { prompt: 'x' }))

  expect(error.code).toBe(code)
  expect(error.status).toBe(status)
  expect(error.message).toContain(`OpenAI answered ${status}: bad key [redacted]`)
  expect(error.retryAfterMs).toBe(code === 'RESOURCE_UNAVAILABLE' ? 2000 : undefined)
  expect(JSON.stringify([error.message, error.data])).not.toContain('0123456789')
})

test.each([
  ['<html>Welcome</html>', 'OpenAI did not answer with a JSON object: <html>Welcome</html>'],
  ['', 'OpenAI did not answer with a JSON object'],
  ['[]', 'OpenAI did not answer with a JSON object: []'],
  ['{}', 'OpenAI answered without "choices"'],
  ['{"choices":[]}', 'OpenAI answered without "choices"'],
])('a 200 with %j is an error', async (body, message) => {
  const { plugin } = await standIn(() => ({ body }))

  const error = await failure(call(plugin, '/openai', { prompt: 'x' }))

  expect(error.code).toBe('COMPONENT_FAILED')
  expect(error.message).toContain(message)
})

test('a service that hangs is TIMEOUT', async () => {
  const origin = await serve(() => {})
  const plugin = createBuiltinPlugin({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: origin } })

  expect((await failure(call(plugin, '/openai', { prompt: 'x', timeout: '50ms' }))).code).toBe('TIMEOUT')
})

test('a redirect is not followed with the key', async () => {
  const { plugin } = await standIn(() => ({ status: 307, headers: { location: 'http://127.0.0.1:1/' }, body: {} }))

  expect((await failure(call(plugin, '/openai', { prompt: 'x' }))).message).toBe(
    'OpenAI answered 307: {} (it redirects, which is not followed with a key: is the base URL right?)',
  )
})

test('a service that is not there is UNREACHABLE', async () => {
  const plugin = createBuiltinPlugin({ env: { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' } })

  expect((await failure(call(plugin, '/openai', { prompt: 'x' }))).code).toBe('UNREACHABLE')
})
