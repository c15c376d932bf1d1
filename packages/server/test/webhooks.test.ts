// Webhooks over HTTP: what a delivery starts, and what is refused. Deliveries are signed by the senders' own libraries.

import { createHmac } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { sign } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { startServer, type TestServer, type TestServerOptions } from './start-server.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const ENV = { STEPFLOW_SECRET_HOOK: SECRET }

/** A flow that answers its input. */
const flow = (trigger: string, name = 'hooked') => `
name: ${name}
triggers: [${trigger}]
steps: [{ id: a, component: /builtin/noop, input: { $input: $ } }]
output: { $step: a }
`
const OURS = flow('{ webhook: push, secret: HOOK }')

const serve = (yaml: string, options: TestServerOptions = {}) =>
  startServer({ env: ENV, files: { 'flows/hooked.yaml': yaml }, ...options })

interface Sent {
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

const JSON_TYPE = { 'content-type': 'application/json' }
const post = async (
  server: Pick<TestServer, 'url'>,
  { body = '{"n":1}', headers = {}, path = '/hooks/push' }: Sent = {},
) => {
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body })
  return { status: answer.status, body: (await answer.json()) as any, headers: answer.headers }
}

interface Signing {
  readonly secret?: string
  readonly body?: string | Buffer
  readonly timestamp?: number
  readonly delivery?: string
}
const nowS = () => Math.floor(Date.now() / 1000)
const ours = ({ secret = SECRET, body = '{"n":1}', timestamp = nowS(), delivery = 'd-1' }: Signing = {}) => ({
  'x-stepflow-signature': `sha256=${createHmac('sha256', secret).update(`${delivery}.${timestamp}.`).update(body).digest('hex')}`,
  'x-stepflow-timestamp': String(timestamp),
  'x-stepflow-delivery': delivery,
})

const resultOf = async ({ call }: TestServer, runId: string) => {
  const { body } = await call('GET', `/runs/${runId}/results`)
  return JSON.parse(body).result
}
const runsOf = async ({ call }: TestServer) => (await call('GET', '/runs')).body.runs as any[]

const SIGNERS: Readonly<
  Record<
    string,
    (
      signing: Required<Pick<Signing, 'secret' | 'delivery'>> & { readonly body: string },
    ) => Promise<Record<string, string>>
  >
> = {
  stepflow: async (signing) => ours(signing),
  github: async ({ secret, body, delivery }) => ({
    'x-hub-signature-256': await sign(secret, body),
    'x-github-delivery': delivery,
    'x-github-event': 'push',
  }),
  stripe: async ({ secret, body: payload }) => ({
    'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
  }),
  standard: async ({ secret, body, delivery }) => ({
    'webhook-id': delivery,
    'webhook-timestamp': String(nowS()),
    'webhook-signature': new Webhook(secret).sign(delivery, new Date(), body),
  }),
}

