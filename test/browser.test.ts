// The languages and the drawings run where there is no Node: bundled as for a page, in a context that has nothing of it.

import { createContext, Script } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { entrySources } from '../scripts/sources.mjs'
import { root } from './stepflow.ts'

test('a page can compile a flow, mistakes and all, and draw it', async () => {
  const { outputFiles, warnings } = await build({
    stdin: {
      contents: `export { compile, convert, editSource } from '@stepflow/dialects'; export { drawSvg, drawText } from '@stepflow/draw'`,
      resolveDir: root,
    },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'page',
    write: false,
    alias: entrySources(),
    logLevel: 'silent',
  })
  const page = createContext({ URL, TextEncoder, TextDecoder })
  new Script(outputFiles?.[0]?.text ?? '').runInContext(page)
  const said = (code: string) => JSON.parse(new Script(`JSON.stringify(${code})`).runInContext(page) as string)
  // An anchor: the reader of plain YAML leaves it to the library.
  const flow = `name: a\\ndescription: b\\nsteps: [{ id: first, component: /builtin/noop, input: &x { $input: $ } }]\\noutput: { $step: first }\\n`

  expect(warnings).toEqual([])
  expect(said(`page.compile("${flow}", { file: 'flow.yaml' }).plan.steps.map(({ id }) => id)`)).toContain('first')
  expect(said(`page.compile("${flow.replace('$step: first', '$step: frist')}").diagnostics[0].message`)).toContain(
    'frist',
  )
  expect(said(`page.drawText(page.compile("${flow}").plan, 'mermaid')`)).toContain('first')
  expect(said(`page.drawSvg(page.compile("${flow}").plan)`)).toContain('<svg')
  expect(said(`page.editSource("${flow}", 'yaml', [{ path: ['name'], value: 'c' }])`)).toContain('name: c')
})
