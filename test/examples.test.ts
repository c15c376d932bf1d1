// The examples do what their pages say: their cases pass, and the batch that a newcomer runs first gives its results.

import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root, stepflow } from './stepflow.ts'

const run = (...args: string[]) => spawnSync(process.execPath, [stepflow, ...args], { cwd: root, encoding: 'utf8' })

describe('cases', () => {
  const { stdout } = run('test', '--json', 'examples')
  const report = JSON.parse(stdout) as {
    files: { file: string; status: string; cases?: { name: string; passed: boolean }[] }[]
  }
  for (const { file, status, cases = [] } of report.files) {
    if (status === 'skipped') continue
    describe(file, () => {
      test('loads', () => expect(status).toBe('tested'))
      for (const { name, passed } of cases) test(name, () => expect(passed).toBe(true))
    })
  }
})

describe('flows', () => {
  for (const file of flowsIn('examples')) {
    test(`${file} is valid`, () => {
      const { status, stdout } = run('validate', file, '--json')
      expect(JSON.parse(stdout), file).toMatchObject({ valid: true })
      expect(status).toBe(0)
    })
  }
})

test('the data pipeline gives a result for each of its lines', () => {
  const { stdout, status } = run(
    'run',
    'examples/data-pipeline/data-pipeline.yaml',
    '--inputs',
    'examples/data-pipeline/items.jsonl',
  )

  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(status).toBe(0)
  expect(results.map((result) => [result.outcome, result.result.item_id])).toEqual([
    ['success', 'item1'],
    ['success', 'item2'],
    ['success', 'item3'],
  ])
})

function flowsIn(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) return flowsIn(path)
    return path.endsWith('.yaml') && !name.includes('config') ? [path] : []
  })
}
