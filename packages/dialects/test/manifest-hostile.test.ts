// Hostile templates, each run in a process with 64 MB: none gets out, none takes long.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { entrySources } from '../../../scripts/sources.mjs'
import { HOSTILE } from './hostile-templates.ts'

const MARK = 'mark-7f3a91'
const folder = mkdtempSync(join(tmpdir(), 'stepflow-hostile-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Told {
  readonly value?: string
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string }
  readonly ms: number
}

const program = `
import { render } from './render.ts'
import { condition } from './condition.ts'
import { readFileSync } from 'node:fs'
const templates = JSON.parse(readFileSync(process.argv[2], 'utf8'))
render('{{ x | map("upper") | list }}', { x: ['a'] })
const told = templates.map((source) => {
  const once = () => {
    const context = { x: { a: 1, list: [1, 2, 3], secret: 's' } }
    const start = process.cpuUsage()
    let told
    try {
      const value = render(source, context)
      told = { value: (JSON.stringify(value) ?? String(value)).slice(0, 2000) }
    } catch (error) {
      told = { error: { name: error.name, code: error.code, message: String(error.message).slice(0, 500) } }
    }
    const { user, system } = process.cpuUsage(start)
    const ms = (user + system) / 1000
    if (JSON.stringify(context) !== '{"x":{"a":1,"list":[1,2,3],"secret":"s"}}') told.value = 'the context was changed'
    if ({}.polluted !== undefined) told.value = 'a prototype was changed'
    return { ...told, ms }
  }
  // Of the processor, for the machine has others to serve; the best of three, for the collector may be busy with the last one.
  let best = once()
  for (let i = 0; i < 2 && best.ms > 50; i++) { const next = once(); if (next.ms < best.ms) best = next }
  return best
})
process.stdout.write(JSON.stringify(told))
`

const told = await run()

async function run(): Promise<readonly Told[]> {
  const outfile = join(folder, 'program.mjs')
  await build({
    stdin: { contents: program, resolveDir: new URL('../src/template/', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    alias: entrySources(),
    logLevel: 'silent',
  })
  writeFileSync(join(folder, 'templates.json'), JSON.stringify(HOSTILE))
  const words = ['--max-old-space-size=64', '--max-semi-space-size=4', outfile, join(folder, 'templates.json')]
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    env: { MARK },
    maxBuffer: 1 << 26,
  })
  if (stdout === '') throw new Error(`the process did not survive: ${status} ${signal} ${stderr.slice(-2000)}`)
  return JSON.parse(stdout)
}

test('there are at least 200', () => {
  expect(new Set(HOSTILE).size).toBeGreaterThanOrEqual(200)
  expect(told).toHaveLength(HOSTILE.length)
})

describe.each(HOSTILE.map((source, i) => [source.length > 90 ? `${source.slice(0, 90)}...` : source, i] as const))(
  '%s',
  (_, i) => {
    const one = told[i] as Told

    test('gives data, or an error of the step', () => {
      if (one.error) expect(one.error).toMatchObject({ name: 'FlowError', code: 'EXPRESSION_FAILURE' })
      else expect(one.value).not.toMatch(/native code|\[object|=>|the context was changed|a prototype was changed/)
    })

    test('reads no file and no environment', () => {
      expect(JSON.stringify(one)).not.toContain(MARK)
      expect(JSON.stringify(one)).not.toMatch(/root:|uid=/)
    })

    test('takes at most 100 ms', () => {
      expect(one.ms).toBeLessThanOrEqual(100)
    })
  },
)
