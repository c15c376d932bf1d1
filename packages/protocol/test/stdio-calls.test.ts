// Calls over the pipes of a component server: how they are sent, bounded and cancelled, and what is made of bad output.

import { execFileSync } from 'node:child_process'
import { describe, expect, test, vi } from 'vitest'
import { fixture, pluginOf, rawPlugin, stillClock } from './setup.ts'

describe('calls', () => {
  test('calls in flight share a process, and answers may come in any order', async () => {
    const plugin = rawPlugin()
    const ended: unknown[] = []
    const calls = Array.from({ length: 20 }, (_, n) => plugin.run('/hold', n).then((output) => ended.push(output)))

    const pids = await Promise.all([plugin.run('/pid'), plugin.run('/pid')])
    await plugin.run('/release')
    await Promise.all(calls)

    expect(pids[0]).toBe(pids[1])
    expect(ended).toEqual(Array.from({ length: 20 }, (_, n) => 19 - n))
  })

  test('a call beyond max in flight is sent when another has ended', async () => {
    const plugin = rawPlugin('good', { maxInFlight: 1 })
    const abort = new AbortController()
    const held = plugin.run('/hold', 1, { signal: abort.signal })
    const ended: string[] = []
    held.catch(() => ended.push('held'))

    const next = plugin.run('/echo').then(() => ended.push('echo'))
    abort.abort()
    await next

    expect(ended).toEqual(['held', 'echo'])
  })

  test('a call that waits for its turn can be cancelled', async () => {
    const plugin = rawPlugin('good', { maxInFlight: 1 })
    plugin.run('/hold', 1).catch(() => {})
    const abort = new AbortController()

    const next = plugin.run('/echo', 2, { signal: abort.signal })
    abort.abort()

    await expect(next).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('a call tells the attempt, the run, the step and the key', async () => {
    const params = await rawPlugin().run('/params', { a: 1 }, { attempt: 3, idempotencyKey: 'key' })

    expect(params).toEqual({
      component: '/params',
      input: { a: 1 },
      attempt: 3,
      observability: { run_id: 'run-1', step_id: 'step' },
      idempotency_key: 'key',
    })
  })

  test('a key is not sent to a server that did not announce it', async () => {
    expect(await rawPlugin('plain').run('/params')).not.toHaveProperty('idempotency_key')
  })

  test('1 MB goes there and back', async () => {
    const text = 'é'.repeat(500_000)

    expect(await rawPlugin().run('/echo', text)).toBe(text)
  })

  test('a server that asks for more than it reads gets all its answers', async () => {
    const blob = 'x'.repeat(10_000)
    const blobs = { get: () => blob, put: () => '' }
    const plugin = rawPlugin('good', { maxMessageBytes: 20_000 })

    expect(await plugin.run('/greedy', { blob_id: 'b', times: 1000 }, { blobs })).toBe('all there')
  })

  test('more input than a pipe holds reaches every call', async () => {
    const plugin = rawPlugin()
    const text = 'x'.repeat(700_000)

    const outputs = await Promise.all(Array.from({ length: 16 }, () => plugin.run('/echo', text)))

    expect(outputs.every((output) => output === text)).toBe(true)
  })

  test('a Python server works with nothing but its standard library', async ({ skip }) => {
    if (!hasPython()) return skip('python3 is not installed')
    const plugin = pluginOf({ command: 'python3', args: [fixture('raw_server.py')], env: { PYTHONUTF8: '1' } })

    expect(await plugin.run('/shout', { text: 'größe' })).toEqual({ text: 'GRÖSSE', attempt: 1 })
    expect(await plugin.components()).toEqual([{ name: '/shout', inputSchema: { type: 'object' } }])
  })
})

describe('bad output', () => {
  test('lines that are no messages are logged and skipped', async () => {
    const plugin = rawPlugin()

    expect(await plugin.run('/noisy', 7)).toBe(7)

    await plugin.said('loading the model')
    await plugin.said('{"level":"info"}')
  })

  test('a flood of such lines stops the server, and the last of them are quoted', async () => {
    await expect(rawPlugin().run('/flood')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(
        /wrote more than 1,000 lines to stdout .* was stopped; it last wrote:\n {2}no message/,
      ),
    })
  })

  test('an answer that is not UTF-8 fails its call alone', async () => {
    const plugin = rawPlugin()
    const held = plugin.run('/hold', 1)

    await expect(plugin.run('/latin1')).rejects.toMatchObject({ code: 'UNREACHABLE' })

    await plugin.run('/release')
    expect(await held).toBe(1)
  })

  test('another line that is not UTF-8 stops the server', async () => {
    await expect(rawPlugin().run('/latin1_line')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('wrote a line that is not UTF-8'),
    })
  })

  test('an answer beyond the bound fails its call alone, for good', async () => {
    const plugin = rawPlugin('good', { maxMessageBytes: 10_000 })
    const held = plugin.run('/hold', 1)

    await expect(plugin.run('/big', { bytes: 300_000 })).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      retryable: false,
      message: expect.stringContaining(
        'more than the 10,000 bytes that the protocol takes: keep large values as blobs',
      ),
    })

    await plugin.run('/release')
    expect(await held).toBe(1)
  })

  test('an input beyond the bound is refused before it is sent', async () => {
    const plugin = rawPlugin('good', { maxMessageBytes: 10_000 })

    await expect(plugin.run('/echo', 'x'.repeat(10_000))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('keep large values as blobs'),
    })
  })
})

