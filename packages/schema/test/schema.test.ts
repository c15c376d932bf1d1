import type { Json } from '@stepflow/engine'
import { describe, expect, test } from 'vitest'
import { failure } from '../../../test/failure.ts'
import { createSchemaLoader, hideSecrets, secretPaths, secretValues } from '../src/index.ts'

const load = createSchemaLoader()
const found = async (schema: Json, value: unknown) => (await load(schema))(value).violations

describe('violations', () => {
  const object = (properties: Record<string, Json>, more: Record<string, Json> = {}): Json => ({
    type: 'object',
    properties,
    ...more,
  })
  const cases: [string, Json, unknown, string][] = [
    ['a wrong type', object({ n: { type: 'number' } }), { n: 'x' }, '$.n must be a number, is text'],
    ['a wrong root', { type: 'object' }, [1], '$ must be an object, is a list'],
    ['one of several types', { type: ['string', 'null'] }, 1, '$ must be text or null, is a number'],
    [
      'deep down',
      object({ items: { items: object({ name: { type: 'string' } }) } }),
      { items: [{ name: 1 }] },
      '$.items[0].name must be text, is a number',
    ],
    ['something missing', object({}, { required: ['id'] }), {}, '$.id is required'],
    ['what the prototype has', object({}, { required: ['toString'] }), {}, '$.toString is required'],
    [
      'an unknown key',
      object({ name: {} }, { additionalProperties: false }),
      { nmae: 1 },
      '$.nmae is not known; did you mean "name"?',
    ],
    [
      'a strange key',
      object({ a: {}, b: {} }, { additionalProperties: false }),
      { 'x y': 1 },
      '$["x y"] is not known; there may be a, b',
    ],
    ['a value that is not listed', { enum: ['a', 1, null] }, 'b', '$ must be one of "a", 1, null'],
    ['another constant', { const: 'a' }, 'b', '$ must be "a"'],
    ['too little', { minimum: 3 }, 2, '$ must be at least 3'],
    ['too much', { exclusiveMaximum: 3 }, 3, '$ must be less than 3'],
    ['too short', { minLength: 1 }, '', '$ must have at least 1 character'],
    ['too many', { maxItems: 2 }, [1, 2, 3], '$ must have at most 2 elements'],
    ['more than there are places', { prefixItems: [{}], items: false }, [1, 2], '$ must have at most 1 element'],
    ['what nothing describes', { prefixItems: [{}], unevaluatedItems: false }, [1, 2], '$ must have at most 1 element'],
    ['no multiple', { multipleOf: 0.01 }, 0.123, '$ must be a multiple of 0.01'],
    ['twice', { uniqueItems: true }, [1, 1], '$ must not repeat an element (1 is the same as 0)'],
    ['another pattern', { pattern: '^a' }, 'b', '$ must match the pattern ^a'],
    ['no email', { format: 'email' }, 'b', '$ must be an email address'],
    ['no date', { format: 'date' }, '2023-02-30', '$ must be a date (2030-01-31)'],
    ['no date and time', { format: 'date-time' }, '2023-02-20', '$ must be a date and time (2030-01-31T12:00:00Z)'],
    [
      'a date and time that does not exist',
      { format: 'date-time' },
      '2030-02-30T12:00:00Z',
      '$ must be a date and time (2030-01-31T12:00:00Z)',
    ],
    [
      'a date and time in words',
      { format: 'date-time' },
      '2030-01-31T12:00 in Paris',
      '$ must be a date and time (2030-01-31T12:00:00Z)',
    ],
    ['no URI', { format: 'uri' }, 'example.com', '$ must be a URI'],
    ['none of two types', { anyOf: [{ type: 'string' }, { type: 'null' }] }, 1, '$ must be text or null, is a number'],
    [
      'none of two forms',
      { anyOf: [object({ a: {} }, { required: ['a'] }), { type: 'string' }] },
      {},
      '$ matches none of the allowed forms: a is required; or must be text, is an object',
    ],
    [
      'two of two forms',
      { oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      '$ matches more than one of the allowed forms, but must match exactly one',
    ],
    ['a forbidden value', { not: { type: 'string' } }, 'x', '$ is a value that is not allowed'],
    ['anything', false, 1, '$ must not be there'],
  ]
  test.each(cases)('%s', async (_name, schema, value, message) => {
    expect((await found(schema, value)).map((v) => `${v.path} ${v.message}`)).toEqual([message])
  })

  test('all are told, but not more than 100', async () => {
    const many = Array.from({ length: 5000 }, () => 'x')

    expect(await found({ items: { type: 'number' } }, ['x', 'y'])).toHaveLength(2)
    expect(await found({ items: { type: 'number' } }, many)).toHaveLength(100)
  })

  test('a value that is wrong is not quoted', async () => {
    const schema = { properties: { pin: { type: 'integer', is_secret: true, enum: [1] } } }

    expect(JSON.stringify(await found(schema, { pin: 'hunter2' }))).not.toContain('hunter2')
  })
})

describe('fitting values', () => {
  test.each([
    [true, 1],
    [{}, null],
    [{ $schema: 'http://json-schema.org/draft-07/schema#', type: 'number' }, 1],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'number' }, 1],
    [{ type: 'string', format: 'no-such-format', is_secret: true, 'x-ui': { a: 1 }, widget: 'area' }, 'x'],
    [{ $defs: { n: { type: 'number' } }, properties: { a: { $ref: '#/$defs/n' } } }, { a: 1 }],
    [{ definitions: { n: { type: 'number' } }, properties: { a: { $ref: '#/definitions/n' } } }, { a: 1 }],
    [{ format: 'date-time' }, '2030-01-31T12:00:00+02:00'],
    [{ format: 'date-time' }, '2028-02-29t12:00:00.123456z'],
    [{ format: 'email' }, 'a.b+c@example.co'],
    [{ format: 'ipv4' }, '127.0.0.1'],
    [{ format: 'uuid' }, '123e4567-e89b-12d3-a456-426614174000'],
  ])('%j takes %j', async (schema, value) => {
    expect((await load(schema))(value)).toEqual({ value, violations: [] })
  })

  test('a schema that refers to itself checks every level', async () => {
    const tree = {
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    }

    expect(await found(tree, { next: { next: {} } })).toEqual([])
    expect(await found(tree, { next: { next: 1 } })).toMatchObject([{ path: '$.next.next' }])
  })

  test('a value that is nested too deeply is a violation, not a crash', async () => {
    const tree = {
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    }
    let deep = {}
    for (let i = 0; i < 100_000; i++) deep = { next: deep }

    expect(await found(tree, deep)).toEqual([{ path: '$', message: 'is nested too deeply' }])
  })
})

