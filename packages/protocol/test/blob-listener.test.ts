// Where servers over HTTP keep their blobs.

import { FlowError } from '@stepflow/engine'
import { afterEach, expect, test } from 'vitest'
import { BlobListener } from '../src/blob-listener.ts'
import { testServer } from './http-server.ts'

const kept = new Map<string, unknown>()
const blobs = {
  put(value: unknown) {
    kept.set(`blob-${kept.size}`, value)
    return `blob-${kept.size - 1}`
  },
  get(id: string) {
    if (!kept.has(id)) throw new FlowError('NOT_FOUND', `there is no blob ${id}`)
    return kept.get(id)
  },
}

const open: BlobListener[] = []
afterEach(async () => {
  kept.clear()
  for (const listener of open.splice(0)) await listener.close()
})

async function listening(options: Partial<ConstructorParameters<typeof BlobListener>[0]> = {}): Promise<string> {
  const listener = new BlobListener({ blobs: () => blobs, ...options })
  open.push(listener)
  return listener.url()
}

const post = (url: string, body: string | Uint8Array, type = 'application/json') =>
  fetch(url, { method: 'POST', body, headers: { 'content-type': type } })

test('what is put is got, JSON and bytes', async () => {
  const url = await listening()

  const put = await post(url, JSON.stringify({ data: { a: ['ä'] }, blobType: 'data' }))
  const bytes = await post(url, new Uint8Array([1, 2, 255]), 'application/octet-stream')

  expect(await put.json()).toEqual({ blobId: 'blob-0' })
  expect(await (await fetch(`${url}/blob-0`)).json()).toEqual({ data: { a: ['ä'] }, blobType: 'data' })
  expect(await bytes.json()).toEqual({ blobId: 'blob-1' })
  const got = await fetch(`${url}/blob-1`, { headers: { accept: 'application/octet-stream' } })
  expect([got.headers.get('content-type'), [...new Uint8Array(await got.arrayBuffer())]]).toEqual([
    'application/octet-stream',
    [1, 2, 255],
  ])
  expect(await (await fetch(`${url}/blob-1`)).json()).toEqual({ data: 'AQL/', blobType: 'binary' })
})

test('whoever does not know the secret gets and puts nothing', async () => {
  const url = new URL(await listening())
  kept.set('blob-0', 'secret')

  for (const path of ['/', '/wrong', '/wrong/blob-0', `${url.pathname}x/blob-0`, '/blob-0']) {
    expect((await fetch(new URL(path, url))).status, path).toBe(404)
  }
  expect((await post(new URL('/wrong', url).href, '{"data": 1}')).status).toBe(404)
  expect(kept.size).toBe(1)
})

test('65 MB are refused with the bound, and the next request works', async () => {
  const url = await listening()

  const refused = await post(url, JSON.stringify({ data: 'x'.repeat(65 * 1024 * 1024) }))

  expect(refused.status).toBe(413)
  expect(await refused.text()).toContain('a blob has at most 64 MiB; this has 65 MiB')
  expect((await post(url, '{"data": 1}')).status).toBe(200)
})

test.each([
  ['not JSON', '{', 400],
  ['no data', '{}', 400],
  ['bytes that are no text', '{"data": 7, "blobType": "binary"}', 400],
])('%s is refused', async (_, body, status) => {
  expect((await post(await listening(), body)).status).toBe(status)
})

test('what is not there is 404, and another method 405', async () => {
  const url = await listening()

  expect((await fetch(`${url}/none`)).status).toBe(404)
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(405)
})

test('a plugin opens it with its first server over HTTP, and closes it with itself', async () => {
  const server = await testServer({})
  const plugin = server.plugin()
  await plugin.run('/echo', 1)
  const { blobApiUrl } = (server.heard[0] as { params: { capabilities: { blobApiUrl: string } } }).params.capabilities

  expect(await (await post(blobApiUrl, '{"data": 1}')).json()).toEqual({ blobId: 'blob-0' })
  await plugin.stop?.()

  await expect(post(blobApiUrl, '{"data": 1}')).rejects.toThrow()
})
