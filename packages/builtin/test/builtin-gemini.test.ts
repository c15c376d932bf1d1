import { expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure } from './builtin-context.ts'
import { KEY, pluginAt } from './service-stand-in.ts'

const reply = (text: string, more = {}) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
  modelVersion: 'gemini-2.5-flash-001',
  ...more,
})

test('the prompt and every setting reach the service; the answer is content, model, usage, finish_reason', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: reply('Hi!') }))

  const answer = await call(plugin, '/gemini', {
    prompt: 'Hello',
    system: 'Be kind.',
    version: 'gemini-pro',
    temperature: '0.2',
    max_tokens: 9,
  })

  expect(answer).toEqual({
    content: 'Hi!',
    model: 'gemini-2.5-flash-001',
    usage: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
    finish_reason: 'STOP',
  })
  expect(asked[0]).toMatchObject({
    method: 'POST',
    path: '/v1beta/models/gemini-pro:generateContent',
    headers: { 'x-goog-api-key': KEY },
    body: {
      contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
      generationConfig: { temperature: 0.2, maxOutputTokens: 9 },
    },
  })
})

test('messages become contents with the roles of the service', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: reply('ok') }))
  const messages = [
    { role: 'system', content: 'Short.' },
    { role: 'user', content: 'a' },
    { role: 'assistant', content: { b: 1 } },
  ]

  await call(plugin, '/gemini', { messages, prompt: 'c' })

  expect(asked[0]?.body).toEqual({
    systemInstruction: { parts: [{ text: 'Short.' }] },
    contents: [
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [{ text: '{"b":1}' }] },
      { role: 'user', parts: [{ text: 'c' }] },
    ],
  })
})

test('a prompt that is data is said as JSON', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: reply('ok') }))

  await call(plugin, '/gemini', { prompt: { a: [1] } })

  expect(asked[0]?.body.contents[0].parts).toEqual([{ text: '{"a":[1]}' }])
})

const schema = { type: 'object', properties: { kind: { enum: ['urgent', 'normal'] } }, required: ['kind'] }

test.each([['{"kind":"urgent"}'], ['```json\n{"kind":"urgent"}\n```']])(
  'with a response_schema the content of %j is the value',
  async (text) => {
    const { plugin, asked } = await pluginAt(() => ({ body: reply(text) }))

    const answer = await call(plugin, '/gemini', { prompt: 'x', response_schema: JSON.stringify(schema) })

    expect(answer).toMatchObject({ content: { kind: 'urgent' } })
    expect(asked[0]?.body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    })
  },
)

test.each([
  ['well, urgent', 'Gemini was asked for JSON and answered: well, urgent'],
  ['{"kind":"maybe"}', 'the answer of Gemini does not fit response_schema: $.kind'],
])('an answer %j that is not what was asked for is an error', async (text, message) => {
  const { plugin } = await pluginAt(() => ({ body: reply(text) }))

  const error = await failure(call(plugin, '/gemini', { prompt: 'x', response_schema: schema }))

  expect(error.code).toBe('COMPONENT_FAILED')
  expect(error.message).toContain(message)
})

test.each([
  [{ promptFeedback: { blockReason: 'SAFETY' } }, 'Gemini refused the prompt: SAFETY'],
  [{}, 'Gemini answered without "candidates"'],
  ['<html>', 'Gemini did not answer with a JSON object: <html>'],
])('an answer %j is an error', async (body, message) => {
  const { plugin } = await pluginAt(() => ({ body }))

  expect((await failure(call(plugin, '/gemini', { prompt: 'x' }))).message).toContain(message)
})

test('a base URL that has a version is taken as it is', async () => {
  const { origin, asked } = await pluginAt(() => ({ body: reply('ok') }))
  const plugin = createBuiltinPlugin({ env: { GOOGLE_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: `${origin}/v1/` } })

  await call(plugin, '/gemini', { prompt: 'x', model: 'models/m' })

  expect(asked[0]?.path).toBe('/v1/models/m:generateContent')
})

test.each([
  [{}, 'needs "prompt": text'],
  [{ messages: ['x'] }, 'needs "messages[0]" to be {role, content}, got text'],
  [{ messages: [{ role: 'robot', content: 'x' }] }, 'role of "messages[0]"'],
  [{ prompt: 'x', temperature: 'hot' }, 'needs "temperature" to be a number, got "hot"'],
  [{ prompt: 'x', response_schema: 'no' }, 'needs "response_schema" to be a JSON Schema'],
])('%j is refused', async (input, message) => {
  const error = await failure(call(createBuiltinPlugin({ env: { GEMINI_API_KEY: KEY } }), '/gemini', input))

  expect(error.code).toBe('INVALID_INPUT')
  expect(error.message).toContain(message)
})

test('without a key the error says how to give one', async () => {
  const error = await failure(call(createBuiltinPlugin({ env: {} }), '/gemini', { prompt: 'x' }))

  expect(error.message).toContain('set GEMINI_API_KEY or GOOGLE_API_KEY in the environment, or give "token"')
})