describe.each(Object.entries(SIGNERS))('%s', (form, signer) => {
  const yaml = flow(`{ webhook: push, secret: HOOK${form === 'stepflow' ? '' : `, signature: ${form}`} }`)
  // As no program would write it again: the bytes are signed, not what they mean.
  const bodyOf = (id: string) => ` { "n" : 1.0,\t"id":"${id}", "text": "Gr\\u00fc\u00dfe" }\n`

  test('a signed delivery is a run, once: sent again, it is answered with the same run', async () => {
    const server = await serve(yaml)
    const send = async (id: string) => {
      const body = bodyOf(id)
      return post(server, { body, headers: await signer({ secret: SECRET, body, delivery: id }) })
    }

    const first = await send('evt-1')
    expect(first).toMatchObject({ status: 202, body: { runId: expect.any(String) } })
    expect(await resultOf(server, first.body.runId)).toEqual({ n: 1, id: 'evt-1', text: 'Grüße' })
    const again = await Promise.all(Array.from({ length: 10 }, () => send('evt-1')))
    expect(new Set(again.map(({ body }) => body.runId))).toEqual(new Set([first.body.runId]))
    expect((await send('evt-2')).body.runId).not.toBe(first.body.runId)

    expect(await runsOf(server)).toHaveLength(2)
    expect((await server.call('GET', `/runs/${first.body.runId}`)).body).toMatchObject({
      flowName: 'hooked',
      trigger: { type: 'webhook', webhook: 'push', delivery: 'evt-1' },
    })
    expect((await server.call('GET', '/runs?trigger=webhook')).body.runs).toHaveLength(2)
  })

  test('of many at the same time that are one delivery, one begins a run', async () => {
    const server = await serve(yaml)
    const body = bodyOf('evt-1')
    const headers = await signer({ secret: SECRET, body, delivery: 'evt-1' })

    const answers = await Promise.all(Array.from({ length: 50 }, () => post(server, { body, headers })))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ body: { runId } }) => runId)).size).toBe(1)
    expect(await runsOf(server)).toHaveLength(1)
  })

  test('what its secret has not signed is 401, and starts nothing', async () => {
    const server = await serve(yaml)
    const body = bodyOf('evt-1')
    const good = await signer({ secret: SECRET, body, delivery: 'evt-1' })
    const [name, signature] = Object.entries(good).find(([key]) => key.includes('signature')) as [string, string]
    const wrong: Sent[] = [
      { body, headers: {} },
      { body, headers: await signer({ secret: OTHER, body, delivery: 'evt-1' }) },
      { body: body.trim(), headers: good },
      { body: JSON.stringify(JSON.parse(body)), headers: good },
      { body: '', headers: good },
      { body, headers: { ...good, [name]: signature.slice(0, -1) } },
      { body, headers: { ...good, [name]: `${signature}0` } },
      { body, headers: { ...good, [name]: '' } },
      { body: gzipSync(body), headers: good },
      { body: gzipSync(`${body} `), headers: { ...good, 'content-encoding': 'gzip' } },
      { body, headers: { ...good, 'content-encoding': 'gzip', [name]: signature.slice(0, -1) } },
    ]

    for (const sent of wrong) {
      const { status, body: problem } = await post(server, sent)
      expect(status, JSON.stringify(sent)).toBe(401)
      expect(problem).toMatchObject({ code: 'UNAUTHENTICATED', detail: expect.any(String) })
    }
    expect(await runsOf(server)).toEqual([])
  })

  test('a compressed body may be signed before it is compressed, or after', async () => {
    const server = await serve(yaml)
    const body = bodyOf('evt-1')
    const before = await post(server, {
      body: gzipSync(body),
      headers: { ...(await signer({ secret: SECRET, body, delivery: 'evt-1' })), 'content-encoding': 'gzip' },
    })

    expect(before.status).toBe(202)
    expect(await resultOf(server, before.body.runId)).toMatchObject({ id: 'evt-1' })
  })
})

test('the bytes that are sent may be the ones that are signed, compressed or not', async () => {
  const server = await serve(OURS)
  const body = gzipSync('{"n":1}')

  const { status, body: answer } = await post(server, {
    body,
    headers: { ...ours({ body }), 'content-encoding': 'gzip' },
  })

  expect(status).toBe(202)
  expect(await resultOf(server, answer.runId)).toEqual({ n: 1 })
})

test("what is signed and cannot be read is the sender's mistake, and what is too large too", async () => {
  const server = await serve(OURS)
  const send = (body: Buffer, headers: Record<string, string> = {}) =>
    post(server, { body, headers: { ...ours({ body }), ...headers } })

  expect((await send(Buffer.from('{"n":'))).status).toBe(400)
  expect((await send(Buffer.from(''))).status).toBe(400)
  expect((await send(Buffer.from(`${'['.repeat(5000)}${']'.repeat(5000)}`))).status).toBe(400)
  expect((await send(Buffer.from([0x22, 0xff, 0x22]))).status).toBe(400)
  expect((await send(Buffer.from('no gzip'), { 'content-encoding': 'gzip' })).status).toBe(400)
  expect((await send(Buffer.from('{}'), { 'content-encoding': 'br' })).status).toBe(415)
  expect((await send(gzipSync(Buffer.alloc(17 * 2 ** 20, 0x20)), { 'content-encoding': 'gzip' })).status).toBe(413)
  expect((await send(Buffer.alloc(17 * 2 ** 20, 0x20))).status).toBe(413)
  expect(await runsOf(server)).toEqual([])
})