describe('defaults', () => {
  const schema = { properties: { a: { default: 1 }, o: { default: {}, properties: { b: { default: [2] } } } } }

  test.each([
    [{ $ref: '#/$defs/n' }, 5],
    [{ allOf: [{ type: 'integer' }, { $ref: '#/$defs/n' }] }, 5],
    [{ $ref: '#/$defs/further' }, 5],
    [{ $ref: '#/$defs/n', default: 6 }, 6],
    [{ allOf: [{ default: 7 }, { default: 8 }] }, 7],
    [{ $ref: '#/$defs/a~1b%20c' }, 9],
    [{ $ref: '#/$defs/object' }, { inner: 5 }],
    [{ anyOf: [{ default: 1 }] }, undefined],
  ] as [Json, unknown][])('behind a property %j is %j', async (property, wanted) => {
    const $defs = {
      n: { default: 5 },
      further: { $ref: '#/$defs/n' },
      'a/b c': { default: 9 },
      object: { default: {}, properties: { inner: { $ref: '#/$defs/n' } } },
    }

    const { value } = (await load({ $defs, properties: { p: property } }))({})

    expect(value).toEqual(wanted === undefined ? {} : { p: wanted })
  })

  test('of a schema that contains itself do not go on without end', async () => {
    const tree = { default: {}, properties: { child: { $ref: '#/$defs/tree' }, n: { $ref: '#/$defs/n' } } }
    const $defs = {
      tree,
      n: { default: 1 },
      a: { properties: { b: { $ref: '#/$defs/b' } } },
      b: { default: {}, allOf: [{ $ref: '#/$defs/a' }] },
    }
    const check = await load({ $defs, properties: { tree: { $ref: '#/$defs/tree' }, a: { $ref: '#/$defs/a' } } })

    expect(check({ tree: { child: {} }, a: {} })).toEqual({
      value: { tree: { child: { n: 1 }, n: 1 }, a: {} },
      violations: [],
    })
  })

  test('in examples, constants and properties that are called so are what they were', async () => {
    const check = await load({ properties: { default: { const: { default: 1 } }, examples: { default: 2 } } })

    expect(check({ default: { default: 1 } })).toEqual({
      value: { default: { default: 1 }, examples: 2 },
      violations: [],
    })
  })

  test('are filled in, the given value is not changed', async () => {
    const given = Object.freeze({ o: Object.freeze({}) })

    const { value } = (await load(schema))(given)

    expect(value).toEqual({ a: 1, o: { b: [2] } })
    expect(given).toEqual({ o: {} })
  })

  test('are not shared between values', async () => {
    const check = await load(schema)
    const first = check({}).value as { o: { b: number[] } }
    first.o.b.push(3)

    expect(check({}).value).toEqual({ a: 1, o: { b: [2] } })
  })

  test('of the whole value hold if there is none', async () => {
    expect((await load({ default: { x: 1 }, type: 'object' }))(undefined)).toEqual({ value: { x: 1 }, violations: [] })
  })

  test('a key called __proto__ stays a key', async () => {
    const { value } = (await load(schema))(JSON.parse('{"__proto__":{"a":2}}'))

    expect(Object.keys(value as object)).toEqual(['__proto__', 'a', 'o'])
    expect((value as { a: number }).a).toBe(1)
  })
})

