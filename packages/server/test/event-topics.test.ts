// Waits, logs and flows as events; and many who follow one run.

import { expect, test } from 'vitest'
import { type Event, readEvents } from './read-events.ts'
import { ECHO, serverOfFile, WAITS } from './start-server.ts'

const files = {
  'flows/echo.yaml': ECHO,
  'flows/waits.yaml': WAITS,
  'flows/loud.yaml': `
name: loud
steps: [{ id: a, component: /c/loud, input: { $input: n } }]
output: { $step: a }
`,
  'c.mjs': `
export async function loud(n, { log }) {
  for (let i = 0; i < 3; i++) {
    log(i === 1 ? 'warning' : 'info', n + '.' + i)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return n
}
`,
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, c: { type: module, path: c.mjs } }\nroutes: { "/c/{*component}": [{ plugin: c }], "/{*component}": [{ plugin: builtin }] }\n',
}

const server = serverOfFile({ files })

const begin = async (body: object) => (await server.call('POST', '/runs', body)).body.runId as string
const open = (path: string, headers: Record<string, string> = {}, signal = AbortSignal.timeout(50_000)) =>
  fetch(`${server.url}/api/v1${path}`, { headers, signal })

async function all(path: string, headers?: Record<string, string>): Promise<Event[]> {
  const found: Event[] = []
  const answer = await open(path, headers)
  if (answer.status === 204) return found
  for await (const event of readEvents(answer)) found.push(event)
  return found
}

/** The events of these topics, as text: what comes once is told apart. */
const of = (found: readonly Event[], ...topics: string[]) =>
  found.filter(({ event }) => topics.includes(event)).map(({ event, data }) => `${event} ${JSON.stringify(data)}`)

const signal = (runId: string, item?: number) =>
  server.services.engine.signal(runId, {
    ...{ name: 'signal', signal: 'go', payload: { secret: 'payload' } },
    ...(item === undefined ? {} : { item }),
  })

test('a wait is told of when it begins and when it ends, each once, wherever a stream breaks off', async () => {
  const runId = await begin({ flowName: 'waits', inputs: Array.from({ length: 12 }, () => ({})) })
  await expect.poll(async () => (await server.call('GET', `/waits?runId=${runId}`)).body.waits.length).toBe(12)
  await signal(runId, 3)
  await signal(runId)
  const path = `/runs/${runId}/events`
  const whole = await all(path)

  const waits = whole.filter(({ event }) => event === 'wait').map(({ data }) => data)
  expect(waits.filter((wait) => !wait.decided)).toHaveLength(12)
  expect(waits.filter((wait) => wait.decided)).toHaveLength(12)
  expect(waits[0]).toEqual({
    ...{ id: expect.stringContaining(runId), runId, flowName: 'waits', item: expect.any(Number), step: 'ask' },
    ...{ name: 'go', since: expect.stringMatching(/Z$/) },
  })
  expect(waits.at(-1)).toMatchObject({ decided: { at: expect.stringMatching(/Z$/) } })
  expect(JSON.stringify(waits)).not.toContain('payload')
  expect(whole.at(-1)).toMatchObject({ event: 'run', data: { status: 'completed' } })
  for (const { id } of new Map(whole.map((event) => [event.id, event])).values()) {
    const cut = whole.findLastIndex((event) => event.id === id) + 1
    const rest = await all(path, { 'last-event-id': id })
    expect([...of(whole.slice(0, cut), 'wait'), ...of(rest, 'wait')]).toEqual(of(whole, 'wait'))
  }
})

test('a wait that nobody decides in time has expired; one whose run is cancelled is over', async () => {
  const flow = (timeout: string) =>
    `steps: [{ id: ask, component: /builtin/wait_for_signal, input: { name: go, timeout: ${timeout}, default: 1 } }]\noutput: 1\n`
  const expired = await begin({ flow: flow('1ms'), input: {}, wait: true })
  expect((await all(`/runs/${expired}/events?topics=wait`)).at(-1)?.data).toMatchObject({ expired: true })

  const cancelled = await begin({ flow: flow('1h'), input: {} })
  await expect.poll(async () => (await server.call('GET', `/waits?runId=${cancelled}`)).body.waits.length).toBe(1)
  await server.call('POST', `/runs/${cancelled}/cancel`, {})
  expect((await all(`/runs/${cancelled}/events?topics=wait`)).at(-1)?.data).toMatchObject({ over: true })
})

test('lines of a log come each once and in order, before the run has ended, wherever a stream breaks off', async () => {
  const inputs = Array.from({ length: 8 }, (_, n) => ({ n }))
  const runId = await begin({ flowName: 'loud', inputs })
  const path = `/runs/${runId}/events?topics=log,run`
  const whole = await all(path)

  const lines = whole.filter(({ event }) => event === 'log').map(({ data }) => data)
  expect(lines).toHaveLength(24)
  for (const { n } of inputs) {
    expect(lines.filter(({ item }) => item === n).map(({ message }) => message)).toEqual([`${n}.0`, `${n}.1`, `${n}.2`])
  }
  expect(lines[0]).toMatchObject({ runId, level: 'info', step: 'a', visit: 1, attempt: 1 })
  expect(whole.at(-1)).toMatchObject({ event: 'run', data: { status: 'completed' } })
  expect(await all(path)).toEqual(await all(path))
  for (const { id } of new Map(whole.map((event) => [event.id, event])).values()) {
    const cut = whole.findLastIndex((event) => event.id === id) + 1
    const rest = await all(path, { 'last-event-id': id })
    expect([...of(whole.slice(0, cut), 'log'), ...of(rest, 'log')]).toEqual(of(whole, 'log'))
  }
  const own = (await all(`/runs/${runId}/events?topics=log&item=5`)).filter(({ event }) => event === 'log')
  expect(own.map(({ data }) => data.message)).toEqual(['5.0', '5.1', '5.2'])
  expect((await open(path, { 'last-event-id': whole.at(-1)?.id as string })).status).toBe(204)
})

