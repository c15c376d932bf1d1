// A server that is killed in the middle of what a client asked for: what it had acknowledged is there, and nothing is half.

import { createHmac } from 'node:crypto'
import { readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderWith } from './cli.ts'
import { type Serving, serving } from './serving.ts'

const ECHO = 'name: echo\nsteps: [{ id: a, component: /builtin/noop, input: { $input: n } }]\noutput: { $step: a }\n'
const ODD = `name: odd
steps:
  - { id: first, component: /c/called, input: { $input: n } }
  - { id: then, component: /c/odd, input: { $step: first } }
output: { $step: then }
`
const files = {
  'flows/echo.yaml': ECHO,
  'flows/odd.yaml': ODD,
  // A file for each call of the first step: whoever killed the server can count.
  'c.mjs': `import { writeFileSync } from 'node:fs'
let calls = 0
export function called(n) { writeFileSync('calls/' + process.pid + '-' + calls++, String(n)); return n }
export function odd(n) { if (n % 2 === 0) throw new Error('not odd'); return n }
`,
  'calls/.keep': '',
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, c: { type: module, path: c.mjs } }\nroutes: { "/c/{*component}": [{ plugin: c }], "/{*component}": [{ plugin: builtin }] }\n',
}
const ITEMS = 2000

test('in a rerun: the same key goes on with the one that was begun, and what was kept is not called again', async () => {
  const { folder } = folderWith(files)
  const first = await serving(folder)
  const inputs = Array.from({ length: ITEMS }, (_, n) => ({ n }))
  const { runId } = (await ask(first, 'POST', '/runs', { flowName: 'odd', inputs, wait: true })).body
  const callsBefore = readdirSync(join(folder, 'calls')).length
  const again = { failed: true, flow: ODD.replace('/c/odd', '/builtin/noop') }
  const headers = { 'idempotency-key': 'again' }
  const begun = await ask(first, 'POST', `/runs/${runId}/rerun`, again, headers)
  await first.kill()

  const second = await serving(folder)
  const found = await ask(second, 'POST', `/runs/${runId}/rerun`, again, headers)
  const results = await (await fetch(`${second.url}/api/v1/runs/${begun.body.runId}/results`)).text()

  expect([begun.status, found.status, found.body.runId]).toEqual([202, 202, begun.body.runId])
  expect(results).toBe(Array.from({ length: ITEMS }, (_, n) => `{"outcome":"success","result":${n}}\n`).join(''))
  expect((await ask(second, 'GET', '/runs')).body.total).toBe(2)
  expect(readdirSync(join(folder, 'calls')).length).toBe(callsBefore)
})

