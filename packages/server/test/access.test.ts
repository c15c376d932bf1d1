// Who comes in, and what each may do: every route of the OpenAPI document is tried with every role.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { systemClock } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { ECHO, startServer, WAITS } from './start-server.ts'

type Needed = 'none' | 'viewer' | 'operator' | 'admin'

/** The least role for each operation. A new route has to be entered here, by somebody who has thought about it. */
const NEEDS: Readonly<Record<string, Needed>> = {
  getHealth: 'none',
  getReady: 'none',
  getInfo: 'viewer',
  listNodes: 'viewer',
  getMetrics: 'viewer',
  getOpenApi: 'viewer',
  startRun: 'operator',
  putBlob: 'operator',
  getBlob: 'viewer',
  getRunsSummary: 'viewer',
  listRuns: 'viewer',
  getRun: 'viewer',
  getRunFlow: 'viewer',
  getLogs: 'viewer',
  getResults: 'viewer',
  cancelRun: 'operator',
  pauseRun: 'operator',
  resumeRun: 'operator',
  listItems: 'viewer',
  getItem: 'viewer',
  getItemStatuses: 'viewer',
  listFailures: 'viewer',
  listRunSteps: 'viewer',
  getRunStep: 'viewer',
  listItemSteps: 'viewer',
  getItemStep: 'viewer',
  getRunEvents: 'viewer',
  getEvents: 'viewer',
  getJournal: 'viewer',
  listWaits: 'viewer',
  getWait: 'viewer',
  decideWait: 'operator',
  sendSignal: 'operator',
  rerun: 'operator',
  exportRun: 'viewer',
  importRun: 'operator',
  deleteRun: 'admin',
  pruneRuns: 'admin',
  bulk: 'operator',
  listComponents: 'viewer',
  addFlow: 'admin',
  listFlows: 'viewer',
  checkFlow: 'viewer',
  getFlow: 'viewer',
  saveFlow: 'admin',
  removeFlow: 'admin',
  listVersions: 'viewer',
  getVersion: 'viewer',
  publishFlow: 'admin',
  testFlow: 'operator',
  listInputs: 'viewer',
  listSamples: 'viewer',
  listSchedules: 'viewer',
  getSchedule: 'viewer',
  previewSchedule: 'viewer',
  createSchedule: 'admin',
  changeSchedule: 'admin',
  runSchedule: 'operator',
  deleteSchedule: 'admin',
  listSecrets: 'viewer',
  setSecret: 'admin',
  removeSecret: 'admin',
  beginSession: 'none',
  getSession: 'viewer',
  endSession: 'viewer',
  listTokens: 'admin',
  createToken: 'admin',
  revokeToken: 'admin',
}

const ROLES = ['viewer', 'operator', 'admin'] as const
const OPEN = { allowHosts: ['flows.example.org'] }

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A request with headers that `fetch` would not send. */
function send(url: string, { method = 'GET', path = '/api/v1/info', headers = {}, body }: Sent) {
  return new Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }>(
    (resolve, reject) => {
      const sent = httpRequest(new URL(path, url), { method, headers, agent: false }, (answer) => {
        // Events go on for ever.
        if (answer.headers['content-type']?.startsWith('text/event-stream')) {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: '' })
          answer.destroy()
          return
        }
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }))
        answer.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    },
  )
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('every operation of the document is in the table of roles, and says the same', async () => {
  const { call } = await startServer()
  const { body } = await call('GET', '/openapi.json')
  const operations = Object.values<any>(body.paths).flatMap((path) => Object.values<any>(path))

  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(NEEDS).sort())
  for (const operation of operations) {
    expect(operation['x-access'] ?? 'none', operation.operationId).toBe(NEEDS[operation.operationId])
  }
})

test('each role may do what it may on every operation, and nothing else; without a token nobody may', async () => {
  const { call, services, url } = await startServer(OPEN)
  const admin = (await services.tokens.create({ role: 'admin' })).token
  const { body } = await call('GET', '/openapi.json', undefined, bearer(admin))
  const tokens = await Promise.all(ROLES.map(async (role) => (await services.tokens.create({ role })).token))

  for (const [path, methods] of Object.entries<any>(body.paths)) {
    for (const [method, { operationId }] of Object.entries<any>(methods)) {
      const needed = NEEDS[operationId] as Needed
      const path_ = `${new URL(url).pathname.replace(/\/$/, '')}/api/v1${path.replaceAll(/\{[^}]+\}/g, 'nobody')}`
      const statusWith = async (headers: Record<string, string>) =>
        (await send(url, { method: method.toUpperCase(), path: path_, headers })).status
      if (needed === 'none') {
        expect([401, 403], operationId).not.toContain(method === 'post' ? 422 : await statusWith({}))
        continue
      }
      expect(await statusWith({}), `${operationId} without a token`).toBe(401)
      for (const [i, role] of ROLES.entries()) {
        const status = await statusWith(bearer(tokens[i] as string))
        if (i < ROLES.indexOf(needed)) expect(status, `${operationId} as ${role}`).toBe(403)
        else expect([401, 403], `${operationId} as ${role}`).not.toContain(status)
      }
    }
  }
})

