import { FlowError, parseDuration } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { createBuiltinPlugin } from '../src/plugin.ts'
import { call, context, failure, type Logged } from './builtin-context.ts'

const plugin = createBuiltinPlugin({
  functions: (name) => {
    if (name !== 'transform') return undefined
    return (source, x, root) => {
      if (source === 'fail') throw new FlowError('EXPRESSION_FAILURE', 'no such member')
      return [source, x, root]
    }
  },
})

describe('names', () => {
  test.each(['/http', '/builtin/http', '/builtins/http', '/builtin/http/get', '/openai', '/builtins/eval', '/noop'])(
    '%s is there',
    (name) => {
      expect(plugin.resolve(name)).toBeDefined()
    },
  )

  test.each([
    'http',
    '/',
    '/builtin',
    '/builtin/',
    '/nope',
    '/http/',
    '/http/fetch',
    '/builtin/builtin/http',
    '/__proto__',
    '/builtinhttp',
  ])('%s is not', (name) => {
    expect(plugin.resolve(name)).toBeUndefined()
  })

  test('every component that is listed is found, and says what it takes', async () => {
    for (const info of await plugin.components()) {
      expect(plugin.resolve(info.name)?.info).toBe(info)
      expect(info.description).toBeTruthy()
      expect(info.inputSchema).toBeDefined()
      expect(info.outputSchema).toBeDefined()
    }
  })

  test.each([
    ['/load_file', 'data'],
    ['/http', 'body'],
    ['/openai', 'response'],
  ])('a path into the output of %s is looked up in %s', (name, primary) => {
    expect(plugin.resolve(name)?.info.primary).toBe(primary)
  })
})

test.each([[null], [1], [{ a: [] }]])('noop gives %j as it is', async (value) => {
  expect(await call(plugin, '/noop', value)).toBe(value)
})

test('create_messages puts the system message first', async () => {
  const user = { role: 'user', content: 'u' }

  expect(await call(plugin, '/create_messages', { user_prompt: 'u' })).toEqual({ messages: [user] })
  expect(await call(plugin, '/create_messages', { user_prompt: 'u', system_instructions: 's' })).toEqual({
    messages: [{ role: 'system', content: 's' }, user],
  })
})

test('a key that a component does not know is reported, not refused', async () => {
  const logged: Logged[] = []
  const component = plugin.resolve('/create_messages')

  await component?.call({ user_prompt: 'u', sytem: 's' }, context({}, logged))

  expect(logged).toEqual([
    {
      level: 'warning',
      message: '/builtin/create_messages does not know "sytem"; it takes "user_prompt", "system_instructions"',
    },
  ])
})

test('a component that reports nothing does not ask for its log, which would be made for it', async () => {
  const silent = {
    get log(): never {
      throw new Error('the log was asked for')
    },
  }
  const plain = Object.defineProperties(context(), Object.getOwnPropertyDescriptors(silent))

  const answer = await plugin.resolve('/create_messages')?.call({ user_prompt: 'u' }, plain)

  expect(answer).toEqual({ messages: [{ role: 'user', content: 'u' }] })
})

describe('blobs', () => {
  test.each([[{ a: 1 }], [null], ['text'], [[]]])('%j is put and got', async (data) => {
    const { blobs } = context()
    const { blob_id } = (await call(plugin, '/put_blob', { data }, { blobs })) as { blob_id: string }

    expect(blob_id).toMatch(/^[0-9a-f]{64}$/)
    expect(await call(plugin, '/get_blob', { blob_id: `sha256:${blob_id}` }, { blobs })).toEqual({ data })
  })

  test('a binary blob is base64 text outside and bytes inside', async () => {
    const { blobs } = context()

    const put = (await call(plugin, '/put_blob', { data: '/wA=', blob_type: 'binary' }, { blobs })) as {
      blob_id: string
    }

    expect(await blobs.get(put.blob_id)).toEqual(Buffer.from([255, 0]))
    expect(await call(plugin, '/get_blob', put, { blobs })).toEqual({ data: '/wA=' })
  })

  test.each([
    ['/put_blob', {}, 'INVALID_INPUT', '/builtin/put_blob needs "data": a value'],
    [
      '/put_blob',
      { data: 1, blob_type: 'dat' },
      'INVALID_INPUT',
      '"blob_type" to be "data" or "flow" or "binary", got "dat"',
    ],
    ['/put_blob', { data: 1, blob_type: 'binary' }, 'INVALID_INPUT', '"data" to be base64 text'],
    ['/get_blob', { blob_id: 'abc' }, 'INVALID_INPUT', '"abc" is not a blob id (64 hexadecimal digits)'],
    ['/get_blob', { blob_id: 'a'.repeat(64) }, 'NOT_FOUND', 'no blob'],
  ])('%s of %j fails', async (name, input, code, message) => {
    const error = await failure(call(plugin, name, input))

    expect(error.code).toBe(code)
    expect(error.message).toContain(message)
  })
})

describe('validate', () => {
  const schema = { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, n: { default: 5 } } }

  test('says what is wrong', async () => {
    expect(await call(plugin, '/validate', { data: { id: 'x' }, schema })).toEqual({
      valid: false,
      errors: [{ path: '$.id', message: 'must be a whole number, is text' }],
      data: { id: 'x' },
    })
  })

  test('fills in defaults without changing the data', async () => {
    const data = { id: 1 }

    expect(await call(plugin, '/validate', { data, schema })).toEqual({
      valid: true,
      errors: [],
      data: { id: 1, n: 5 },
    })
    expect(data).toEqual({ id: 1 })
  })

  test('fails with fail: true', async () => {
    const error = await failure(call(plugin, '/validate', { data: {}, schema, fail: true }))

    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toBe('the data does not fit the schema: $.id is required')
    expect(error.data).toEqual({ errors: [{ path: '$.id', message: 'is required' }] })
  })

  test('refuses what is no schema', async () => {
    const error = await failure(call(plugin, '/validate', { data: 1, schema: { type: 'strng' } }))

    expect(error.code).toBe('INVALID_FLOW')
  })
})

describe('transform', () => {
  test('gives the bare value of the expression', async () => {
    expect(await call(plugin, '/transform', { value: 2, expression: 'x * 2' })).toEqual(['x * 2', 2, null])
  })

  test('passes on its failure', async () => {
    const error = await failure(call(plugin, '/transform', { value: 2, expression: 'fail' }))

    expect(error.code).toBe('EXPRESSION_FAILURE')
  })

  test.each([
    [{ value: 1 }, '"expression": text'],
    [{ expression: 'x' }, '"value": a value'],
  ])('%j is refused', async (input, message) => {
    expect((await failure(call(plugin, '/transform', input))).message).toContain(message)
  })
})

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  [' 1.5 s ', 1500],
  ['2', 2000],
  [0.5, 500],
  [-1, undefined],
  [Number.NaN, undefined],
  ['5 parsecs', undefined],
  ['', undefined],
  [null, undefined],
])('%j lasts %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})
