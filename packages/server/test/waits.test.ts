// Waits for signals: an inbox, decisions that count once, signals to runs.

import { expect, test, vi } from 'vitest'
import { serverOfFile, startServer, WAITS } from './start-server.ts'

const APPROVAL = `
name: approval
steps:
  - id: ask
    component: /builtin/wait_for_signal
    input:
      name: approve
      title: Pay the invoice?
      description: Above the limit.
      context: { amount: { $input: amount } }
      schema: { type: object, properties: { ok: { type: boolean } }, required: [ok] }
output: { $step: ask }
`
const EXPIRES = `
name: expires
steps:
  - { id: ask, component: /builtin/wait_for_signal, input: { name: late, timeout: 1ms, default: nobody } }
output: { $step: ask }
`
const files = { 'flows/approval.yaml': APPROVAL, 'flows/waits.yaml': WAITS, 'flows/expires.yaml': EXPIRES }

const server = serverOfFile({ files })

const begin = async (body: object) => (await server.call('POST', '/runs', body)).body.runId as string
const waitsOf = async (runId: string, count = 1): Promise<any[]> =>
  vi.waitFor(
    async () => {
      const { waits } = (await server.call('GET', `/waits?runId=${runId}`)).body
      expect(waits).toHaveLength(count)
      return waits
    },
    { timeout: 50_000 },
  )
const outcomes = async (runId: string) => {
  const { body } = await server.call('GET', `/runs/${runId}/results`)
  return body
    .trim()
    .split('\n')
    .map((line: string) => JSON.parse(line))
}

test('a wait is listed with its form and what its context says, until it is decided', async () => {
  const runId = await begin({ flowName: 'approval', input: { amount: 12 } })
  const [wait] = await waitsOf(runId)
  expect(wait).toMatchObject({ runId, flowName: 'approval', item: 0, step: 'ask', name: 'approve' })
  expect(wait).toMatchObject({ title: 'Pay the invoice?', description: 'Above the limit.', context: { amount: 12 } })
  expect(wait.schema.required).toEqual(['ok'])

  const decided = await server.call('POST', `/waits/${wait.id}`, { ok: true })
  expect(decided).toMatchObject({ status: 200, body: { id: wait.id, decided: { payload: { ok: true } } } })
  expect(await outcomes(runId)).toEqual([{ outcome: 'success', result: { ok: true } }])
  expect((await server.call('GET', `/waits/${wait.id}`)).body.decided.payload).toEqual({ ok: true })
  await waitsOf(runId, 0)
})

test('of decisions that come at once one counts, and the others learn which', async () => {
  const runId = await begin({ flowName: 'waits', input: {} })
  const [wait] = await waitsOf(runId)
  const answers = await Promise.all([1, 2, 3, 4].map((n) => server.call('POST', `/waits/${wait.id}`, { n })))
  const [first, ...more] = answers.filter(({ status }) => status === 200)
  expect(more).toEqual([])
  const refused = answers.filter(({ status }) => status === 409)
  expect(refused).toHaveLength(3)
  for (const { body } of refused) expect(body.data.decided.payload).toEqual(first?.body.decided.payload)
  expect(await outcomes(runId)).toEqual([{ outcome: 'success', result: first?.body.decided.payload }])
})

test('a paused run keeps a decision, and takes no second one', async () => {
  const runId = await begin({ flowName: 'waits', input: {} })
  const [wait] = await waitsOf(runId)
  await server.call('POST', `/runs/${runId}/pause`)
  expect((await server.call('POST', `/waits/${wait.id}`, 1)).status).toBe(200)
  expect((await server.call('POST', `/waits/${wait.id}`, 2)).status).toBe(409)
  await server.call('POST', `/runs/${runId}/resume`)
  expect(await outcomes(runId)).toEqual([{ outcome: 'success', result: 1 }])
})

test('a payload that does not fit is refused, and the wait goes on', async () => {
  const runId = await begin({ flowName: 'approval', input: { amount: 1 } })
  const [wait] = await waitsOf(runId)
  expect(await server.call('POST', `/waits/${wait.id}`, { ok: 'perhaps' })).toMatchObject({
    status: 422,
    body: { diagnostics: [{ path: '$.ok' }] },
  })
  expect((await server.call('POST', `/waits/${wait.id}`, { ok: false })).status).toBe(200)
})

test('a decision is for its own wait: the other items wait on', async () => {
  const runId = await begin({ flowName: 'waits', inputs: [{}, {}, {}] })
  const waits = await waitsOf(runId, 3)
  const second = waits.find(({ item }) => item === 1)
  expect((await server.call('POST', `/waits/${second.id}`, { to: 'b' })).status).toBe(200)
  const left = await waitsOf(runId, 2)
  expect(left.map(({ item }) => item).sort()).toEqual([0, 2])
})