describe('what is no schema', () => {
  let deep: Json = {}
  for (let i = 0; i < 10_000; i++) deep = { not: deep }
  const cyclic: Record<string, Json> = {}
  cyclic.not = cyclic
  const cases: [string, unknown, string][] = [
    ['a wrong type name', { type: 'strng' }, '$.type must be one of'],
    ['a wrong keyword value', { properties: [] }, '$.properties must be an object, is a list'],
    ['text', 'string', 'must be an object, true or false, got text'],
    ['null', null, 'must be an object, true or false, got null'],
    [
      'a remote reference',
      { $ref: 'https://example.com/s.json' },
      '"$ref": "https://example.com/s.json" is not in the schema; other documents are not loaded',
    ],
    ['a file', { $ref: 'file:///etc/passwd' }, 'other documents are not loaded'],
    ['a reference that leads nowhere', { $ref: '#/$defs/x' }, '"$ref"'],
    ['a pattern that is none', { pattern: '(' }, 'Invalid regular expression: /(/'],
    ['too deep', deep, '256 levels deep at most'],
    ['cyclic', cyclic, 'must not contain itself'],
  ]
  test.each(cases)('%s', async (_name, schema, message) => {
    const error = await failure(load(schema as Json))

    expect(error.code).toBe('INVALID_FLOW')
    expect(error.message).toContain(message)
  })

  test('the id of one schema means nothing to another', async () => {
    const id = 'https://example.com/a'
    await load({ $id: id, type: 'string' })

    expect(await found({ $id: id, type: 'number' }, 1)).toEqual([])
    expect((await failure(load({ $ref: id }))).code).toBe('INVALID_FLOW')
  })
})

test('an equal schema is compiled once', async () => {
  expect(await load({ type: 'string' })).toBe(await load({ type: 'string' }))
})

