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

test('what a function of this process prints is redacted, on stdout and stderr, at once and later', async () => {
  const { run } = folderWith({
    ...files,
    'c.mjs': `export function now({ pw }) {
  console.log('now', pw)
  console.error('now', Buffer.from(pw).toString('base64'))
}
export async function later({ pw }) {
  await new Promise((resolve) => setTimeout(resolve, 5))
  console.log('later', pw)
  process.stderr.write(Buffer.from('later ' + pw + '\\n'))
}
`,
    'f.yaml': `schemas: { properties: { input: { properties: { pw: { is_secret: true } } } } }
steps:
  - { id: a, component: /l/now, input: { pw: { $input: pw } } }
  - { id: b, component: /l/later, input: { pw: { $input: pw } } }
`,
  })

  const { out, err } = await run('run', 'f.yaml', '--input-json', '{"pw":"hunter22"}')

  expect(out + err).not.toMatch(/hunter22|aHVudGVyMjI/)
  expect(err.match(/(?:now|later) \[redacted\]/g)).toHaveLength(4)
})

test('the data of a log line is redacted like its text', async () => {
  const { folder } = folderWith({
    ...files,
    'f.yaml': 'steps: [{ id: a, component: /l/data, input: { pw: { $secret: PW } } }]\n',
  })

  const { err } = await cli(['run', 'f.yaml'], { cwd: folder, env: { STEPFLOW_SECRET_PW: 'hunter22' } })

  expect(err).not.toContain('hunter22')
})
