import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { stepflow } from '../../../test/stepflow.ts'
import { folder } from './command-line.ts'

const steps = Array.from(
  { length: 20 },
  (_, i) => `  - { id: step_${i}, component: /builtin/noop, input: { $input: "$" } }`,
)
const here = folder({
  'flow.yaml':
    'name: one\ndescription: of one step\nsteps:\n  - { id: a, component: /builtin/noop, input: { $input: "$" } }\noutput: { $step: a }\n',
  'large.yaml': `name: large\ndescription: of many steps\nsteps:\n${steps.join('\n')}\noutput: { $step: step_0 }\n`,
  'in.jsonl': '{"n":1}\n{"n":2}\n',
  // Whoever opens a stream of Node on a pipe makes it non-blocking for all who have it.
  'open-stderr.cjs': 'process.stderr\n',
})
afterAll(here.remove)

test.each([
  ['run', 'flow.yaml', '--input-json', '{}', '-o', '-'],
  ['run', 'flow.yaml', '--inputs', 'in.jsonl', '--output', '-'],
  ['convert', 'flow.yaml', '--to', 'manifest', '-o', '-'],
  ['infer', 'flow.yaml', '-o', '-'],
  ['visualize', 'flow.yaml', '-o', '-'],
  ['visualize', 'flow.yaml', '--format', 'svg', '-o', '-'],
])('-o - is stdout: %s %s %s', (...words) => {
  const { status, stdout } = spawnSync(process.execPath, [stepflow, ...words], { cwd: here.path, encoding: 'utf8' })

  expect(status).toBe(0)
  expect(stdout).not.toBe('')
  expect(existsSync(join(here.path, '-'))).toBe(false)
})

test('runs export -o - is stdout', () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [stepflow, ...words], { cwd: here.path, encoding: 'utf8' })
  run('run', 'flow.yaml', '--input-json', '{}', '--store', 'sqlite:runs.db')
  const [{ runId: id }] = JSON.parse(run('runs', 'list', '--json', '--store', 'sqlite:runs.db').stdout) as [
    { runId: string },
  ]

  const exported = run('runs', 'export', id, '-o', '-', '--store', 'sqlite:runs.db')

  expect(exported.stderr).toBe('')
  expect(JSON.parse(exported.stdout)).toMatchObject({})
  expect(existsSync(join(here.path, '-'))).toBe(false)
})

test.skipIf(process.platform === 'win32')('a PNG goes whole through a pipe that is full and does not block', () => {
  const program = `"${process.execPath}" -r ./open-stderr.cjs "${stepflow}" visualize large.yaml --format png -o -`
  const { stdout } = spawnSync('sh', ['-c', `${program} 2>&1 | cat`], { cwd: here.path, maxBuffer: 1 << 26 })

  expect(stdout.length).toBeGreaterThan(1 << 16)
  expect(stdout.subarray(1, 4).toString()).toBe('PNG')
  expect(stdout.subarray(-8, -4).toString()).toBe('IEND')
})