test('JSON is the input as it is, a form an object, everything else a text', async () => {
  const server = await serve(OURS)
  const inputOf = async (type: string | undefined, body: string) => {
    const answer = await new Promise<{ runId: string }>((resolve, reject) => {
      // `fetch` would name a type, and a length.
      const headers = {
        ...ours({ body, delivery: `d${Math.random().toString(36).slice(2)}` }),
        ...(type ? { 'content-type': type } : {}),
      }
      const sent = request(`${server.url}/hooks/push`, { method: 'POST', headers }, (answer: IncomingMessage) => {
        answer.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text)))
      })
      sent.on('error', reject)
      sent.write(body.slice(0, 2))
      sent.end(body.slice(2))
    })
    return resultOf(server, answer.runId)
  }

  expect(await inputOf('application/json; charset=utf-8', '[1, null]')).toEqual([1, null])
  expect(await inputOf('application/cloudevents+json', '{"id":1}')).toEqual({ id: 1 })
  expect(await inputOf('application/json', '\ufeff{"__proto__":{"x":1}}')).toEqual(JSON.parse('{"__proto__":{"x":1}}'))
  expect(await inputOf('application/x-www-form-urlencoded', 'a=1&b=%C3%BC+x&b=3&__proto__=p')).toEqual(
    JSON.parse('{"a":"1","b":["ü x","3"],"__proto__":"p"}'),
  )
  expect(await inputOf('text/plain', 'a=1')).toBe('a=1')
  expect(await inputOf(undefined, '{"a":1}')).toBe('{"a":1}')
  expect(await inputOf('multipart/form-data; boundary=x', '--x--')).toBe('--x--')
})

test('the input of the trigger is filled from body, headers and query', async () => {
  const server = await serve(
    flow(`
  {
    webhook: push, secret: HOOK,
    input: {
      repo: "{{ trigger.body.repository.full_name }}",
      text: "{{ trigger.headers['x-event'] }} by {{ trigger.query.who | default('nobody') }}",
      tags: "{{ trigger.query.tag }}",
      auth: "{{ trigger.headers.authorization is defined or trigger.headers.cookie is defined }}",
      plain: [1, { $literal: "{{ x }}" }],
    },
  }`),
  )
  const body = '{"repository":{"full_name":"a/b"}}'
  const headers = { ...ours({ body }), 'x-event': 'Push', authorization: 'Basic eDp5', cookie: 'a=b' }

  const { status, body: answer } = await post(server, { body, headers, path: '/hooks/push?who=me&tag=1&tag=2' })

  expect(status).toBe(202)
  expect(await resultOf(server, answer.runId)).toEqual({
    repo: 'a/b',
    text: 'Push by me',
    tags: ['1', '2'],
    auth: false,
    plain: [1, '{{ x }}'],
  })
})

test('what the flow does not take is 422, starts nothing, and may be sent again when the flow takes it', async () => {
  const schema = 'input_schema: { type: object, required: [id] }\n'
  const reads = flow('{ webhook: reads, secret: HOOK, input: { id: "{{ trigger.body.a.b }}" } }', 'reads')
  const server = await serve(`${OURS}${schema}`, {
    files: { 'flows/hooked.yaml': `${OURS}${schema}`, 'flows/reads.yaml': reads },
  })

  expect(await post(server, { headers: ours() })).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } })
  const unread = await post(server, { headers: ours(), path: '/hooks/reads' })
  expect(unread).toMatchObject({ status: 422, body: { detail: expect.stringContaining('trigger.body.a.b') } })
  expect(await runsOf(server)).toEqual([])
  await server.call('PUT', '/flows/hooked', { text: OURS, base: 1 })
  expect((await post(server, { headers: ours() })).status).toBe(202)
})

test('a delivery that has started a run is answered with it also when the flow takes it no longer', async () => {
  const server = await serve(OURS)
  const { body: first } = await post(server, { headers: ours() })
  const now = flow('{ webhook: push, secret: HOOK, input: "{{ trigger.body.gone.away }}" }')
  await server.call('PUT', '/flows/hooked', { text: now, base: 1 })

  expect(await post(server, { headers: ours() })).toMatchObject({ status: 202, body: first })
  expect((await post(server, { headers: ours({ delivery: 'd-2' }) })).status).toBe(422)
})

test("GitHub's ping is answered, if it is signed, and starts nothing", async () => {
  const server = await serve(flow('{ webhook: push, secret: HOOK, signature: github }'))
  const body = '{"zen":"Keep it logically awesome.","hook_id":1}'
  const ping = async (secret: string) => ({
    'x-hub-signature-256': await sign(secret, body),
    'x-github-delivery': 'd-1',
    'x-github-event': 'ping',
  })

  expect(await post(server, { body, headers: await ping(SECRET) })).toMatchObject({ status: 200, body: { pong: true } })
  expect((await post(server, { body, headers: await ping(OTHER) })).status).toBe(401)
  expect(await runsOf(server)).toEqual([])
})

