// MCP servers as child processes: every rule of the plugin, with a server in bare lines that can break them.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '@stepflow/engine/testing'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { failing, inTime, mcpPlugin, rawPlugin } from './mcp-plugin.ts'

/** A slow machine starts a process late. */
const WHILE_LOADED = { timeout: 60_000 }
const folder = mkdtempSync(join(tmpdir(), 'stepflow-mcp-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('tools are components', () => {
  test('with their names, descriptions and schemas', async () => {
    const components = await rawPlugin().components()

    expect(components).toContainEqual(
      expect.objectContaining({
        name: '/echo',
        description: 'Gives its arguments back',
        inputSchema: { type: 'object' },
      }),
    )
    expect(components.find(({ name }) => name === '/typed')).toMatchObject({
      description: 'A number',
      outputSchema: { required: ['n'] },
    })
  })

  test('of all pages', async () => {
    const [paged, whole] = [await rawPlugin('pages').components(), await rawPlugin().components()]

    expect(paged.map(({ name }) => name)).toEqual(whole.map(({ name }) => name))
  })

  test('that are read again once the server says that they changed', async () => {
    const plugin = rawPlugin()
    await expect(plugin.run('/late')).rejects.toThrow()

    await plugin.run('/change')

    expect(await plugin.run('/late')).toEqual([{ type: 'text', text: 'late' }])
    expect((await plugin.components()).map(({ name }) => name)).toContain('/late')
  })

  test('and a name that the list does not have is not found, without asking the server', async () => {
    const plugin = rawPlugin()

    await expect(plugin.run('/ecko')).rejects.toEqual(
      failing('COMPONENT_NOT_FOUND', 'has no tool "ecko"', 'did you mean "/echo"?'),
    )

    expect(JSON.stringify(await plugin.run('/heard'))).not.toContain('ecko')
  })
})

