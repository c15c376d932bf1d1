// Schedules over the API: made, listed, turned off and on, started by hand, removed; what is refused.

import { systemClock } from '@stepflow/engine'
import { expect, test } from 'vitest'
import { serverOfFile } from './start-server.ts'

const FLOW = JSON.stringify({
  name: 'report',
  triggers: [{ schedule: '0 3 * * *', input: { due: '{{ trigger.time }}' } }, { mcp: 'report' }],
  steps: [{ id: 'a', component: '/builtin/noop', input: { $input: '$' } }],
  output: { $step: 'a' },
})
const NOW = Date.parse('2026-06-01T08:00:00Z')

const clock = { ...systemClock, now: () => NOW }
const server = serverOfFile({ clock, files: { 'flows/report.json': FLOW } })

const listed = async () => (await server.call('GET', '/schedules')).body.schedules

test('a schedule of the API is made, read, turned off and on, and removed', async () => {
  const asked = {
    ...{ flow: 'report', cron: 'CRON_TZ=Europe/Berlin 30 9 * * 1-5', input: { due: '{{ trigger.time }}' } },
    ...{ overlap: 'queue', catchUp: 3, jitter: '30s' },
  }
  const made = await server.call('POST', '/schedules', asked)
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    ...asked,
    ...{ timezone: 'Europe/Berlin', description: 'At 09:30, Monday through Friday', enabled: true, from: 'api' },
    // The first of June is a Monday, 8 o'clock in UTC is after half past nine there.
    next: [2, 3, 4, 5, 8].map((day) => `2026-06-0${day}T07:30:00.000Z`),
  })
  const { id } = made.body
  expect((await server.call('GET', `/schedules/${id}`)).body).toEqual(made.body)
  expect((await listed()).map(({ from }: any) => from)).toEqual(['file', 'api'])

  expect((await server.call('PATCH', `/schedules/${id}`, { enabled: false })).body).toMatchObject({
    id,
    enabled: false,
  })
  expect((await server.call('PATCH', `/schedules/${id}`, { enabled: false })).status).toBe(200)
  expect((await server.call('PATCH', `/schedules/${id}`, { enabled: true })).body.enabled).toBe(true)
  expect((await server.call('DELETE', `/schedules/${id}`)).status).toBe(204)
  expect((await server.call('GET', `/schedules/${id}`)).status).toBe(404)
  expect((await listed()).map(({ from }: any) => from)).toEqual(['file'])
})

test('one that is made off begins nothing until it is turned on', async () => {
  const { body } = await server.call('POST', '/schedules', { flow: 'report', cron: '* * * * *', enabled: false })

  expect(body.enabled).toBe(false)
  await server.call('DELETE', `/schedules/${body.id}`)
})

test('what a schedule starts is started by hand, with the time of now; the same key is the same run', async () => {
  const [{ id }] = await listed()
  const started = await server.call('POST', `/schedules/${id}/run`, undefined, { 'idempotency-key': 'once' })
  expect(started.status).toBe(202)
  const again = await server.call('POST', `/schedules/${id}/run`, undefined, { 'idempotency-key': 'once' })

  const { runId } = started.body
  expect(again.body.runId).toBe(runId)
  const ended = await server.services.engine.follow(runId)
  await ended.ended
  const { body } = await server.call('GET', `/runs/${runId}/items/0`)
  expect(body.result).toEqual({ outcome: 'success', result: { due: '2026-06-01T08:00:00.000Z' } })
  expect((await server.call('GET', `/runs/${runId}`)).body.trigger).toMatchObject({ type: 'schedule', schedule: id })
  expect((await listed())[0].lastRun).toMatchObject({ runId, status: 'completed' })
})

test('the schedule of a flow is not removed but by its text; its switch holds', async () => {
  const [{ id }] = await listed()

  const refused = await server.call('DELETE', `/schedules/${id}`)
  expect(refused.status).toBe(409)
  expect(refused.body.detail).toContain('is a trigger of the flow "report"')
  expect((await server.call('PATCH', `/schedules/${id}`, { enabled: false })).status).toBe(200)
  expect((await listed())[0].enabled).toBe(false)
})

test('a cron expression is said in words, with the times to come', async () => {
  const next = (cron: string, timezone?: string) =>
    server.call('GET', `/schedules/next?${new URLSearchParams({ cron, ...(timezone ? { timezone } : {}) })}`)

  expect((await next('0 12 29 2 *', 'Australia/Lord_Howe')).body).toEqual({
    description: 'At 12:00, on day 29 of the month, only in February',
    next: [2028, 2032, 2036, 2040, 2044].map((year) => `${year}-02-29T01:00:00.000Z`),
  })
  expect((await next('*/10 * * * * *')).body.description).toBe('Every 10 seconds')
  // Where there are no words, the fields say it.
  expect((await next('0 0 13 * +5')).body.description).toBe('0 0 13 * +5')
})

test.each([
  ['* * * *', undefined, 'has 4 fields'],
  ['0 0 30 2 *', undefined, 'never fires'],
  ['0 0 * * *', 'Mars/Olympus', 'no time zone'],
  ['CRON_TZ=UTC 0 0 * * *', 'Europe/Berlin', 'differ'],
])('%j in %s is refused when it is asked for and when it is made', async (cron, timezone, reason) => {
  const zone = timezone === undefined ? {} : { timezone }
  const asked = await server.call('GET', `/schedules/next?${new URLSearchParams({ cron, ...zone })}`)
  const made = await server.call('POST', '/schedules', { flow: 'report', cron, ...zone })

  for (const { status, body } of [asked, made]) {
    expect(status).toBe(422)
    expect(body.detail).toContain(reason)
  }
})

