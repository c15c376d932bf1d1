// Bytes into lines, however they are cut.

import { expect, test } from 'vitest'
import { LineReader } from '../src/lines.ts'

function read(chunks: readonly Buffer[], bounds = { maxBytes: 100, maxNoiseBytes: 20 }): string[] {
  const events: string[] = []
  const reader = new LineReader(bounds, {
    line: (text) => events.push(text),
    unreadable: (text) => events.push(`unreadable ${text}`),
    oversized: (head) => events.push(`oversized ${head.slice(0, 5)}`),
  })
  for (const chunk of chunks) reader.push(chunk)
  reader.end()
  return events
}

test('lines are the same wherever the chunks are cut, in the middle of a letter too', () => {
  const text = Buffer.from('{"é":1}\n\nzwölf\n{"ende":"€"}')

  for (let cut = 0; cut <= text.length; cut++) {
    expect(read([text.subarray(0, cut), text.subarray(cut)])).toEqual(['{"é":1}', '', 'zwölf', '{"ende":"€"}'])
  }
})

test('a line that is not UTF-8 does not spoil its neighbours', () => {
  const text = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xe9]), Buffer.from('\nb\n')])

  expect(read([text])).toEqual(['a', 'unreadable \ufffd', 'b'])
})

test('a line beyond its bound is announced once and dropped to its end', () => {
  const long = Buffer.from(`{${'x'.repeat(150)}`)
  const expected = ['a', 'oversized {xxxx', 'b']

  expect(read([Buffer.from('a\n'), long, long, Buffer.from('x\nb\n')])).toEqual(expected)
  expect(read([Buffer.concat([Buffer.from('a\n'), long, Buffer.from('\nb\n')])])).toEqual(expected)
})

test('what does not begin like a message has the smaller bound', () => {
  expect(read([Buffer.from(`{${'x'.repeat(50)}\n${'y'.repeat(50)}\n`)])).toEqual([
    `{${'x'.repeat(50)}`,
    'oversized yyyyy',
  ])
})