describe('the output', () => {
  test('is the structured content', async () => {
    expect(await rawPlugin().run('/echo', { a: [1, null, { b: '√' }] })).toEqual({ a: [1, null, { b: '√' }] })
  })

  test('is the content list as it is where nothing is structured', async () => {
    const content = [
      { type: 'text', text: 'a', annotations: { priority: 1 }, _meta: { x: 1 } },
      { type: 'image', data: 'aGk=', mimeType: 'image/png' },
      { type: 'audio', data: 'aGk=', mimeType: 'audio/wav' },
      { type: 'resource_link', uri: 'file:///a', name: 'a' },
      { type: 'resource', resource: { uri: 'file:///a', mimeType: 'text/plain', text: 'hi' } },
    ]

    expect(await rawPlugin().run('/blocks', { content })).toEqual(content)
  })

  test("that does not fit the tool's own schema is a failure that names the field", async () => {
    const plugin = rawPlugin()

    await expect(plugin.run('/typed', { output: { n: 'two', m: 1 } })).rejects.toEqual(
      failing(
        'COMPONENT_FAILED',
        'output of tool "typed" does not fit the tool\'s own schema',
        '$.m',
        '$.n must be a number',
      ),
    )
    await expect(plugin.run('/typed')).rejects.toEqual(
      failing('COMPONENT_FAILED', 'answered without structured content'),
    )
    expect(await plugin.run('/typed', { output: { n: 2 } })).toEqual({ n: 2 })
  })

  test('is not checked against a schema that is none, which is reported once', async () => {
    const plugin = rawPlugin()

    expect(await plugin.run('/nonsense')).toEqual({ n: 1 })
    expect(await plugin.run('/nonsense')).toEqual({ n: 1 })

    expect(
      plugin.lines.filter((line) => line.includes('output schema for its tool "nonsense" that cannot be used')),
    ).toHaveLength(1)
  })

  test('whose schema has an endless regular expression fails within bounded time', async () => {
    await expect(rawPlugin().run('/endless')).rejects.toEqual(
      failing('COMPONENT_FAILED', 'could not be checked', 'within 1 s'),
    )
  })

  test('keeps a key called __proto__ as a key like any other', async () => {
    const { a } = (await rawPlugin().run('/echo', JSON.parse('{"a":{"__proto__":{"polluted":true}}}'))) as { a: object }

    expect(JSON.stringify(a)).toBe('{"__proto__":{"polluted":true}}')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('a failure', () => {
  test('that the tool reports has its texts, and its structured content as data', async () => {
    const plugin = rawPlugin()

    await expect(
      plugin.run('/fails', { texts: ['no disk', 'try later'], structuredContent: { free: 0 } }),
    ).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      message: 'no disk\ntry later',
      data: { free: 0 },
    })
    await expect(plugin.run('/fails', { texts: [] })).rejects.toEqual(
      failing('COMPONENT_FAILED', 'tool "fails" failed and said nothing'),
    )
  })

  test('that the server answers has its words', async () => {
    await expect(rawPlugin().run('/refuses')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'no such city',
      data: { city: 'x' },
    })
  })

  test.each([
    ['a list', [1]],
    ['a text', 'x'],
    ['a number', 1],
  ])('is what %s as input is', async (_, input) => {
    await expect(rawPlugin().run('/echo', input)).rejects.toEqual(failing('INVALID_INPUT', 'takes an object'))
  })

  test('of a server that looks first whether somebody can be asked says that nobody can', async () => {
    const texts = ['Client does not support form elicitation.']

    await expect(rawPlugin().run('/fails', { texts })).rejects.toEqual(
      failing('COMPONENT_FAILED', 'does not support form elicitation.', 'nobody is there to answer'),
    )
  })

  test.each(['elicitation/create', 'sampling/createMessage', 'roots/list'])(
    'is what a tool ends with that needs %s',
    async (method) => {
      const plugin = rawPlugin()

      await expect(plugin.run('/asks', { method })).rejects.toEqual(
        failing('COMPONENT_FAILED', `${method} is refused: nobody is there to answer`),
      )

      expect(await plugin.run('/heard')).toHaveProperty('heard.0', 'server/discover')
      expect(await plugin.run('/heard')).toHaveProperty('heard.2', {})
    },
  )
})

test('the environment is what the configuration gives, and nothing of ours', async () => {
  const { place } = { place: { command: process.execPath, env: { PATH: '/bin', TOKEN: 'x' } } }
  const server = new URL('./fixtures/mcp/raw-server.mjs', import.meta.url).pathname

  const env = await mcpPlugin({ place: { ...place, args: [server] } }).run('/env')

  expect(env).toEqual({ PATH: '/bin', TOKEN: 'x' })
})

test('progress is logged as the progress of the step', async () => {
  const log = vi.fn()

  await rawPlugin().run('/progress', { steps: 2 }, { log })

  expect(log.mock.calls).toEqual([
    ['info', 'step 1', { done: 1, total: 2 }],
    ['info', 'step 2', { done: 2, total: 2 }],
  ])
})

test('progress without end is passed on in part, and the call ends', async () => {
  const log = vi.fn()

  expect(await rawPlugin().run('/progress', { steps: 20_000 }, { log })).toEqual([{ type: 'text', text: 'done' }])

  expect(log.mock.calls.length).toBeLessThan(5_000)
})

test('secrets are taken out of what the server writes, logs and fails with', async () => {
  const plugin = rawPlugin()
  const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('last', '[redacted]'))
  const redaction = clean as <T>(value: T) => T

  const failure = await plugin.run('/die', {}, { redaction }).catch((error: Error) => error.message)

  expect(failure).toContain('[redacted] words')
  expect(plugin.lines.join()).toContain('[redacted] words')
  expect(plugin.lines.join()).not.toContain('last words')
})

test('what the server logs is logged', async () => {
  const plugin = rawPlugin()

  await plugin.run('/logs')

  expect(plugin.lines).toContain('warning: MCP server "test": disk is nearly full')
})

describe('a call that is no longer wanted', () => {
  test('ends at once and is cancelled at the server, which serves the next one', async () => {
    const plugin = rawPlugin()
    const stop = new AbortController()
    const call = plugin.run('/hold', { n: 1 }, { signal: stop.signal })
    call.catch(() => {})
    const heard = async () => ((await plugin.run('/heard')) as { heard: unknown[] }).heard
    await vi.waitFor(async () => expect(await heard()).toContain('tools/call hold'), WHILE_LOADED)

    stop.abort()

    await expect(call).rejects.toEqual(failing('CANCELLED', 'step'))
    expect(await heard()).toContainEqual(expect.objectContaining({ method: 'notifications/cancelled' }))
    // Its late answer harms nobody.
    await plugin.run('/release')
    expect(await plugin.run('/echo', { n: 2 })).toEqual({ n: 2 })
  })

  test('ends a server that says nothing more: its other calls are made again, and the next one works', async () => {
    const plugin = rawPlugin('good', { cancelGraceMs: 20 })
    const stop = new AbortController()
    const first = plugin.run('/stuck', {}, { signal: stop.signal })
    first.catch(() => {})
    await vi.waitFor(() => expect(plugin.lines.join()).toContain('stuck'), WHILE_LOADED)
    const other = plugin.run('/echo', { n: 1 })
    other.catch(() => {})

    stop.abort()

    await expect(first).rejects.toEqual(failing('CANCELLED', 'step'))
    await expect(other).rejects.toEqual(
      failing('UNREACHABLE', 'did not react when a call was cancelled and was stopped'),
    )
    expect(await plugin.run('/echo', { n: 2 })).toEqual({ n: 2 })
  })
})

