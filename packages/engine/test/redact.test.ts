import { describe, expect, test } from 'vitest'
import { Redactor } from '../src/secrets/redactor.ts'

const SECRET = 's3cr+t/v"al ü\\e\n&x'
const redactor = new Redactor([SECRET])
const b64 = (text: string) => Buffer.from(text).toString('base64')
const b64url = (text: string) => Buffer.from(text).toString('base64url')

describe('a secret does not survive', () => {
  const written: [string, string][] = [
    ['as it is', SECRET],
    ['encodeURIComponent', encodeURIComponent(SECRET)],
    ['lower-case percent encoding', encodeURIComponent(SECRET).toLowerCase()],
    ['encodeURI', encodeURI(SECRET)],
    ['a form', new URLSearchParams({ p: SECRET }).toString()],
    ['a JSON text', JSON.stringify({ p: SECRET })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ p: SECRET }))],
    ['JSON in JSON in JSON', JSON.stringify(JSON.stringify(JSON.stringify({ p: SECRET })))],
    ['JSON with \\u escapes', JSON.stringify(SECRET).replace('ü', '\\u00fc').replace('/', '\\/')],
    ['in small letters', SECRET.toLowerCase()],
    ['in capitals', SECRET.replace(/[a-z]/g, (letter) => letter.toUpperCase())],
    ['HTML', SECRET.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    ['base64', b64(SECRET)],
    ['base64url', b64url(SECRET)],
    ['percent-encoded base64', encodeURIComponent(b64(SECRET))],
  ]
  test.each(written)('%s', (_name, text) => {
    const clean = redactor.text(`before ${text} after`)

    expect(clean).toMatch(/^before .*\[redacted\].* after$/)
    expect(clean).not.toContain('s3cr')
    expect(clean.length).toBeLessThan('before  after'.length + 45)
  })

  test.each([0, 1, 2, 3, 4, 5])('base64 of a longer text, %i bytes in front of it', (before) => {
    for (const encode of [b64, b64url]) {
      const encoded = encode(`${'u'.repeat(before)}${SECRET}:more`)

      const clean = redactor.text(encoded)

      const [head = '', tail = ''] = clean.split('[redacted]')
      expect(clean).toContain('[redacted]')
      expect(encoded.startsWith(head) && encoded.endsWith(tail)).toBe(true)
      expect(Buffer.from(head, 'base64').toString()).not.toContain('s3')
      expect(encoded.length - head.length - tail.length).toBeGreaterThanOrEqual(Math.ceil((SECRET.length * 8) / 6))
    }
  })

  test.each([4, 5, 6, 7, 8])('of %i letters, in base64 at every place', (length) => {
    const short = 'qZ7!kW2$'.slice(0, length)
    const shortRedactor = new Redactor([short])

    for (let before = 0; before < 6; before++)
      for (let after = 0; after < 6; after++)
        expect(shortRedactor.text(b64('x'.repeat(before) + short + 'y'.repeat(after)))).toContain('[redacted]')
  })

  test('as a Basic authorization', () => {
    const basic = `Basic ${b64(`user:${SECRET}`)}`

    expect(redactor.text(basic)).toMatch(/^Basic [A-Za-z0-9+/]{0,7}\[redacted\]$/)
  })

  test('as a key, in lists, and beside another secret with the same mark', () => {
    const two = new Redactor(['first-secret', 'other-secret'])

    expect(two.value({ a: ['x', 'first-secret'], 'first-secret': 1, 'other-secret': 2 })).toEqual({
      a: ['x', '[redacted]'],
      '[redacted]': 1,
      '[redacted] 2': 2,
    })
  })

  test('when it overlaps with another one', () => {
    expect(new Redactor(['abcdef', 'defghi']).text('<abcdefghi>')).toBe('<[redacted]>')
  })

  test('when another one is its beginning', () => {
    expect(new Redactor(['abcd', 'abcdefgh']).text('<abcdefgh>')).toBe('<[redacted]>')
  })

  test('when it came with a newline that was taken off', () => {
    expect(new Redactor(['token-77\n']).text('Bearer token-77.')).toBe('Bearer [redacted].')
  })

  test('when it is a number, as number and inside text', () => {
    const numbers = new Redactor([12345])

    expect(numbers.value({ pin: 12345, note: 'pin=12345', other: 1234 })).toEqual({
      pin: '[redacted]',
      note: 'pin=[redacted]',
      other: 1234,
    })
  })

  test('when it is an object: each text and number in it that says something', () => {
    const object = new Redactor([{ user: 'root-user', tries: [98765, true, null, 1, 'ab'] }])

    expect(object.value(['root-user', 98765, true, null, 1, 'ab'])).toEqual([
      ...['[redacted]', '[redacted]', true, null, 1, 'ab'],
    ])
  })
})

