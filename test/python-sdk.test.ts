// The Python SDK: its own tests on every Python from 3.9 on that this machine has, with and without the libraries that it
// works with, its types and form, and servers through the command line.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root, stepflow } from './stepflow.ts'

interface Python {
  readonly path: string
  readonly version: string
}

const sdk = join(root, 'sdks/python')
const pythons = findPythons()
const newest = pythons[0]
const transports = [
  ['stdio', []],
  ['HTTP', ['--http']],
] as const

describe.skipIf(!newest)('the Python SDK (skipped where there is no Python from 3.9 on)', () => {
  for (const { path, version } of pythons) {
    test(`passes its tests on Python ${version}`, () => {
      const { status, stderr } = run(path, ['-m', 'unittest'])
      expect(stderr).toMatch(/^Ran [1-9]\d+ tests/m)
      expect(status, stderr).toBe(0)
    }, 400_000)
  }

  const libraries = newest && installLibraries(newest)
  const isReachable = libraries !== undefined

  describe.skipIf(!isReachable)('with msgspec, pydantic and jsonschema (skipped where pip reaches no registry)', () => {
    const python = libraries ?? ''

    test('passes its tests, and none is skipped', () => {
      const { status, stderr } = run(python, ['-m', 'unittest'])
      expect(status, stderr).toBe(0)
      expect(stderr).not.toContain('skipped')
    }, 400_000)

    test('is formatted, and has no finding of ruff', () => {
      for (const what of [['format', '--check'], ['check']]) {
        const { status, stdout } = run(python, ['-m', 'ruff', ...what, '--no-cache', '.'])
        expect(status, stdout).toBe(0)
      }
    }, 60_000)

    test('has the types that mypy expects', () => {
      const { status, stdout } = run(python, ['-m', 'mypy', '--cache-dir', join(root, 'tmp/mypy')])
      expect(status, stdout).toBe(0)
    }, 400_000)

    test.each(transports)(
      'a server written for 0.3 to 0.7 of the public SDK works over %s',
      (_, options) => {
        const { status, stdout, stderr } = runFlow(flowFolder(python, 'released_server.py', releasedSteps, options))

        expect(status, stderr).toBe(0)
        const id = expect.stringMatching(/^[0-9a-f]{64}$/)
        expect(JSON.parse(stdout).result).toEqual({
          word_count: { words: 2 },
          wrong: 'refused',
          keep: { id, value: { a: [1, 'ä', null] } },
          inner: 42,
          failing: { code: 'COMPONENT_FAILED', message: 'ValueError: no negative numbers', data: expect.anything() },
          batch: { total: 5, completed: 5, flow: true, results: [0, 2, 4, 6, 8], again: [14] },
          metadata: { flow_metadata: { of: 'flow' }, step_metadata: { of: 'step' } },
          boom: 'failed',
          talk: 3,
          slow: Array.from({ length: 16 }, (_, n) => expect.objectContaining({ n })),
        })
        expect(stderr).toContain('a word on stdout')
        expect(stderr).toContain('RuntimeError: out of luck')
      },
      60_000,
    )

    test('a published processor of batches runs in a flow', () => {
      const { status, stdout, stderr } = processBatch(python, 'batch_server.py')
      expect(status, stderr).toBe(0)
      expect(JSON.parse(stdout)).toEqual(processed)
    }, 60_000)
  })

  test.each(transports)(
    'the same processor in plain Python, without await, runs in a flow over %s',
    (_, options) => {
      const { status, stdout, stderr } = processBatch(newest?.path ?? '', 'plain_batch_server.py', options)
      expect(status, stderr).toBe(0)
      expect(JSON.parse(stdout)).toEqual(processed)
      // What a server prints is log.
      expect(stderr).toContain('3 results')
    },
    60_000,
  )

  test.each(transports)(
    'what a component may ask is answered over %s',
    (_, options) => {
      const steps = 'steps: [{ id: a, component: /python/asking, input: [1, 2] }]\noutput: { $step: a }\n'

      const { stdout, stderr } = runFlow(flowFolder(newest?.path ?? '', 'asking_server.py', steps, options))

      expect(JSON.parse(stdout), stderr).toEqual({
        outcome: 'success',
        result: {
          blob: { größer: [1, null] },
          bytes: 'AAH/',
          run: ['completed', 2],
          batch: [2, [1, 2]],
          evaluated: 7,
          failed: expect.stringContaining('the result of "/"'),
          metadata: { flow_metadata: {}, step_metadata: {} },
        },
      })
    },
    60_000,
  )

  test('a step with wrong input names the field, one that raises the exception', () => {
    const failure = (server: string, step: string) => {
      const folder = flowFolder(newest?.path ?? '', server, `steps: [{ id: a, ${step} }]\noutput: { $step: a }\n`)
      return JSON.parse(runFlow(folder).stdout).error
    }

    const wrong = failure('plain_batch_server.py', 'component: /python/batch_processor, input: { items: [1] }')
    const raised = failure('server.py', 'component: /python/fail, input: 1')

    expect(wrong).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('input.items[0]') })
    const message = expect.stringContaining('LookupError: there is no such thing')
    expect(raised).toMatchObject({ code: 'COMPONENT_FAILED', message })
  }, 60_000)
})

// ---

const processed = {
  outcome: 'success',
  result: {
    processed: {
      results: [
        { outcome: 'success', result: { doubled: 'aa' } },
        { outcome: 'failed', error: expect.objectContaining({ message: expect.any(String) }) },
        { outcome: 'success', result: { doubled: 'cc' } },
      ],
      total_processed: 3,
      success_count: 2,
      error_count: 1,
    },
    aggregated: 3,
  },
}

