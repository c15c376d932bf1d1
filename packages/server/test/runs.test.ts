import { createManualClock } from '@stepflow/engine/testing'
import { describe, expect, test } from 'vitest'
import { ECHO, startServer, WAITS } from './start-server.ts'

describe('starting a run', () => {
  test('answers 202 with the run at once, and its result is there when it has ended', async () => {
    const { call } = await startServer()

    const { status, body } = await call('POST', '/runs', { flow: ECHO, input: { n: 5 } })
    const results = await call('GET', `/runs/${body.runId}/results`)

    expect(status).toBe(202)
    expect(body).toMatchObject({ flowName: 'echo', itemCount: 1, kind: 'run', trigger: { type: 'api' } })
    expect(results.body).toBe('{"outcome":"success","result":5}\n')
  })

  test('waits for the end if it is told to, and answers 200 with the result', async () => {
    const { call } = await startServer()

    const { status, body } = await call('POST', '/runs', { flow: ECHO, input: { n: 5 }, wait: true })

    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'completed', result: { outcome: 'success', result: 5 } })
  })

  test.each(['90s', 90])('waits no longer than its timeout of %s, and the run goes on', async (timeout) => {
    const clock = createManualClock(Date.UTC(2026, 10, 30))
    const { call } = await startServer({ clock })

    const waiting = call('POST', '/runs', { flow: WAITS, input: {}, wait: true, timeout })
    let answer: Awaited<typeof waiting> | undefined
    void waiting.then((one) => {
      answer = one
    })
    while (!answer) await clock.advance(10_000)

    expect(answer.status).toBe(202)
    expect(answer.body).toMatchObject({ status: 'running', items: { waiting: 1 } })
  })

  test('runs every input of a list, and a bad one fails its own item', async () => {
    const { call } = await startServer()

    const { body } = await call('POST', '/runs', { flow: ECHO, inputs: [{ n: 1 }, {}, { n: 3 }], wait: true })
    const results = await call('GET', `/runs/${body.runId}/results`)

    expect(body).toMatchObject({ status: 'failed', itemCount: 3, items: { completed: 2, failed: 1 } })
    expect(results.body.split('\n')[2]).toBe('{"outcome":"success","result":3}')
  })

  test('refuses one input that breaks the schema, and no run is there', async () => {
    const { call } = await startServer()

    const { status, body } = await call('POST', '/runs', { flow: ECHO, input: {} })

    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'INVALID_INPUT', diagnostics: [{ path: '$.n', message: 'is required' }] })
    expect((await call('GET', '/runs')).body.total).toBe(0)
  })

  test('reports all that is wrong with a flow', async () => {
    const { call } = await startServer()

    const flow = 'steps: [{ id: a, component: /builtin/nope }, { id: a, component: 3 }]\n'
    const { status, body } = await call('POST', '/runs', { flow, input: {} })

    expect(status).toBe(422)
    expect(body.code).toBe('INVALID_FLOW')
    expect(body.diagnostics.length).toBeGreaterThan(1)
  })

  test.each([
    ['neither flow nor id', { input: 1 }],
    ['two flows', { flow: ECHO, flowId: 'a', input: 1 }],
    ['no input', { flow: ECHO }],
    ['two inputs', { flow: ECHO, input: 1, inputs: [1] }],
    ['a timeout that is no duration', { flow: ECHO, input: { n: 1 }, wait: true, timeout: 'soon' }],
  ])('refuses %s', async (_what, body) => {
    const { call } = await startServer()

    expect(await call('POST', '/runs', body)).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } })
  })
})

describe('an idempotency key', () => {
  test('used 100 times at once begins one run', async () => {
    const { call } = await startServer()
    const body = { flow: ECHO, input: { n: 1 }, idempotencyKey: 'one' }

    const answers = await Promise.all(Array.from({ length: 100 }, () => call('POST', '/runs', body)))

    expect(new Set(answers.map((answer) => answer.body.runId)).size).toBe(1)
    expect((await call('GET', '/runs')).body.total).toBe(1)
  })

  test('is the same in a header, and whatever the order of the keys', async () => {
    const { call } = await startServer()

    const first = await call('POST', '/runs', { flow: ECHO, input: { n: 1 } }, { 'idempotency-key': 'k' })
    const again = await call('POST', '/runs', { input: { n: 1 }, flow: ECHO, idempotencyKey: 'k', wait: true })

    expect(again.body).toMatchObject({ runId: first.body.runId, result: { outcome: 'success', result: 1 } })
  })

  test('that was used for another body is refused', async () => {
    const { call } = await startServer()
    await call('POST', '/runs', { flow: ECHO, input: { n: 1 }, idempotencyKey: 'k' })

    const { status, body } = await call('POST', '/runs', { flow: ECHO, input: { n: 2 }, idempotencyKey: 'k' })

    expect(status).toBe(409)
    expect(body.code).toBe('CONFLICT')
  })

  test('given twice, in two forms that differ, is refused', async () => {
    const { call } = await startServer()
    const body = { flow: ECHO, input: { n: 1 }, idempotencyKey: 'a' }

    expect((await call('POST', '/runs', body, { 'idempotency-key': 'b' })).status).toBe(422)
  })
})

describe('steering a run', () => {
  test('cancels it, and again is no error', async () => {
    const { call } = await startServer()
    const { runId } = (await call('POST', '/runs', { flow: WAITS, input: {} })).body

    expect((await call('POST', `/runs/${runId}/cancel`, { reason: 'enough' })).body.status).toBe('cancelled')
    expect((await call('POST', `/runs/${runId}/cancel`)).status).toBe(200)
    expect((await call('POST', `/runs/${runId}/pause`)).status).toBe(409)
  })

  test('pauses it and lets it go on', async () => {
    const { call } = await startServer()
    const { runId } = (await call('POST', '/runs', { flow: WAITS, input: {} })).body

    expect((await call('POST', `/runs/${runId}/pause`)).body.status).toBe('paused')
    expect((await call('POST', `/runs/${runId}/resume`)).body.status).toBe('running')
  })

  test('of which there is none is refused', async () => {
    const { call } = await startServer()

    for (const path of ['/runs/none', '/runs/none/results']) expect((await call('GET', path)).status).toBe(404)
    expect((await call('POST', '/runs/none/cancel')).status).toBe(404)
  })
})

test('lists runs page by page, and a run that comes meanwhile shifts no page', async () => {
  const { call } = await startServer()
  const start = async (n: number) => (await call('POST', '/runs', { flow: ECHO, input: { n }, wait: true })).body.runId
  const ids = [await start(1), await start(2), await start(3)]

  const first = (await call('GET', '/runs?limit=2')).body
  await start(4)
  const second = (await call('GET', `/runs?limit=2&cursor=${first.nextCursor}`)).body

  expect(first.runs.map((run: any) => run.runId)).toEqual([ids[2], ids[1]])
  expect(second.runs.map((run: any) => run.runId)).toEqual([ids[0]])
  expect(second.nextCursor).toBeUndefined()
})