describe('starting', () => {
  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'a server of protocol %s is spoken to in it',
    async (version) => {
      expect(await rawPlugin(version).run('/echo', { n: 1 })).toEqual({ n: 1 })
    },
  )

  test('a server that dies of a question it does not know is started again, and not asked', async () => {
    const pids = join(folder, 'dies-unasked')
    const plugin = rawPlugin('dies-unasked', { args: [pids] })

    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })
    await expect(plugin.run('/die')).rejects.toThrow()
    expect(await plugin.run('/echo', { n: 2 })).toEqual({ n: 2 })

    // The second life knew what to expect.
    expect(readFileSync(pids, 'utf8').trim().split('\n')).toHaveLength(3)
  })

  test('a server that never answers what it does not know is taken for an old one, and not asked again', async () => {
    const plugin = rawPlugin('silent-probe', { probeTimeoutMs: 20 })

    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })
    await expect(plugin.run('/die')).rejects.toThrow()

    const { heard } = (await plugin.run('/heard')) as { heard: unknown[] }
    expect(heard[0]).toBe('initialize')
    expect(heard).not.toContain('server/discover')
  })

  test('a server that exits says so with its last words', async () => {
    await expect(rawPlugin('exits').run('/echo')).rejects.toEqual(
      failing('UNREACHABLE', 'MCP server "test" ended with exit code 1', 'cannot find module "left-pad"'),
    )
  })

  test('a program that does not exist is named, with where it was looked for, and is not tried again', async () => {
    const plugin = mcpPlugin({ place: { command: 'no-such-program', args: [], env: {} } })

    await expect(plugin.run('/x')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: false,
      message: expect.stringMatching(/there is no program "no-such-program" on the PATH \(.+\)/),
    })
  })

  test('a server that never answers the handshake is stopped in time', async () => {
    const clock = createManualClock()
    const plugin = rawPlugin('mute', { clock, startupTimeoutMs: 30_000 })

    await expect(inTime(plugin.run('/echo'), clock)).rejects.toEqual(
      failing('UNREACHABLE', 'did not finish the handshake within 30 s and was stopped'),
    )
  })

  test('a server that speaks an unknown version is refused', async () => {
    await expect(rawPlugin('future').run('/echo')).rejects.toEqual(failing('UNREACHABLE', '1999-01-01'))
  })

  test('a server without tools says so', async () => {
    const plugin = rawPlugin('no-tools')

    expect(await plugin.components()).toEqual([])
    await expect(plugin.run('/echo')).rejects.toEqual(failing('COMPONENT_NOT_FOUND', 'it has none'))
    expect(plugin.lines).toContain('warning: MCP server "test" has no tools')
  })

  test('what a server says before it is asked does no harm', async () => {
    const plugin = rawPlugin('garbage')

    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })

    expect(plugin.lines.join('\n')).toContain('Welcome!')
    expect(plugin.lines.join('\n')).toContain('could not read a message: what?')
  })
})

