// stepflow serve, as a process: how it begins, what it prints, how it ends.

import { expect, test } from 'vitest'
import { cli, folderWith } from './cli.ts'
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
