// Answers that break the rules: each ends its call at once, with what was wrong, and no other call.

import { expect, test } from 'vitest'
import { rawPlugin, stillClock } from './setup.ts'

const answer = '{"jsonrpc":"2.0","id":ID,"result":{"output":'

test.each([
  ['cut off in a text', `${answer}"xxxx`, 'UNREACHABLE', 'its answer was cut off: {"jsonrpc"'],
  [
    'cut off in an object, as Python writes it',
    '{"jsonrpc": "2.0", "id": ID, "result": {"output"',
    'UNREACHABLE',
    'its answer was cut off',
  ],
  ['NaN', `${answer}NaN}}`, 'UNREACHABLE', 'its answer is not JSON: it has NaN or Infinity in it'],
  [
    'neither result nor error',
    '{"jsonrpc":"2.0","id":ID}',
    'COMPONENT_FAILED',
    'neither a result nor an error: {"jsonrpc":"2.0","id":',
  ],
  [
    'both',
    `{"jsonrpc":"2.0","id":ID,"result":{"output":1},"error":{"code":1,"message":"x"}}`,
    'COMPONENT_FAILED',
    'both a result and an error: {"jsonrpc"',
  ],
  [
    'a list around it',
    '[{"jsonrpc":"2.0","id":ID,"result":{"output":1}}]',
    'COMPONENT_FAILED',
    'one message in each line',
  ],
  ['no version', '{"id":ID,"result":{"output":1}}', 'COMPONENT_FAILED', 'does not say "jsonrpc": "2.0"'],
  [
    'another version',
    '{"jsonrpc":"1.0","id":ID,"result":{"output":1}}',
    'COMPONENT_FAILED',
    'does not say "jsonrpc": "2.0": {"jsonrpc":"1.0"',
  ],
  [
    'the form of JSON-RPC 1.0',
    '{"result":{"output":1},"error":null,"id":ID}',
    'COMPONENT_FAILED',
    'does not say "jsonrpc": "2.0"',
  ],
])('an answer with %s ends its call, and the next one works', async (_, text, code, message) => {
  const plugin = rawPlugin()
  const other = plugin.run('/busy', { times: 20 })

  await expect(plugin.run('/raw', { text })).rejects.toMatchObject({ code, message: expect.stringContaining(message) })

  expect(await plugin.run('/echo', 'next')).toBe('next')
  expect(await other).toBe('done')
})

test('answers that were swallowed by the end of another one end with it', async () => {
  const plugin = rawPlugin()
  const first = plugin.run('/hold', 1)
  const second = plugin.run('/hold', 2)
  const third = plugin.run('/cut')

  for (const call of [first, second, third]) {
    await expect(call).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('was cut off') })
  }
  expect(await plugin.run('/echo', 3)).toBe(3)
})

test('an answer that stops in its middle, with nothing behind it, ends its call when it has rested for long', async () => {
  const plugin = rawPlugin('good', { stalledMs: 30 })

  await expect(plugin.run('/raw', { text: `${answer}"xxxx`, end: '' })).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('its answer was cut off'),
  })
})

test('behind an unfinished line that was given up, answers are still recognised', async () => {
  const plugin = rawPlugin('good', { stalledMs: 30 })
  const held = plugin.run('/hold', 1)
  const other = plugin.run('/rest', { text: `${answer}"xxxx` })

  // Its rest, with the other answer in it, comes after it was given up.
  await expect(other).rejects.toThrow('was cut off')
  await expect(held).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('was cut off') })
})

test('a server that has lost output takes no more calls, and those it has end in bounded time', async () => {
  const { clock, advance } = stillClock()
  const plugin = rawPlugin('good', { clock })
  const before = await plugin.run('/pid')
  const lost = plugin.run('/hold', 1)
  await plugin.run('/raw', { text: `${answer}"xxxx` }).catch(() => {})

  expect(await plugin.run('/pid')).not.toBe(before)
  advance(30_000)

  await expect(lost).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('lost a part of what it wrote and was stopped'),
  })
})

test('a broken answer that does not begin with its id stops the server', async () => {
  await expect(rawPlugin().run('/raw', { text: '{"jsonrpc":"2.0","result":{"output":"x' })).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('does not begin with its id, and was stopped'),
  })
})

test.each([
  ['a text of the same digits for the id', '{"jsonrpc":"2.0","id":"ID","result":{"output":7}}'],
  ['null for the error that is not there', '{"jsonrpc":"2.0","id":ID,"result":{"output":7},"error":null}'],
  ['the id at its end', '{"jsonrpc":"2.0","result":{"output":7},"id":ID}'],
  ['a carriage return', `${answer}7}}\r`],
])('an answer with %s is an answer', async (_, text) => {
  expect(await rawPlugin().run('/raw', { text })).toBe(7)
})

test('a byte order mark before a message is passed over', async () => {
  expect(await rawPlugin().run('/bom', 'x'.repeat(2_000_000))).toHaveLength(2_000_000)
})

test.each([
  ['an answer to an unknown call', '{"jsonrpc":"2.0","id":4711,"result":{"output":1}}'],
  ['an answer to a notification', '{"jsonrpc":"2.0","id":"notification","result":null}'],
  ['the same answer twice', `${answer}1}}\n${answer}1}}`],
])('%s is dropped', async (_, text) => {
  const plugin = rawPlugin()

  plugin.run('/raw', { text }).catch(() => {})

  await plugin.said('without a request: it is dropped')
  expect(await plugin.run('/echo', 1)).toBe(1)
})

test('a log line that has an id and a result, and more, is a log line', async () => {
  const plugin = rawPlugin()
  const held = plugin.run('/hold', 1)

  plugin.run('/raw', { text: '{"id":2,"result":"loaded","level":"info"}' }).catch(() => {})

  await plugin.said('"loaded"')
  await plugin.run('/release')
  expect(await held).toBe(1)
})

const nameless = (code: number) => `{"jsonrpc":"2.0","id":null,"error":{"code":${code},"message":"parse error"}}`

test('an error without an id ends the only call in flight, with its words', async () => {
  const plugin = rawPlugin()

  await expect(plugin.run('/raw', { text: nameless(-32700) })).rejects.toMatchObject({
    code: 'COMPONENT_FAILED',
    message: expect.stringContaining('parse error'),
  })
  expect(await plugin.run('/echo', 1)).toBe(1)
})

test('an error without an id among several calls ends none of them at once, and all in bounded time', async () => {
  const { clock, advance } = stillClock()
  const plugin = rawPlugin('good', { clock })
  const before = await plugin.run('/pid')
  const held = plugin.run('/hold', 1)
  const refused = plugin.run('/raw', { text: nameless(-32700) })

  await plugin.said('refused a message without saying which: parse error')
  expect(await plugin.run('/pid')).not.toBe(before)
  advance(30_000)

  for (const call of [held, refused]) {
    await expect(call).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('did not answer others, and was stopped: parse error'),
    })
  }
})

test('that a method is unknown, said without an id, is about a notification and ends no call', async () => {
  const plugin = rawPlugin()
  const held = plugin.run('/hold', 1)

  plugin.run('/raw', { text: nameless(-32601) }).catch(() => {})
  await plugin.said('refused a message without saying which')

  await plugin.run('/release')
  expect(await held).toBe(1)
})

test('a server that writes UTF-16 is stopped at once, with the reason', async () => {
  const plugin = rawPlugin()
  const text = [...'{"jsonrpc":"2.0","id":ID,"result":{"output":1}}'].join('\u0000')

  await expect(plugin.run('/raw', { text: `${text}\u0000` })).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('UTF-16'),
  })
})
