// stepflow serve, as a process: how it begins, what it prints, how it ends.

import { chmodSync, existsSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import { begin, cli, folderWith, says } from './cli.ts'
import { serving } from './serving.ts'

const ECHO = 'steps: [{ id: a, component: /builtin/noop, input: { $input: n } }]\noutput: { $step: a }\n'
const WAITS = 'steps: [{ id: a, component: /builtin/wait_for_signal, input: { name: go } }]\noutput: { $step: a }\n'

test('prints where it is, serves, and ends with 0 at SIGTERM', async () => {
  const { folder } = folderWith({})
  const { child, ended, url } = await serving(folder)

  const run = await post(`${url}/api/v1/runs`, { flow: ECHO, input: { n: 5 }, wait: true })
  child.kill('SIGTERM')
  const { code, err } = await ended

  expect(run.result).toEqual({ outcome: 'success', result: 5 })
  expect(code).toBe(0)
  expect(err).toContain(`${url}/api/docs`)
})

test('ends with 0 at SIGTERM, whoever is connected: readers, stalled ones, senders, and those that say nothing', async () => {
  const { folder } = folderWith({})
  const { child, ended, url } = await serving(folder)
  const { hostname, port } = new URL(url)
  const large = Array.from({ length: 500 }, (_, n) => ({ n: `${n} ${'x'.repeat(20_000)}` }))
  const { runId } = await post(`${url}/api/v1/runs`, { flow: WAITS, input: {} })
  const { runId: ended500 } = await post(`${url}/api/v1/runs`, { flow: ECHO, inputs: large, wait: true })
  const reads = (path: string) => fetch(`${url}/api/v1${path}`)
  const answers = await Promise.all([
    ...['/events', `/runs/${runId}/events`, `/runs/${runId}/results`].map(reads),
    // Of these nothing is read.
    ...[`/runs/${ended500}/results`, `/runs/${ended500}/events?topics=entries`, `/runs/${ended500}/journal`].map(reads),
  ])
  const waiting = post(`${url}/api/v1/runs`, { flow: WAITS, input: {}, wait: true })
  const path = `/api/v1/runs?flow=${encodeURIComponent(ECHO)}`
  const heads = [
    '',
    'GET /api/v1/info HTTP/1.1\r\nHost: local',
    'POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: 99\r\n\r\n{"n":1}\n`,
  ]
  const sockets = heads.map((head) => {
    const socket = connect(Number(port), hostname, () => void socket.write(head)).on('error', () => {})
    return socket
  })
  // The two, the one that is waited for, and the one whose lines come.
  while (JSON.parse(await (await reads('/runs')).text()).total < 4);

  child.kill('SIGTERM')
  const { code, err } = await ended

  expect([code, (await waiting).status]).toEqual([0, 'running'])
  expect(err).not.toMatch(/error:|\.cjs/)
  for (const answer of answers) await answer.text().catch(() => {})
  for (const socket of sockets) socket.destroy()
})

test('calls the components of modules that its configuration names', async () => {
  const { folder } = folderWith({
    'own.mjs': 'export const double = (n) => 2 * n\n',
    'stepflow-config.yml': 'plugins: { own: { type: module, path: own.mjs } }\nroutes: { /own: [{ plugin: own }] }\n',
  })
  const { url } = await serving(folder)
  const flow = 'steps: [{ id: a, component: /own/double, input: { $input: $ } }]\noutput: { $step: a }\n'

  const { result } = await post(`${url}/api/v1/runs`, { flow, input: 4, wait: true })

  expect(result).toEqual({ outcome: 'success', result: 8 })
})

test('a second one on the same file says where the first one is, and exits with 2', async () => {
  const { folder } = folderWith({})
  const { url } = await serving(folder)

  const { code, err } = await cli(['serve', '--port', '0'], { cwd: folder })

  expect(code).toBe(2)
  expect(err).toContain(url)
})

test('one that was killed leaves its place at once, and the next one goes on with its runs', async () => {
  const { folder } = folderWith({})
  const first = await serving(folder)
  const { runId } = await post(`${first.url}/api/v1/runs`, { flow: WAITS, input: {} })
  first.child.kill('SIGKILL')
  await first.ended

  const { url, resumedRuns } = await serving(folder)
  const run = await (await fetch(`${url}/api/v1/runs/${runId}`)).json()

  expect(resumedRuns).toBe(1)
  expect(run).toMatchObject({ status: 'running', items: { total: 1 } })
})

test('while it serves a store, commands on that store print where the page of a run is', async () => {
  const { folder, run } = folderWith({ 'echo.yaml': ECHO })
  const { child, ended, url } = await serving(folder)
  const store = ['--store', 'sqlite:.stepflow/stepflow.db']

  const { err } = await run('run', 'echo.yaml', '--input-json', '{"n":1}', ...store)
  const [, id] = /run (\S+): /.exec(err) ?? []

  expect(err).toContain(`${url}/runs/${id}`)
  expect((await run('runs', 'show', id as string)).err).toContain(`${url}/runs/${id}`)
  child.kill('SIGTERM')
  await ended
  expect((await run('runs', 'show', id as string)).err).not.toContain(url)
})

test('prints its addresses, what it has, and each broken flow with its line', async () => {
  const { folder } = folderWith({
    'flows/good.yaml': ECHO,
    'flows/timed.yaml': `${ECHO}triggers: [{ schedule: "0 3 * * *" }]\n`,
    'flows/sub/bad.yaml': 'steps:\n  - { id: a, componet: /builtin/noop }\n',
  })
  const { child, ended, url } = await serving(folder)

  child.kill('SIGTERM')
  const { err } = await ended

  for (const path of ['/', '/api/v1', '/api/docs', '/mcp']) expect(err).toContain(`${url}${path}\n`)
  expect(err).toContain('3 flows, 1 schedule\n')
  expect(err).toMatch(/1 flow has errors:\n +flows\/sub\/bad\.yaml:2:\d+: /)
  expect(err).not.toContain('token')
})

test('off loopback it says how to make a token for its store', async () => {
  const { folder } = folderWith({})
  const { child, ended } = begin(['serve', '--host', '0.0.0.0', '--port', '0', '--store', 'sqlite:own.db', '--json'], {
    cwd: folder,
  })
  child.stdout?.once('data', () => child.kill('SIGTERM'))

  const { code, err } = await ended

  expect(code).toBe(0)
  const [, command = ''] = /needs a token.*\n +stepflow (.*)\n/.exec(err) ?? []
  expect((await cli(command.split(' '), { cwd: folder })).out).toMatch(/^\S+_\S+\n$/)
})

test('a second signal does not wait for the calls that are under way', async () => {
  const { folder } = folderWith({
    'own.mjs': 'export const hang = () => new Promise(() => {})\n',
    'stepflow-config.yml': 'plugins: { own: { type: module, path: own.mjs } }\nroutes: { /own: [{ plugin: own }] }\n',
  })
  const { child, ended, url } = await serving(folder)
  const flow = 'steps: [{ id: a, component: /own/hang }]\n'
  const { runId } = await post(`${url}/api/v1/runs`, { flow, input: {} })
  await vi.waitUntil(async () => {
    const answer = await fetch(`${url}/api/v1/runs/${runId}`)
    return ((await answer.json()) as any).items.running === 1
  })
  const draining = says(child, /shutting down within 10 s; a second signal stops at once/)

  child.kill('SIGTERM')
  await draining
  child.kill('SIGTERM')

  expect((await ended).code).toBe(130)
})

test('--open opens the page in the browser, or says that there is none', async () => {
  const opener = '#!/bin/sh\necho "$1" > opened.tmp && mv opened.tmp opened\n'
  const { folder, at, read } = folderWith({ 'echo.yaml': ECHO, browser: opener })
  chmodSync(at('browser'), 0o755)
  const { url } = await serving(folder)
  const words = ['submit', 'echo.yaml', '--input-json', '{"n":1}', '--url', url, '--open']

  const opened = await cli(words, { cwd: folder, env: { BROWSER: at('browser') } })
  const [, id] = /run (\S+): /.exec(opened.err) ?? []
  await vi.waitUntil(() => existsSync(at('opened')), { timeout: 60_000 })
  const without = await cli(['runs', 'show', id as string, '--open'], {
    cwd: folder,
    env: { BROWSER: '', DISPLAY: '', WAYLAND_DISPLAY: '' },
  })
  const inMemory = await cli(['run', 'echo.yaml', '--input-json', '{"n":1}', '--open'], { cwd: folder })

  expect(read('opened')).toBe(`${url}/runs/${id}\n`)
  expect(without.err).toMatch(/no browser here|cannot be started/)
  expect(inMemory.err).toContain('has no page')
})

test.each([
  [['--port', 'x'], '--port'],
  [['--flows', 'nowhere'], 'nowhere'],
  [['--drain', 'soon'], '--drain'],
  [['--host', '203.0.113.1'], '203.0.113.1'],
])('%j is wrong usage', async (words, named) => {
  const { folder } = folderWith({})

  const { code, err } = await cli(['serve', '--store', 'memory', '--port', '0', ...words], { cwd: folder })

  expect(code).toBe(2)
  expect(err).toContain(named)
})

// ---

async function post(url: string, body: unknown): Promise<any> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return answer.json()
}
