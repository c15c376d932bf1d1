import { expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure } from './builtin-context.ts'
import { KEY, pluginAt } from './service-stand-in.ts'

const posted = { ok: true, ts: '1700000000.000100', channel: 'C1', message: { text: 'x' } }

test('a message is posted; the answer is ok, ts, channel', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: posted }))
  const blocks = [{ type: 'divider' }]

  const answer = await call(plugin, '/slack', { channel: '#ops', message: 'Hi', thread_ts: '1.2', blocks })

  expect(answer).toEqual({ ok: true, ts: '1700000000.000100', channel: 'C1' })
  expect(asked[0]).toMatchObject({
    path: '/api/chat.postMessage',
    headers: { authorization: `Bearer ${KEY}` },
    body: { channel: '#ops', text: 'Hi', thread_ts: '1.2', blocks },
  })
})

test('the channel of the environment is the default', async () => {
  const { plugin, asked } = await pluginAt(() => ({ body: posted }), { SLACK_CHANNEL: '#default' })

  await call(plugin, '/slack', { text: { a: 1 } })

  expect(asked[0]?.body).toEqual({ channel: '#default', text: '{"a":1}' })
})

test.each([
  [{ text: 'x' }, 'needs "channel": give one, or set SLACK_CHANNEL'],
  [{ channel: 'c' }, 'needs "message": text, or "blocks"'],
])('%j is refused, naming what is missing', async (input, message) => {
  const error = await failure(call(createBuiltinPlugin({ env: { SLACK_BOT_TOKEN: KEY } }), '/slack', input))

  expect(error.code).toBe('INVALID_INPUT')
  expect(error.message).toContain(message)
})

test.each([
  ['channel_not_found', 'COMPONENT_FAILED', false, 'is the channel spelt right'],
  ['invalid_auth', 'COMPONENT_FAILED', false, 'is the token right?'],
  ['something_new', 'COMPONENT_FAILED', false, 'something_new'],
  ['internal_error', 'RESOURCE_UNAVAILABLE', undefined, 'internal_error'],
])('a refusal %s is %s', async (error, code, retryable, message) => {
  const { plugin } = await pluginAt(() => ({ body: { ok: false, error } }))

  const thrown = await failure(call(plugin, '/slack', { channel: '#ops', text: 'x' }))

  expect([thrown.code, thrown.retryable]).toEqual([code, retryable])
  expect(thrown.message).toContain(message)
})
