// stepflow runs --url: the runs of a server, as those of a store are listed and steered.

import { expect, test } from 'vitest'
import { begin, folderWith } from './cli.ts'
import { serving } from './serving.ts'

const ECHO = 'name: echo\nsteps: [{ id: a, component: /builtin/noop, input: { $input: n } }]\noutput: { $step: a }\n'
const WAITS =
  'name: waits\nsteps: [{ id: ask, component: /builtin/wait_for_signal, input: { name: go } }]\noutput: { $step: ask }\n'

async function withRuns() {
  const files = folderWith({ 'echo.yaml': ECHO, 'waits.yaml': WAITS })
  const { url } = await serving(files.folder)
  const started = async (flow: string) =>
    (await files.run('submit', flow, '--url', url, '--input-json', '{"n":5}', '--detach')).out.trim()
  const at = (...words: string[]) => files.run('runs', ...words, '--url', url)
  return { ...files, url, started, at }
}

test('lists them as a store does, with the same filters', async () => {
  const { at, run, started } = await withRuns()
  const echo = await started('echo.yaml')
  const waits = await started('waits.yaml')
  await at('watch', echo)

  const there = await at('list')
  const here = await run('runs', 'list')
  const filtered = await at('list', '--flow', 'waits', '--json')

  expect(there.out).toContain(echo)
  expect(there.out.split('\n').map((line) => line.split(/\s+/)[0])).toEqual(
    here.out.split('\n').map((line) => line.split(/\s+/)[0]),
  )
  expect(JSON.parse(filtered.out).map((one: any) => one.runId)).toEqual([waits])
})

test('pauses, resumes and cancels one, and watches it to its end', async () => {
  const { at, started, url, folder } = await withRuns()
  const id = await started('waits.yaml')

  expect(JSON.parse((await at('pause', id, '--json')).out).status).toBe('paused')
  expect(JSON.parse((await at('resume', id, '--json')).out).status).toBe('running')
  const { child, ended } = begin(['runs', 'watch', id, '--url', url, '--verbose'], { cwd: folder })
  await at('cancel', id, '--reason', 'enough')
  const { code, out } = await ended

  expect(child.exitCode).toBe(130)
  expect(code).toBe(130)
  expect(out).toContain('enough')
})

test('one that is not there is exit code 3, and so is a server', async () => {
  const { at, run } = await withRuns()

  expect((await at('pause', 'none')).code).toBe(3)
  expect((await run('runs', 'list', '--url', 'http://127.0.0.1:9')).code).toBe(3)
})

test('options of this machine are refused beside --url', async () => {
  const { at } = await withRuns()

  const { code, err } = await at('list', '--store', 'memory')

  expect(code).toBe(2)
  expect(err).toContain('--store')
})
