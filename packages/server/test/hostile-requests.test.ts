// Every operation of the document, asked in wrong ways: none is answered by a fault of ours, and each answer is as the
// document has it.

import { request } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { ECHO, serverOfFile, WAITS } from './start-server.ts'

interface Operation {
  readonly method: string
  readonly path: string
  readonly id: string
  readonly hasBody: boolean
  /** Of its query. */
  readonly parameters: readonly string[]
}

const faults: string[] = []
const server = serverOfFile({
  files: { 'flows/echo.yaml': ECHO, 'flows/waits.yaml': WAITS },
  log: (level, message) => void (level === 'error' && faults.push(message)),
})
let operations: readonly Operation[]
/** What is there, by the names of the parameters. */
let there: Readonly<Record<string, string>>

beforeAll(async () => {
  const { call } = server
  const paths: Record<string, Record<string, any>> = (await call('GET', '/openapi.json')).body.paths
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, requestBody, parameters = [] }]) => {
      const ofQuery = parameters.filter((one: any) => one.in === 'query').map((one: any) => one.name)
      const hasBody = requestBody !== undefined
      return { method: method.toUpperCase(), path, id: operationId, hasBody, parameters: ofQuery }
    }),
  )
  const { runId, flowId } = (await call('POST', '/runs', { flow: ECHO, input: { n: 1 }, wait: true })).body
  await call('POST', '/runs', { flowName: 'waits', input: {} })
  const { blobId } = (await call('POST', '/blobs', { data: { a: 1 } })).body
  const { id: tokenId } = (await call('POST', '/tokens', { role: 'viewer' })).body
  let waits: { readonly id: string }[] = []
  while (waits.length === 0) waits = (await call('GET', '/waits')).body.waits
  const waitId = waits[0]?.id ?? ''
  there = { runId, flow: flowId, blobId, tokenId, waitId, name: 'go', step: 'a', item: '0', version: '1' }
})

const TYPES = [
  ...['application/json', 'application/yaml', 'application/x-ndjson', 'application/octet-stream', 'text/plain'],
  ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/problem+json'],
  ...['application/json; charset=utf-16', 'x', '/', 'application/json, text/plain', undefined],
]

const BODIES = [
  undefined,
  ...['', ' ', 'null', 'true', '0', '""', '[]', '{}', '[null]', '{"__proto__":{"x":1}}', '{"constructor":{}}'],
  ...['{', '[1,', '"\\ud800"', '{"a":1}}', '\u0000', '\ufeff{}', 'NaN', '{"a":1,"a":2}', '['.repeat(100_000)],
]

describe('a body that is not as the route has it', () => {
  test.each(TYPES)('of the type %s', async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
    const wrong: string[] = []
    for (const { method, path, id, hasBody } of operations) {
      if (!hasBody) continue
      for (const body of BODIES) {
        // What begins or removes something may do so: what is asked for is there once only.
        const { status } = await server.call(method, filled(path, there), body, headers)
        if (status >= 500) wrong.push(`${id} ${body?.slice(0, 20)}: ${status}`)
      }
    }

    expect([wrong, faults]).toEqual([[], []])
  })

  test('is refused by its type where a route takes others, before it is read', async () => {
    const refused = await Promise.all(
      [
        '/runs',
        '/flows',
        '/blobs',
        '/flows/check',
        '/runs/import',
        '/runs/bulk',
        `/runs/${there.runId}/signals/go`,
      ].map((path) => server.call('POST', path, '{}', { 'content-type': 'text/yaml' })),
    )

    expect(refused.map(({ status }) => status)).toEqual([415, 422, 415, 415, 415, 415, 415])
  })

  test('is missed where there is none', async () => {
    for (const path of ['/runs', '/flows', '/blobs']) {
      const { status, body } = await server.call('POST', path)
      expect([status, body.detail]).toEqual([422, expect.stringContaining('needs a body of the type application/json')])
    }
  })
})

