import { expect, test } from 'vitest'
import { call, failure } from './builtin-context.ts'
import { KEY, pluginAt } from './service-stand-in.ts'

const reply = (content: unknown[]) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5-20250929',
  content,
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 1 },
})
const text = (said: string) => ({ type: 'text', text: said })

test('the prompt and every setting reach the service; the answer is content, model, usage, finish_reason', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: reply([text('Hi'), text('!')]) }))

  const answer = await call(plugin, '/anthropic', {
    prompt: 'Hello',
    system: 'Be kind.',
    model: 'claude-x',
    temperature: 0.2,
    max_tokens: 9,
  })

  expect(answer).toEqual({
    content: 'Hi!',
    model: 'claude-sonnet-4-5-20250929',
    usage: { input_tokens: 3, output_tokens: 1 },
    finish_reason: 'end_turn',
  })
  expect(asked[0]).toMatchObject({
    path: '/v1/messages',
    headers: { 'x-api-key': KEY, 'anthropic-version': '2023-06-01' },
    body: {
      model: 'claude-x',
      max_tokens: 9,
      temperature: 0.2,
      system: 'Be kind.',
      messages: [{ role: 'user', content: 'Hello' }],
    },
  })
})

test.each([
  [{ type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }, { n: 1 }, { n: 1 }],
  [{ type: 'array', items: { type: 'number' } }, { stepflow_value: [1, 2] }, [1, 2]],
])('a response_schema %j is asked for as the input of a tool', async (schema, input, content) => {
  const { plugin, asked } = await pluginAt(() => ({
    body: reply([{ type: 'tool_use', id: 't', name: 'answer', input }]),
  }))

  expect(await call(plugin, '/anthropic', { prompt: 'x', response_schema: schema })).toMatchObject({ content })
  expect(asked[0]?.body.tool_choice).toEqual({ type: 'tool', name: 'answer' })
})

test('a service that answers a response_schema in text is understood too', async () => {
  const { plugin } = await pluginAt(() => ({ body: reply([text('{"n": 2}')]) }))

  expect(await call(plugin, '/anthropic', { prompt: 'x', response_schema: { type: 'object' } })).toMatchObject({
    content: { n: 2 },
  })
})

test('an answer without content is an error', async () => {
  const { plugin } = await pluginAt(() => ({ body: {} }))

  expect((await failure(call(plugin, '/anthropic', { prompt: 'x' }))).message).toContain('without "content"')
})
