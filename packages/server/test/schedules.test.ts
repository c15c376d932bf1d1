// Schedules: the runs that they begin, when, and with which input. The numbers are those of scheduler.ts.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFire } from '../src/triggers/fire.ts'
import { nextDue } from '../src/triggers/schedule-state.ts'
import { Scheduler } from '../src/triggers/scheduler.ts'
import { createJumpClock, type JumpClock } from './jump-clock.ts'
import { startServer, type TestServer, type TestServerOptions } from './start-server.ts'

const START = '2026-06-01T08:00:00Z'
const MINUTE = 60_000
const at = (time: string) => `2026-06-01T${time}:00Z`

/** A flow that answers its input at once. */
const flow = (name: string, ...triggers: object[]) =>
  JSON.stringify({
    name,
    triggers,
    steps: [{ id: 'a', component: '/builtin/noop', input: { $input: '$' } }],
    output: { $step: 'a' },
  })

/** A flow that waits for the signal "go". */
const slow = (name: string, ...triggers: object[]) =>
  JSON.stringify({
    name,
    triggers,
    steps: [{ id: 'a', component: '/builtin/wait_for_signal', input: { name: 'go' } }],
    output: { $step: 'a' },
  })

const EACH_MINUTE = { schedule: '* * * * *' }

interface Timed {
  readonly clock: JumpClock
  readonly server: TestServer
  /** Jumps, and waits until everything is decided that is due by then. */
  jump(to: string): Promise<void>
  /** Its runs that are of a schedule, the oldest first. */
  runsOf(flow: string): Promise<{ readonly runId: string; readonly status: string; readonly due: string }[]>
  /** When they were due. */
  firesOf(flow: string): Promise<string[]>
  /** Waits until so many have begun, and no more are to come at this time. */
  until(flow: string, count: number): Promise<void>
  schedulesOf(flow: string): Promise<any[]>
}

async function startAt(time: string, options: TestServerOptions = {}): Promise<Timed> {
  const clock = createJumpClock(time)
  const server = await startServer({ clock, ...options })
  const timed: Timed = {
    clock,
    server,
    async jump(to) {
      await clock.jump(to)
      const isDecided = async () => {
        const all = await server.services.schedules.all()
        return all.every(({ schedule, state }) => state && nextDue(schedule, state, clock.now()) > clock.now())
      }
      while (!(await isDecided())) await clock.pass(0)
    },
    async runsOf(name) {
      const { runs } = (await server.call('GET', `/runs?flow=${name}&trigger=schedule&limit=1000`)).body
      const shown = runs.map(({ runId, status, trigger }: any) => ({
        ...{ runId, status },
        due: trigger.time.replace(/^2026-06-01T|:00\.000Z$/g, ''),
      }))
      return shown.sort((a: any, b: any) => (a.due < b.due ? -1 : 1))
    },
    firesOf: async (name) => (await timed.runsOf(name)).map(({ due }) => due),
    async until(name, count) {
      while ((await timed.runsOf(name)).length < count) await clock.pass(0)
    },
    async schedulesOf(name) {
      const { schedules } = (await server.call('GET', '/schedules')).body
      return schedules.filter((schedule: any) => schedule.flow === name)
    },
  }
  return timed
}

const END = { name: 'signal', signal: 'go', payload: null } as const

/** Ends a run that waits, and answers when it has ended. */
async function end({ server }: Timed, runId: string | undefined): Promise<void> {
  await server.services.engine.signal(runId as string, END)
  await (await server.services.engine.follow(runId as string)).ended
}

test('a flow of the folder with a schedule runs when it is due, and is listed with its next times', async () => {
  const hourly = { schedule: '30 * * * *', timezone: 'Europe/Berlin', input: { due: '{{ trigger.time }}' } }
  const timed = await startAt(START, { files: { 'flows/report.json': flow('report', hourly) } })
  const { jump, server, until, firesOf, schedulesOf } = timed

  expect(server.schedules).toBe(1)
  await jump(at('08:29'))
  await jump(at('08:30'))
  await until('report', 1)
  await jump(at('09:30'))
  await until('report', 2)
  expect(await firesOf('report')).toEqual(['08:30', '09:30'])
  const [schedule] = await schedulesOf('report')
  expect(schedule).toMatchObject({
    ...{ flow: 'report', cron: '30 * * * *', timezone: 'Europe/Berlin', description: 'At 30 minutes past the hour' },
    ...{ overlap: 'skip', catchUp: 0, enabled: true, from: 'file', input: hourly.input },
  })
  expect(schedule.next.slice(0, 2)).toEqual(['2026-06-01T10:30:00.000Z', '2026-06-01T11:30:00.000Z'])
  const { runId, ...last } = schedule.lastRun
  expect((await server.call('GET', `/runs/${runId}`)).body).toMatchObject({
    ...last,
    trigger: { type: 'schedule', schedule: schedule.id, time: '2026-06-01T09:30:00.000Z' },
  })
  const { items } = (await server.call('GET', `/runs/${runId}/items`)).body
  expect(items[0].result).toEqual({ outcome: 'success', result: { due: '2026-06-01T09:30:00.000Z' } })
})