const VALUES = [
  ...[
    '',
    '0',
    '-1',
    '1e309',
    '9007199254740993',
    'x',
    '%00',
    '%ff',
    '__proto__',
    'a:b',
    '%',
    'true',
    'null',
    '[]',
    '%7b%7d',
  ],
  ...['2026-02-30T00:00:00Z', '99999-01-01T00:00Z', 'x'.repeat(3000), '%25', 'a,b,,', '9s', '%F0%9F%92%A9'],
]

describe('a query that is not as the route has it', () => {
  test.each(VALUES)('%s', async (value) => {
    const wrong: string[] = []
    for (const { method, path, id, hasBody, parameters } of operations) {
      if (method !== 'GET' && !hasBody) continue
      for (const parameter of parameters) {
        for (const query of [`${parameter}=${value}`, `${parameter}=${value}&${parameter}=${value}`]) {
          const status = await statusOf(method, `${filled(path, there)}?${query}`)
          if (status >= 500) wrong.push(`${id} ${parameter}: ${status}`)
        }
      }
    }

    expect([wrong, faults]).toEqual([[], []])
  })
})

test.each(['/mcp', '/api/v2/external/flows/echo/published-run', '/api/v2/external/flows/%00/published-run'])(
  'what is beside the document, %s, answers the same bodies',
  async (path) => {
    const wrong: string[] = []
    for (const type of TYPES) {
      for (const body of BODIES) {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
        const { status } = await fetch(`${server.url}${path}`, {
          method: 'POST',
          headers,
          ...(body === undefined ? {} : { body }),
        })
        if (status >= 500) wrong.push(`${type} ${body?.slice(0, 20)}: ${status}`)
      }
    }

    expect([wrong, faults]).toEqual([[], []])
  },
)

const IDS = [
  ...['0', '-1', '..', '%2e%2e', '..%2f..%2fetc%2fpasswd', '%00', 'a%00b', '__proto__', 'constructor', 'toString'],
  ...[
    '%ff%fe',
    '%F0%9F%92%A9',
    "'%20OR%201=1--",
    '%25',
    '*',
    '?',
    '%3f',
    '%23',
    'a%0d%0aX:%20y',
    '9'.repeat(400),
    '%zz',
  ],
  ...['x'.repeat(5000), 'summary', 'bulk', 'new', '1e9', '0x10', '%20', 'NaN', '9007199254740993', '.', '~', 'AbC'],
]

describe('an id that is none', () => {
  test.each(IDS)('%s', async (id) => {
    const wrong: string[] = []
    for (const { method, path, id: name } of operations.filter(({ path }) => path.includes('{'))) {
      for (const parameter of path.match(/\{\w+\}/g) ?? []) {
        const status = await statusOf(method, filled(path, { ...there, [parameter.slice(1, -1)]: id }))
        if (status >= 500) wrong.push(`${name} ${parameter}: ${status}`)
      }
    }

    expect([wrong, faults]).toEqual([[], []])
  })

  test('but that of something else is not found, wherever it is asked for', async () => {
    const wrong: string[] = []
    for (const [kind, parameter] of Object.entries({
      runId: 'runId',
      waitId: 'waitId',
      blobId: 'blobId',
      tokenId: 'tokenId',
    })) {
      for (const { method, path, id } of operations) {
        if (method !== 'GET' || !path.includes(`{${parameter}}`)) continue
        for (const other of ['runId', 'waitId', 'tokenId']) {
          if (other === kind) continue
          const { status } = await server.call(method, filled(path, { ...there, [parameter]: there[other] as string }))
          if (status !== 404) wrong.push(`${id} with a ${other}: ${status}`)
        }
      }
    }

    expect(wrong).toEqual([])
  })
})

// ---

/** As it stands: `fetch` would take the dots out of a path. */
function statusOf(method: string, path: string): Promise<number> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path: `/api/v1${path}` }, (answer) => {
      resolve(answer.statusCode ?? 0)
      // Events go on for as long as somebody listens.
      answer.destroy()
    })
    asked.on('error', reject).end()
  })
}

function filled(path: string, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? 'x')
}