test('in a publish: each time the flow is whole, of the last version that was acknowledged or of the next one', async () => {
  const { folder, read } = folderWith(files)
  const text = (n: number) => `${ECHO}# ${n} ${'x'.repeat(5000)}\n`
  let server = await serving(folder)
  let acknowledged = 0
  for (let kill = 1; kill <= 8; kill++) {
    const { version: base } = (await ask(server, 'GET', '/flows/echo')).body
    const saved = await ask(server, 'PUT', '/flows/echo', { base, text: text(++acknowledged) })
    expect(saved.status).toBe(200)
    const cut = ask(server, 'PUT', '/flows/echo', { base: base + 1, text: text(acknowledged + 1) }).catch(
      () => undefined,
    )
    for (let turn = 0; turn < kill * 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    await server.kill()
    await cut

    server = await serving(folder)

    const { body } = await ask(server, 'GET', '/flows/echo?version=published')
    expect([text(acknowledged), text(acknowledged + 1)]).toContain(read('flows/echo.yaml'))
    expect(body.text).toBe(read('flows/echo.yaml'))
    if (body.text === text(acknowledged + 1)) acknowledged++
  }
  await server.kill()

  // What the kills have left goes with the next start, when it can be nobody's who is still writing.
  const long = new Date(Date.now() - 3_600_000)
  for (const name of readdirSync(join(folder, 'flows'))) utimesSync(join(folder, 'flows', name), long, long)
  await serving(folder)
  expect(readdirSync(join(folder, 'flows')).sort()).toEqual(['echo.yaml', 'odd.yaml'])
}, 120_000)

test('in a publish of a flow without a file: each time a version that was acknowledged or asked for is the published one', async () => {
  const { folder } = folderWith({})
  let server = await serving(folder)
  const flow = (n: number) => ECHO.replace('$step: a', `$literal: ${n}`)
  for (let kill = 1; kill <= 6; kill++) {
    const { version } = (await ask(server, 'POST', '/flows', { flow: flow(kill) })).body
    const cut = ask(server, 'POST', '/flows/echo/publish', { version }).catch(() => undefined)
    for (let turn = 0; turn < kill * 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    await server.kill()
    const answer = await cut

    server = await serving(folder)

    const { versions } = (await ask(server, 'GET', '/flows/echo/versions')).body
    const published = versions.filter((one: { published: boolean }) => one.published)
    expect(versions[0].version).toBe(version)
    expect(published.length).toBeLessThanOrEqual(1)
    if (answer?.status === 200) expect(published[0].version).toBe(version)
    expect((await ask(server, 'POST', '/flows/echo/publish', { version })).status).toBe(200)
    expect((await ask(server, 'POST', '/runs', { flowName: 'echo', input: { n: 0 }, wait: true })).body.result).toEqual(
      {
        outcome: 'success',
        result: kill,
      },
    )
  }
}, 120_000)

test("between a webhook's run and its answer: the delivery that is sent again gets that run, and there is no other", async () => {
  const hooked = `name: hooked\ntriggers: [{ webhook: push, secret: HOOK }]\n${ECHO.replace('name: echo\n', '')}`
  const { folder } = folderWith({ 'flows/hooked.yaml': hooked })
  let server = await serving(folder)
  await ask(server, 'PUT', '/secrets/HOOK', { value: 'kept-by-both-sides' })
  for (let kill = 1; kill <= 6; kill++) {
    const seen = async () => (await ask(server, 'GET', '/runs?trigger=webhook')).body
    const cut = deliver(server, `d-${kill}`).catch(() => undefined)
    // Sooner and sooner after the run is there; in the end perhaps before.
    if (kill <= 3) while ((await seen()).total < kill);
    else for (let turn = 0; turn < kill * 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    const before = kill <= 3 ? (await seen()).runs[0].runId : undefined
    await server.kill()
    const answer = await cut

    server = await serving(folder)

    const again = await deliver(server, `d-${kill}`)
    expect(again.status).toBe(202)
    if (before !== undefined) expect(again.body.runId).toBe(before)
    if (answer?.status === 202) expect(again.body.runId).toBe(answer.body.runId)
    expect((await seen()).total).toBe(kill)
    const results = await fetch(`${server.url}/api/v1/runs/${again.body.runId}/results`)
    expect(await results.text()).toBe(`{"outcome":"success","result":"d-${kill}"}\n`)
  }
}, 120_000)

// ---

async function deliver({ url }: Serving, delivery: string) {
  const body = JSON.stringify({ n: delivery })
  const timestamp = String(Math.floor(Date.now() / 1000))
  const digest = createHmac('sha256', 'kept-by-both-sides').update(`${delivery}.${timestamp}.${body}`).digest('hex')
  const answer = await fetch(`${url}/hooks/push`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-stepflow-signature': `sha256=${digest}`,
      'x-stepflow-timestamp': timestamp,
      'x-stepflow-delivery': delivery,
    },
    body,
  })
  return { status: answer.status, body: JSON.parse(await answer.text()) }
}

async function ask({ url }: Serving, method: string, path: string, body?: unknown, headers = {}) {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: JSON.parse(await answer.text()) }
}
