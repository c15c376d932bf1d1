// Flows over HTTP: stored, saved, published, run by their names; in files and without.

import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from './start-server.ts'

const say = (word: string, name?: string) =>
  `${name === undefined ? '' : `name: ${name}\n`}steps:\n  - { id: say, component: /builtin/noop, input: ${word} }\noutput: { $step: say }\n`
const BROKEN = 'steps:\n  - { id: say, component: /builtin/noop, input: { $step: nobody } }\n'

test('a flow that is sent is stored once by what it holds; with a name it is a version, which runs once it is published', async () => {
  const { call } = await startServer()
  const added = await call('POST', '/flows', { flow: say('one', 'mail') })
  expect([added.status, added.body]).toMatchObject([201, { name: 'mail', version: 1 }])
  const again = await call('POST', '/flows', { flow: say('one', 'mail') })
  expect(again.body).toMatchObject({ flowId: added.body.flowId, version: 1 })

  const unpublished = await call('POST', '/runs', { flowName: 'mail', input: {} })
  expect([unpublished.status, unpublished.body.code]).toEqual([409, 'CONFLICT'])
  expect((await call('POST', '/runs', { flowName: 'mail', flowVersion: 1, input: {}, wait: true })).body).toMatchObject(
    {
      flowName: 'mail',
      flowVersion: 1,
      flowId: added.body.flowId,
      result: { outcome: 'success', result: 'one' },
    },
  )
  expect((await call('POST', '/flows/mail/publish')).body).toMatchObject({ publishedVersion: 1 })
  await call('POST', '/flows', { flow: say('two', 'mail') })
  expect((await call('POST', '/runs', { flowName: 'mail', input: {}, wait: true })).body.result.result).toBe('one')
  await call('POST', '/flows/mail/publish', { version: 2 })
  expect((await call('POST', '/runs', { flowName: 'mail', input: {}, wait: true })).body.result.result).toBe('two')

  const listed = (await call('GET', '/flows')).body.flows
  expect(listed).toMatchObject([
    { name: 'mail', version: 2, publishedVersion: 2, errors: 0, triggers: [], lastRun: { status: 'completed' } },
  ])
  const byId = (await call('GET', `/flows/${added.body.flowId}`)).body
  expect(byId).toMatchObject({ flow: { name: 'mail' }, dialect: 'flow' })
  // Nobody knows when it was stored first.
  expect(byId).not.toHaveProperty('updatedAt')
})

test('a flow comes as an object, as a text and as YAML; with errors nothing is stored, and all are listed', async () => {
  const { url, call } = await startServer()
  const object = await call('POST', '/flows', { name: 'o', flow: { steps: [{ id: 'a', component: '/builtin/noop' }] } })
  const yaml = await fetch(`${url}/api/v1/flows?name=y`, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: `\ufeff${say('one')}`,
  })
  expect([object.status, yaml.status]).toEqual([201, 201])
  expect((await call('GET', '/flows/y')).body.text).toBe(say('one'))

  const wrong = await call('POST', '/flows', {
    flow: 'steps:\n  - { id: a, component: /builtin/noop, input: { $step: x } }\n  - { id: b, component: /nowhere/at/all }\n',
    name: 'wrong',
  })
  expect([wrong.status, wrong.body.code]).toEqual([422, 'INVALID_FLOW'])
  expect(wrong.body.diagnostics.length).toBeGreaterThan(1)
  for (const body of [
    {},
    { flow: 5 },
    { flow: '' },
    { flow: say('x'), name: '../x' },
    { flow: say('x'), name: 'new' },
    { flow: say('x', 'new') },
  ]) {
    expect((await call('POST', '/flows', body)).status, JSON.stringify(body)).toBe(422)
  }
  expect((await call('GET', '/flows')).body.flows.map(({ name }: any) => name)).toEqual(['o', 'y'])
})

test('a file is a published flow; saving it writes the file, and of two who save at once one is refused', async () => {
  const { call, folder } = await startServer({ files: { 'flows/a.yaml': say('one'), 'flows/sub/b.yaml': say('b') } })
  const file = join(folder, 'flows/a.yaml')
  expect((await call('POST', '/runs', { flowName: 'a', input: {}, wait: true })).body.result.result).toBe('one')
  expect((await call('GET', '/info')).body.canWriteFlows).toBe(true)
  expect((await call('GET', '/flows/sub%2Fb')).body).toMatchObject({
    name: 'sub/b',
    file: 'sub/b.yaml',
    publishedVersion: 1,
  })

  const saved = await Promise.all(['two', 'three'].map((word) => call('PUT', '/flows/a', { text: say(word), base: 1 })))
  expect(saved.map(({ status }) => status).sort()).toEqual([200, 409])
  const { text } = (await call('GET', '/flows/a')).body
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect((await call('GET', '/flows/a/versions')).body.versions).toMatchObject([
    { version: 2, published: true },
    { version: 1, published: false },
  ])
  const conflict = saved.find(({ status }) => status === 409)
  expect(conflict?.body).toMatchObject({ code: 'CONFLICT', data: { newest: 2 } })

  await call('POST', '/flows/a/publish', { version: 1 })
  expect(readFileSync(file, 'utf8')).toBe(say('one'))
  expect((await call('GET', '/flows/a?version=published')).body).toMatchObject({ version: 1, text: say('one') })
  expect((await call('GET', '/flows/a/versions/2')).body.text).toBe(text)
  expect((await call('DELETE', '/flows/a')).status).toBe(204)
  expect(existsSync(file)).toBe(false)
  expect((await call('GET', '/flows/a')).status).toBe(404)
  expect((await call('GET', '/runs')).body.total).toBe(1)
})

