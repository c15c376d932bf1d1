// Children that announce a port: told apart by what they print first, waited for until they are well, and ended.

import { expect, test } from 'vitest'
import { fixture, pluginOf, stillClock, type TestOptions } from './setup.ts'

const child = (habit: string, over: TestOptions = {}) =>
  pluginOf({ command: process.execPath, args: [fixture('http-child.mjs'), habit], ...over })

test.each([{}, { transport: 'http' as const }])(
  'it serves HTTP once it is well, and what it prints is log (%j)',
  async (over) => {
    const plugin = child('recovers', over)

    expect(await plugin.run('/echo', 1)).toBe(1)
    await plugin.said('starting up')
    expect(await plugin.components()).toEqual([{ name: '/echo' }])
  },
)

test('one that never says that it is well is stopped, and what it said is named', async () => {
  const { clock, advance } = stillClock()
  const plugin = child('ill', { clock })
  const called = expect(plugin.run('/echo', 1)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(
      /did not finish the handshake within 10 s \(http:\/\/127.0.0.1:\d+\/health does not say that it is well: HTTP 503\)/,
    ),
  })

  await plugin.said('asked again')
  advance(10_000)

  await called
})

test('the same port may be announced twice, another one ends it', async () => {
  expect(await child('twice').run('/echo', 1)).toBe(1)

  await expect(child('again').run('/echo', 1)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(/announced two ports, \d+ and 1, and was stopped/),
  })
})

test('what it prints is never an answer', async () => {
  const plugin = child('message')

  expect(await Promise.all([plugin.run('/echo', 1), plugin.run('/echo', 2)])).toEqual([1, 2])
  await plugin.said('"jsonrpc"')
})

test('one that ignores SIGTERM is killed', async () => {
  const plugin = child('deaf', { stopGraceMs: 100 })
  await plugin.run('/echo', 1)

  await plugin.stop?.()
})
