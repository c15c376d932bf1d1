// A server's life: what it needs, who else is there, how it ends.

import { expect, test } from 'vitest'
import { serve } from '../src/index.ts'
import { ECHO, startServer, WAITS } from './start-server.ts'

test('a second server on the same store is refused, and learns where the first one is', async () => {
  const { folder, url } = await startServer()

  await expect(serve({ cwd: folder, env: {}, version: '1', port: 0 })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(url),
  })
})

test('a server that has ended leaves its place to the next one, with the runs that had not ended', async () => {
  const first = await startServer()
  const { runId } = (await first.call('POST', '/runs', { flow: WAITS, input: {} })).body
  await first.close()

  const { call, resumedRuns, services } = await startServer({ folder: first.folder })
  await services.engine.signal(runId, { name: 'signal', signal: 'go', payload: 7 })

  expect(resumedRuns).toBe(1)
  expect((await call('GET', `/runs/${runId}/results`)).body).toBe('{"outcome":"success","result":7}\n')
})

test('a server that drains begins nothing new, and says so', async () => {
  const { call, services } = await startServer()
  services.life.drain()

  const { status, headers } = await call('POST', '/runs', { flow: ECHO, input: { n: 1 } })

  expect(status).toBe(503)
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await call('GET', '/ready')).status).toBe(503)
  expect((await call('GET', '/health')).status).toBe(200)
})

test('a request that waits for a run is answered when the server ends', async () => {
  const { call, close } = await startServer()
  const waiting = call('POST', '/runs', { flow: WAITS, input: {}, wait: true })
  while ((await call('GET', '/runs?status=waiting')).body.total === 0);

  await close(1_000)

  expect((await waiting).status).toBe(202)
})

test('answers below its base path, and probes at the root too', async () => {
  const { url, call } = await startServer({ basePath: '/flows/' })

  expect(url).toMatch(/:\d+\/flows$/)
  expect((await call('GET', '/info')).body).toMatchObject({ version: '1.2.3', role: 'admin', store: 'sqlite' })
  expect((await fetch(`${new URL(url).origin}/health`)).status).toBe(200)
  expect((await fetch(`${new URL(url).origin}/api/v1/info`)).status).toBe(404)
})

test.each([
  ['a port in use', { port: 'taken' }],
  ['a base path that is none', { basePath: 'x y' }],
  ['a base path that browsers shorten', { basePath: '/a/../b' }],
  ['a folder of flows that is not there', { flowsDir: 'nowhere' }],
  ['a host that is not ours', { host: '203.0.113.1' }],
])('%s is refused', async (_what, wrong) => {
  const { url, folder } = await startServer()
  const options = 'port' in wrong ? { port: Number(new URL(url).port) } : wrong

  const started = serve({ cwd: folder, env: {}, version: '1', port: 0, store: { type: 'memory' }, ...options })

  await expect(started).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})
