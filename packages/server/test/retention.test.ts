// How long runs are kept: the configuration's `history`, which the server follows.

import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { ECHO, startServer, WAITS } from './start-server.ts'

test('runs that ended longer ago than max_age are removed, open ones and their flows stay', async () => {
  const clock = createManualClock(Date.now())
  const server = await startServer({ clock, files: { 'stepflow-config.yml': 'history: { maxAge: 30s }' } })
  const { call } = server
  const old = (await call('POST', '/runs', { flow: ECHO, input: { n: 1 }, wait: true })).body.runId
  const open = (await call('POST', '/runs', { flow: WAITS, input: {} })).body.runId
  await clock.advance(31_000)
  const young = (await call('POST', '/runs', { flow: ECHO, input: { n: 2 }, wait: true })).body.runId

  await clock.advance(29_000)

  await expect.poll(async () => (await call('GET', `/runs/${old}`)).status, PATIENT).toBe(404)
  expect((await call('GET', `/runs/${old}/results`)).body).toMatchObject({ code: 'NOT_FOUND' })
  expect((await call('GET', `/runs/${young}`)).status).toBe(200)
  expect((await call('GET', `/runs/${open}`)).body).toMatchObject({ status: 'running' })
})

test('of the runs that have ended the newest max_runs are kept', async () => {
  const clock = createManualClock(Date.now())
  const { call } = await startServer({ clock, files: { 'stepflow-config.yml': 'history: { max_runs: 2 }' } })
  await call('POST', '/runs', { flow: WAITS, input: {} })
  for (const n of [1, 2, 3]) await call('POST', '/runs', { flow: ECHO, input: { n }, wait: true })

  await clock.advance(60_000)

  await expect.poll(async () => (await call('GET', '/runs')).body.total, PATIENT).toBe(3)
  const statuses = (await call('GET', '/runs')).body.runs.map(({ status }: { status: string }) => status)
  expect(statuses).toEqual(['completed', 'completed', 'running'])
})

test('what is wrong with "history" is reported with file and line, all at once', async () => {
  const files = { 'stepflow-config.yml': 'history:\n  max_age: soon\n  max_runs: -1\n' }

  const starting = startServer({ files })

  await expect(starting).rejects.toThrow(
    /stepflow-config\.yml:2: "history\.max_age" is "soon".*\n.*stepflow-config\.yml:3: "history\.max_runs" must be/,
  )
})

// ---

const PATIENT = { timeout: 60_000 }
