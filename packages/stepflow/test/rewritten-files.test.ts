// Files of people that a command writes again: what is not changed stays, and so does the whole file if it cannot be written.

import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderWith, program } from './cli.ts'

const flow = `name: f
description: f
steps: [{ id: a, component: /builtin/noop, input: { $input: x } }]
output: { $step: a }
test: { cases: [{ name: one, input: { x: 1 } }] }
# ${'and so on '.repeat(120)}
`

test('a file with a byte order mark keeps it, when its cases are updated and when its schemas are inferred', async () => {
  const { folder: path, run, read } = folderWith({ 'f.yaml': `\ufeff${flow}` })
  const first = () => readFileSync(join(path, 'f.yaml')).subarray(0, 4).toString()

  expect((await run('test', 'f.yaml', '--update')).code).toBe(0)
  expect([first(), read('f.yaml')]).toEqual([
    '\ufeffn',
    expect.stringContaining('output: { outcome: success, result: 1 } }] }\n#'),
  ])

  expect((await run('infer', 'f.yaml', '-o', 'f.yaml', '--force')).code).toBe(0)
  expect([first(), read('f.yaml')]).toEqual(['\ufeffn', expect.stringContaining('schemas:')])
})

test('a flow whose update finds no room stays as it is, and no other file is left', () => {
  const { folder: path } = folderWith({ 'f.yaml': flow })
  const script = `trap '' XFSZ; ulimit -f 1; exec ${process.execPath} ${program} test f.yaml --update`

  const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: path, encoding: 'utf8' })

  expect([status, readFileSync(join(path, 'f.yaml'), 'utf8')]).toEqual([2, flow])
  expect(stderr).toMatch(/the flow "f.yaml" cannot be written/)
  expect(readdirSync(path)).toEqual(['f.yaml'])
})

test('a new file that finds no room is not left empty, and neither is a part of a new project', () => {
  const { folder } = folderWith({ 'f.yaml': flow })
  const limited = (words: string) => {
    const script = `trap '' XFSZ; ulimit -f 1; exec ${process.execPath} ${program} ${words}`
    return spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).status
  }

  expect(limited('convert f.yaml --to manifest -o m.yaml')).toBe(2)
  expect(limited(`run f.yaml --input-json '{"x":"${'y'.repeat(2000)}"}' -o out.json`)).toBe(1)
  expect(limited('init project')).toBe(2)

  expect([readdirSync(folder), readdirSync(join(folder, 'project'))]).toEqual([['f.yaml', 'project'], []])
})

test('a flow that is updated keeps its mode, and is the file that a link leads to', async () => {
  const { folder: path, run } = folderWith({ 'real.yaml': flow })
  chmodSync(join(path, 'real.yaml'), 0o600)
  symlinkSync('real.yaml', join(path, 'f.yaml'))

  await run('test', 'f.yaml', '--update')

  expect(realpathSync(join(path, 'f.yaml'))).toBe(realpathSync(join(path, 'real.yaml')))
  expect(statSync(join(path, 'real.yaml')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(path, 'real.yaml'), 'utf8')).toContain('result: 1')
})
