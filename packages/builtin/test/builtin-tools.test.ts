// What the services of manifests have in common: how they are reached, what their refusals mean, and how they are waited for.

import { Park } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, failure, settle } from './builtin-context.ts'
import { envAt, KEY, pluginAt } from './service-stand-in.ts'

const services = [
  ['/gemini', { prompt: 'x' }, 'Gemini'],
  ['/anthropic', { prompt: 'x' }, 'Anthropic'],
  ['/openai_chat', { prompt: 'x' }, 'OpenAI'],
  ['/slack', { channel: 'c', text: 'x' }, 'Slack'],
  ['/gmail', { to: 'a@b.example', body: 'x' }, 'Gmail'],
] as const

describe.each(services)('%s', (name, input, service) => {
  test.each([
    [400, 'COMPONENT_FAILED'],
    [401, 'COMPONENT_FAILED'],
    [403, 'COMPONENT_FAILED'],
    [429, 'RESOURCE_UNAVAILABLE'],
    [500, 'RESOURCE_UNAVAILABLE'],
    [503, 'RESOURCE_UNAVAILABLE'],
  ])('%i is %s, and the key is not in the error', async (status, code) => {
    const { plugin } = await pluginAt(() => ({ status, body: { error: { message: `bad ${KEY}` } } }))

    const error = await failure(call(plugin, name, input))

    expect([error.code, error.status]).toEqual([code, status])
    expect(error.message).toContain(`${service} answered ${status}`)
    expect(JSON.stringify([error.message, error.data])).not.toContain('0123456789')
  })

  test('a rate limit is waited for as the service says, without holding anything', async () => {
    const { plugin, asked } = await pluginAt((_, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': '7' }, body: {} } : { status: 400, body: {} },
    )
    const before = Date.now()
    const parks: Park[] = []

    const error = await failure(
      settle(plugin, name, input, (park) => {
        parks.push(park)
        return { by: 'time' }
      }),
    )

    expect(error.message).toContain('answered 400')
    expect(asked).toHaveLength(2)
    expect((parks[0]?.until ?? 0) - before).toBeGreaterThanOrEqual(7000)
    expect((parks[0]?.until ?? 0) - before).toBeLessThan(60_000)
  })

  test('a rate limit that does not end is an error in the end', async () => {
    const { plugin, asked } = await pluginAt(() => ({ status: 429, headers: { 'retry-after': '1' }, body: {} }))

    const error = await failure(settle(plugin, name, input, () => ({ by: 'time' })))

    expect([error.code, error.retryAfterMs]).toEqual(['RESOURCE_UNAVAILABLE', 1000])
    expect(asked).toHaveLength(4)
  })

  test.each([
    ['<html>Welcome</html>', 'did not answer with a JSON object: <html>Welcome</html>'],
    ['', 'did not answer with a JSON object'],
    ['[]', 'did not answer with a JSON object: []'],
  ])('a 200 with %j is an error', async (body, message) => {
    const { plugin } = await pluginAt(() => ({ body }))

    expect((await failure(call(plugin, name, input))).message).toContain(`${service} ${message}`)
  })

  test('a service that hangs is TIMEOUT', async () => {
    const { plugin } = await pluginAt(() => 'hang')

    expect((await failure(call(plugin, name, { ...input, timeout: '50ms' }))).code).toBe('TIMEOUT')
  })

  test('a service that is not there is UNREACHABLE', async () => {
    const plugin = createBuiltinPlugin({ env: envAt('http://127.0.0.1:1') })

    expect((await failure(call(plugin, name, input))).code).toBe('UNREACHABLE')
  })

  test('without a key the error says how to give one', async () => {
    const error = await failure(call(createBuiltinPlugin({ env: {} }), name, input))

    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toMatch(/has no key: set \w+.* in the environment, or give "token"/)
  })

  test('a key of the step comes before the one of the environment, and one with a line break is refused', async () => {
    const { plugin, asked } = await pluginAt(() => ({ status: 400, body: {} }))

    await failure(call(plugin, name, { ...input, api_key: 'mine-mine-mine' }))
    const error = await failure(call(plugin, name, { ...input, token: 'a\nb' }))

    expect(JSON.stringify(asked[0]?.headers)).toContain('mine-mine-mine')
    expect(error.message).toContain('characters that no key can have')
  })

  test("a base URL of a step's data must be public, unless it is the one of the environment", async () => {
    const { origin } = await pluginAt(() => ({ body: {} }))
    const plugin = createBuiltinPlugin({ env: { ...envAt('https://example.com') } })

    const error = await failure(call(plugin, name, { ...input, base_url: origin }))

    expect(error.message).toContain('is refused')
  })

  test('a redirect is not followed with the key', async () => {
    const { plugin, asked } = await pluginAt(() => ({
      status: 307,
      headers: { location: 'http://127.0.0.1:1/' },
      body: {},
    }))

    expect((await failure(call(plugin, name, input))).message).toContain(`${service} answered 307`)
    expect(asked).toHaveLength(1)
  })
})

describe('/output', () => {
  const plugin = createBuiltinPlugin({ env: {} })
  const schema = { type: 'object', required: ['n'], properties: { n: { type: 'number' }, unit: { default: 'm' } } }

  test('a value that fits is given with its defaults', async () => {
    expect(await call(plugin, '/output', { value: { n: 1 }, schema })).toEqual({ n: 1, unit: 'm' })
    expect(await call(plugin, '/output', { value: { n: 1 }, schema: JSON.stringify(schema) })).toEqual({
      n: 1,
      unit: 'm',
    })
  })

  test('a value that does not fit is INVALID_INPUT with the places', async () => {
    const error = await failure(call(plugin, '/output', { value: { n: 'x' }, schema }))

    expect([error.code, error.message]).toEqual([
      'INVALID_INPUT',
      'the output does not fit its schema: $.n must be a number, is text',
    ])
  })
})

describe('/flow', () => {
  const plugin = createBuiltinPlugin({ env: {} })
  const run = (outcome: object) =>
    settle(plugin, '/flow', { flow: { steps: [] } }, () => ({ by: 'run', outcomes: [outcome as never] }))

  test('its output is the output of the flow, which gets an empty object without an input', async () => {
    const { value, parks } = await run({ outcome: 'success', result: [1] })

    expect(value).toEqual([1])
    expect(parks[0]?.run?.inputs).toEqual([{}])
  })

  test('a skip is a skip, a failure is a failure that is not tried again', async () => {
    const skipped = await run({ outcome: 'skipped', reason: 'no need' })
    const failed = await failure(run({ outcome: 'failed', error: { code: 'TIMEOUT', message: 'late' } }))

    expect(skipped.value).toMatchObject({ reason: 'the flow was skipped: no need' })
    expect([failed.code, failed.message, failed.retryable]).toEqual(['TIMEOUT', 'late', false])
  })

  test('parks, not waits', async () => {
    expect(await call(plugin, '/flow', { flow: { steps: [] } })).toBeInstanceOf(Park)
  })
})
