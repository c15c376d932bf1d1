// Schedules: the runs that they begin, when, and with which input.

import { createManualClock } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'
import { startServer, type TestServer, type TestServerOptions } from './start-server.ts'

const START = Date.parse('2026-06-01T08:00:00Z')

/** A flow that answers its input at once, with these triggers. */
const flow = (name: string, ...triggers: object[]) =>
  JSON.stringify({
    name,
    triggers,
    steps: [{ id: 'a', component: '/builtin/noop', input: { $input: '$' } }],
    output: { $step: 'a' },
  })

async function startAt(time: number, options: TestServerOptions = {}) {
  const clock = createManualClock(time)
  return { clock, server: await startServer({ clock, ...options }) }
}

/** When runs of a flow were due, the oldest first; those that began by themselves. */
async function firesOf({ call }: TestServer, name: string): Promise<string[]> {
  const { runs } = (await call('GET', `/runs?flow=${name}&trigger=schedule&limit=1000`)).body
  return runs.map((run: any) => run.trigger.time.replace(/:00.000Z$|.000Z$/, '')).sort()
}

test('a flow of the folder with a schedule runs when it is due, and is listed with its next times', async () => {
  const hourly = { schedule: '30 * * * *', timezone: 'Europe/Berlin', input: { due: '{{ trigger.time }}' } }
  const { clock, server } = await startAt(START, { files: { 'flows/report.json': flow('report', hourly) } })

  expect(server.schedules).toBe(1)
  await clock.advance(2 * 3_600_000)
  expect(await firesOf(server, 'report')).toEqual(['2026-06-01T08:30', '2026-06-01T09:30'])
  const [schedule] = (await server.call('GET', '/schedules')).body.schedules
  expect(schedule).toMatchObject({
    ...{ flow: 'report', cron: '30 * * * *', timezone: 'Europe/Berlin', description: 'At 30 minutes past the hour' },
    ...{ overlap: 'skip', catchUp: 0, enabled: true, from: 'file', input: hourly.input },
  })
  expect(schedule.next.slice(0, 2)).toEqual(['2026-06-01T10:30:00.000Z', '2026-06-01T11:30:00.000Z'])
  const { runId } = schedule.lastRun
  const { items } = (await server.call('GET', `/runs/${runId}/items`)).body
  expect(items[0].result).toEqual({ outcome: 'success', result: { due: '2026-06-01T09:30:00.000Z' } })
})