test.each([
  [{ cron: '0 0 * * *' }, 422],
  [{ flow: 'report' }, 422],
  [{ flow: 'nobody', cron: '0 0 * * *' }, 404],
  [{ flow: 'report', cron: '0 0 * * *', overlap: 'never' }, 422],
  [{ flow: 'report', cron: '0 0 * * *', catchUp: -1 }, 422],
  [{ flow: 'report', cron: '0 0 * * *', catchUp: 1001 }, 422],
  [{ flow: 'report', cron: '0 0 * * *', jitter: 'soon' }, 422],
  [{ flow: 'report', cron: '0 0 * * *', jitter: '25h' }, 422],
  [{ flow: 'report', cron: '0 0 * * *', input: '{{ trigger.tim }}' }, 422],
  [{ flow: 'report', cron: '0 0 * * *', input: '{{ trigger.time' }, 422],
  [{ flow: 'report', cron: '0 0 * * *', input: 'x'.repeat(300_000) }, 422],
  [{ flow: 'report', cron: '0 0 * * *', id: 'mine' }, 422],
])('the schedule %j is refused with %d', async (body, status) => {
  const before = await listed()

  expect((await server.call('POST', '/schedules', body)).status).toBe(status)
  expect(await listed()).toEqual(before)
})

test.each([
  [{}, '$.n: is required'],
  [{ input: { n: 'one' } }, '$.n: must be a whole number, is text'],
  [{ input: { n: '{{ trigger.time }}' } }, '$.n: must be a whole number, is text'],
])(
  'a schedule with %j is refused where no run of its flow could begin so, with a finding for each place',
  async (given, reason) => {
    const input_schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    const steps = [{ id: 'a', component: '/builtin/noop' }]
    await server.call('PUT', '/flows/counts', {
      text: JSON.stringify({ name: 'counts', input_schema, steps }),
      base: 0,
    })
    await server.call('POST', '/flows/counts/publish', {})
    const before = await listed()

    const refused = await server.call('POST', '/schedules', { flow: 'counts', cron: '0 0 * * *', ...given })
    const fits = { flow: 'counts', cron: '0 0 * * *', input: { n: '{{ trigger.time[8:10] | int }}' } }
    const taken = await server.call('POST', '/schedules', fits)

    expect([refused.status, refused.body.detail]).toEqual([422, expect.stringContaining(reason)])
    expect(refused.body.diagnostics).toMatchObject([{ code: 'DOES_NOT_FIT', path: '$.n' }])
    expect(taken.status).toBe(201)
    expect(await server.call('DELETE', `/schedules/${taken.body.id}`)).toMatchObject({ status: 204 })
    expect(await listed()).toEqual(before)
  },
)

test('what a flow marks as secret in its input is not shown in that of a schedule, nor anywhere else in it', async () => {
  const input_schema = { type: 'object', properties: { pw: { type: 'string', is_secret: true }, note: {} } }
  const flow = { name: 'vault', input_schema, steps: [{ id: 'a', component: '/builtin/noop' }] }
  await server.call('PUT', '/flows/vault', { text: JSON.stringify(flow), base: 0 })
  await server.call('POST', '/flows/vault/publish', {})
  const input = { pw: 'hunter2-xyz', note: 'it is hunter2-xyz, since {{ trigger.time }}' }

  const made = await server.call('POST', '/schedules', { flow: 'vault', cron: '0 0 * * *', input })
  const path = `/schedules/${made.body.id}`
  const shown = [made, await server.call('GET', path), await server.call('PATCH', path, { enabled: false })]
  const all = await server.call('GET', '/schedules')
  await server.call('DELETE', path)

  for (const { body } of shown)
    expect(body.input).toEqual({ pw: '[redacted]', note: 'it is [redacted], since {{ trigger.time }}' })
  expect(JSON.stringify([...shown, all])).not.toContain('hunter2')
})

test('a flow whose schedule cannot be kept is refused, with the line', async () => {
  const text = 'name: never\ntriggers:\n  - schedule: 0 0 31 2 *\nsteps: [{ id: a, component: /builtin/noop }]\n'
  const wrong = expect.objectContaining({ code: 'INVALID_TRIGGER', level: 'error', line: 3 })

  const checked = await server.call('POST', '/flows/check', { text })
  expect(checked.body.diagnostics).toContainEqual(wrong)
  const saved = await server.call('PUT', '/flows/never', { text, base: 0 })
  expect(saved.status).toBe(422)
  expect(saved.body.diagnostics).toContainEqual(wrong)
  const added = await server.call('POST', '/flows', { flow: text })
  expect(added.status).toBe(422)
})

test('unknown schedules are not there', async () => {
  for (const id of ['nobody', '0123456789abcdef', 'next/..', '%00', '__proto__']) {
    const path = `/schedules/${encodeURIComponent(id)}`
    expect((await server.call('GET', path)).status, id).toBe(404)
    expect((await server.call('PATCH', path, { enabled: true })).status, id).toBe(404)
    expect((await server.call('POST', `${path}/run`)).status, id).toBe(404)
    expect((await server.call('DELETE', path)).status, id).toBe(404)
  }
  expect(await listed()).toHaveLength(1)
})
