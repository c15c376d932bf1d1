// A component server as a process: how it is started, spoken to, bounded and ended.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { fixture, pluginOf, rawPlugin } from './setup.ts'

describe('starting', () => {
  test('a server is started by its first call, with a handshake', async () => {
    const plugin = rawPlugin()

    const output = await plugin.run('/echo', { text: 'hé' })

    expect(output).toEqual({ text: 'hé' })
  })

  test('a name resolves before the server has been started', () => {
    const plugin = rawPlugin('dead')

    expect(plugin.resolve('/anything')?.info).toEqual({ name: '/anything', announcesStart: true })
  })

  test('a listing starts the server and gives every name a leading slash', async () => {
    const infos = await rawPlugin().components()

    expect(infos).toEqual([{ name: '/echo', description: 'Says it again' }, { name: '/pid' }])
  })

  test('a server that never answers the handshake is unreachable after the start-up timeout', async () => {
    const plugin = rawPlugin('mute', { startupTimeoutMs: 50 })

    await expect(plugin.run('/echo')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'component server "test" did not finish the handshake within 0.05 s and was stopped',
    })
  })

  test('a server that ends before the handshake is quoted, and one call is one start', async () => {
    const plugin = rawPlugin('dead')

    await expect(plugin.run('/echo')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'component server "test" ended with exit code 1; it last wrote:\n  no licence',
    })
  })

  test('a server of another protocol version is refused for good', async () => {
    await expect(rawPlugin('future').run('/echo')).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: false })
  })

  test('a program that does not exist is named and not tried again', async () => {
    await expect(pluginOf({ command: 'no-such-program' }).run('/echo')).rejects.toMatchObject({
      message: 'component server "test" could not be started: there is no program "no-such-program" on the PATH',
      retryable: false,
    })
  })

  test('a server that announces a port is told apart at once', async () => {
    await expect(rawPlugin('http').run('/echo')).rejects.toThrow('serves HTTP (it announced a port), which is not')
  })

  test('a server that finds no program is told that it has no PATH', async () => {
    await expect(rawPlugin('lost').run('/echo')).rejects.toThrow('it has no PATH, add one to its "env"')
  })

  test('a working folder that does not exist is named', async () => {
    await expect(pluginOf({ command: 'node', cwd: '/no/such' }).run('/echo')).rejects.toThrow(
      'folder /no/such does not',
    )
  })

  test('a server has the environment of its configuration and nothing of ours', async () => {
    process.env.STEPFLOW_TEST_SECRET = 'ours'

    const env = await rawPlugin('good', { env: { KEY: 'theirs' } }).run('/env')

    expect(env).toEqual({ KEY: 'theirs' })
  })
})

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

describe('dying', () => {
  test('calls in flight fail with the exit code and the last words, and the next call has a new process', async () => {
    const plugin = rawPlugin()
    const before = await plugin.run('/pid')
    const held = plugin.run('/hold', 1)

    const died = plugin.run('/die')

    await expect(died).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'component server "test" ended with exit code 3; it last wrote:\n  out of luck\n  last words',
      data: { last_lines: ['out of luck', 'last words'] },
    })
    await expect(held).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(await plugin.run('/pid')).not.toBe(before)
  })

  test('a signal that ended it is named', async () => {
    const plugin = rawPlugin()
    const pid = (await plugin.run('/pid')) as number
    const held = plugin.run('/hold', 1)
    await plugin.run('/echo')

    process.kill(pid, 'SIGKILL')

    await expect(held).rejects.toThrow('component server "test" was ended by SIGKILL')
  })

  test('a server that closes its output is stopped', async () => {
    await expect(rawPlugin().run('/close_stdout')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('closed its stdout and was stopped'),
    })
  })

  test('what a server has started ends with it', async () => {
    const port = createServer().listen(0, '127.0.0.1')
    await once(port, 'listening')
    const plugin = rawPlugin()
    await plugin.run('/grandchild', { port: (port.address() as AddressInfo).port })
    const [socket] = await once(port, 'connection')
    const gone = once(socket.on('error', () => {}).resume(), 'close')

    await plugin.run('/die').catch(() => {})

    await gone
    port.close()
  })

  test('stopping ends the input, and the server ends by itself', async () => {
    const plugin = rawPlugin()
    const pid = (await plugin.run('/pid')) as number
    const held = plugin.run('/hold', 1)
    held.catch(() => {})
    await plugin.run('/echo')

    await plugin.stop?.()

    await plugin.said('end of input')
    await expect(held).rejects.toMatchObject({ code: 'UNREACHABLE', retryable: false })
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    await expect(plugin.run('/echo')).rejects.toThrow('component server "test" was stopped')
  })

  test('a server that ignores the end of its input is killed', async () => {
    const plugin = rawPlugin('good', { stopGraceMs: 20 })
    const pid = (await plugin.run('/pid')) as number
    plugin.run('/stuck').catch(() => {})
    await plugin.said('stuck')

    await plugin.stop?.()

    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('a process that exits leaves no server behind', async () => {
    const port = createServer().listen(0, '127.0.0.1')
    await once(port, 'listening')
    const connected = once(port, 'connection')

    const { port: number } = port.address() as AddressInfo
    const args = [fixture('connecting-server.mjs'), String(number)]
    const { program } = await bundle(`
      import { childTransport } from './stdio.ts'
      const transport = childTransport({ command: process.execPath, args: ${JSON.stringify(args)} })
      transport.start({ message() {}, noise() {}, close() {} })
      process.stdin.resume().on('end', () => process.exit(0))`)
    const host = spawn(process.execPath, [program])
    const [socket] = await connected
    host.stdin.end()

    await once(socket.on('error', () => {}).resume(), 'close')
    port.close()
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
    const plugin = rawPlugin('good', { cancelGraceMs: 20 })
    const before = await plugin.run('/pid')
    const abort = new AbortController()
    const held = plugin.run('/hold', 1, { signal: abort.signal })
    await plugin.run('/echo')

    abort.abort()

    await expect(held).rejects.toMatchObject({ code: 'CANCELLED' })
    await plugin.said('it is replaced')
    expect(await plugin.run('/pid')).not.toBe(before)
  })

  test('calls of others go on in a server that is being replaced', async () => {
    const plugin = rawPlugin('good', { cancelGraceMs: 20 })
    const abort = new AbortController()
    const hold = plugin.run('/hold', 1, { signal: abort.signal })
    const bystander = plugin.run('/hold', 2)
    await plugin.run('/echo')

    abort.abort()
    await hold.catch(() => {})
    await plugin.said('it is replaced')
    await plugin.run('/echo')

    // Nobody can release it in the old process: it ends with that process, and not before.
    const first = await Promise.race([bystander.catch(() => 'ended'), plugin.run('/echo', 'still waiting')])
    expect(first).toBe('still waiting')
    await plugin.stop?.()
    await expect(bystander).rejects.toMatchObject({ code: 'UNREACHABLE' })
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