test('a decision that comes after the wait expired is refused', async () => {
  const runId = await begin({ flowName: 'expires', input: {} })
  expect(await outcomes(runId)).toEqual([{ outcome: 'success', result: 'nobody' }])
  const id = `${runId}~0-0-1`
  const waits = (await server.call('GET', `/runs/${runId}/steps`)).body.steps
  expect(waits[0]).toMatchObject({ stepId: 'ask' })
  expect((await server.call('POST', `/waits/${id}`, 1)).status).toBe(409)
})

test('waits that are over are listed with how they ended, the last one first', async () => {
  const title = (body: { waits: { title?: string; name: string }[] }) =>
    body.waits.map((wait) => wait.title ?? wait.name)
  const decidedRun = await begin({ flowName: 'approval', input: { amount: 3 } })
  const [wait] = await waitsOf(decidedRun)
  await server.call('POST', `/waits/${wait.id}`, { ok: true })
  await outcomes(decidedRun)
  const expiredRun = await begin({ flowName: 'expires', input: {} })
  await outcomes(expiredRun)
  const cancelledRun = await begin({ flowName: 'waits', input: {} })
  await waitsOf(cancelledRun)
  await server.call('POST', `/runs/${cancelledRun}/cancel`)
  await vi.waitFor(async () =>
    expect((await server.call('GET', `/runs/${cancelledRun}`)).body.status).toBe('cancelled'),
  )

  const { body } = await server.call('GET', '/waits?state=over&limit=3')

  expect(body.waits.map(({ runId }: { runId: string }) => runId)).toEqual([cancelledRun, expiredRun, decidedRun])
  expect(body.waits).toMatchObject([{ over: true }, { expired: true }, { decided: { payload: { ok: true } } }])
  const rest = (await server.call('GET', `/waits?state=over&limit=1000&cursor=${body.nextCursor}`)).body
  expect(body.total).toBe(3 + rest.waits.length)
  const pay = (await server.call('GET', `/waits?state=over&q=PAY the&runId=${decidedRun}`)).body
  expect(title(pay)).toEqual(['Pay the invoice?'])
  const later = new Date(Date.parse(body.waits[0].endedAt) + 1).toISOString()
  expect((await server.call('GET', `/waits?state=over&since=${later}`)).body.total).toBe(0)
})

test('a wait of a flow that a step runs by its name is among those that are over', async () => {
  const flow = 'steps: [{ id: sub, component: /builtin/flow, input: { flow: expires } }]'
  const runId = await begin({ flow, file: 'outer.yaml', input: {} })
  await outcomes(runId)

  const { waits } = (await server.call('GET', '/waits?state=over')).body

  expect(waits.map((wait: { runId: string }) => wait.runId)).toContain(runId)
})

test('the inbox comes in pages, the oldest first', async () => {
  for (let n = 0; n < 3; n++) await waitsOf(await begin({ flowName: 'waits', input: {} }))
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const { body } = await server.call('GET', `/waits?name=go&limit=2${cursor}`)
    for (const { since } of body.waits) seen.push(since)
    expect(body.total).toBeGreaterThanOrEqual(3)
    if (body.nextCursor === undefined) break
    cursor = `&cursor=${body.nextCursor}`
  }
  expect(seen.length).toBeGreaterThanOrEqual(3)
  expect(seen).toEqual([...seen].sort())
})

test('of a run the waits of one item are found', async () => {
  const runId = (await server.call('POST', '/runs', { flowName: 'waits', inputs: [{}, {}, {}] })).body.runId
  const waits = (item: string) => server.call('GET', `/waits?runId=${runId}${item}`)
  await expect.poll(async () => (await waits('')).body.total).toBe(3)

  const { body } = await waits('&item=1')

  expect([body.total, body.waits.map(({ item }: { item: number }) => item)]).toEqual([1, [1]])
  expect((await server.call('GET', '/waits?item=1')).status).toBe(400)
})

test('a signal wakes what waits for it, and one with the same id counts once', async () => {
  const runId = await begin({ flowName: 'waits', input: {} })
  await waitsOf(runId)
  expect((await server.call('POST', `/runs/${runId}/signals/other?id=a`, 1)).status).toBe(200)
  expect((await server.call('POST', `/runs/${runId}/signals/go`, { n: 1 })).status).toBe(200)
  expect(await outcomes(runId)).toEqual([{ outcome: 'success', result: { n: 1 } }])
  expect((await server.call('POST', `/runs/${runId}/signals/go`, 1)).status).toBe(409)
})

test('a signal without a body is null', async () => {
  const runId = await begin({ flowName: 'waits', input: {} })
  expect((await server.call('POST', `/runs/${runId}/signals/go`)).status).toBe(200)
  expect(await outcomes(runId)).toEqual([{ outcome: 'success', result: null }])
})

