// Released MCP servers, as they come from npm and PyPI, each called by a step of a flow: the newest ones, and old ones that
// speak the protocol's first versions.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome } from '@stepflow/engine'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../../test/free-port.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { createFlowLoader } from '../src/flows/flow-loader.ts'
import { KnownFlows } from '../src/flows/known-flows.ts'
import { type Wired, wire } from '../src/wire.ts'
import { mcpPlugin } from './mcp-plugin.ts'
import { nodeModulesOf, pythonOf } from './released-environments.ts'

const INSTALL_MS = 240_000
const CALL_MS = 60_000
const tmp = fileURLToPath(new URL('../../../tmp', import.meta.url))
mkdirSync(tmp, { recursive: true })
const folder = mkdtempSync(join(tmp, 'mcp-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Found = Record<string, unknown> | { readonly missing: string }

interface Row {
  readonly name: string
  /** The plugin's configuration, or why there is none. */
  readonly plugin: () => Promise<Found>
  readonly calls: readonly (readonly [tool: string, input: Record<string, unknown>, outcome: unknown])[]
}

const success = (result: unknown) => ({ outcome: 'success', result })
const text = (said: unknown) => [{ type: 'text', text: said }]
const failed = (...words: string[]) => ({
  outcome: 'failed',
  error: expect.objectContaining({ code: 'COMPONENT_FAILED', message: expect.stringContaining(words.join('')) }),
})

const npmServer = (name: string, file: string, args: readonly string[]) => async (): Promise<Found> => {
  const found = await nodeModulesOf(`npm-${name.replaceAll(/\W/g, '-')}`, [`@modelcontextprotocol/${name}`])
  if ('missing' in found) return found
  const program = join(found.modules, '@modelcontextprotocol', name.replace(/@.*/, ''), file)
  return { type: 'mcp', command: process.execPath, args: [program, ...args] }
}

const pythonServer =
  (name: string, packages: readonly string[], args: readonly string[]) => async (): Promise<Found> => {
    const found = await pythonOf(name, packages)
    return 'missing' in found ? found : { type: 'mcp', command: found.python, args }
  }

const fastMcp = fileURLToPath(new URL('./fixtures/mcp/fast_mcp.py', import.meta.url))
const fast = (version: string, sum: unknown, ...more: string[]): Row => ({
  name: `mcp ${version} (Python)`,
  plugin: pythonServer(`mcp-${version}`, [`mcp==${version}`, ...more], [fastMcp]),
  calls: [
    ['add', { a: 2, b: 3 }, success(sum)],
    ['fail', {}, failed('Error executing tool fail')],
    ['add', { a: 'two', b: 3 }, failed('a')],
  ],
})

const files = (version: string, read: unknown): Row => ({
  name: `server-filesystem${version}`,
  plugin: npmServer(`server-filesystem${version}`, 'dist/index.js', [folder]),
  calls: [
    ['read_file', { path: join(folder, 'a.txt') }, success(read)],
    ['read_file', { path: '/etc/passwd' }, failed('Access denied')],
  ],
})

const rows: readonly Row[] = [
  files('', { content: 'hallo\n' }),
  files('@0.6.2', text('hallo\n')),
  {
    name: 'server-everything',
    plugin: npmServer('server-everything', 'dist/index.js', []),
    calls: [
      ['echo', { message: 'hi' }, success(text('Echo: hi'))],
      ['get-structured-content', { location: 'Chicago' }, success(expect.objectContaining({ temperature: 36 }))],
      ['get-structured-content', { location: 'Nowhere' }, failed('Invalid option')],
      ['trigger-long-running-operation', { duration: 0.1, steps: 2 }, success(expect.anything())],
    ],
  },
  {
    name: 'server-memory',
    plugin: async () => ({
      ...(await npmServer('server-memory', 'dist/index.js', [])()),
      env: { MEMORY_FILE_PATH: join(folder, 'memory.json') },
    }),
    calls: [
      [
        'create_entities',
        { entities: [{ name: 'Ada', entityType: 'person', observations: ['writes'] }] },
        success({ entities: [{ name: 'Ada', entityType: 'person', observations: ['writes'] }] }),
      ],
      ['read_graph', {}, success(expect.objectContaining({ relations: [] }))],
    ],
  },
  {
    name: 'mcp-server-time',
    plugin: pythonServer('mcp-servers', ['mcp-server-time', 'mcp-server-git'], ['-m', 'mcp_server_time']),
    calls: [
      [
        'get_current_time',
        { timezone: 'Europe/Berlin' },
        success(expect.objectContaining({ timezone: 'Europe/Berlin' })),
      ],
      ['get_current_time', { timezone: 'Moon/Sea' }, failed('Moon/Sea')],
    ],
  },
  {
    name: 'mcp-server-git',
    plugin: pythonServer('mcp-servers', ['mcp-server-time', 'mcp-server-git'], ['-m', 'mcp_server_git']),
    calls: [
      ['git_status', { repo_path: fileURLToPath(new URL('../../../', import.meta.url)) }, success(expect.anything())],
    ],
  },
  // It reads names of pydantic's that later versions do not have.
  fast('1.2.0', text('{"sum": 5}'), 'pydantic<2.11'),
  fast('1.27.0', { sum: 5 }),
  fast('2.3.0', { sum: 5 }),
]

describe.each(rows)('$name', ({ plugin, calls }) => {
  test(
    'answers the steps of a flow',
    async (context) => {
      const found = await plugin()
      if ('missing' in found) return context.skip(String(found.missing))
      writeFileSync(join(folder, 'a.txt'), 'hallo\n')
      const project = await projectWith(found)
      try {
        for (const [tool, input, outcome] of calls) expect(await project.call(tool, input), tool).toEqual(outcome)
        expect(await project.call('no-such-tool', {})).toMatchObject({ error: { code: 'COMPONENT_NOT_FOUND' } })
      } finally {
        await project.close()
      }
    },
    INSTALL_MS,
  )
})

test(
  'a server of the newest version that starts slowly, and so was taken for an old one, is started again and waited for',
  async (context) => {
    const found = await pythonServer('mcp-2.3.0', ['mcp==2.3.0'], [fastMcp])()
    if ('missing' in found) return context.skip(String(found.missing))
    const { command, args } = found as { command: string; args: string[] }
    const plugin = mcpPlugin({ place: { command, args, env: {} }, probeTimeoutMs: 1 })

    expect(await plugin.run('/add', { a: 2, b: 3 })).toEqual({ sum: 5 })
  },
  INSTALL_MS,
)

test(
  'server-everything answers over HTTP, and a session that it has lost is opened again',
  async (context) => {
    const found = await npmServer('server-everything', 'dist/index.js', ['streamableHttp'])()
    if ('missing' in found) return context.skip(String(found.missing))
    const port = await freePort()
    const { command, args } = found as { command: string; args: string[] }
    const start = async () => {
      const child = spawn(command, args, { env: { PORT: String(port) }, stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      child.stderr.on('data', (chunk) => {
        said += chunk
      })
      await vi.waitFor(() => expect(said).toContain(String(port)), { timeout: CALL_MS })
      return async () => {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    }
    const project = await projectWith({ type: 'mcp', url: `http://127.0.0.1:${port}/mcp` })
    let stop = await start()
    try {
      expect(await project.call('echo', { message: 'hi' })).toEqual(success(text('Echo: hi')))
      await stop()
      stop = await start()

      expect(await project.call('echo', { message: 'again' })).toEqual(success(text('Echo: again')))
    } finally {
      await project.close()
      await stop()
    }
  },
  INSTALL_MS,
)

// ---

/** Calls tools of a plugin, each as the one step of a flow. */
async function projectWith(plugin: Record<string, unknown>) {
  const directory = mkdtempSync(join(folder, 'project-'))
  const config = { plugins: { server: plugin }, routes: { '/server': [{ plugin: 'server' }] } }
  writeFileSync(join(directory, 'stepflow-config.yml'), JSON.stringify(config))
  const flows = new KnownFlows()
  let wired: Wired | undefined
  const load = createFlowLoader({ directory, plugins: () => wired as Wired, flows })
  const { PATH = '', HOME = '' } = process.env
  wired = await wire((await loadConfig({ cwd: directory, env: {} })).config, {
    env: { PATH, HOME },
    flowDirectory: directory,
    plan: load,
    flowOf: flows.of,
  })
  const { engine, close } = wired
  return {
    close,
    async call(tool: string, input: unknown): Promise<Outcome> {
      const step = { id: 'called', component: `/server/${tool}`, input: { $input: '$' } }
      const run = await engine.submit(await load({ name: 'caller', steps: [step], output: { $step: 'called' } }), [
        input,
      ])
      for await (const { outcome } of run.results()) return outcome
      throw new Error('the run had no result')
    },
  }
}
