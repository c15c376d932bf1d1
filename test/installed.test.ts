// The package as others get it: packed, installed into an empty folder, and used there. No path of the checkout helps.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from './stepflow.ts'

const folder = mkdtempSync(join(tmpdir(), 'stepflow-installed-'))
const app = join(folder, 'app')
/** The registry is the one thing that may be out of reach. */
const isReachable = sh('npm', ['view', 'typescript@5.4', 'version', '--prefer-offline'], folder).status === 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!isReachable)(
  'the packed package, in an empty folder (skipped where npm reaches no registry)',
  () => {
    beforeAll(() => {
      succeed('npm', ['pack', '-w', 'stepflow', '--ignore-scripts', '--pack-destination', folder], root)
      const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
      mkdirSync(app)
      write('package.json', '{ "private": true }')
      const tools = ['typescript-5@npm:typescript@5.4', 'typescript-7@npm:typescript@7', '@types/node@20']
      succeed('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball as string)], app)
      // Measured before the compilers of this test come beside it.
      installedBytes = bytesIn(join(app, 'node_modules'))
      succeed('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--save-dev', ...tools], app)
    }, 180_000)
    let installedBytes = 0

    // 30 for running flows, 8 for the server, 1 for what speaks MCP and gRPC, 1 for the page.
    test('takes at most 40 MiB with all that it needs', () => {
      expect(installedBytes / 2 ** 20).toBeLessThan(40)
    })

    test('has its licence, a page and the licences of what it bundles', () => {
      const files = readdirSync(join(app, 'node_modules/stepflow'))
      expect(files).toEqual(expect.arrayContaining(['README.md', 'package.json', 'bin', 'dist']))
      const licences = readFileSync(join(app, 'node_modules/stepflow/dist/THIRD-PARTY-LICENCES.txt'), 'utf8')
      expect(licences).toMatch(/^ajv 8/m)
    })

    test('makes a starter project, runs it, tests it, draws it', () => {
      const npx = (...words: string[]) => succeed('npx', ['--no', 'stepflow', ...words], app)
      npx('init', 'my-flow')

      const { stdout } = npx('run', 'my-flow/flow.yaml', '--input-json', '{"name": "Ada"}')

      expect(JSON.parse(stdout)).toEqual({ outcome: 'success', result: { text: 'Hi Ada!' } })
      expect(npx('test', 'my-flow').stdout).toContain('2/2 passed')
      npx('visualize', 'my-flow/flow.yaml', '--format', 'png', '-o', 'flow.png')
      expect(readFileSync(join(app, 'flow.png')).subarray(1, 4).toString()).toBe('PNG')
    })

    test('runs a batch and keeps it in a file on every Node that is supported', () => {
      write('noop.yaml', 'steps: [{ id: a, component: /builtin/noop, input: { $input: n } }]\noutput: { $step: a }\n')
      write('in.jsonl', '{"n":1}\n{"n":2}\n{"n":3}\n')

      const run = ['run', 'noop.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--store', 'sqlite:runs.db']
      succeed('npx', ['--no', 'stepflow', ...run], app)

      const results = readFileSync(join(app, 'out.jsonl'), 'utf8').trim().split('\n')
      expect(results.map((line) => JSON.parse(line).result)).toEqual([1, 2, 3])
      const { stdout } = succeed(
        'npx',
        ['--no', 'stepflow', 'runs', 'list', '--store', 'sqlite:runs.db', '--json'],
        app,
      )
      expect(JSON.parse(stdout)).toMatchObject([{ status: 'completed' }])
    })

    const PROGRAM = `
const flow = defineFlow('sum', { input: shape() }, ({ input, step }) =>
  step('add', (list) => list.reduce((a, b) => a + b, 0), input))
const run = async () => {
  const store = await createSqliteStore({ path: 'program.db' })
  const engine = createEngine({ store, flows: [flow] })
  const sum = await engine.run(flow, [3, 4])
  console.log(sum, typeof createManualClock, typeof createServer, typeof StepflowClient)
  await engine.close()
  await store.close()
}
run()`
    const NAMES: [names: string, from: string][] = [
      ['createEngine, defineFlow, shape', 'stepflow'],
      ['createSqliteStore', 'stepflow/sqlite'],
      ['createManualClock', 'stepflow/testing'],
      ['createServer', 'stepflow/sdk'],
      ['StepflowClient', 'stepflow/client'],
    ]

    test('serves programs that import it and programs that require it', () => {
      write('p.mjs', NAMES.map(([names, from]) => `import { ${names} } from '${from}'`).join('\n') + PROGRAM)
      write('p.cjs', NAMES.map(([names, from]) => `const { ${names} } = require('${from}')`).join('\n') + PROGRAM)

      for (const file of ['p.mjs', 'p.cjs']) {
        const { stdout, stderr } = succeed(process.execPath, [file], app)
        expect(stdout, file).toBe('7 function function function\n')
        expect(stderr, file).toBe('')
      }
    })

    test('an error that a program throws is shown with a short line, not with the library', () => {
      write(
        'throws.mjs',
        `import { defineFlow } from 'stepflow'\ndefineFlow('a', {}, () => { throw new Error('mine') })`,
      )

      const { stderr } = sh(process.execPath, ['throws.mjs'], app)

      expect(stderr).toContain('mine')
      expect(stderr.length).toBeLessThan(4_000)
      expect(stderr).toMatch(/at defineFlow \(.*stepflow\/dist\/esm\/stepflow\.js:\d+/)
    })

    for (const compiler of ['typescript-5', 'typescript-7']) {
      test(`its types are sound for ${compiler}, in ES modules, CommonJS and for bundlers`, () => {
        const types = `import { defineFlow, run, shape, type Store } from 'stepflow'
import { createSqliteStore } from 'stepflow/sqlite'
import { expectRun } from 'stepflow/testing'
import { createServer } from 'stepflow/sdk'
import { StepflowClient } from 'stepflow/client'
const flow = defineFlow('total', { input: shape<{ prices: number[] }>() }, ({ input, step }) => ({
  sum: step('sum', (prices: number[]) => prices.reduce((a, b) => a + b, 0), input.prices),
}))
export const total: Promise<{ sum: number }> = run(flow, { prices: [3, 4] })
// @ts-expect-error there is no such field
run(flow, { prizes: [3] })
export const all: [Store | undefined, unknown, unknown, unknown] = [undefined, createSqliteStore, expectRun, createServer]
export const status = async (): Promise<string> => (await new StepflowClient({ url: 'http://a' }).getRun('r')).status
`
        for (const name of ['types.mts', 'types.cts', 'types.ts']) write(name, types)
        const tsc = join(app, `node_modules/${compiler}/bin/tsc`)
        const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022']

        succeed(process.execPath, [tsc, ...strict, '--module', 'nodenext', 'types.mts', 'types.cts'], app)
        const bundled = ['--module', 'esnext', '--moduleResolution', 'bundler', 'types.ts']
        succeed(process.execPath, [tsc, ...strict, ...bundled], app)
      })
    }
  },
  120_000,
)

// ---

function sh(command: string, words: readonly string[], cwd: string) {
  return spawnSync(command, words, { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' } })
}

function succeed(command: string, words: readonly string[], cwd: string) {
  const result = sh(command, words, cwd)
  expect(result.status, `${command} ${words.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0)
  return result
}

function write(name: string, text: string): void {
  writeFileSync(join(app, name), text)
}

function bytesIn(place: string): number {
  const stat = statSync(place)
  if (!stat.isDirectory()) return stat.size
  return readdirSync(place).reduce((sum, name) => sum + bytesIn(join(place, name)), 0)
}