test.each([
  ['GET', '/waits/nope', 404],
  ['POST', '/waits/nope~0-0-1', 404],
  ['GET', '/waits/__proto__', 404],
  ['GET', '/waits?cursor=%00', 400],
  ['GET', '/waits?runId=nope', 404],
  ['GET', '/waits?state=over&since=yesterday', 400],
  ['GET', '/waits?since=2026-11-30T08:00:00Z', 400],
  ['GET', '/waits?state=done', 400],
  ['POST', '/runs/nope/signals/go', 404],
  ['POST', '/runs/nope/signals/go?item=x', 400],
])('%s %s is refused with %i', async (method, path, status) => {
  expect((await server.call(method, path)).status).toBe(status)
})

test('a signal that none of those who wait would take is refused, and says what does not fit', async () => {
  const runId = await begin({ flowName: 'approval', input: { amount: 1 } })
  const [wait] = await waitsOf(runId)
  const refused = await server.call('POST', `/runs/${runId}/signals/approve?id=a`, { ok: 'yes' })
  expect(refused).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } })
  expect(refused.body.detail).toContain('$.ok')
  expect(refused.body.diagnostics).toMatchObject([{ path: '$.ok' }])
  expect((await server.call('GET', `/waits/${wait.id}`)).body).not.toHaveProperty('decided')

  // What was refused was not sent: the id is still to be used. What nobody waits for is kept.
  expect((await server.call('POST', `/runs/${runId}/signals/later`, { ok: 'yes' })).status).toBe(200)
  expect((await server.call('POST', `/runs/${runId}/signals/approve?id=a`, { ok: true })).status).toBe(200)
  expect(await outcomes(runId)).toEqual([{ outcome: 'success', result: { ok: true } }])
})

test('a signal for all items is sent if one of them would take it', async () => {
  const flow = APPROVAL.replace('required: [ok] }', 'required: [ok], maxProperties: { $input: amount } }')
  const inputs = [{ amount: 1 }, { amount: 2 }]
  const runId = await begin({ flow, inputs })
  await waitsOf(runId, 2)
  const payload = { ok: true, note: 'for the second' }
  expect((await server.call('POST', `/runs/${runId}/signals/approve?item=0`, payload)).status).toBe(422)
  expect((await server.call('POST', `/runs/${runId}/signals/approve`, payload)).status).toBe(200)
  await vi.waitFor(
    async () => expect((await server.call('GET', `/runs/${runId}/items/1`)).body.status).toBe('success'),
    { timeout: 50_000 },
  )
  expect((await server.call('GET', `/runs/${runId}/items/0`)).body.status).toBe('waiting')
})

test('who asks for the inbox again has only the runs read that are on the page, and those in which something happened', async () => {
  const { call, services } = await startServer({ files })
  const runIds: string[] = []
  for (let n = 0; n < 5; n++) runIds.push((await call('POST', '/runs', { flowName: 'waits', input: {} })).body.runId)
  const listed = async (query = '') => (await call('GET', `/waits${query}`)).body
  await vi.waitFor(async () => expect((await listed()).total).toBe(5), 50_000)
  const open = vi.spyOn(services.runs, 'open')
  const opened = () => [...new Set(open.mock.calls.splice(0).map(([id]) => id))]

  const first = await listed('?limit=1')
  expect([first.total, opened()]).toEqual([5, [first.waits[0].runId]])

  await call('POST', `/runs/${runIds[2]}/signals/go`, 1)
  await call('GET', `/runs/${runIds[2]}/results`)
  opened()
  const second = await listed('?limit=1')
  expect([second.total, opened().sort()]).toEqual([4, [first.waits[0].runId, runIds[2]].sort()])

  const added = (await call('POST', '/runs', { flowName: 'waits', input: {} })).body.runId
  await vi.waitFor(async () => expect((await listed('?limit=5')).waits.at(-1).runId).toBe(added), 50_000)
})

test('the inbox has what waited before the server started', async () => {
  const before = await startServer({ files })
  const { runId } = (await before.call('POST', '/runs', { flowName: 'waits', input: {} })).body
  await vi.waitFor(async () => expect((await before.call('GET', '/waits')).body.total).toBe(1), 50_000)
  await before.close()

  const { call } = await startServer({ folder: before.folder })

  expect((await call('GET', '/waits')).body.waits).toMatchObject([{ runId }])
})

test('a large context of a wait is shown by its beginning, and whole to whoever asks for it', async () => {
  const amount = 'x'.repeat(300_000)
  const [wait] = await waitsOf(await begin({ flowName: 'approval', input: { amount } }))
  expect(wait.context).toEqual({ $preview: expect.any(String), bytes: expect.any(Number) })
  expect((await server.call('GET', `/waits/${wait.id}`)).body.context).toHaveProperty('$preview')
  expect((await server.call('GET', `/waits/${wait.id}?full=true`)).body.context).toEqual({ amount })
})
