// The cases of a flow, run by the server.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from './start-server.ts'

const FLOW = (config = '') => `
name: double
steps: [{ id: a, component: /ai/answer, input: { n: { $input: n } } }]
output: { n: { $input: n }, said: { $step: a } }
test:
${config}
  cases:
    - { name: good, input: { n: 1 }, output: { outcome: success, result: { n: 1, said: one } } }
    - { name: bad, input: { n: 1 }, output: { outcome: success, result: { n: 2, said: two, more: 3 } } }
`
const MOCKS = `
  config:
    plugins: { ai: { type: mock, components: { /answer: { behaviors: { { n: 1 }: { outcome: success, result: one } } } } }, builtin: { type: builtin } }
    routes: { /ai: [{ plugin: ai }], "/{*component}": [{ plugin: builtin }] }
`

test('the cases of a flow are run with its mocks, and what differs is listed; nothing is kept', async () => {
  const { call } = await startServer({ files: { 'flows/double.yaml': FLOW(MOCKS) } })
  const { status, body } = await call('POST', '/flows/double/test')

  expect(status, JSON.stringify(body)).toBe(200)
  expect(body).toMatchObject({
    passed: 1,
    failed: 1,
    cases: [
      { name: 'good', passed: true },
      { name: 'bad', passed: false },
    ],
  })
  expect(body.cases[1].differences).toEqual([
    { path: '$.result.more', expected: 3 },
    { path: '$.result.n', expected: 2, actual: 1 },
    { path: '$.result.said', expected: 'two', actual: 'one' },
  ])
  expect((await call('POST', '/flows/double/test', { cases: ['good'] })).body).toMatchObject({ passed: 1, failed: 0 })
  expect((await call('POST', '/flows/double/test', { cases: ['nobody'] })).status).toBe(404)
  expect((await call('GET', '/runs?kind=all')).body.total).toBe(0)
})

test('a text is tested in place of what is saved; with errors it is refused with all of them', async () => {
  const simple = 'steps: [{ id: a, component: /builtin/noop, input: 1 }]\noutput: { $step: a }\n'
  const { call } = await startServer({ files: { 'flows/x.yaml': simple } })
  const text = `${simple}test: { cases: [{ name: c, output: { outcome: success, result: 1 } }] }\n`

  expect((await call('POST', '/flows/x/test', { text })).body).toMatchObject({ passed: 1, failed: 0 })
  expect((await call('POST', '/flows/x/test')).body).toEqual({ passed: 0, failed: 0, cases: [] })
  expect((await call('POST', '/flows/x/test', { text: text.replace('noop', 'nope') })).body.code).toBe('INVALID_FLOW')
  expect((await call('POST', '/flows/nobody/test', { text })).status).toBe(404)
})

test('what a flow brings for its tests starts no program, reads no file outside and nothing of the environment', async () => {
  const { call, folder } = await startServer({
    files: {
      'flows/double.yaml': FLOW(MOCKS),
      'outside.yml': 'plugins: {}\n',
      'flows/c.mjs': 'export const answer = () => 1\n',
    },
    env: { HIDDEN: 'of-the-environment' },
  })
  const routes = 'routes: { /ai: [{ plugin: ai }] }'
  const configs = [
    `  config: { plugins: { ai: { type: stepflow, command: touch, args: ["${folder}/made"] } }, ${routes} }`,
    `  config: { plugins: { ai: { type: mcp, command: touch, args: ["${folder}/made"] } }, ${routes} }`,
    `  config: { plugins: { ai: { type: module, path: c.mjs } }, ${routes} }`,
    '  config_file: ../outside.yml',
    `  config_file: ${folder}/outside.yml`,
    '  config_file: /etc/passwd',
  ]
  for (const config of configs) {
    const { status, body } = await call('POST', '/flows/double/test', { text: FLOW(config) })
    expect(status, config).toBe(422)
    expect(JSON.stringify(body), config).not.toContain('root:')
  }
  expect(existsSync(join(folder, 'made'))).toBe(false)
  const leak = FLOW(MOCKS.replace('result: one', `result: "\${HIDDEN}"`))
  expect(JSON.stringify((await call('POST', '/flows/double/test', { text: leak })).body)).not.toContain(
    'of-the-environment',
  )
})