describe('a part that a flow takes out of a secret does not survive', () => {
  const KEY = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n  9w0BAQEFAASCBKcw\nsh0rt=\n-----END KEY-----\n'
  const key = new Redactor([KEY])

  test.each([
    ['its lines', (text: string) => text.split('\n').join('|')],
    ['its lines with CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['its lines in one', (text: string) => text.replaceAll('\n', '')],
    ['its lines, indented', (text: string) => text.replaceAll('\n', '\n    ')],
    ['its lines with their ends spelled out', (text: string) => text.replaceAll('\n', '\\n')],
    ['one line', (text: string) => text.split('\n')[1] as string],
    ['16 characters of a line', (text: string) => text.slice(22, 38)],
    ['one line in base64', (text: string) => b64(`x${text.split('\n')[1]}`)],
  ])('%s', (_name, taken) => {
    expect(key.text(`<${taken(KEY)}>`)).not.toMatch(/MIIE|AQEF|sh0rt|KEY/)
  })

  test('a key whose line ends were spelled out, in real lines', () => {
    const spelled = new Redactor([KEY.replaceAll('\n', '\\n')])

    expect(spelled.text(KEY)).not.toMatch(/MIIE|AQEF|sh0rt|KEY/)
  })

  test('the fields of a JSON text, however deep and however they are written', () => {
    const json = JSON.stringify({
      user: 'root-user',
      auth: { pin: 98765, keys: ['k-one-1'] },
      inner: '{"x":"deeper-1"}',
    })
    const fields = new Redactor([json])

    expect(fields.value(['root-user', 98765, 'k=k-one-1', 'deeper-1', JSON.parse(json)])).toEqual([
      ...['[redacted]', '[redacted]', 'k=[redacted]', '[redacted]'],
      { user: '[redacted]', auth: { pin: '[redacted]', keys: ['[redacted]'] }, inner: '[redacted]' },
    ])
  })

  test('a short field is redacted as a word, not in the middle of others', () => {
    expect(new Redactor(['{"env":"main"}']).text('main: the domain remains')).toBe('[redacted]: the domain remains')
  })

  test('the password of an address, and the value of NAME=value', () => {
    expect(new Redactor(['postgres://app:hunt%2Fer2@db:5432/x']).text('with hunt/er2.')).toBe('with [redacted].')
    expect(new Redactor(['token = abc-def-1\nuser: me']).text('with abc-def-1.')).toBe('with [redacted].')
  })

  test('an address is not found by its scheme', () => {
    const address = new Redactor(['https://hooks.example.com/T0/B1/XyZ'])

    expect(address.text('see https://example.org')).toBe('see https://example.org')
    expect(address.text('see https://hooks.example.com/T0/B1/XyZ.')).toBe('see [redacted].')
  })

  test('of a long document, pieces of 512 characters', () => {
    const chapter = Array.from({ length: 12_000 }, (_, i) => `word${(i * 7919) % 10_007}`).join(' ')
    const document = new Redactor([chapter])

    expect(document.text(chapter)).toBe('[redacted]')
    expect(document.text(`<${chapter.slice(30_000, 30_600)}>`)).toBe('<[redacted]>')
  })
})

describe('what is not secret stays', () => {
  test.each([[''], [true], [false], [null], [undefined]])('%j is no secret', (nothing) => {
    const empty = new Redactor([nothing])

    expect(empty.isEmpty).toBe(true)
    expect(empty.value({ a: '', b: true, c: null })).toEqual({ a: '', b: true, c: null })
  })

  test('a text under four characters is redacted only where it stands alone', () => {
    const short = new Redactor(['abc', 12])

    expect(short.value(['abc', 'abcd', 12, '12', 120, 'abc: 12.', 'abcd 120'])).toEqual([
      ...['[redacted]', 'abcd', '[redacted]', '[redacted]', 120],
      ...['[redacted]: [redacted].', 'abcd 120'],
    ])
  })

  test('one character, or signs, are redacted only as a whole value', () => {
    const short = new Redactor(['a', '{', '"', 7, '8'])

    expect(short.value(['a', '{', '"', 7, 8, 'a {"} 7 8'])).toEqual([
      ...['[redacted]', '[redacted]', '[redacted]', '[redacted]', 8],
      'a {"} 7 8',
    ])
  })

  test('the mark is not marked again', () => {
    const marks = new Redactor(['redacted', '[redacted]', 'acted', 'red'])

    expect(marks.text('it is [redacted], a red one')).toBe('it is [redacted], a red one')
    expect(marks.value(['redacted', 'red'])).toEqual(['[redacted]', '[redacted]'])
  })

  test('a value without a secret is the same value', () => {
    const value = { a: [{ b: 'harmless' }], n: 1 }

    expect(redactor.value(value)).toBe(value)
    expect(new Redactor().value(value)).toBe(value)
  })

  test('the value that was handed in is not changed', () => {
    const value = { a: [SECRET] }

    expect(redactor.value(value)).toEqual({ a: ['[redacted]'] })
    expect(value).toEqual({ a: [SECRET] })
  })

  test('a key called __proto__ stays a key', () => {
    const clean = redactor.value(JSON.parse('{"__proto__":{"x":1},"s":"s3cr+t/v\\"al ü\\\\e\\n&x"}'))

    expect(JSON.stringify(clean)).toBe('{"__proto__":{"x":1},"s":"[redacted]"}')
  })

  test('characters that mean something to a regular expression mean themselves', () => {
    expect(new Redactor(['a.*b[c]$']).text('a.*b[c]$ axxb')).toBe('[redacted] axxb')
  })
})

test('a long run of backslashes is searched quickly', () => {
  const slashes = new Redactor(['\\\\\\\\\\\\"\\\\\\\\"\\\\end', '"\\"\\"\\"x'])
  const started = performance.now()

  slashes.text('\\'.repeat(200_000))

  expect(performance.now() - started).toBeLessThan(10_000)
})

test('a secret that repeats itself in a text that does is searched quickly', () => {
  const repeating = new Redactor(['a'.repeat(5000), 'ab'.repeat(2000), 'a'.repeat(40)])
  const started = performance.now()

  for (const text of ['a'.repeat(500_000), 'ab'.repeat(200_000), `${'a'.repeat(39)}b`.repeat(10_000)])
    expect(repeating.text(text)).toContain('[redacted]')

  expect(performance.now() - started).toBeLessThan(10_000)
})
