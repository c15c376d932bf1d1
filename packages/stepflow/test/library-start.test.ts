// What `import 'stepflow'` costs, and what it does not pull in. Of the built package, as programs have it.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../../test/stepflow.ts'

const entry = join(root, 'packages/stepflow/dist/esm/stepflow.js')

beforeAll(() => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('../../../scripts/build.mjs', import.meta.url))],
    {
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(stderr)
}, 60_000)

describe("import 'stepflow'", () => {
  test('pulls in neither server nor command line nor libraries', () => {
    const texts = [entry, ...chunksOf(entry)].map((file) => readFileSync(file, 'utf8'))
    const imports = texts.flatMap((text) =>
      [...text.matchAll(/^import .*?from "([^"]+)"|^import "([^"]+)"/gms)].map((m) => m[1] ?? m[2]),
    )

    expect(imports.filter((name) => !name?.startsWith('./') && !name?.startsWith('node:'))).toEqual([])
    expect(texts.join('')).not.toMatch(/node:(http|net|child_process|readline)"/)
    expect(texts.join('')).not.toMatch(/libsql|node:sqlite/)
    // The time that it takes is a row of the benchmark.
    expect(texts.join('').length).toBeLessThan(200_000)
  })

  test('can be shaken: who uses one function gets little more', async () => {
    const bundle = async (contents: string) => {
      const result = await build({
        stdin: { contents, resolveDir: root },
        bundle: true,
        format: 'esm',
        platform: 'node',
        minify: true,
        write: false,
        external: ['ajv', 'yaml', '@resvg/resvg-wasm', 'minijinja-js', 'jsep'],
        logLevel: 'silent',
      })
      return result.outputFiles[0]?.contents.length ?? 0
    }

    expect(await bundle(`import { shape } from 'stepflow'; console.log(shape())`)).toBeLessThan(2_000)
    expect(await bundle(`import 'stepflow'`)).toBeLessThan(500)
  })

  test('works out of a bundle, with the libraries that it brings along', async () => {
    const contents = `import { createEngine, defineFlow, shape } from 'stepflow'
      const flow = defineFlow('f', { input: { type: 'object', required: ['n'] } }, ({ input, step }) => step('twice', (n) => n * 2, input.n))
      const engine = createEngine()
      console.log(await engine.run(flow, { n: 4 }), (await engine.runOutcome(flow, {})).outcome)
      await engine.close()`
    const options = { bundle: true, format: 'esm', platform: 'node', write: false, logLevel: 'silent' } as const
    const banner = { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)` }
    const outside = ['jiti', 'libsql', '@resvg/resvg-wasm']
    const { outputFiles } = await build({
      ...options,
      banner,
      external: outside,
      stdin: { contents, resolveDir: root },
    })

    const input = outputFiles[0]?.text
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-'], {
      encoding: 'utf8',
      cwd: root,
      input,
    })

    expect([stdout.trim(), stderr]).toEqual(['8 failed', ''])
  })

  test.each([
    ['import', 'module', `await import('stepflow')`],
    ['require', 'commonjs', `require('stepflow')`],
  ])('checks inputs against a schema, after %s', (_, type, library) => {
    const code = `(async () => {
      const { defineFlow, runOutcome } = ${library}
      const input = { type: 'object', properties: { n: { type: 'integer', default: 2 } } }
      const flow = defineFlow('f', { input }, ({ input, step }) => step('twice', (n) => n * 2, input.n))
      console.log((await runOutcome(flow, {})).result, (await runOutcome(flow, { n: 'x' })).error.code)
    })()`
    const { stdout, stderr } = spawnSync(process.execPath, [`--input-type=${type}`, '-e', code], {
      encoding: 'utf8',
      cwd: root,
    })

    expect([stdout.trim(), stderr]).toEqual(['4 INVALID_INPUT', ''])
  })

  test('knows the store in a file, and its errors, by its own subpath', () => {
    const code = `const { FlowError } = await import('stepflow'), { createSqliteStore } = await import('stepflow/sqlite'); await createSqliteStore({ path: 5 }).catch((error) => console.log(error instanceof FlowError, error.code))`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      cwd: root,
    })

    expect([stdout.trim(), stderr]).toEqual(['true INVALID_INPUT', ''])
  })

  test('does nothing', () => {
    const code = `const before = Object.keys(globalThis).length, exits = process.listenerCount('exit'); await import('stepflow'); console.log(Object.keys(globalThis).length - before, process.listenerCount('exit') - exits)`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      cwd: root,
    })

    expect([stdout.trim(), stderr]).toEqual(['0 0', ''])
  })
})

/** The files that the entry imports at once. */
function chunksOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/from "(\.\/[^"]+)"/g)].map((match) => join(file, '..', match[1] as string))
}