test('the published version is what counts: its schedules begin with the publishing and end with the flow', async () => {
  const { jump, server, schedulesOf, until, firesOf } = await startAt(START)
  const publish = async (version: number) => server.call('POST', '/flows/timed/publish', { version })
  await server.call('POST', '/flows', { flow: flow('timed', EACH_MINUTE) })
  expect(await schedulesOf('timed')).toEqual([])
  await publish(1)
  expect(await schedulesOf('timed')).toMatchObject([{ cron: '* * * * *', enabled: true }])
  await jump(at('08:01'))
  await until('timed', 1)
  await server.call('POST', '/flows', { flow: flow('timed', { schedule: '*/5 * * * *' }) })
  expect(await schedulesOf('timed')).toMatchObject([{ cron: '* * * * *' }])
  await publish(2)
  expect(await schedulesOf('timed')).toMatchObject([{ cron: '*/5 * * * *', lastRun: { status: 'completed' } }])
  await jump(at('08:02'))
  await jump(at('08:05'))
  await until('timed', 2)
  expect(await firesOf('timed')).toEqual(['08:01', '08:05'])

  await server.call('POST', '/schedules', { flow: 'timed', cron: '* * * * *' })
  expect((await server.call('DELETE', '/flows/timed')).status).toBe(204)
  expect(await schedulesOf('timed')).toEqual([])
  // A flow of the same name later has nothing of it.
  await server.call('POST', '/flows', { flow: flow('timed', { schedule: '*/5 * * * *' }) })
  await publish(1)
  expect((await schedulesOf('timed'))[0]).not.toHaveProperty('lastRun')
})

test('skip leaves out the times at which the run before has not ended', async () => {
  const timed = await startAt(START, { files: { 'flows/slow.json': slow('slow', EACH_MINUTE) } })
  const { jump, until, runsOf, firesOf } = timed

  await jump(at('08:01'))
  await until('slow', 1)
  await jump(at('08:02'))
  await jump(at('08:03'))
  await end(timed, (await runsOf('slow'))[0]?.runId)
  await jump(at('08:04'))
  await until('slow', 2)
  expect(await firesOf('slow')).toEqual(['08:01', '08:04'])
})

test('queue begins them one after the other, each when the one before has ended', async () => {
  const timed = await startAt(START, {
    files: { 'flows/slow.json': slow('slow', { ...EACH_MINUTE, overlap: 'queue' }) },
  })
  const { jump, until, runsOf, firesOf } = timed

  for (const time of ['08:01', '08:02', '08:03']) await jump(at(time))
  await until('slow', 1)
  for (let i = 0; i < 3; i++) {
    expect(await firesOf('slow')).toEqual(['08:01', '08:02', '08:03'].slice(0, i + 1))
    await end(timed, (await runsOf('slow'))[i]?.runId)
    if (i < 2) await until('slow', i + 2)
  }
})

test('allow begins each at its time', async () => {
  const { jump, until, firesOf } = await startAt(START, {
    files: { 'flows/slow.json': slow('slow', { ...EACH_MINUTE, overlap: 'allow' }) },
  })

  for (const time of ['08:01', '08:02', '08:03']) await jump(at(time))
  await until('slow', 3)
  expect(await firesOf('slow')).toEqual(['08:01', '08:02', '08:03'])
})

test('of the times that were missed the newest catch_up run, and none unless it says so', async () => {
  const files = {
    'flows/two.json': flow('two', { ...EACH_MINUTE, catch_up: 2 }),
    'flows/none.json': flow('none', EACH_MINUTE),
  }
  const first = await startAt(START, { files })
  await first.jump(at('08:01'))
  await first.until('two', 1)
  await first.until('none', 1)
  await first.server.close()
  const { jump, until, firesOf, server } = await startAt('2026-06-01T08:10:30Z', { folder: first.server.folder })

  await until('two', 3)
  await jump(at('08:11'))
  await until('two', 4)
  await until('none', 2)
  expect(await firesOf('two')).toEqual(['08:01', '08:09', '08:10', '08:11'])
  expect(await firesOf('none')).toEqual(['08:01', '08:11'])
  expect(server.schedules).toBe(2)
})