test('a delivery that is older or newer than five minutes is refused, though it is signed', async () => {
  const server = await serve(OURS)

  for (const off of [-310, 310]) {
    const { status, body } = await post(server, { headers: ours({ timestamp: nowS() + off }) })
    expect(status).toBe(401)
    expect(body.detail).toContain('timestamp')
  }
  expect(await runsOf(server)).toEqual([])
})

test('only the webhooks of published versions are there, and only to be posted to', async () => {
  const server = await serve(OURS)
  const later = flow('{ webhook: later, secret: HOOK }', 'later')
  await server.call('POST', '/flows', { flow: later })
  const statusOf = async (path: string) => (await post(server, { headers: ours(), path })).status

  expect(await statusOf('/hooks/later')).toBe(404)
  for (const name of ['nobody', '%2e%2e%2fpush', '__proto__', 'PUSH', 'push%00', 'x'.repeat(900)]) {
    expect(await statusOf(`/hooks/${name}`), name).toBe(404)
  }
  await server.call('POST', '/flows/later/publish')
  expect(await statusOf('/hooks/later')).toBe(202)
  await server.call('POST', '/flows', { flow: later.replace(/triggers.*\n/, '') })
  expect(await statusOf('/hooks/later')).toBe(202)
  await server.call('POST', '/flows/later/publish')
  expect(await statusOf('/hooks/later')).toBe(404)
  const got = await fetch(`${server.url}/hooks/push`)
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
})

test('a webhook whose secret is not set refuses deliveries with 503; the flow and the log say why, and the log not with each of them', async () => {
  const lines: string[] = []
  const server = await serve(OURS, { env: {}, log: (_, message) => void lines.push(message) })

  for (let i = 0; i < 3; i++) {
    const { status, body } = await post(server, { headers: ours() })
    expect([status, body.code]).toEqual([503, 'RESOURCE_UNAVAILABLE'])
    // Who may ask is not known: nothing is told of it.
    expect(JSON.stringify(body)).not.toContain('HOOK')
  }
  const said = 'the secret "HOOK" is not set: stepflow secrets set HOOK'
  // At the start, and with the first delivery.
  expect(lines.filter((line) => line.includes(said))).toHaveLength(2)
  const warning = {
    code: 'UNUSABLE_SECRET',
    level: 'warning',
    path: '$.triggers[0]',
    file: 'hooked.yaml',
    line: 3,
    column: 12,
    message: expect.stringContaining(said),
  }
  expect((await server.call('GET', '/flows/hooked')).body.diagnostics).toContainEqual(warning)
  expect(
    (await server.call('POST', '/flows/check', { text: OURS, file: 'hooked.yaml' })).body.diagnostics,
  ).toContainEqual(warning)

  await server.call('PUT', '/secrets/HOOK', { value: SECRET })
  expect((await post(server, { headers: ours() })).status).toBe(202)
  expect((await server.call('GET', '/flows/hooked')).body.diagnostics).not.toContainEqual(warning)
  expect((await server.call('GET', '/secrets')).body.secrets).toMatchObject([{ name: 'HOOK', usedBy: ['hooked'] }])
  await server.call('PUT', '/secrets/HOOK', { value: OTHER })
  expect((await post(server, { headers: ours({ delivery: 'd-2' }) })).status).toBe(401)
  expect((await post(server, { headers: ours({ delivery: 'd-2', secret: OTHER }) })).status).toBe(202)
})

test('a secret that Standard Webhooks cannot use is said to be none', async () => {
  const standard = flow('{ webhook: push, secret: HOOK, signature: standard }')
  const server = await serve(standard, { env: { STEPFLOW_SECRET_HOOK: 'correct horse!' } })

  expect((await post(server)).status).toBe(503)
  const { body } = await server.call('GET', '/flows/hooked')
  expect(JSON.stringify(body.diagnostics)).toContain('whsec_')
  expect(JSON.stringify(body)).not.toContain('correct horse')
})