test('a file that is changed, broken or removed while the server runs is what it is taken for', async () => {
  const { call, folder, services } = await startServer({ files: { 'flows/a.yaml': say('one') } })
  const file = join(folder, 'flows/a.yaml')
  const changed = () =>
    new Promise<void>((resolve) => {
      const stop = services.namedFlows.onChange(() => {
        stop()
        resolve()
      })
    })
  const run = async () => (await call('POST', '/runs', { flowName: 'a', input: {}, wait: true })).body
  let next = changed()
  writeFileSync(file, say('two'))
  await next
  expect((await run()).result.result).toBe('two')
  next = changed()
  writeFileSync(file, BROKEN)
  await next
  expect((await run()).result.result).toBe('two')
  expect((await call('GET', '/flows')).body.flows[0]).toMatchObject({ name: 'a', version: 2, publishedVersion: 2 })
  expect((await call('GET', '/flows')).body.flows[0].errors).toBeGreaterThan(0)
  expect((await call('GET', '/flows/a')).body.text).toBe(BROKEN)
  next = changed()
  rmSync(file)
  await next
  expect((await call('GET', '/flows/a')).status).toBe(404)
})

test('no name and no file leads out of the folder', async () => {
  const { call, folder } = await startServer({
    files: { 'flows/a.yaml': say('one'), 'secret.json': '{"type":"object"}' },
  })
  mkdirSync(join(folder, 'outside'))
  symlinkSync(join(folder, 'outside'), join(folder, 'flows/link'))
  for (const name of [
    '..%2Fx',
    '%2Ftmp%2Fx',
    '..',
    '%2e%2e%2Fx',
    'a%00b',
    'link%2Fx',
    'sub%2Fx',
    '.x',
    'new',
    'x%5C..%5Cy',
  ]) {
    const { status } = await call('PUT', `/flows/${name}`, { text: say('x'), base: 0 })
    expect([404, 405, 422], name).toContain(status)
  }
  expect(existsSync(join(folder, 'x.yaml'))).toBe(false)
  expect(existsSync(join(folder, 'outside/x.yaml'))).toBe(false)

  const withSchema = (path: string) => `schemas: { properties: { input: ${JSON.stringify(path)} } }\n${say('x')}`
  for (const path of [
    '../secret.json',
    join(folder, 'secret.json'),
    '/etc/passwd',
    'file:///etc/passwd',
    '/proc/self/environ',
  ]) {
    for (const file of [undefined, 'f.yaml']) {
      const checked = await call('POST', '/flows/check', { text: withSchema(path), ...(file ? { file } : {}) })
      expect(checked.status).toBe(200)
      expect(JSON.stringify(checked.body.diagnostics)).toMatch(/may not be read|is not there/)
      expect(JSON.stringify(checked.body)).not.toContain('root:')
      const run = await call('POST', '/runs', { flow: withSchema(path), input: {}, ...(file ? { file } : {}) })
      expect(run.status).toBe(422)
    }
  }
  for (const file of ['../x.yaml', '/etc/x.yaml', 'a/../../x.yaml', '..', '', 'a\0b', './x.yaml', 'x\\..\\y']) {
    expect((await call('POST', '/flows/check', { text: say('x'), file })).status, file).toBe(422)
    expect((await call('POST', '/runs', { flow: say('x'), input: {}, file })).status, file).toBe(422)
  }
})

test('checking a text reports everything that is wrong, what it asks for and what its steps answer, and stores nothing', async () => {
  const { call } = await startServer()
  const good = await call('POST', '/flows/check', {
    text: `name: x\ninput_schema: { type: object, properties: { n: { type: number } }, required: [n] }\nsteps: []\noutput: { n: { $input: n } }\n`,
  })
  expect(good.body).toMatchObject({ inputSchema: { required: ['n'] } })
  expect(good.body.types.output).toMatchObject({ properties: { n: { type: 'number' } } })
  for (const text of [
    BROKEN,
    '',
    '{',
    '[',
    'a: b: c',
    'x'.repeat(100_000),
    '- - - -',
    '&a [*a]',
    '\0',
    '__proto__: { x: 1 }',
  ]) {
    const { status, body } = await call('POST', '/flows/check', { text })
    expect(status, text.slice(0, 20)).toBe(200)
    expect(body.diagnostics.length, text.slice(0, 20)).toBeGreaterThan(0)
  }
  expect((await call('GET', '/flows')).body.flows).toEqual([])
})

