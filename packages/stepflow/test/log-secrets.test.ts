// What components log is an exit like the others: no secret leaves by it.
import { expect, test } from 'vitest'
import { cli, folderWith } from './cli.ts'

const files = {
  'stepflow-config.yml': 'plugins: { l: { type: module, path: c.mjs } }\nroutes: { /l: [{ plugin: l }] }\n',
  'c.mjs': `export function text({ pw }, ctx) { ctx.log('info', 'pw is ' + pw) }
export function data({ pw }, ctx) { ctx.log('info', 'data', { pw }) }
`,
}

test('what a schema marks is_secret is redacted in log lines', async () => {
  const { run } = folderWith({
    ...files,
    'f.yaml': `schemas: { properties: { input: { properties: { pw: { is_secret: true } } } } }
steps: [{ id: a, component: /l/text, input: { pw: { $input: pw } } }]
`,
  })

  expect((await run('run', 'f.yaml', '--input-json', '{"pw":"hunter22"}')).err).not.toContain('hunter22')
})

test('the data of a log line is redacted like its text', async () => {
  const { folder } = folderWith({
    ...files,
    'f.yaml': 'steps: [{ id: a, component: /l/data, input: { pw: { $secret: PW } } }]\n',
  })

  const { err } = await cli(['run', 'f.yaml'], { cwd: folder, env: { STEPFLOW_SECRET_PW: 'hunter22' } })

  expect(err).not.toContain('hunter22')
})
