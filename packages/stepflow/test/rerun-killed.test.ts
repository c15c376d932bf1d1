// A rerun of a batch whose process is killed: it is there whole, and goes on as any other interrupted run.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { stepflow } from '../../../test/stepflow.ts'
import { folderWith, parsed } from './cli.ts'

const items = 300
const { run, folder } = folderWith({
  'f.yaml': `name: f
steps:
  - { id: pause, component: /builtin/sleep, input: { duration: 5ms } }
  - { id: n, component: /builtin/noop, needs: [pause], input: { $input: n } }
output: { $step: n }
`,
  'in.jsonl': Array.from({ length: items }, (_, n) => `{"n":${n}}\n`).join(''),
})

const store = ['--store', 'sqlite:runs.db']
const list = async () => JSON.parse((await run('runs', 'list', '--json', ...store)).out)

test('a rerun of a batch that was killed can be resumed, with all of its items', async () => {
  await run('run', 'f.yaml', '--inputs', 'in.jsonl', '--quiet', ...store)
  const [first] = await list()
  const child = spawn(process.execPath, [stepflow, 'runs', 'rerun', first.runId, ...store], { cwd: folder })
  const ended = once(child, 'exit')
  // Its id is printed as soon as it is recorded.
  await once(child.stderr, 'data')
  child.kill('SIGKILL')
  expect((await ended)[1]).toBe('SIGKILL')

  const [again] = await list()
  const { code, out } = await run('runs', 'resume', again.runId, ...store)

  expect(again.runId).not.toBe(first.runId)
  expect(code).toBe(0)
  const expected = Array.from({ length: items }, (_, n) => ({ outcome: 'success', result: n }))
  expect(parsed(out)).toEqual(expected)
  expect((await list())[0]).toMatchObject({ runId: again.runId, status: 'completed', items: { completed: items } })
})
