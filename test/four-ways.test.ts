// The four forms of one job give the same result, and docs/four-ways.md shows the files that are run here.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { run } from 'stepflow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { greetCustomer as stepFunction } from '../examples/four-ways/step-function.ts'
import { greetCustomer as typedFlow } from '../examples/four-ways/typed-flow.ts'
import { root, stepflow } from './stepflow.ts'

const folder = join(root, 'examples/four-ways')
const shop = spawn(process.execPath, [join(folder, 'stand-in.mjs'), '0'], { stdio: ['ignore', 'pipe', 'inherit'] })

beforeAll(async () => {
  const [address] = await once(shop.stdout, 'data')
  process.env.SHOP = String(address).trim() // for the steps, here and in the program
})
afterAll(() => shop.kill())

const results = { c1: { sent: 'Ada, come to our dinner (260)' }, c2: { sent: 'Grace, thank you (15)' } }

for (const file of ['flow.yaml', 'manifest.yaml']) {
  describe(file, () => {
    for (const [id, result] of Object.entries(results)) {
      test(`says what all say of ${id}`, async () => {
        const outcome = await runFile(file, { id })
        expect(outcome).toEqual({ outcome: 'success', result })
      })
    }

    test('fails for somebody unknown', async () => {
      expect(await runFile(file, { id: 'c3' })).toMatchObject({ outcome: 'failed', error: { step: 'customer' } })
    })
  })
}

for (const [what, of] of Object.entries({ 'the step function': stepFunction, 'the typed flow': typedFlow })) {
  describe(what, () => {
    for (const [id, result] of Object.entries(results)) {
      test(`says what all say of ${id}`, async () => {
        expect(await run(of, { id })).toEqual(result)
      })
    }

    test('fails for somebody unknown', async () => {
      await expect(run(of, { id: 'c3' })).rejects.toThrow('there is no customers c3')
    })
  })
}

for (const file of [
  'steps.ts',
  'flow.yaml',
  'manifest.yaml',
  'stepflow-config.yml',
  'step-function.ts',
  'typed-flow.ts',
]) {
  test(`the page shows ${file} as it is`, () => {
    const page = readFileSync(join(root, 'docs/four-ways.md'), 'utf8')
    const [, ...lines] = readFileSync(join(folder, file), 'utf8').trim().split('\n')
    const mark = file.endsWith('.ts') ? '//' : '#'
    // In place of its first line, which says what it is, the page has its name.
    expect(page).toContain(`\n${mark} ${file}\n${lines.join('\n').trim()}\n\`\`\`\n`)
  })
}

// ---

async function runFile(file: string, input: object): Promise<unknown> {
  const args = [stepflow, 'run', file, '--input-json', JSON.stringify(input)]
  const ran = promisify(execFile)(process.execPath, args, { cwd: folder })
  const { stdout } = await ran.catch((failed: { stdout: string }) => failed)
  return JSON.parse(stdout)
}