test('the secret of a signature is shown nowhere', async () => {
  const server = await serve(OURS)
  const body = JSON.stringify({ echoed: SECRET, inside: `key=${encodeURIComponent(SECRET)}` })

  const { body: answer } = await post(server, { body, headers: ours({ body }) })
  const shown = [
    await resultOf(server, answer.runId),
    ...(await Promise.all(
      ['/flows', '/flows/hooked', '/secrets', `/runs/${answer.runId}`, `/runs/${answer.runId}/items/0`, '/runs'].map(
        async (path) => (await server.call('GET', path)).body,
      ),
    )),
    (await server.call('GET', `/runs/${answer.runId}/journal`)).body,
    (await post(server, { body: SECRET, headers: ours({ body: SECRET }) })).body,
    (await post(server, { body: SECRET, headers: ours({ secret: OTHER }) })).body,
  ]

  expect(shown[0]).toEqual({ echoed: '[redacted]', inside: 'key=[redacted]' })
  expect(JSON.stringify(shown)).not.toMatch(/MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw/)
})

test('a delivery needs no token, from wherever it comes; everything else does', async () => {
  const server = await serve(OURS, { allowHosts: ['flows.example.org'] })
  const forwarded = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' }

  expect((await post(server, { headers: { ...ours(), ...forwarded } })).status).toBe(202)
  expect((await post(server, { path: '/api/v1/runs', headers: ours() })).status).toBe(401)
})

test('the list of flows has the path of a webhook, below the base path', async () => {
  const server = await serve(OURS, { basePath: '/flows-of-us' })

  const { body } = await server.call('GET', '/flows')

  expect(body.flows[0].triggers).toEqual([{ webhook: 'push', secret: 'HOOK', path: '/flows-of-us/hooks/push' }])
  const origin = { url: new URL(server.url).origin }
  expect((await post(origin, { path: body.flows[0].triggers[0].path, headers: ours() })).status).toBe(202)
})

test('a flow that has a webhook of another is an error where it is saved, checked and published', async () => {
  const server = await serve(OURS)
  const second = flow('{ webhook: push, secret: HOOK }', 'second')

  for (const [method, path, body] of [
    ['POST', '/flows', { flow: second }],
    ['PUT', '/flows/second', { text: second, base: 0 }],
  ] as const) {
    expect(await server.call(method, path, body)).toMatchObject({
      status: 422,
      body: {
        code: 'INVALID_FLOW',
        diagnostics: expect.arrayContaining([expect.objectContaining({ code: 'TRIGGER_NAME_TAKEN', line: 3 })]),
      },
    })
  }
  const checked = await server.call('POST', '/flows/check', { text: second })
  expect(checked.body.diagnostics).toContainEqual(expect.objectContaining({ code: 'TRIGGER_NAME_TAKEN', line: 3 }))
})

test('of two files with one webhook that are saved at the same time one is written, and the other is refused', async () => {
  const server = await serve(OURS)
  const names = ['first', 'second', 'third']
  const put = (name: string) =>
    server.call('PUT', `/flows/${name}`, { text: flow('{ webhook: pull, secret: HOOK }', name), base: 0 })

  const answers = await Promise.all(names.map(put))

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422])
  const won = names[answers.findIndex(({ status }) => status === 200)]
  const { body } = await server.call('GET', '/flows')
  expect(body.flows.map(({ name }: { name: string }) => name).sort()).toEqual([won, 'hooked'].sort())
  expect((await post(server, { headers: ours(), path: '/hooks/pull' })).status).toBe(202)
  expect((await runsOf(server))[0].flowName).toBe(won)
})

test('strangers who send large bodies and do not end them cannot fill the memory: the next is asked to come later', async () => {
  const server = await serve(OURS)
  const large = Buffer.alloc(15 * 2 ** 20, 0x20)
  const begin = () => {
    const headers = { ...ours({ body: large }), 'content-length': String(16 * 2 ** 20) }
    const sent = request(`${server.url}/hooks/push`, { method: 'POST', headers, agent: false })
    sent.on('error', () => {})
    const answered = new Promise<number>((resolve) =>
      sent.once('response', ({ statusCode = 0 }) => resolve(statusCode)),
    )
    sent.write(large)
    return { sent, answered }
  }
  const begun = Array.from({ length: 6 }, begin)

  expect(await Promise.race(begun.map(({ answered }) => answered))).toBe(503)
  for (const { sent } of begun) sent.destroy()
  await expect.poll(async () => (await post(server, { headers: ours() })).status, { timeout: 30_000 }).toBe(202)
})
