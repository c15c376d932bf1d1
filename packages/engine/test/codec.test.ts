import { type Decoded, isDamage, JournalCodec, type JournalEntry } from '@stepflow/engine'
import { expect, test } from 'vitest'

const settled = (result: unknown, step = 0): JournalEntry => {
  return { type: 'settled', at: 1, item: 0, step, visit: 0, attempt: 1, outcome: { outcome: 'success', result } }
}

/** A codec that takes everything above 100 bytes for large, and the blobs it made. */
function small() {
  const codec = new JournalCodec({ largeBytes: 100 })
  const blobs = new Map<string, string | Uint8Array>()
  let made = 0
  const encode = (entries: readonly JournalEntry[]) => {
    const encoded = codec.encode(entries)
    for (const { id, content } of encoded.blobs) {
      if (blobs.has(id)) continue
      made++
      blobs.set(id, content())
    }
    return encoded
  }
  const decode = (text: string, by = new JournalCodec({ largeBytes: 100 })): readonly JournalEntry[] => {
    const decoded = by.decode(text)
    if (isDamage(decoded)) throw new Error(decoded.damage)
    return filled(decoded)
  }
  const filled = <T>({ value, holes }: Decoded<T>): T => {
    for (const { id, fill } of holes) {
      const content = blobs.get(id)
      fill(typeof content === 'string' ? JSON.parse(content) : content)
    }
    return value
  }
  return { codec, blobs, encode, decode, filled, made: () => made }
}

const long = 'x'.repeat(200)
const list = Array.from({ length: 50 }, (_, index) => index)

for (const [what, value] of [
  ['a small object', { a: [1, null, 'two'] }],
  ['a long text', long],
  ['a large list', list],
  ['an object with a large field', { small: 1, list, last: 2 }],
  ['an object with several large fields', { list, long, other: { list } }],
  ['an object that is large without its large fields', { list, a: 'y'.repeat(60), b: 'z'.repeat(60) }],
  ['a list with a large element', [1, list, 2]],
  ['bytes', new Uint8Array([1, 2, 3])],
  ['bytes in a field', { bytes: new Uint8Array([0, 255]) }],
  ['a large field named __proto__', JSON.parse(`{"__proto__": ${JSON.stringify(list)}, "a": 1}`)],
  ['data that looks like a note of ours', { blobs: [[[], 'abc']], outcome: { blobs: [] }, $blob: 'abc' }],
  ['half a character', { '\ud800': '\ud800\u0000' }],
] as const) {
  test(`${what} comes back as it was`, () => {
    const { encode, decode, filled, codec } = small()
    const entries: JournalEntry[] = [
      { type: 'created', at: 1, run: 'r', from: 0, inputs: [value, 1] },
      settled(value),
      { type: 'finished', at: 1, item: 0, outcome: { outcome: 'success', result: value } },
      { type: 'signalled', at: 1, name: 'signal', signal: 's', payload: value },
    ]

    const { text, outcomes } = encode(entries)

    expect(decode(text)).toEqual(entries)
    expect(filled(codec.decodeOutcome(outcomes[0] as string) as Decoded<unknown>)).toEqual({
      outcome: 'success',
      result: value,
    })
  })
}

test('large values leave the text', () => {
  const { encode } = small()

  expect(encode([settled(list)]).text).not.toContain('48,49')
  expect(encode([settled({ list })]).text).not.toContain('48,49')
})

test('a large value that travels through many steps is made into text once', () => {
  const { encode, made, codec } = small()
  let texts = 0
  const counted = {
    list,
    toJSON: () => {
      texts++
      return list
    },
  }

  encode([settled(counted)])
  const first = texts
  for (let step = 1; step < 10; step++) encode([settled(counted, step), settled({ step, data: counted }, step)])

  expect(texts).toBe(first)
  expect(made()).toBe(1)
  expect(codec.encode([settled(counted)]).blobs).toHaveLength(1)
})

test('what was read is known again when it is written', () => {
  const { encode, decode, made, codec } = small()
  const { text } = encode([settled({ list })])

  const [read] = decode(text, codec) as unknown as [{ outcome: { result: { list: unknown } } }]
  encode([settled(read.outcome.result.list)])

  expect(made()).toBe(1)
})

test('undefined is null', () => {
  const { encode, decode } = small()

  expect(decode(encode([settled(undefined)]).text)).toEqual([settled(null)])
})

test('a result that is not JSON is refused with the name of its step', () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle

  expect(() => new JournalCodec().encode([settled(circle, 3)])).toThrow(/result of step 3 of item 0 is not JSON/)
  expect(() => new JournalCodec().encode([settled(10n, 3)])).toThrow(/result of step 3 of item 0 is not JSON/)
})