test('what is asked of a flow that is not there, or in a wrong way, is refused', async () => {
  const { call } = await startServer({ files: { 'flows/orders.yaml': say('one') } })
  const none = '0'.repeat(64)
  const wrong: readonly (readonly [string, string, unknown, number])[] = [
    ['GET', '/flows/order', undefined, 404],
    ['GET', `/flows/${none}`, undefined, 404],
    ['GET', '/flows/__proto__', undefined, 404],
    ['GET', '/flows/orders?version=0', undefined, 400],
    ['GET', '/flows/orders?version=x', undefined, 400],
    ['GET', '/flows/orders?version=9', undefined, 404],
    ['GET', '/flows/orders/versions/9', undefined, 404],
    ['GET', '/flows/orders/versions/x', undefined, 400],
    ['GET', '/flows/nobody/versions', undefined, 404],
    ['PUT', '/flows/orders', { text: say('x') }, 422],
    ['PUT', '/flows/orders', { text: BROKEN, base: 1 }, 422],
    ['PUT', '/flows/orders', { text: say('x', 'other'), base: 1 }, 422],
    ['PUT', '/flows/orders', { text: say('x'), base: -1 }, 422],
    ['PUT', '/flows/orders', { text: say('x'), base: 0 }, 409],
    ['POST', '/flows/nobody/publish', undefined, 404],
    ['POST', '/flows/orders/publish', { version: 9 }, 404],
    ['POST', '/flows/orders/publish', { version: 0 }, 422],
    ['DELETE', '/flows/nobody', undefined, 404],
    ['DELETE', `/flows/${none}`, undefined, 404],
    ['POST', '/runs', { flowName: 'order', input: {} }, 404],
    ['POST', '/runs', { flowName: 'orders', flowVersion: 9, input: {} }, 404],
    ['POST', '/runs', { flowName: 'orders', flow: say('x'), input: {} }, 422],
    ['POST', '/runs', { flow: say('x'), flowVersion: 1, input: {} }, 422],
    ['POST', '/runs', { flowName: 'orders', file: 'x.yaml', input: {} }, 422],
  ]

  for (const [method, path, body, status] of wrong) {
    const answer = await call(method, path, body)
    expect(answer.status, `${method} ${path} ${JSON.stringify(body)}`).toBe(status)
    expect(answer.body.detail, path).toBeTruthy()
  }
  expect((await call('GET', '/flows/order')).body.detail).toContain('did you mean "orders"?')
})

test('whoever misspells a flow is asked whether it is the one that is nearest, wherever flows are named', async () => {
  const code = `import { StepFunction } from 'stepflow'
export default new StepFunction('nightly').addStep('A', { func: () => 1 }).setStartStep('A')
`
  const { call, url } = await startServer({
    files: { 'flows/orders.yaml': 'name: orders\nsteps: []\n', 'flows/nightly.mjs': code },
  })
  const asked: [string, string, (flow: string) => object | undefined][] = [
    ['GET', '/flows/FLOW', () => undefined],
    ['GET', '/flows/FLOW/versions', () => undefined],
    ['GET', '/flows/FLOW/inputs', () => undefined],
    ['POST', '/flows/FLOW/test', () => ({})],
    ['POST', '/runs', (flowName) => ({ flowName, input: {} })],
    ['POST', '/schedules', (flow) => ({ flow, cron: '0 0 * * *' })],
  ]

  for (const [wrong, meant] of [
    ['oders', 'orders'],
    ['nightyl', 'nightly'],
  ] as const) {
    for (const [method, path, body] of asked) {
      const answer = await call(method, path.replace('FLOW', wrong), body(wrong))
      expect([answer.status, answer.body.detail], path).toEqual([
        404,
        expect.stringContaining(`did you mean "${meant}"?`),
      ])
    }
    const published = await fetch(`${url}/api/v2/external/flows/${wrong}/published-run`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"args":[]}',
    })
    expect(await published.text()).toContain(meant)
  }
})

test('patches of steps go with a run of a named flow, and leave the flow as it is', async () => {
  const { call } = await startServer({ files: { 'flows/a.yaml': say('one') } })
  const overrides = { say: { value: { input: 'patched' } } }

  const patched = await call('POST', '/runs', { flowName: 'a', overrides, input: {}, wait: true })
  expect(patched.body).toMatchObject({ flowName: 'a', flowVersion: 1, result: { result: 'patched' } })
  expect((await call('POST', '/runs', { flowName: 'a', input: {}, wait: true })).body.result.result).toBe('one')
  expect((await call('POST', '/runs', { flowName: 'a', overrides: { nobody: { value: {} } }, input: {} })).status).toBe(
    422,
  )
})