test('on loopback nobody needs a token, but a wrong, cut, expired or revoked one is refused', async () => {
  let now = Date.now()
  const { call, services } = await startServer({
    clock: { ...systemClock, now: () => now },
  })
  const { id, token } = await services.tokens.create({ role: 'viewer', expiresInMs: 60_000 })

  expect((await call('GET', '/info')).body.role).toBe('admin')
  expect((await call('GET', '/info', undefined, bearer(token))).body.role).toBe('viewer')
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${token}x`,
    `Bearer ${token.slice(0, -1)}`,
    `Basic ${btoa(`x:${token}`)}`,
    token,
    'Bearer ../../etc/passwd',
    `Bearer ${'x'.repeat(10_000)}`,
  ]) {
    const answer = await call('GET', '/info', undefined, { authorization })
    expect(answer.status, authorization).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(JSON.stringify(answer.body)).not.toContain(token.slice(-20))
  }
  now += 60_000
  expect((await call('GET', '/info', undefined, bearer(token))).body.detail).toBe('the token has expired')
  await services.tokens.revoke(id)
  expect((await call('GET', '/info', undefined, bearer(token))).status).toBe(401)
  // The address is no place for a token.
  const { token: other } = await services.tokens.create({ role: 'admin' })
  expect((await call('GET', `/runs?token=${other}`)).status).toBe(400)
})

test('a request that a proxy forwards comes from somebody else, who needs a token', async () => {
  const { url, services } = await startServer()
  const { token } = await services.tokens.create({ role: 'viewer' })

  const names = 'X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto Forwarded X-Real-IP Via CF-Connecting-IP'
  for (const name of names.split(' ')) {
    expect((await send(url, { headers: { [name]: '127.0.0.1' } })).status, name).toBe(401)
    expect((await send(url, { headers: { [name]: '127.0.0.1', ...bearer(token) } })).status, name).toBe(200)
    expect((await send(url, { path: '/health', headers: { [name]: '127.0.0.1' } })).status, name).toBe(200)
  }
})

test('with a name for others, everybody needs a token, on loopback too', async () => {
  const { url, needsToken, services } = await startServer(OPEN)

  expect(needsToken).toBe(true)
  expect((await send(url, {})).status).toBe(401)
  const { token } = await services.tokens.create({ role: 'viewer' })
  expect((await send(url, { headers: { host: 'flows.example.org', ...bearer(token) } })).status).toBe(200)
  expect((await send(url, { headers: { host: 'FLOWS.example.org:443', ...bearer(token) } })).status).toBe(200)
})

test("a request to a name that is not the server's is answered by nothing but 421", async () => {
  const { url } = await startServer()
  const own = ['127.0.0.1', '127.0.0.1:80', 'localhost', 'x.localhost:1', '[::1]:7837', '192.168.1.5']
  const foreign = [
    ...['evil.example', 'evil.example:7837', '127.0.0.1.evil.example', 'localhost.evil.example', 'flows.example.org'],
    ...['evil.example@127.0.0.1', '127.0.0.1:x', '2130706433'],
  ]

  for (const host of [...own, ...foreign]) {
    for (const path of ['/api/v1/info', '/health', '/api/docs']) {
      expect((await send(url, { path, headers: { host } })).status, host).toBe(own.includes(host) ? 200 : 421)
    }
  }
})

test('a page of another origin may neither read nor write', async () => {
  const { url } = await startServer()
  const foreign = [
    ...['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://localhost', 'file://', ''],
    'http://127.0.0.1.evil.example',
  ]

  for (const origin of foreign) {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const headers = { origin, ...(method === 'OPTIONS' ? { 'access-control-request-method': 'POST' } : {}) }
      const answer = await send(url, { method, path: '/api/v1/runs', headers })
      expect(answer.status, `${method} ${origin}`).toBe(403)
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
  }
})

test('a page of the server itself may, over http and behind a proxy that speaks https', async () => {
  const { url, services } = await startServer(OPEN)
  const { token } = await services.tokens.create({ role: 'viewer' })
  const { host } = new URL(url)

  expect((await send(url, { headers: { origin: `http://${host}`, ...bearer(token) } })).status).toBe(200)
  const proxied = { host: 'flows.example.org', 'x-forwarded-proto': 'https', origin: 'https://flows.example.org' }
  expect((await send(url, { headers: { ...proxied, ...bearer(token) } })).status).toBe(200)
  expect((await send(url, { headers: { ...proxied, host: 'flows.example.org:443', ...bearer(token) } })).status).toBe(
    200,
  )
})

