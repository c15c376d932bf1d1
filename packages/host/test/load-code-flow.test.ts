// A flow out of a TypeScript file, and how it meets an engine that has other components as well.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, createMemoryStore } from '@stepflow/engine'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../../test/stepflow.ts'
import { isCodeFile, loadCodeFlow } from '../src/flows/code-file.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepflow-load-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const stepflow = JSON.stringify(join(root, 'packages/stepflow/src/index.ts'))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, `import { defineFlow, StepFunction } from ${stepflow}\n${text}`)
  return path
}

const flow = (name: string) => `defineFlow('${name}', {}, ({ step }) => step('a', () => '${name}'))`
const nobody = {
  route(path: string): never {
    throw new Error(`asked for ${path}`)
  },
}

describe('loadCodeFlow', () => {
  test('finds the only flow, the default one, or the one that is named', async () => {
    const only = file('only.ts', `export const flow = ${flow('only')}`)
    const several = file('several.ts', `export const a = ${flow('a')}; export const b = ${flow('b')}; export default b`)

    expect((await loadCodeFlow(only)).name).toBe('only')
    expect((await loadCodeFlow(several)).name).toBe('b')
    expect((await loadCodeFlow(several, 'a')).name).toBe('a')
  })

  test('finds what a CommonJS file is, or has', async () => {
    const is = file('is.cts', `export = ${flow('is')}`)
    const has = file('has.cts', `exports.flow = ${flow('has')}`)

    expect((await loadCodeFlow(is)).name).toBe('is')
    expect((await loadCodeFlow(has)).name).toBe('has')
  })

  test('its plan runs in any engine over its router', async () => {
    const { plan, router } = await loadCodeFlow(file('runs.ts', `export const flow = ${flow('runs')}`))
    const engine = createEngine({ store: createMemoryStore(), router: router(nobody) })

    const handle = await engine.submit(plan as NonNullable<typeof plan>, [null])

    for await (const { outcome } of handle.results()) expect(outcome).toEqual({ outcome: 'success', result: 'runs' })
  })

  test('what is wrong with a step function is told, and nothing of it is run', async () => {
    const broken = file(
      'broken.ts',
      `export const sf = new StepFunction('sf').addStep('A', { func: () => 1, nextStep: 'B' }).setStartStep('A')`,
    )

    const { plan, diagnostics } = await loadCodeFlow(broken)

    expect(plan).toBe(undefined)
    expect(diagnostics).toEqual([expect.objectContaining({ code: 'UNKNOWN_STEP', level: 'error', file: 'broken.ts' })])
  })

  test('a file without flows, with several, or without the named one is refused', async () => {
    await expect(loadCodeFlow(file('none.ts', 'export const x = 1'))).rejects.toThrow('none.ts exports no flow')
    const two = file('two.ts', `export const first = ${flow('first')}; export const second = ${flow('second')}`)
    await expect(loadCodeFlow(two)).rejects.toThrow('exports several flows (first, second)')
    await expect(loadCodeFlow(two, 'frist')).rejects.toThrow('did you mean "first"?')
    await expect(loadCodeFlow(file('wrong.ts', `defineFlow('', {}, () => 1)`))).rejects.toThrow('wrong.ts')
  })

  test('knows its files by their endings', () => {
    expect(['a.ts', 'b.mjs', 'c.tsx', 'd.yaml', 'e.json'].map(isCodeFile)).toEqual([true, true, true, false, false])
  })
})
