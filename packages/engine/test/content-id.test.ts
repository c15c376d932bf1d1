import { createHash } from 'node:crypto'
import { contentId, textId, useHash } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { jsonBytes, roughBytes, utf8Bytes } from '../src/json-size.ts'
import { sha256 } from '../src/plan/sha256.ts'
import { bench, call, plan, ref } from './fixtures.ts'

const byNode = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex')
const texts = ['', 'a', 'ä€', '\ud83d\ude00 pair', 'x'.repeat(1_000), '"quoted"\n\u0001']

test('an id is the SHA-256 of the content, of whatever length', () => {
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255)
    expect(sha256(bytes)).toBe(byNode(bytes))
  }
  for (const text of texts) {
    expect(textId(text)).toBe(byNode(text))
    expect(contentId({ text })).toBe(byNode(JSON.stringify({ text })))
  }
})

test('a host may lend a faster hash', () => {
  const hashed: unknown[] = []
  useHash((content) => {
    hashed.push(content)
    return byNode(content)
  })

  expect(contentId([1])).toBe(byNode('[1]'))
  expect(hashed).toEqual(['[1]'])
})

test('what a text takes as UTF-8, and a value as JSON, is known without writing it', () => {
  for (const text of texts) {
    expect(utf8Bytes(text)).toBe(Buffer.byteLength(text))
    expect(jsonBytes(text, 1e9)).toBeGreaterThanOrEqual(Buffer.byteLength(JSON.stringify(text)) - 4)
  }
  const value = { list: [1, 2.5, null, true, { deep: 'text' }], bytes: new Uint8Array(1_000) }
  expect(jsonBytes(value, 1e9)).toBeGreaterThan(1_000)
  const circle: unknown[] = []
  circle.push(circle)
  expect(jsonBytes(circle, 1_000)).toBeGreaterThan(1_000)
})

test('a call knows how long it may take, and where in its run it is', async () => {
  const inner = plan({ i: call('/where', { op: 'input' }, { timeoutMs: 70 }) }, () => ({ input: ref(0) }))
  const loop = call('$core/map', {
    op: 'object',
    of: [
      ['plan', { op: 'literal', value: inner as never }],
      ['items', { op: 'literal', value: [1, 2] }],
    ],
  })
  const b = bench({ '/where': (_x, { path, timeoutMs }) => [path, timeoutMs ?? 'as long as it takes'] })
  const p = plan({ a: call('/where'), loop }, () => ({ input: { op: 'array', of: [ref(0), ref(1)] } }))

  const [, second] = await b.run(p, [null, null])

  expect(second).toEqual({
    outcome: 'success',
    result: [
      ['1/0/1', 'as long as it takes'],
      [
        ['1/1/1/0/0/1', 70],
        ['1/1/1/1/0/1', 70],
      ],
    ],
  })
})

test('what a long list takes is told by some of its elements, wherever the large ones stand', () => {
  for (const every of [2, 10, 32, 100]) {
    const list = Array.from({ length: 10_000 }, (_, i) => (i % every === 0 ? 'x'.repeat(10_000) : 'x'))
    const real = (10_000 / every) * 10_000
    expect(roughBytes(list, 1e12) / real).toBeGreaterThan(every > 32 ? 0 : 0.4)
    expect(roughBytes(list, 1e12) / real).toBeLessThan(4)
  }
  expect(roughBytes([[[['x'.repeat(1_000)]]]], 1e9)).toBeGreaterThan(1_000)
  expect(roughBytes(new Array(1e6).fill({ a: 1 }), 1e12)).toBeGreaterThan(16e6)
  const circle: unknown[] = []
  circle.push(circle)
  expect(roughBytes(circle, 1_000)).toBeGreaterThan(1_000)
})