test('an origin that --cors names may use the API with a token, and no other', async () => {
  const { url } = await startServer({ cors: ['https://app.example.org'] })
  const origin = 'https://app.example.org'

  const asked = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,mcp-session-id,x-other',
  }
  const preflight = await send(url, { method: 'OPTIONS', path: '/api/v1/runs', headers: asked })
  expect(preflight.status).toBe(204)
  expect(preflight.headers['access-control-allow-origin']).toBe(origin)
  expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
  // An assistant in a page speaks MCP with headers of its own.
  const allowed = String(preflight.headers['access-control-allow-headers']).toLowerCase().split(', ')
  expect(allowed).toEqual(expect.arrayContaining(['authorization', 'idempotency-key', 'mcp-session-id']))
  expect(allowed).not.toContain('x-other')
  expect(preflight.headers['access-control-expose-headers']).toMatch(/Location.*Mcp-Session-Id/)
  const read = await send(url, { headers: { origin } })
  expect([read.status, read.headers['access-control-allow-origin'], read.headers.vary]).toEqual([200, origin, 'Origin'])
  for (const other of [
    'https://app.example.org.evil.example',
    'http://app.example.org',
    'https://app.example.org:8443',
  ]) {
    expect((await send(url, { headers: { origin: other } })).status, other).toBe(403)
  }
})

