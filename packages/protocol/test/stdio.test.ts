// A component server as a process: how it is started and how it ends.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bundle } from './bundle.ts'
import { fixture, pluginOf, rawPlugin, stillClock } from './setup.ts'

describe('starting', () => {
  test('a server is started by its first call, with a handshake', async () => {
    const plugin = rawPlugin()

    const output = await plugin.run('/echo', { text: 'hé' })

    expect(output).toEqual({ text: 'hé' })
  })

  test('a name resolves before the server has been started', () => {
    const plugin = rawPlugin('dead')

    expect(plugin.resolve('/anything')?.info).toEqual({ name: '/anything', announcesStart: true, keepsInput: true })
  })

  test('a listing starts the server and gives every name a leading slash', async () => {
    const infos = await rawPlugin().components()

    expect(infos).toEqual([{ name: '/echo', description: 'Says it again' }, { name: '/pid' }])
  })

  test.each([
    ['empty', 'component server "test" lists no components'],
    ['unnamed', 'lists a component without a name, which is left out: {"description":"who?"}'],
    ['listless', 'answered components/list without a list of "components": {}'],
  ])('a listing that is %s is warned about', async (mode, warning) => {
    const plugin = rawPlugin(mode)

    await plugin.components()

    expect(await plugin.said(warning)).toContain(warning)
  })

  test('a server that never answers a listing is unreachable after the time of a start', async () => {
    const { clock, advance } = stillClock()
    const plugin = rawPlugin('silent-list', { clock })
    const listed = expect(plugin.components()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^component server "test" did not answer components\/list within 10 s/),
    })

    await plugin.said('asked for its components')
    advance(10_000)

    await listed
    expect(await plugin.run('/echo', 1)).toBe(1)
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
      message: `component server "test" could not be started: there is no program "no-such-program" on the PATH (${process.env.PATH})`,
      retryable: false,
    })
  })

  test.each([
    ['a folder', (path: string) => mkdirSync(path), 'is a folder'],
    ['a file that may not be run', (path: string) => writeFileSync(path, ''), 'is not executable: allow it (chmod +x)'],
    [
      'a script with Windows line ends',
      (path: string) => writeFileSync(path, '#!/bin/sh\r\n', { mode: 0o755 }),
      'names "/bin/sh\\r" as its interpreter, and there is no such program',
    ],
  ])('%s as a command is refused with the reason', async (_, make, reason) => {
    const folder = mkdtempSync(join(tmpdir(), 'stepflow-command-'))
    make(join(folder, 'server'))
    try {
      await expect(pluginOf({ command: './server', cwd: folder }).run('/echo')).rejects.toMatchObject({
        message: expect.stringContaining(reason),
        retryable: false,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('a server that announces a port is refused where it was said to speak over stdio', async () => {
    await expect(rawPlugin('http', { transport: 'stdio' }).run('/echo')).rejects.toThrow(
      'serves HTTP (it announced a port), but its "transport" is stdio',
    )
  })

  test('a server that was said to serve HTTP has to announce its port', async () => {
    await expect(rawPlugin('good', { transport: 'http', startupTimeoutMs: 500 }).run('/echo')).rejects.toThrow(
      '(it has not announced its port: a line {"port": N} on stdout)',
    )
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
      transport.start({ message() {}, noise() {}, lost() {}, close() {} })
      process.stdin.resume().on('end', () => process.exit(0))`)
    const host = spawn(process.execPath, [program])
    const [socket] = await connected
    host.stdin.end()

    await once(socket.on('error', () => {}).resume(), 'close')
    port.close()
  })
})

test.each([
  ['answers', `result: { protocolVersion: '2025-11-25', serverInfo: { name: 'x', version: '1' }, capabilities: {} }`],
  ['refuses', `error: { code: -32603, message: 'protocolVersion: expected string, received undefined' }`],
])('an MCP server that %s the greeting of this protocol is called one', async (_, answer) => {
  const script = `process.stdin.once('data', (line) => console.log(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(line).id, ${answer} })))`
  const plugin = pluginOf({ command: process.execPath, args: ['-e', script] })

  await expect(plugin.run('/x')).rejects.toMatchObject({ message: expect.stringContaining('"type" is mcp') })
})