describe('cancelling', () => {
  test('an aborted call ends at once, the server is told, and its answer is dropped', async () => {
    const plugin = rawPlugin()
    const abort = new AbortController()
    const held = plugin.run('/hold', 1, { signal: abort.signal })
    await plugin.run('/pid')

    abort.abort()

    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await plugin.run('/cancelled')).toHaveLength(1)
    await plugin.run('/release')
    await plugin.said('late, after its call was cancelled')
  })

  test('a server that is not told how to cancel gets no notification', async () => {
    const plugin = rawPlugin('plain')
    const abort = new AbortController()
    const held = plugin.run('/hold', 1, { signal: abort.signal })
    await plugin.run('/pid')

    abort.abort()

    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await plugin.run('/cancelled')).toEqual([])
  })

  test('a server that goes on with a cancelled call is replaced', async () => {
    const { clock, advance } = stillClock()
    const plugin = rawPlugin('good', { clock, cancelGraceMs: 20 })
    const before = await plugin.run('/pid')
    const abort = new AbortController()
    const held = plugin.run('/hold', 1, { signal: abort.signal })
    await plugin.run('/echo')

    abort.abort()

    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' })
    advance(20)
    await plugin.said('it is replaced')
    expect(await plugin.run('/pid')).not.toBe(before)
  })

  test('calls of others go on in a server that is being replaced', async () => {
    const { clock, advance } = stillClock()
    const plugin = rawPlugin('good', { clock, cancelGraceMs: 20 })
    const abort = new AbortController()
    const hold = plugin.run('/hold', 1, { signal: abort.signal })
    const bystander = plugin.run('/hold', 2)
    await plugin.run('/echo')

    abort.abort()
    await hold.catch(() => {})
    advance(20)
    await plugin.said('it is replaced')
    await plugin.run('/echo')

    // Nobody can release it in the old process: it ends with that process, and not before.
    const first = await Promise.race([bystander.catch(() => 'ended'), plugin.run('/echo', 'still waiting')])
    expect(first).toBe('still waiting')
    await plugin.stop?.()
    await expect(bystander).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  test('a server that is being replaced ends with its last call, though it never says that it is there', async () => {
    const { clock, advance } = stillClock()
    const plugin = rawPlugin('silent-list', { clock, cancelGraceMs: 20 })
    const pid = (await plugin.run('/pid')) as number
    const abort = new AbortController()
    const hold = plugin.run('/hold', 1, { signal: abort.signal })
    const bystander = plugin.run('/busy', { times: 30 })
    await plugin.run('/echo')

    abort.abort()
    await hold.catch(() => {})
    advance(20)

    expect(await bystander).toBe('done')
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 50_000 })
  })

  test('a stuck server is stopped, and the calls behind the cancelled one fail as unreachable', async () => {
    const plugin = rawPlugin('good', { cancelGraceMs: 20, stopGraceMs: 20 })
    await plugin.run('/echo')
    const abort = new AbortController()
    const stuck = plugin.run('/stuck', null, { signal: abort.signal })
    const behind = plugin.run('/echo')
    await plugin.said('stuck')

    abort.abort()

    await expect(stuck).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(behind).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('did not react'),
    })
  })
})

// ---

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