describe('listing', () => {
  test('that is asked for again while it goes on gives each asker all tools, with their output schemas', async () => {
    const plugin = rawPlugin('pages')

    const lists = await Promise.all([
      plugin.components(),
      plugin.run('/change').then(() => plugin.components()),
      plugin.run('/change').then(() => plugin.components()),
    ])

    for (const components of lists) {
      expect(components.find(({ name }) => name === '/typed')).toMatchObject({ outputSchema: { required: ['n'] } })
    }
  })

  test('two tools of one name are one, with a warning', async () => {
    const plugin = rawPlugin('twins')

    expect((await plugin.components()).map(({ name }) => name)).toEqual(['/text'])

    expect(plugin.lines).toContain('warning: MCP server "test" lists two tools of the name "text": the first is taken')
  })

  test('what is no tool is left out, and a schema that is none is reported: the others work', async () => {
    const plugin = rawPlugin('bad-list')

    expect((await plugin.components()).map(({ name }) => name)).toEqual(['/text', '/untyped', '/fails'])

    expect(plugin.lines).toEqual([
      expect.stringContaining('has no input schema for its tool "text"'),
      expect.stringContaining('lists a tool without a name, which is left out: {"name":7}'),
      expect.stringContaining('lists a tool without a name, which is left out: null'),
    ])
    expect(await plugin.run('/text', { said: 1 })).toEqual([{ type: 'text', text: '1' }])
  })

  test('a page that repeats itself ends the list', async () => {
    expect((await rawPlugin('same-page').components()).map(({ name }) => name)).toEqual(['/text'])
  })

  test.each([
    ['pages without end', 'endless-pages', 'COMPONENT_FAILED', 'pagination did not terminate'],
    ['more than is taken', 'huge-pages', 'UNREACHABLE', 'lists more tools than are taken'],
  ])('%s is a failure that says so', async (_, mode, code, message) => {
    await expect(rawPlugin(mode).components()).rejects.toEqual(failing(code, message))
  })

  test('that is never answered ends in time', async () => {
    const clock = createManualClock()
    const plugin = rawPlugin('mute-list', { clock, startupTimeoutMs: 3_600_000 })

    await expect(inTime(Promise.resolve(plugin.components()), clock)).rejects.toEqual(
      failing('UNREACHABLE', 'did not list its tools within 3600 s'),
    )
  })
})

describe('a bad server', () => {
  test('that dies in a call fails it with its last words, and is started again', async () => {
    const plugin = rawPlugin()

    await expect(plugin.run('/die')).rejects.toEqual(failing('UNREACHABLE', 'ended with exit code 3', 'last words'))

    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })
  })

  test.each([
    ['an answer that is cut off', '{"jsonrpc":"2.0","id":ID,"result":{"content":[', 'UNREACHABLE', 'was cut off'],
    [
      'an answer with neither result nor error',
      '{"jsonrpc":"2.0","id":ID}',
      'COMPONENT_FAILED',
      'neither a result nor an error',
    ],
    [
      'an answer that is no result of a tool',
      '{"jsonrpc":"2.0","id":ID,"result":{"content":7}}',
      'COMPONENT_FAILED',
      'content: Invalid input: expected array, received number',
    ],
    [
      'a content of an unknown kind',
      '{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"smell"}]}}',
      'COMPONENT_FAILED',
      'content',
    ],
  ])('that writes %s fails that call only', async (_, line, code, message) => {
    const plugin = rawPlugin()

    await expect(plugin.run('/raw', { line })).rejects.toEqual(failing(code, message))

    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })
  })

  test('that answers another id leaves the call to its time limit', async () => {
    const plugin = rawPlugin()
    const stop = new AbortController()
    const call = plugin.run(
      '/raw',
      { line: '{"jsonrpc":"2.0","id":77,"result":{"content":[]}}' },
      { signal: stop.signal },
    )
    call.catch(() => {})
    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })

    stop.abort()

    await expect(call).rejects.toEqual(failing('CANCELLED', 'step'))
  })

  test('whose answer is larger than is taken fails that call only', async () => {
    const plugin = rawPlugin('good', { maxMessageBytes: 1024 * 1024 })
    await plugin.components()

    await expect(plugin.run('/big', { bytes: 1024 * 1024 })).rejects.toMatchObject({
      code: 'COMPONENT_FAILED',
      retryable: false,
      message: expect.stringContaining('more than the 1 MiB'),
    })

    expect(await plugin.run('/big', { bytes: 3 })).toEqual([{ type: 'text', text: 'xxx' }])
  })

  test('that floods its stdout is stopped', async () => {
    const plugin = rawPlugin()

    await expect(plugin.run('/flood')).rejects.toEqual(
      failing('UNREACHABLE', 'not JSON-RPC messages before an answer and was stopped'),
    )

    expect(await plugin.run('/echo', { n: 1 })).toEqual({ n: 1 })
  })
})

test('nothing is left behind when the plugin is stopped', async () => {
  const pids = join(folder, 'stopped')
  const plugin = rawPlugin('good', { args: [pids] })
  await plugin.run('/echo')

  await plugin.stop?.()

  const pid = readFileSync(pids, 'utf8').trim()
  expect(
    existsSync(`/proc/${pid}/status`) && /zombie/i.test(readFileSync(`/proc/${pid}/status`, 'utf8')) === false,
  ).toBe(false)
  await expect(plugin.run('/echo')).rejects.toEqual(failing('UNREACHABLE', 'was stopped'))
})
