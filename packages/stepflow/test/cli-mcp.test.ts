// stepflow mcp, as a process that an MCP client starts: with the official client of either generation of the protocol.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, onTestFinished, test, vi } from 'vitest'
import { stepflow } from '../../../test/stepflow.ts'
import { cli, folderWith } from './cli.ts'

/** A slow machine starts a process late. */
const WHILE_LOADED = { timeout: 60_000 }

const GREET = `
name: greet
description: Greets somebody
triggers: [{ mcp: greet }]
input_schema: { type: object, properties: { name: { type: string } }, required: [name] }
steps: [{ id: a, component: /local/shout, input: { $input: name } }]
output: { $step: a }
`
const FILES = {
  'flows/greet.yaml': GREET,
  'flows/waits.yaml':
    'name: waits\ntriggers: [{ mcp: waits }]\nsteps: [{ id: a, component: /builtin/wait_for_signal, input: { name: go } }]\n',
  'shout.mjs': 'export const shout = (text) => { console.log("on stdout"); return text + "!" }',
  'stepflow-config.yml':
    'plugins: { local: { type: module, path: shout.mjs } }\nroutes: { /local: [{ plugin: local }] }\n',
}

async function connect(folder: string, era: 'legacy' | { pin: string }, words: readonly string[] = []) {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: era } })
  const args = [stepflow, 'mcp', '--store', 'sqlite:runs.db', ...words]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: folder, stderr: 'ignore' }))
  onTestFinished(() => client.close())
  return client
}

test.each([
  ['old', 'legacy' as const],
  ['modern', { pin: '2026-07-28' }],
])('a client of the %s protocol finds flows and calls them, whatever their functions print', async (_, era) => {
  const { folder } = folderWith(FILES)
  const client = await connect(folder, era)

  const { tools } = await client.listTools()
  const { structuredContent } = await client.callTool({ name: 'greet', arguments: { name: 'Ada' } })

  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['greet', 'waits', 'stepflow_run_flow']))
  expect(structuredContent).toEqual({ result: 'Ada!' })
  await client.close()
  const { out } = await cli(['runs', 'list', '--store', 'sqlite:runs.db', '--json'], { cwd: folder })
  expect(JSON.parse(out)).toMatchObject([{ status: 'completed', trigger: { type: 'mcp', tool: 'greet' } }])
})

test('a cancelled call cancels its run, and the next one is served', async () => {
  const { folder } = folderWith(FILES)
  const client = await connect(folder, 'legacy')
  const stop = new AbortController()
  const called = client.callTool({ name: 'waits', arguments: {} }, { signal: stop.signal })
  called.catch(() => {})
  const runs = async () => {
    const { structuredContent } = await client.callTool({ name: 'stepflow_list_runs', arguments: {} })
    return (structuredContent as { runs: { status: string; items: { waiting: number } }[] }).runs
  }
  await vi.waitFor(async () => expect((await runs())[0]?.items.waiting).toBe(1), WHILE_LOADED)

  stop.abort()

  await vi.waitFor(async () => expect((await runs())[0]?.status).toBe('cancelled'), WHILE_LOADED)
})

test('with --all every published flow is a tool', async () => {
  const { folder } = folderWith({ 'flows/plain.yaml': 'steps: [{ id: a, component: /builtin/noop }]\n' })
  const client = await connect(folder, 'legacy', ['--all'])

  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('plain')
})

test('it ends with 0 when its client goes, and prints nothing but the protocol', async () => {
  const { folder } = folderWith(FILES)
  const child = spawn(process.execPath, [stepflow, 'mcp', '--store', 'memory'], { cwd: folder })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize })}\n`)
  await vi.waitFor(() => expect(out).toContain('\n'), WHILE_LOADED)

  child.stdin.end()

  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ id: 1, result: { serverInfo: { name: 'stepflow' } } })
})

test('a folder that is not there is wrong usage', async () => {
  const { folder } = folderWith({})

  const { code, err } = await cli(['mcp', '--flows', 'nowhere', '--store', 'memory'], { cwd: folder })

  expect(code).toBe(2)
  expect(err).toContain('nowhere')
})
