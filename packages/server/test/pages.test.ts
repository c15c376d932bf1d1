// Lists come in pages: every list that is not of a run's parts takes `limit` and `cursor`.

import { StepflowClient } from '@stepflow/api/client'
import { expect, test } from 'vitest'
import { type Answer, ECHO, serverOfFile, type TestServer } from './start-server.ts'

const server = serverOfFile({
  env: { STEPFLOW_SECRET_A: 'of the environment', STEPFLOW_SECRET_C: 'too' },
  files: {
    'flows/a.yaml': ECHO.replace(
      'name: echo',
      'name: a\ntriggers: [{ schedule: "1 3 * * *", input: { n: 1 } }, { schedule: "2 3 * * *", input: { n: 1 } }]',
    ),
    'flows/b.yaml': ECHO.replace('name: echo', 'name: b'),
    'flows/d.yaml': ECHO.replace('name: echo', 'name: d'),
  },
})

/** Each list with what makes five of it, in the order in which they stand, and the name of what they are told apart by. */
const LISTS = [
  {
    list: 'flows',
    path: '/flows',
    by: 'name',
    async fill({ call }: TestServer) {
      for (const name of ['c', 'e']) await call('POST', '/flows', { flow: ECHO, name })
    },
    expected: ['a', 'b', 'c', 'd', 'e'],
  },
  {
    list: 'versions',
    path: '/flows/versioned/versions',
    by: 'version',
    async fill({ call }: TestServer) {
      for (const n of [1, 2, 3, 4, 5])
        await call('POST', '/flows', { flow: `description: ${n}\n${ECHO}`, name: 'versioned' })
    },
    expected: [5, 4, 3, 2, 1],
  },
  {
    list: 'secrets',
    path: '/secrets',
    by: 'name',
    async fill({ call }: TestServer) {
      for (const name of ['B', 'D', 'E']) await call('PUT', `/secrets/${name}`, { value: `of the store: ${name}` })
    },
    expected: ['A', 'B', 'C', 'D', 'E'],
  },
  {
    list: 'tokens',
    path: '/tokens',
    by: 'name',
    async fill({ call }: TestServer) {
      for (const name of ['1st', '2nd', '3rd', '4th', '5th']) await call('POST', '/tokens', { role: 'viewer', name })
    },
    expected: undefined,
  },
  {
    list: 'schedules',
    path: '/schedules',
    by: 'cron',
    async fill({ call }: TestServer) {
      for (const minute of [3, 4]) {
        await call('POST', '/schedules', { flow: minute === 3 ? 'b' : 'd', cron: `${minute} 3 * * *`, input: { n: 1 } })
      }
    },
    expected: ['1 3 * * *', '2 3 * * *', '3 3 * * *', '4 3 * * *'],
  },
  { list: 'components', path: '/components', by: 'path', async fill() {}, expected: undefined },
] as const

for (const { list, path, by, fill, expected } of LISTS) {
  test(`${list} come page by page, each once and in order, and all at once within the limit`, async () => {
    await fill(server)
    const all = (await server.call('GET', path)).body
    const whole = idsIn(all[list], by)

    const paged: unknown[] = []
    let page: Answer | undefined
    do {
      const cursor: string = page ? `&cursor=${page.body.nextCursor}` : ''
      page = await server.call('GET', `${path}?limit=2${cursor}`)
      expect(page.status).toBe(200)
      expect(page.body[list].length).toBeLessThanOrEqual(2)
      paged.push(...idsIn(page.body[list], by))
    } while (page.body.nextCursor !== undefined)

    expect(whole.length).toBeGreaterThan(2)
    expect(all.nextCursor).toBeUndefined()
    expect(paged).toEqual(whole)
    if (expected) expect(whole).toEqual(expected)
    else expect(new Set(whole).size).toBe(whole.length)
  })

  test(`${list} refuse a limit and a cursor that are none`, async () => {
    const others = (await server.call('GET', list === 'components' ? '/flows?limit=1' : '/components?limit=1')).body
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=x', `cursor=${others.nextCursor}`, 'limt=1']) {
      expect([query, (await server.call('GET', `${path}?${query}`)).status]).toEqual([query, 400])
    }
  })
}

test('what is added meanwhile shifts no page', async () => {
  const { call } = server
  for (const name of ['p2', 'p4', 'p6']) await call('POST', '/flows', { flow: ECHO, name })
  const flows = (await call('GET', '/flows')).body.flows.map(({ name }: { name: string }) => name)
  const first = (await call('GET', `/flows?limit=${flows.indexOf('p2') + 1}`)).body

  await call('POST', '/flows', { flow: ECHO, name: 'p1' })
  await call('DELETE', '/flows/p2')
  const second = (await call('GET', `/flows?limit=2&cursor=${first.nextCursor}`)).body

  expect(idsIn(second.flows, 'name')).toEqual(['p4', 'p6'])
})

test('the client lists all of them, or the page that it is asked for', async () => {
  const { url } = server
  const asked: string[] = []
  const client = new StepflowClient({
    url,
    fetch: (input, init) => {
      asked.push(String(input))
      // The longest page that there is, cut short.
      return fetch(String(input).replace('limit=1000', 'limit=3'), init)
    },
  })
  const all = (await server.call('GET', '/components')).body.components

  expect((await client.listComponents()).components).toEqual(all)
  expect(asked.length).toBe(Math.ceil(all.length / 3))
  const page = await client.listComponents({ limit: 2 })
  expect([page.components.length, typeof page.nextCursor]).toEqual([2, 'string'])
})

// ---

function idsIn(listed: readonly Record<string, unknown>[], by: string): unknown[] {
  return listed.map((one) => one[by])
}
