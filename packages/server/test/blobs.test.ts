import { expect, test } from 'vitest'
import { ECHO, startServer } from './start-server.ts'

const BYTES = { 'content-type': 'application/octet-stream' }

test('JSON and bytes are kept by their content, and given back as either', async () => {
  const { call, url } = await startServer()

  const json = (
    await call('POST', '/blobs', { data: { simple: 'test', complex: { deeply: { nested: { value: 'works' } } } } })
  ).body
  const bytes = (await call('POST', '/blobs', 'plain', BYTES)).body
  const raw = await fetch(`${url}/api/v1/blobs/${bytes.blobId}`, { headers: { accept: 'application/octet-stream' } })

  expect(json.blobId).toBe('aa05cc227a02bd66a2a91fde7500be122d28e87c45832d1aa9cb0b432eef7e04')
  expect((await call('GET', `/blobs/sha256:${json.blobId}`)).body).toMatchObject({
    blobId: json.blobId,
    blobType: 'data',
    data: { simple: 'test' },
  })
  expect((await call('GET', `/blobs/${bytes.blobId}`)).body).toMatchObject({ blobType: 'binary', data: 'cGxhaW4=' })
  expect(await raw.text()).toBe('plain')
})

test('a flow that was stored is run by its id, as an object and as a text', async () => {
  const { call } = await startServer()

  for (const data of [
    ECHO,
    { steps: [{ id: 'a', component: '/builtin/noop', input: { $input: 'n' } }], output: { $step: 'a' } },
  ]) {
    const { blobId } = (await call('POST', '/blobs', { data })).body
    const { body } = await call('POST', '/runs', { flowId: blobId, input: { n: 4 }, wait: true })

    expect(body.result).toEqual({ outcome: 'success', result: 4 })
  }
})

test.each([
  ['nothing', {}, 422],
  ['binary data that is no base64', { data: '%', blobType: 'binary' }, 422],
  ['a type that is not known', { data: 1, blobType: 'x' }, 422],
])('%s is refused', async (_what, body, status) => {
  const { call } = await startServer()

  expect((await call('POST', '/blobs', body)).status).toBe(status)
})

test('what holds no flow is not run, and what is not there is 404', async () => {
  const { call } = await startServer()
  const { blobId } = (await call('POST', '/blobs', { data: 3 })).body

  expect((await call('POST', '/runs', { flowId: blobId, input: 1 })).body.code).toBe('INVALID_FLOW')
  expect((await call('POST', '/runs', { flowId: 'a'.repeat(64), input: 1 })).status).toBe(404)
  expect((await call('GET', `/blobs/${'a'.repeat(64)}`)).status).toBe(404)
})

test('a secret in a blob is redacted where it leaves', async () => {
  const { call } = await startServer({ env: { STEPFLOW_SECRET_KEY: 'hunter2-hunter2' } })
  const { blobId } = (await call('POST', '/blobs', { data: { key: 'hunter2-hunter2' } })).body

  expect((await call('GET', `/blobs/${blobId}`)).body.data).toEqual({ key: '[redacted]' })
})

const KEEPS = `
name: keeps
input_schema: { type: object, properties: { user: {}, password: { type: string, is_secret: true } } }
steps: [{ id: keep, component: /builtin/put_blob, input: { data: { who: { $input: user }, with: { $input: password } } } }]
output: { $step: keep, path: blob_id }
`

test('a blob that a run has stored is shown without what is secret in the item that stored it', async () => {
  const { call, url } = await startServer({ files: { 'flows/keeps.yaml': KEEPS } })
  const inputs = [
    { user: 'ann', password: 'correct horse' },
    { user: 'bob', password: 'battery staple' },
    { user: 'nobody', password: null },
  ]
  const { runId } = (await call('POST', '/runs', { flowName: 'keeps', inputs, wait: true })).body
  const { items } = (await call('GET', `/runs/${runId}/items`)).body
  const [ann, bob] = items.map(({ result }: any) => result.result)

  expect((await call('GET', `/blobs/${ann}`)).body.data).toEqual({ who: 'ann', with: '[redacted]' })
  const bytes = await fetch(`${url}/api/v1/blobs/sha256:${bob}`, { headers: { accept: 'application/octet-stream' } })
  expect(await bytes.text()).toBe('{"who":"bob","with":"[redacted]"}')

  await call('DELETE', `/runs/${runId}`)
  expect((await call('GET', `/blobs/${ann}`)).status).toBe(404)
})

test('of a blob that two runs have stored, what is secret in either is not shown', async () => {
  const other = KEEPS.replace('name: keeps', 'name: other').replace(
    'user: {}, password: { type: string, is_secret: true }',
    'user: { type: string, is_secret: true }, password: {}',
  )
  const { call } = await startServer({ files: { 'flows/keeps.yaml': KEEPS, 'flows/other.yaml': other } })
  const input = { user: 'ann of the north', password: 'correct horse' }
  const first = (await call('POST', '/runs', { flowName: 'keeps', input, wait: true })).body
  const second = (await call('POST', '/runs', { flowName: 'other', input, wait: true })).body

  expect(second.result).toEqual(first.result)
  const shown = (await call('GET', `/blobs/${first.result.result}`)).body
  expect(shown.data).toEqual({ who: '[redacted]', with: '[redacted]' })
})