/** The published flow, whose `workflow_id` is that of a flow which a step before stores. */
function processBatch(python: string, server: string, options: readonly string[] = []) {
  const steps = `
schema: https://stepflow.org/schemas/v1/flow.json
steps:
  - id: load_items
    component: /data/load_items
    input:
      source: "database"
  - id: store
    component: /builtin/put_blob
    input:
      data:
        $literal:
          steps:
            - id: each
              component: /builtin/transform
              input: { value: { $input: text }, expression: x + x }
          output: { doubled: { $step: each } }
  - id: process_batch
    component: /python/batch_processor
    input:
      items: { $step: load_items, path: "items" }
      workflow_id: { $template: "sha256:{{ steps.store.result.blob_id }}" }
      max_concurrency: 20
  - id: aggregate_results
    component: /data/aggregate
    input:
      results: { $step: process_batch, path: "results" }
output: { processed: { $step: process_batch }, aggregated: { $step: aggregate_results } }
`
  return runFlow(flowFolder(python, server, steps, options))
}

const releasedSteps = `
metadata: { of: flow }
steps:
  - { id: word_count, component: /s/word_count, input: { text: one two } }
  - { id: wrong, component: /s/word_count, input: { text: 7 }, on_error: { action: continue, default_output: refused } }
  - { id: keep, component: /s/keep, input: { value: { a: [1, ä, null] } } }
  - { id: inner, component: /s/inner, input: { n: 21 } }
  - { id: failing, component: /s/failing, input: { n: 0 } }
  - { id: batch, component: /s/batch, input: { n: 5 } }
  - { id: metadata, component: /s/metadata, input: { n: 0 }, metadata: { of: step } }
  - { id: boom, component: /s/boom, input: { n: 0 }, on_error: { action: continue, default_output: failed } }
  - { id: talk, component: /s/talk, input: { n: 3 } }
  - { id: slow, component: /s/slow, for_each: [${Array.from({ length: 16 }, (_, n) => n)}], input: { n: { $item: $ } } }
output:
  word_count: { $step: word_count }
  wrong: { $step: wrong }
  keep: { $step: keep }
  inner: { $step: inner }
  failing: { $step: failing }
  batch: { $step: batch }
  metadata: { $step: metadata }
  boom: { $step: boom }
  talk: { $step: talk }
  slow: { $step: slow }
`

function runFlow(folder: string) {
  return spawnSync(process.execPath, [stepflow, 'run', 'main.yaml'], { cwd: folder, encoding: 'utf8' })
}

const dataModule = `
export const load_items = () => ({ items: [{ text: 'a' }, {}, { text: 'c' }] })
export const aggregate = ({ results }) => results.length
`
const routes = {
  '/python/{*component}': [{ plugin: 'python' }],
  '/s/{*component}': [{ plugin: 'python' }],
  '/data/{*component}': [{ plugin: 'data' }],
  '/{*component}': [{ plugin: 'builtin' }],
}

function flowFolder(python: string, server: string, steps: string, options: readonly string[] = []): string {
  mkdirSync(join(root, 'tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, 'tmp', 'python-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const args = [join(sdk, 'tests', server), ...options]
  const plugin = { type: 'stepflow', command: python, args, env: { PYTHONPATH: sdk } }
  const data = { type: 'module', path: 'data.mjs' }
  const config = { plugins: { builtin: { type: 'builtin' }, python: plugin, data }, routes }
  writeFileSync(join(folder, 'data.mjs'), dataModule)
  writeFileSync(join(folder, 'stepflow-config.yml'), JSON.stringify(config))
  writeFileSync(join(folder, 'main.yaml'), steps)
  return folder
}

function run(python: string, args: readonly string[]) {
  const { PYTHONPATH: _, ...env } = process.env
  return spawnSync(python, args, { cwd: sdk, encoding: 'utf8', env })
}

/** One of each version, the newest first: those on the PATH, and those of pyenv. */
function findPythons(): Python[] {
  const named = ['python3', ...Array.from({ length: 12 }, (_, i) => `python3.${9 + i}`)]
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions')
  const ofPyenv = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, 'bin/python')) : []
  const say = 'import sys; print(sys.executable, *sys.version_info[:2])'
  const found = new Map<number, Python>()
  for (const name of [...ofPyenv, ...named]) {
    const [path = '', major, minor] = spawnSync(name, ['-c', say], { encoding: 'utf8' }).stdout?.trim().split(' ') ?? []
    if (major !== '3' || Number(minor) < 9 || found.has(Number(minor))) continue
    found.set(Number(minor), { path, version: `3.${minor}` })
  }
  return [...found.entries()].sort(([a], [b]) => b - a).map(([, python]) => python)
}

/** An environment with the libraries, made once; undefined if it cannot be made. */
function installLibraries({ path, version }: Python): string | undefined {
  const folder = join(root, 'tmp', `python-${version}`)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const hasAll = () => spawnSync(python, ['-c', 'import msgspec, pydantic, jsonschema, mypy, ruff']).status === 0
  if (hasAll()) return python
  if (spawnSync(path, ['-m', 'venv', '--clear', folder]).status !== 0) return undefined
  const install = '-m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20'
  spawnSync(python, `${install} msgspec pydantic jsonschema mypy ruff`.split(' '))
  return hasAll() ? python : undefined
}
