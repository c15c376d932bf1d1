// What a configuration may say of gRPC workers, in the keys of the public project and in ours, and what it may not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { wire } from '../src/wire.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'workers-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function read(plugin: string) {
  writeFileSync(join(home, 'stepflow-config.yml'), `plugins: { w: { ${plugin} } }\n`)
  const { config, diagnostics } = await loadConfig({
    cwd: home,
    env: { TOKEN: 'sixteen or more!'.replaceAll(' ', '_') },
  })
  return {
    config,
    plugin: config.plugins.find(({ name }) => name === 'w'),
    // That no route leads to it is another matter.
    messages: diagnostics
      .filter(({ code }) => code !== 'UNUSED_PLUGIN')
      .map(({ level, message }) => `${level}: ${message}`),
  }
}

const DEFAULTS = { name: 'w', type: 'grpc', queue: 'w', queueTimeoutMs: 30_000, heartbeatMs: 5000, processes: 1 }

describe('a worker', () => {
  test('takes its queue and its times in the keys of the public project', async () => {
    const { plugin, messages } = await read(
      'type: grpc, command: python3, args: [-m, x], env: { A: b }, queueName: python, queueTimeoutSecs: 60, executionTimeoutSecs: 300',
    )

    expect(messages).toEqual([])
    expect(plugin).toEqual({
      ...DEFAULTS,
      command: 'python3',
      args: ['-m', 'x'],
      env: { A: 'b' },
      queue: 'python',
      queueTimeoutMs: 60_000,
      executionTimeoutMs: 300_000,
    })
  })

  test('takes them in ours, and its name is its queue if there is no other', async () => {
    const { plugin, messages } = await read(
      'type: grpc, command: ./worker, queue_timeout: 1m, execution_timeout: 500ms, heartbeat: 10s, processes: 2, max_in_flight: 8',
    )

    expect(messages).toEqual([])
    expect(plugin).toEqual({
      ...DEFAULTS,
      command: join(home, 'worker'),
      args: [],
      env: {},
      queueTimeoutMs: 60_000,
      executionTimeoutMs: 500,
      heartbeatMs: 10_000,
      processes: 2,
      maxInFlight: 8,
    })
  })

  test.each([
    ['127.0.0.1:7838', { host: '127.0.0.1', port: 7838 }],
    ['"[::1]:0"', { host: '[::1]', port: 0 }],
    ['workers.internal:80', { host: 'workers.internal', port: 80 }],
  ])('that others start is waited for at %s, with a token', async (written, listen) => {
    const { plugin, messages } = await read(`type: grpc, listen: ${written}, token: "\${TOKEN}"`)

    expect(messages).toEqual([])
    expect(plugin).toEqual({ ...DEFAULTS, listen, token: 'sixteen_or_more!' })
  })

  test.each([
    ['type: grpc', 'error: plugin "w" has neither "command", the worker to start, nor "listen"'],
    ['type: grpc, command: a, listen: "a:1", token: x', 'error: plugin "w" has both "command" and "listen"'],
    ['type: grpc, listen: "a:1"', 'error: plugin "w" has no "token": without one, anybody could take its calls'],
    [
      'type: grpc, listen: "a:1", token: short',
      'error: "token" of plugin "w" must have 16 characters or more, and no space',
    ],
    ['type: grpc, listen: 7838, token: sixteen_or_more!', 'error: "listen" of plugin "w" is "7838"'],
    ['type: grpc, listen: "a:70000", token: sixteen_or_more!', 'error: "listen" of plugin "w" is "a:70000"'],
    ['type: grpc, command: a, heartbeat: 1500ms', 'error: "heartbeat" of plugin "w" must be whole seconds from 1'],
    [
      'type: grpc, command: a, queue_timeout: soon',
      'error: "queue_timeout" of plugin "w" is "soon", which is not a duration',
    ],
    [
      'type: grpc, command: a, env: { STEPFLOW_TRANSPORT: vsock }',
      'error: "env" of plugin "w" has STEPFLOW_TRANSPORT "vsock", which is not supported',
    ],
    [
      'type: grpc, command: a, token: sixteen_or_more!',
      'hint: "token" of plugin "w" has no effect: it is for workers that others start, with "listen"',
    ],
    [
      'type: grpc, listen: "a:1", token: sixteen_or_more!, args: [x]',
      'hint: "args" of plugin "w" has no effect: with "listen", others start the workers',
    ],
    [
      'type: nats, url: "nats://localhost:4222"',
      'warning: plugin "w" is of type nats, which is not supported: use type grpc, where the same workers are reached without NATS',
    ],
    [
      'type: vsock',
      'warning: plugin "w" is of type vsock, which is not supported: use type grpc, where the same workers are reached over TCP',
    ],
  ])('written as %s is answered with a sentence', async (written, message) => {
    expect((await read(written)).messages).toEqual([message])
  })

  test('is neither started nor waited for before something is called', async () => {
    const { config } = await read('type: grpc, command: ./there-is-none, processes: 2')

    const wired = await wire(config, { env: {}, flowDirectory: home })

    const { failures } = await wired.components()
    expect(failures).toMatchObject([
      { plugin: 'w', error: { message: expect.stringContaining('there is no program') } },
    ])
    await wired.close()
  })
})