test('a clock that jumps on misses times; one that jumps back begins no run twice', async () => {
  const { jump, clock, until, firesOf } = await startAt(START, {
    files: {
      'flows/a.json': flow('a', EACH_MINUTE),
      'flows/b.json': flow('b', { ...EACH_MINUTE, catch_up: 1, overlap: 'queue' }),
    },
  })

  await jump(at('08:01'))
  await until('a', 1)
  await jump('2026-06-01T10:30:20Z')
  await until('a', 2)
  await until('b', 3)
  // The missed one of b is older than a minute; the one that is late by 20 seconds was not missed.
  expect(await firesOf('b')).toEqual(['08:01', '10:29', '10:30'])
  clock.set(at('08:00'))
  await clock.pass(30_000)
  for (const time of ['08:01', '08:02']) await jump(at(time))
  await until('a', 3)
  await until('b', 4)
  // Set right again: what had begun before does not begin once more, what was left out then is late or missed.
  clock.set('2026-06-01T10:29:20Z')
  await clock.pass(30_000)
  for (const time of ['10:30', '10:31']) await jump(at(time))
  await until('a', 5)
  await until('b', 6)
  expect(await firesOf('a')).toEqual(['08:01', '08:02', '10:29', '10:30', '10:31'])
  expect(await firesOf('b')).toEqual(['08:01', '08:02', '10:28', '10:29', '10:30', '10:31'])
})

test('jitter lets each run begin later than it was due, by the same at every server', async () => {
  const files = { 'flows/a.json': flow('a', { schedule: '0 * * * *', jitter: '20m', overlap: 'allow' }) }
  const { clock, until, server, runsOf } = await startAt(START, { files })
  for (let minute = 1; minute <= 180; minute++) await clock.pass(MINUTE)
  await until('a', 2)

  const runs = await runsOf('a')
  expect(runs.map(({ due }) => due).slice(0, 2)).toEqual(['09:00', '10:00'])
  const delays = await Promise.all(
    runs.map(async ({ runId, due }) => {
      const { createdAt } = (await server.call('GET', `/runs/${runId}`)).body
      return Date.parse(createdAt) - Date.parse(at(due))
    }),
  )
  for (const delay of delays) expect(delay).toBeLessThan(21 * MINUTE)
  expect(new Set(delays).size).toBeGreaterThan(1)
  expect(Math.max(...delays)).toBeGreaterThan(0)
})

test('a schedule that is edited while runs of it wait begins them, each once, and then keeps its new times', async () => {
  const trigger = { ...EACH_MINUTE, overlap: 'queue' }
  const timed = await startAt(START, { files: { 'flows/slow.json': slow('slow', trigger) } })
  const { jump, until, server, runsOf, firesOf } = timed
  for (const time of ['08:01', '08:02', '08:03']) await jump(at(time))
  await until('slow', 1)
  const edited = slow('slow', { ...trigger, schedule: '*/10 * * * *' })
  expect((await server.call('PUT', '/flows/slow', { text: edited, base: 1 })).status).toBe(200)

  for (const time of ['08:04', '08:05']) await jump(at(time))
  for (let i = 0; i < 3; i++) {
    await until('slow', i + 1)
    await end(timed, (await runsOf('slow'))[i]?.runId)
  }
  await jump(at('08:10'))
  await until('slow', 4)
  expect(await firesOf('slow')).toEqual(['08:01', '08:02', '08:03', '08:10'])
})

test('a server that ends between the decision and the run leaves a run that the next one begins, once (F2)', async () => {
  const timed = await startAt(START, { files: { 'flows/a.json': flow('a', EACH_MINUTE) } })
  const { schedules, flows, starter } = timed.server.services
  await timed.jump(at('08:01'))
  await timed.until('a', 1)
  const [{ schedule }] = (await schedules.all()) as [any]
  const due = (time: string) => ({ at: Date.parse(at(time)), id: schedule.id })
  // One was decided and not begun, the other was begun and is not noted yet.
  await createFire({ flows, starter })(schedule, due('08:03'))
  await schedules.change(schedule.id, (was) => ({
    ...was,
    until: due('08:03').at,
    waiting: [due('08:02'), due('08:03')],
  }))
  await timed.server.close()
  const next = await startAt('2026-06-01T08:03:30Z', { folder: timed.server.folder })
  await next.jump(at('08:04'))
  await next.until('a', 4)

  expect(await next.firesOf('a')).toEqual(['08:01', '08:02', '08:03', '08:04'])
})

