// A gRPC worker through the program as it is built: the library for it stands in a file of its own, with copies of what the
// others share.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../packages/protocol/test/bundle.ts'
import { GOOD } from '../packages/protocol/test/grpc-setup.ts'
import { stepflow } from './stepflow.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-worker-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const STEPS = [
  { id: 'first', component: '/w/echo', input: { text: { $input: 'text' } } },
  { id: 'second', component: '/w/echo', input: { again: { $step: 'first', path: 'text' } } },
]

beforeAll(async () => {
  const { program } = await bundle(GOOD, 'cjs')
  const plugin = { type: 'grpc', command: process.execPath, args: [program], queueName: 'python' }
  const config = { plugins: { w: plugin }, routes: { '/w/{*component}': [{ plugin: 'w' }] } }
  writeFileSync(join(folder, 'stepflow-config.yml'), JSON.stringify(config))
  writeFileSync(join(folder, 'flow.yaml'), JSON.stringify({ steps: STEPS, output: { $step: 'second' } }))
})

test('serves the steps of a flow, and the program ends', () => {
  expect(run({ text: 'ä' })).toEqual({ outcome: 'success', result: { again: 'ä' } })
})

test('is not sent what it could not read: that is a wrong input', () => {
  writeFileSync(join(folder, 'input.json'), JSON.stringify({ text: 'x'.repeat(5_000_000) }))

  const outcome = run('input.json')

  expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'INVALID_INPUT', step: 'first' } })
})

// ---

function run(input: object | string): unknown {
  const given = typeof input === 'string' ? ['--input', input] : ['--input-json', JSON.stringify(input)]
  const words = [stepflow, 'run', 'flow.yaml', '--quiet', ...given]
  const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' })
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`${stdout}\n${stderr}`)
  }
}