describe('secrets', () => {
  const secret = { is_secret: true }
  const cases: [Json, unknown, string[], unknown[]][] = [
    [{ properties: { key: secret } }, { key: 'k', n: 1 }, ['$.key'], ['k']],
    [{ properties: { 'a b': secret } }, { 'a b': 1 }, ['$["a b"]'], [1]],
    [
      { properties: { users: { items: { properties: { p: secret } } } } },
      { users: [{ p: 1 }, {}, { p: 2 }] },
      ['$.users[*].p'],
      [1, 2],
    ],
    [{ $defs: { s: secret }, properties: { a: { $ref: '#/$defs/s' } } }, { a: 'x' }, ['$.a'], ['x']],
    [{ $ref: '#/$defs/o', $defs: { o: { properties: { a: secret } } } }, { a: 'x' }, ['$.a'], ['x']],
    [{ allOf: [{ properties: { a: secret } }] }, { a: 'x' }, ['$.a'], ['x']],
    [{ anyOf: [{ type: 'null' }, { properties: { a: secret } }] }, { a: 'x' }, ['$.a'], ['x']],
    [{ additionalProperties: secret, properties: { a: {} } }, { a: 'x', b: 'y' }, ['$.*'], ['y']],
    [{ patternProperties: { '^s_': secret } }, { s_a: 'x', b: 'y' }, ['$.*'], ['x']],
    [{ prefixItems: [{}, secret] }, ['a', 'b', 'c'], ['$[1]'], ['b']],
    [secret, { a: 1 }, ['$'], [{ a: 1 }]],
    [true, { a: 1 }, [], []],
    [{ properties: { a: { is_secret: 'yes' } } }, { a: 1 }, [], []],
  ]
  test.each(cases)('of %j', (schema, value, paths, values) => {
    expect(secretPaths(schema)).toEqual(paths)
    expect(secretValues(schema, value)).toEqual(values)
  })

  test('are found at every depth of a schema that contains itself', () => {
    const schema = { properties: { key: secret, next: { $ref: '#' } } }

    expect(secretPaths(schema)).toEqual(['$.key'])
    expect(secretValues(schema, { key: 1, next: { key: 2, next: { key: 3 } } })).toEqual([1, 2, 3])
    expect(secretValues({ $ref: '#' }, 1)).toEqual([])
  })

  test('come with the check, if there are any', async () => {
    expect((await load({ properties: { key: secret } })).secretsIn?.({ key: 'k' })).toEqual(['k'])
    expect((await load({})).secretsIn).toBeUndefined()
  })
})

test('what a schema marks is hidden in its place, whatever it is, and nothing else', () => {
  const schema = {
    $defs: { key: { is_secret: true } },
    properties: {
      pin: { $ref: '#/$defs/key' },
      users: { items: { allOf: [{ properties: { password: { is_secret: true } } }] } },
      any: { additionalProperties: { is_secret: true } },
    },
  }
  const value = { pin: true, users: [{ password: 1, name: 'a' }], any: { x: null, y: { z: 1 } }, other: [1] }

  expect(hideSecrets(schema, value)).toEqual({
    pin: '[redacted]',
    users: [{ password: '[redacted]', name: 'a' }],
    any: { x: '[redacted]', y: '[redacted]' },
    other: [1],
  })
  expect(hideSecrets(schema, { other: 1 })).toEqual({ other: 1 })
  expect(hideSecrets({ is_secret: true }, 'x')).toBe('[redacted]')
})

test.each([
  [0.3, 0.1, true],
  [19.99, 0.01, true],
  [12345678.91, 0.01, true],
  [-0.3, 0.1, true],
  [0, 0.1, true],
  [1e21, 7, false],
  [7e21, 7, true],
  [1e-7, 1e-8, true],
  [1.5, 1, false],
  [0.1000000001, 0.1, false],
  [4, 2, true],
  [5, 2, false],
])('%d is judged by its digits as a multiple of %d: %s', async (value, multipleOf, isOne) => {
  const check = await createSchemaLoader()({ multipleOf })

  expect(check(value).violations.length === 0).toBe(isOne)
})