test.each([
  [{ cors: ['*'] }],
  [{ cors: ['example.org'] }],
  [{ cors: ['https://a.example/path'] }],
  [{ allowHosts: ['a:80'] }],
  [{ allowHosts: ['http://a'] }],
  [{ allowHosts: [''] }],
  [{ allowHosts: ['*'] }],
])('%j is refused at start', async (options) => {
  await expect(startServer(options)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})

test('a browser gives its token once and has a session, which ends when it is told to, and with its token', async () => {
  const { call, services, url } = await startServer({ ...OPEN, basePath: '/flows' })
  const { id, token } = await services.tokens.create({ role: 'operator', name: 'ada' })
  const begun = await call('POST', '/session', { token })
  expect(begun.body).toMatchObject({ role: 'operator', name: 'ada' })
  const [set = ''] = begun.headers.getSetCookie()
  expect(set).toMatch(/^stepflow_session=[\w-]{43}; Path=\/flows; Max-Age=43200; HttpOnly; SameSite=Strict$/)
  expect(set + JSON.stringify(begun.body)).not.toContain(token)
  const cookie = `theme=dark; ${set.split(';')[0]}`

  expect((await call('GET', '/session', undefined, { cookie })).body).toMatchObject({ role: 'operator', name: 'ada' })
  expect((await call('GET', '/session')).status).toBe(401)
  expect((await call('POST', '/runs', { flow: ECHO, input: { n: 1 } }, { cookie })).status).toBe(202)
  expect((await call('GET', '/tokens', undefined, { cookie })).status).toBe(403)
  // Another site on this machine: a browser sends the cookie along, and says whose page it is.
  const foreign = await send(url, {
    method: 'POST',
    path: '/flows/api/v1/runs',
    headers: { cookie, origin: 'http://localhost:1' },
  })
  expect(foreign.status).toBe(403)

  const ended = await call('DELETE', '/session', undefined, { cookie })
  expect(ended.status).toBe(204)
  expect(ended.headers.getSetCookie()[0]).toMatch(/^stepflow_session=; Path=\/flows; Max-Age=0;/)
  expect((await call('GET', '/session', undefined, { cookie })).status).toBe(401)
  const [again = ''] = (await call('POST', '/session', { token })).headers.getSetCookie()
  await services.tokens.revoke(id)
  expect((await call('GET', '/session', undefined, { cookie: again.split(';')[0] as string })).status).toBe(401)
})

test('behind https the cookie of a session is sent over https alone', async () => {
  const { services, url } = await startServer(OPEN)
  const { token } = await services.tokens.create({ role: 'viewer' })
  const { headers, status } = await send(url, {
    method: 'POST',
    path: '/api/v1/session',
    headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
    body: JSON.stringify({ token }),
  })

  expect(status).toBe(200)
  expect(headers['set-cookie']?.[0]).toMatch(/; Secure$/)
})

test('a session without a token, or with a wrong one, is refused and sets no cookie', async () => {
  const { call } = await startServer()

  for (const body of [{}, { token: 5 }, { token: 'x' }, { token: '' }, '{', null]) {
    const { status, headers } = await call('POST', '/session', body)
    expect([400, 401, 422], JSON.stringify(body)).toContain(status)
    expect(headers.getSetCookie()).toEqual([])
  }
})

test('on loopback a session needs no token, and a cookie of another server is passed over', async () => {
  const { call } = await startServer()

  expect((await call('GET', '/session')).body).toEqual({ role: 'admin' })
  expect((await call('GET', '/session', undefined, { cookie: 'stepflow_session=other' })).body).toEqual({
    role: 'admin',
  })
})

test('a token that ends takes its streams along, and no others', async () => {
  const { call, services, url } = await startServer(OPEN)
  const [a, b] = await Promise.all([
    services.tokens.create({ role: 'viewer' }),
    services.tokens.create({ role: 'operator' }),
  ])
  const { runId } = (await call('POST', '/runs', { flow: WAITS, input: {} }, bearer(b.token))).body
  const follow = (token: string) =>
    fetch(`${url}/api/v1/runs/${runId}/results`, { headers: bearer(token) })
      .then((answer) => answer.text())
      .catch(() => 'cut')
  const [ofA, ofB] = [follow(a.token), follow(b.token)]
  const isUsed = async () => (await services.tokens.list()).every(({ lastUsedAt }) => lastUsedAt !== undefined)
  while (!(await isUsed())) await new Promise(setImmediate)
  await services.tokens.revoke(a.id)

  expect(await ofA).toBe('cut')
  await services.engine.signal(runId, { name: 'signal', signal: 'go', payload: 1 })
  expect(await ofB).toBe('{"outcome":"success","result":1}\n')
})

test('tokens are created, listed without themselves, and revoked', async () => {
  const { call } = await startServer()
  const { body: made, status } = await call('POST', '/tokens', { role: 'viewer', name: 'ci', expiresIn: '30d' })
  expect(status).toBe(201)
  expect((await call('GET', '/info', undefined, bearer(made.token))).body).toMatchObject({ role: 'viewer', name: 'ci' })
  const listed = (await call('GET', '/tokens')).body
  expect(listed.tokens).toMatchObject([{ id: made.id, role: 'viewer', name: 'ci', prefix: made.token.slice(0, 21) }])
  expect(JSON.stringify(listed)).not.toContain(made.token.slice(22))

  expect((await call('DELETE', `/tokens/${made.id}`)).status).toBe(204)
  expect((await call('DELETE', `/tokens/${made.id}`)).status).toBe(404)
  expect((await call('GET', '/info', undefined, bearer(made.token))).status).toBe(401)
  for (const wrong of [
    {},
    { role: 'root' },
    { role: 'admin', expiresIn: 'soon' },
    { role: 'admin', expiresIn: '0s' },
    { role: 'admin', name: '' },
  ]) {
    expect((await call('POST', '/tokens', wrong)).status, JSON.stringify(wrong)).toBe(422)
  }
  // A duration is as in flows: a number is seconds.
  const { body: short } = await call('POST', '/tokens', { role: 'viewer', expiresIn: 3600 })
  const { createdAt, expiresAt } = (await call('GET', '/tokens')).body.tokens.find(({ id }: any) => id === short.id)
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(3_600_000)
})

test('no token and no session is in a log line or in an answer, also of requests that are refused or fail', async () => {
  const seen: string[] = []
  const log = (_level: string, message: string) => void seen.push(message)
  const server = await startServer({ allowHosts: ['flows.example'], log })
  const { token } = await server.services.tokens.create({ role: 'viewer', name: 'who' })
  const wrong = token.split('').reverse().join('')
  const session = await server.call('POST', '/session', { token })
  const cookie = /=([^;]+)/.exec(session.headers.get('set-cookie') ?? '')?.[1] ?? 'none'
  const ask = async (method: string, path: string, headers: Record<string, string>, body?: unknown) => {
    const answer = await server.call(method, path, body, headers)
    seen.push(JSON.stringify([answer.body, ...answer.headers]))
  }

  for (const one of [token, wrong]) {
    await ask('GET', '/info', bearer(one))
    await ask('POST', '/runs', bearer(one), { flow: 'x' })
    await ask('GET', `/runs?token=${one}`, bearer(one))
    await ask('GET', `/runs/none?access_token=${one}`, bearer(one))
    await ask('POST', '/session', {}, { token: one, more: one })
    await ask('GET', '/tokens', { authorization: `Token ${one}` })
  }
  await ask('GET', '/session', { cookie: `stepflow_session=${cookie}` })
  await ask('GET', '/session', { cookie: `stepflow_session=${cookie}x` })
  await server.close()

  expect(cookie.length).toBeGreaterThan(20)
  for (const one of [token, wrong, cookie]) expect(seen.join('\n')).not.toContain(one)
})

test('nothing that is sent to anybody may be run as a page or framed', async () => {
  const { url } = await startServer()

  for (const path of ['/api/v1/info', '/api/v1/nowhere', '/health', '/api/docs']) {
    const { headers } = await send(url, { path })
    expect(headers['content-security-policy'], path).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(headers['x-content-type-options'], path).toBe('nosniff')
  }
})
