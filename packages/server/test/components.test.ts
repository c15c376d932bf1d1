// What steps can call, and how the plugins are doing.

import { expect, test } from 'vitest'
import { startServer } from './start-server.ts'

const CONFIG = `plugins:
  builtin: { type: builtin }
  local: { type: module, path: c.mjs, max_in_flight: 3 }
  broken: { type: stepflow, command: node, args: [broken.mjs], startup_timeout: 5s }
routes:
  /local: [{ plugin: local }]
  /broken: [{ plugin: broken }]
  "/{*component}": [{ plugin: builtin }]
`
const FLOW = `
steps:
  - { id: a, component: /local/double, input: { n: 1 } }
  - { id: each, for_each: [1], component: /builtin/noop, input: { $item: "$" } }
`

test('components are listed with the plugin that serves them, and the flows that call them', async () => {
  const { call } = await startServer({
    files: {
      'stepflow-config.yml': CONFIG,
      'c.mjs': 'export const double = ({ n }) => n * 2\n',
      'broken.mjs': 'console.error("no database: top-secret-word"); process.exit(1)\n',
      'flows/a.yaml': FLOW,
      'flows/b.yaml': 'steps: [{ id: x, component: /broken/any }]\n',
    },
    env: { STEPFLOW_SECRET_WORD: 'top-secret-word', PATH: process.env.PATH },
  })
  const listed = async () => {
    const { body } = await call('GET', '/components')
    return new Map<string, any>(body.components.map((one: any) => [one.path, one]))
  }

  const components = await listed()
  expect(components.get('/local/double')).toMatchObject({
    plugin: { name: 'local', type: 'module', status: 'up', inFlight: 0, max: 3 },
    usedBy: ['a'],
  })
  expect(components.get('/builtin/noop')).toMatchObject({ plugin: { name: 'builtin', type: 'builtin' }, usedBy: ['a'] })
  expect(components.get('/builtin/http')?.inputSchema).toBeTruthy()
  const broken = components.get('/broken/any')
  expect(broken).toMatchObject({ plugin: { name: 'broken', type: 'stepflow', status: 'down' }, usedBy: ['b'] })
  expect(broken.plugin.lastError).toContain('no database')
  expect(broken.plugin.lastError).not.toContain('top-secret-word')
})

test('builtins are up, whatever it is that a call of theirs could not reach', async () => {
  const { call } = await startServer()
  const flow = 'steps: [{ id: x, component: /builtin/http, input: { url: "https://nowhere.invalid" } }]\n'

  const { body } = await call('POST', '/runs', { flow, input: {}, wait: true })

  expect(body.error.code).toBe('UNREACHABLE')
  const { components } = (await call('GET', '/components')).body
  expect(new Set(components.map(({ plugin }: any) => plugin.status))).toEqual(new Set(['up']))
})

test('calls that have not ended are counted', async () => {
  const { call, services } = await startServer({
    files: {
      'stepflow-config.yml': CONFIG,
      'c.mjs':
        'let go\nexport const wait = () => new Promise((resolve) => { go = resolve })\nexport const end = () => go(1)\n',
    },
  })
  const inFlight = async () => {
    const { body } = await call('GET', '/components')
    return body.components.find(({ path }: any) => path === '/local/wait').plugin.inFlight
  }
  const flow = (name: string) => `steps: [{ id: x, component: /local/${name} }]\n`
  const { runId } = (await call('POST', '/runs', { flow: flow('wait'), input: {} })).body
  while ((await inFlight()) !== 1);
  await call('POST', '/runs', { flow: flow('end'), input: {}, wait: true })
  await (await services.engine.follow(runId)).ended

  expect(await inFlight()).toBe(0)
})
