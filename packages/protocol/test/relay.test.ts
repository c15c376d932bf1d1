// What a server writes for people: bounded, without secrets, and no part of any result.

import type { FlowError } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { Relay } from '../src/relay.ts'
import { pluginOf, rawPlugin, stillClock } from './setup.ts'

const hiding =
  (secret: string) =>
  <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll(secret, '[redacted]'))

test('a flood on stderr is passed on in part, the rest is counted, and the call succeeds', async () => {
  const seen: string[] = []
  const plugin = rawPlugin('good', { onLine: (line) => seen.push(line) })

  expect(await plugin.run('/words', { lines: ['x'.repeat(100)], count: 200_000 })).toBe('written')

  expect(await plugin.said('were left out')).toMatch(
    /^component server "test" writes more than is passed on: [\d,]+ lines \([\d,]+ characters\) were left out$/,
  )
  expect(seen.length).toBeLessThan(5_000)
})

test('nothing of what a server writes is left out for who asked for all of it', async () => {
  const plugin = rawPlugin('good', { amount: 'all' })

  expect(await plugin.run('/words', { lines: ['x'.repeat(1000)], count: 2_000 })).toBe('written')

  await expect.poll(() => plugin.lines().filter((line) => line.startsWith('xxx')).length).toBe(2_000)
  expect(plugin.lines().some((line) => line.includes('left out'))).toBe(false)
})

test('a line that holds a secret of a call in flight is passed on without it, also if it came in two pieces', async () => {
  const plugin = rawPlugin()

  await plugin.run('/pieces', { pieces: ['the key is hun', 'ter22, it says'] }, { redaction: hiding('hunter22') })

  expect(await plugin.said('the key is')).toBe('the key is [redacted], it says')
})

test('a secret of a call that has ended is still taken out', async () => {
  const plugin = rawPlugin()
  await plugin.run('/echo', null, { redaction: hiding('hunter22') })

  await plugin.run('/words', { lines: ['late: hunter22'] })

  expect(await plugin.said('late:')).toBe('late: [redacted]')
})

test('a secret in the last lines is not quoted', async () => {
  const plugin = rawPlugin()
  await plugin.run('/words', { lines: ['hunter22'] }, { redaction: hiding('hunter22') })

  const failure = (await plugin.run('/die').catch((error) => error)) as FlowError

  expect(failure.message).toContain('[redacted]\n  out of luck')
  expect(JSON.stringify([failure.message, failure.data])).not.toContain('hunter22')
})

test('a secret across the place where a long line is cut off does not show in part', async () => {
  const plugin = rawPlugin()
  const line = `${'x'.repeat(1_996)}hunter22${'y'.repeat(100_000)}`

  await plugin.run('/words', { lines: [line] }, { redaction: hiding('hunter22') })

  expect(await plugin.said('xxx')).not.toContain('hunt')
})

test('what a server logs by the protocol is redacted like its lines, data too', async () => {
  const logged: unknown[] = []
  const notification = JSON.stringify({
    jsonrpc: '2.0',
    method: 'log',
    params: { level: 'info', message: 'key hunter22', data: { key: 'hunter22' } },
  })
  const plugin = pluginOf({ ...rawOptions(), onLine: (message, data) => logged.push([message, data]) })

  plugin.run('/raw', { text: notification }, { redaction: hiding('hunter22') }).catch(() => {})

  expect(await plugin.said('key')).toBe('key [redacted]')
  expect(logged).toContainEqual(['key [redacted]', { key: '[redacted]' }])
})

test('lines quoted from a server that we stopped are its own, not those of its broken pipe', async () => {
  const failure = (await rawPlugin()
    .run('/flood_then_complain')
    .catch((error) => error)) as FlowError

  expect(failure.message).toContain('wrote more than 1,000 lines')
  expect(failure.message).not.toContain('EPIPE')
})

test('what may be passed on grows back with time', () => {
  const seen: string[] = []
  const { clock, advance } = stillClock()
  const relay = new Relay({ who: 'it', clock, clean: (value) => value, log: (_, message) => seen.push(message) })
  for (let i = 0; i < 1_500; i++) relay.noise('info', `line ${i}`, null)
  expect(seen).toHaveLength(1_000)

  advance(1_000)
  for (let i = 0; i < 500; i++) relay.noise('info', `later ${i}`, null)

  expect(seen[1_000]).toContain('500 lines')
  expect(seen).toHaveLength(1_101)
  expect(relay.lastLines().at(-1)).toBe('later 499')
})

test('a call without an answer for 30 s is reported once, with the last lines of its server', async () => {
  const { clock, advance } = stillClock()
  const plugin = rawPlugin('good', { clock })
  await plugin.run('/words', { lines: ['waiting for the licence'] })
  const held = plugin.run('/hold', 1)
  await plugin.run('/echo')

  advance(29_999)
  advance(1)
  advance(60_000)

  const reports = plugin.lines().filter((line) => line.includes('has not answered'))
  expect(reports).toEqual([
    'component server "test" has not answered /hold of step "step" for 30 s; it last wrote:\n  waiting for the licence',
  ])
  await plugin.run('/release')
  expect(await held).toBe(1)
})

// ---

function rawOptions() {
  return { command: process.execPath, args: [new URL('./fixtures/raw-server.mjs', import.meta.url).pathname, 'good'] }
}