test('the lines after the cursor of a log are those that it does not have', async () => {
  const runId = await begin({ flowName: 'waits', input: {} })
  await expect.poll(async () => (await server.call('GET', `/waits?runId=${runId}`)).body.waits.length).toBe(1)
  const { store } = server.services
  const line = (message: string) => ({ at: 1, level: 'info', message }) as const
  await store.logs.add(runId, [line('before')])
  const { logs, cursor } = (await server.call('GET', `/runs/${runId}/logs`)).body
  await store.logs.add(runId, [line('after')])
  const following = all(`/runs/${runId}/events?topics=log&after=${cursor}`)
  await signal(runId)

  expect(logs.map(({ message }: any) => message)).toEqual(['before'])
  expect((await following).map(({ data }) => data.message)).toEqual(['after'])
})

test('a flow that changes is told of, to whoever follows all runs', async () => {
  const left = new AbortController()
  const events = readEvents(await open('/events?topics=flow', {}, left.signal))
  await server.call('PUT', '/flows/fresh', { text: ECHO.replace('echo', 'fresh'), base: 0 })
  let [found, removed] = [undefined, false] as [any, boolean]
  for await (const { event, data } of events) {
    expect(event).toBe('flow')
    if (data.name === 'fresh' && !data.removed && !found) {
      found = data
      await server.call('DELETE', '/flows/fresh')
    }
    // Nobody had seen how they stood before: which one it is, is not known then.
    if (data.name === undefined) await server.call('DELETE', '/flows/fresh')
    removed = data.removed === true
    if (removed) break
  }
  left.abort()
  expect(removed).toBe(true)

  // Whoever was away reads them again.
  const { cursor } = (await server.call('GET', '/runs')).body
  const again = new AbortController()
  const first = await readEvents(await open(`/events?topics=flow,run&after=${cursor}`, {}, again.signal)).next()
  expect(first.value).toMatchObject({ event: 'flow', data: {} })
  again.abort()
})

test.each(['entries,items,run,log', 'entries,items,run'])(
  'many who follow %s of one run hear all of the same, those who come in the middle and those who stall too',
  async (topics) => {
    const inputs = Array.from({ length: 2_000 }, (_, n) => ({ n: `${n} ${'x'.repeat(200)}` }))
    const runId = await begin({ flowName: 'echo', inputs, maxConcurrent: 16 })
    const path = `/runs/${runId}/events?topics=${topics}`
    const stalled = await open(path)
    const following: Promise<Event[]>[] = []
    for (let n = 0; n < 30; n++) {
      following.push(all(path))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const found = await Promise.all(following)
    const late: Event[] = []
    for await (const event of readEvents(stalled)) late.push(event)

    const whole = await all(path)
    const bytesIn = (events: readonly Event[]) =>
      new Map(events.filter(({ event }) => event === 'items').flatMap(({ data }) => data))
    const rows = of(whole, 'entries')
    expect(new Set(rows).size).toBe(rows.length)
    for (const events of [...found, late]) {
      expect(of(events, 'entries')).toEqual(rows)
      expect(events.at(-1)).toMatchObject({ event: 'run', data: { status: 'completed' } })
      const bytes = bytesIn(events)
      expect([bytes.size, new Set(bytes.values())]).toEqual([2_000, new Set([3])])
    }
  },
)

test('who follows all runs, of whatever filter, hears of each row once', async () => {
  const { cursor } = (await server.call('GET', '/runs')).body
  const followers = ['team:a', 'team:b', 'team:a'].map(async (label) => {
    const found: Event[] = []
    const left = new AbortController()
    for await (const event of readEvents(
      await open(`/events?topics=entries,run&label=${label}&after=${cursor}`, {}, left.signal),
    )) {
      found.push(event)
      if (event.event === 'run' && event.data.labels.last && event.data.status === 'completed') break
    }
    left.abort()
    return found
  })
  for (let n = 0; n < 20; n++) {
    await begin({ flowName: 'echo', input: { n }, labels: { team: n % 2 ? 'a' : 'b', n: String(n) }, wait: true })
  }
  for (const team of ['a', 'b']) {
    await begin({ flowName: 'echo', input: { n: 0 }, labels: { team, last: 'yes' }, wait: true })
  }
  const [a, b, again] = await Promise.all(followers)
  const rows = (found: readonly Event[] = []) =>
    found.filter(({ event }) => event === 'entries').map(({ data }) => `${data.journal} ${data.seq}`)
  expect(new Set(rows(a)).size).toBe(rows(a).length)
  expect(rows(again)).toEqual(rows(a))
  expect(rows(a).filter((row) => rows(b).includes(row))).toEqual([])
  const runs = (found: readonly Event[] = []) => new Set(rows(found).map((row) => row.split('/')[0]))
  expect([runs(a).size, runs(b).size]).toEqual([11, 11])
})
