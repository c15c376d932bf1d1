// What happens at the same time: one of the possible ends, said alike by every answer.

import { expect, test, vi } from 'vitest'
import { ECHO, startServer, type TestServer, WAITS } from './start-server.ts'

const EXPIRES = `
name: expires
steps: [{ id: ask, component: /builtin/wait_for_signal, input: { name: go, timeout: { $input: timeout }, default: nobody } }]
output: { $step: ask }
`

const resultsOf = async ({ call }: TestServer, runId: string) =>
  ((await call('GET', `/runs/${runId}/results`)).body as string)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const waitOf = async ({ call }: TestServer, runId: string) =>
  vi.waitFor(
    async () => {
      const { waits } = (await call('GET', `/waits?runId=${runId}`)).body
      expect(waits).toHaveLength(1)
      return waits[0].id as string
    },
    { timeout: 50_000 },
  )

test('a decision at the expiry of its wait counts if it is answered so, and is refused if nobody decided', async () => {
  const server = await startServer({ files: { 'flows/expires.yaml': EXPIRES } })
  const inputs = Array.from({ length: 60 }, (_, n) => ({ timeout: `${1_000 + n * 15}ms` }))
  const { runId } = (await server.call('POST', '/runs', { flowName: 'expires', inputs })).body
  const waits = await vi.waitFor(
    async () => {
      const { body } = await server.call('GET', `/waits?runId=${runId}`)
      expect(body.waits.length).toBeGreaterThan(0)
      return body.waits as { id: string; item: number; expiresAt: string }[]
    },
    { timeout: 50_000 },
  )
  // Each as near to its very time as this machine gets.
  const answers = await Promise.all(
    waits.map(async ({ id, item, expiresAt }) => {
      await new Promise((resolve) => setTimeout(resolve, Date.parse(expiresAt) - Date.now() - (item % 8)))
      return { id, item, answer: await server.call('POST', `/waits/${id}`, { item }) }
    }),
  )
  const results = await resultsOf(server, runId)
  for (const { id, item, answer } of answers) {
    const shown = (await server.call('GET', `/waits/${id}`)).body
    if (answer.status === 200) {
      expect(results[item]).toEqual({ outcome: 'success', result: { item } })
      expect(shown.decided.payload).toEqual({ item })
    } else {
      expect([answer.status, results[item]]).toEqual([409, { outcome: 'success', result: 'nobody' }])
      expect(shown).toMatchObject({ expired: true })
      expect(shown).not.toHaveProperty('decided')
    }
  }
})

test('of a cancel and the end of its run one counts, and the other is told', async () => {
  const server = await startServer({ files: { 'flows/waits.yaml': WAITS } })
  for (let round = 0; round < 20; round++) {
    const { runId } = (await server.call('POST', '/runs', { flowName: 'waits', input: {} })).body
    await waitOf(server, runId)
    const end = () => server.call('POST', `/runs/${runId}/signals/go`, { round })
    const cancel = () => server.call('POST', `/runs/${runId}/cancel`, { reason: 'enough' })
    const answers = await Promise.all(round % 2 === 0 ? [end(), cancel()] : [cancel(), end()])
    const statuses = answers.map(({ status }) => status)
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true)

    const results = await resultsOf(server, runId)
    const { status, items } = (await server.call('GET', `/runs/${runId}`)).body
    expect(results).toHaveLength(1)
    const isCompleted = status === 'completed'
    expect(isCompleted ? results[0].result : results[0].error.code).toEqual(isCompleted ? { round } : 'CANCELLED')
    expect(isCompleted ? items.completed : items.cancelled).toBe(1)
    // To cancel it again is no error; to cancel what has completed is.
    expect((await server.call('POST', `/runs/${runId}/cancel`, {})).status).toBe(isCompleted ? 409 : 200)
  }
})

test('whoever reads a run while it is deleted has all of it, or is told that it is gone', async () => {
  const server = await startServer()
  const paths = [
    '',
    '/results',
    '/items',
    '/items/0?full=true',
    '/items/statuses',
    '/steps',
    '/steps/a',
    '/journal',
    '/export',
  ]
  for (let round = 0; round < 6; round++) {
    const { runId } = (await server.call('POST', '/runs', { flow: ECHO, input: { n: round }, wait: true })).body
    const reads = paths.map(async (path) => {
      const answer = await fetch(`${server.url}/api/v1/runs/${runId}${path}`)
      // A stream whose run is removed in the middle is broken off.
      const text = await answer.text().catch(() => '')
      return [answer.status, text] as const
    })
    const events = fetch(`${server.url}/api/v1/runs/${runId}/events`).then((answer) => answer.text())
    const [removed] = await Promise.all([server.call('DELETE', `/runs/${runId}`), ...reads, events.catch(() => '')])
    expect(removed.status).toBe(204)
    for (const [status] of await Promise.all(reads)) expect([200, 404]).toContain(status)
    expect((await server.call('GET', `/runs/${runId}`)).status).toBe(404)
    expect((await server.call('DELETE', `/runs/${runId}`)).status).toBe(404)
  }
})

test('two deletes, and a delete beside a repetition, leave no half of a run', async () => {
  const server = await startServer()
  for (let round = 0; round < 10; round++) {
    const { runId } = (await server.call('POST', '/runs', { flow: ECHO, input: { n: round }, wait: true })).body
    const [again, ...removed] = await Promise.all([
      server.call('POST', `/runs/${runId}/rerun`, {}),
      server.call('DELETE', `/runs/${runId}`),
      server.call('DELETE', `/runs/${runId}`),
    ])
    expect(removed.map(({ status }) => status)).toContain(204)
    for (const { status } of removed) expect([204, 404]).toContain(status)
    expect([202, 404]).toContain(again.status)
    if (again.status === 202)
      expect(await resultsOf(server, again.body.runId)).toEqual([{ outcome: 'success', result: round }])
  }
})

test('tabs that save, publish and roll back at once: each version once, and the file is the published one', async () => {
  const say = (word: string) =>
    `name: a\nsteps: [{ id: a, component: /builtin/noop, input: ${word} }]\noutput: { $step: a }\n`
  const server = await startServer({ files: { 'flows/a.yaml': say('first') } })
  const { call } = server
  for (let round = 0; round < 6; round++) {
    const { version } = (await call('GET', '/flows/a')).body
    const save = (tab: string) => call('PUT', '/flows/a', { text: say(`${tab}-${round}`), base: version })
    const [one, two, ...others] = await Promise.all([
      save('one'),
      save('two'),
      call('POST', '/flows/a/publish', { version: 1 }),
      call('POST', '/flows/a/publish', {}),
    ])
    expect([one.status, two.status].filter((status) => status === 200)).toHaveLength(1)
    expect([one.status, two.status]).toContain(409)
    for (const { status } of others) expect([200, 409]).toContain(status)

    const { versions } = (await call('GET', '/flows/a/versions')).body
    expect(versions.map(({ version }: any) => version)).toEqual(Array.from(versions, (_, at) => versions.length - at))
    const published = versions.filter(({ published }: any) => published)
    expect(published).toHaveLength(1)
    const { text } = (await call('GET', `/flows/a?version=${published[0].version}`)).body
    expect((await call('GET', '/flows/a?version=published')).body.text).toBe(text)
    const run = await call('POST', '/runs', { flowName: 'a', input: {}, wait: true })
    expect(text).toContain(`input: ${run.body.result.result} }`)
    const kept = versions.length === version + 1
    expect(kept).toBe(true)
  }
})