test('two servers on a store begin each run once, and keep to the queue (F1)', async () => {
  const timed = await startAt(START, {
    files: {
      'flows/a.json': flow('a', EACH_MINUTE),
      'flows/slow.json': slow('slow', { ...EACH_MINUTE, overlap: 'queue' }),
    },
  })
  const { jump, until, server, firesOf, runsOf } = timed
  const other = new Scheduler({ ...server.services, fire: createFire(server.services) })
  await other.start()

  for (const time of ['08:01', '08:02', '08:03', '08:04']) await jump(at(time))
  await until('a', 4)
  expect(await firesOf('a')).toEqual(['08:01', '08:02', '08:03', '08:04'])
  for (let i = 0; i < 4; i++) {
    await until('slow', i + 1)
    expect((await runsOf('slow')).filter(({ status }) => status !== 'completed')).toHaveLength(1)
    await end(timed, (await runsOf('slow'))[i]?.runId)
  }
  await other.stop()
  expect(await firesOf('slow')).toEqual(['08:01', '08:02', '08:03', '08:04'])
})

test('the switch of a trigger holds while its flow is away, and until the trigger changes', async () => {
  const text = flow('a', EACH_MINUTE)
  const { jump, clock, server, schedulesOf, until, firesOf } = await startAt(START, { files: { 'flows/a.json': text } })
  const [{ id }] = await schedulesOf('a')
  expect((await server.call('PATCH', `/schedules/${id}`, { enabled: false })).body.enabled).toBe(false)
  await jump(at('08:01'))
  const file = join(server.folder, 'flows/a.json')
  const isListed = async () => (await schedulesOf('a')).length > 0
  const lookUntil = async (wanted: boolean) => {
    while ((await isListed()) !== wanted) await clock.pass(3_000)
  }
  rmSync(file)
  await lookUntil(false)
  writeFileSync(file, text)
  await lookUntil(true)
  expect(await schedulesOf('a')).toMatchObject([{ id, enabled: false }])
  const version = (await server.call('GET', '/flows/a')).body.version
  await server.call('PUT', '/flows/a', { text: flow('a', { ...EACH_MINUTE, jitter: 0 }), base: version })
  expect(await schedulesOf('a')).toMatchObject([{ enabled: true }])
  await jump(at('08:30'))
  await until('a', 1)
  expect(await firesOf('a')).toEqual(['08:30'])
})

test('a run that cannot begin is no end of the schedule: it says why, and goes on', async () => {
  const picky = JSON.stringify({
    name: 'picky',
    input_schema: { type: 'object', properties: { hour: { type: 'integer', maximum: 7 } } },
    triggers: [{ ...EACH_MINUTE, input: { hour: '{{ trigger.time[11:13] | int }}' } }],
    steps: [{ id: 'a', component: '/builtin/noop', input: { $input: 'hour' } }],
  })
  const { jump, server, schedulesOf, until, firesOf } = await startAt(START, { files: { 'flows/picky.json': picky } })
  await jump(at('08:01'))
  const problemOf = async () => (await schedulesOf('picky'))[0].problem
  while (!(await problemOf())) await new Promise(setImmediate)
  expect(await problemOf()).toMatchObject({ at: '2026-06-01T08:01:00.000Z', code: 'INVALID_INPUT' })

  const text = picky.replace('"maximum":7', '"maximum":8')
  expect((await server.call('PUT', '/flows/picky', { text, base: 1 })).status).toBe(200)
  await jump(at('08:02'))
  await until('picky', 1)
  expect(await firesOf('picky')).toEqual(['08:02'])
  expect(await problemOf()).toBeUndefined()
})

test('what the page of triggers shows of schedules works as it stands there', async () => {
  const page = readFileSync(new URL('../../../docs/triggers.md', import.meta.url), 'utf8')
  const [, text = ''] = /## Schedules\n.*?```yaml\n(.*?)```/s.exec(page) ?? []
  const [, body = ''] = /\/schedules -H .*? -d '(.*?)'/s.exec(page) ?? []
  // A Friday.
  const files = { 'flows/report.yaml': text }
  const { jump, server, until } = await startAt('2026-06-05T03:00:00Z', { files })
  expect((await server.call('POST', '/schedules', body)).status).toBe(201)
  for (const time of ['2026-06-05T04:30:00Z', '2026-06-05T16:00:00Z']) await jump(time)
  await until('nightly%20report', 2)

  const { runs } = (await server.call('GET', '/runs?sort=createdAt')).body
  const results = await Promise.all(
    runs.map(async ({ runId }: any) => (await server.call('GET', `/runs/${runId}/results`)).body),
  )
  expect(results.map((one: string) => JSON.parse(one).result)).toEqual([
    'a short report, due at 2026-06-05T04:30:00.000Z',
    'a long report, due at 2026-06-05T16:00:00.000Z',
  ])
})
