// Events of runs, over HTTP: nothing is missing, nothing comes twice, wherever a stream breaks off.

import { expect, test } from 'vitest'
import { type Event, readEvents } from './read-events.ts'
import { ECHO, serverOfFile, WAITS } from './start-server.ts'

const SECRET = `
name: secret
input_schema: { type: object, properties: { key: { type: string, is_secret: true } } }
steps: [{ id: a, component: /c/fail, input: { $input: key } }]
output: { $step: a }
`
const files = {
  'flows/echo.yaml': ECHO,
  'flows/waits.yaml': WAITS,
  'flows/secret.yaml': SECRET,
  'c.mjs': "export function fail(key) { throw new Error('key ' + key + ' is wrong') }\n",
  'stepflow-config.yml':
    'plugins: { builtin: { type: builtin }, c: { type: module, path: c.mjs } }\nroutes: { "/c/{*component}": [{ plugin: c }], "/{*component}": [{ plugin: builtin }] }\n',
}

const server = serverOfFile({ files })

const begin = async (body: object) => (await server.call('POST', '/runs', body)).body.runId as string
const open = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/v1${path}`, { headers, signal: AbortSignal.timeout(50_000) })

async function* events(path: string, headers?: Record<string, string>): AsyncGenerator<Event> {
  yield* readEvents(await open(path, headers))
}

async function all(path: string, headers?: Record<string, string>): Promise<Event[]> {
  const found: Event[] = []
  for await (const event of events(path, headers)) found.push(event)
  return found
}

test("a run's events end with the run as it ended, and after them nothing follows", async () => {
  const runId = await begin({ flowName: 'echo', inputs: [{ n: 1 }, {}, { n: 3 }] })
  const found = await all(`/runs/${runId}/events`)
  const last = found.at(-1) as Event
  expect(last).toMatchObject({ event: 'run', data: { runId, status: 'failed', items: { completed: 2, failed: 1 } } })
  const bytes = new Map(found.filter(({ event }) => event === 'items').flatMap(({ data }) => data))
  expect(Object.fromEntries(bytes)).toEqual({ 0: 3, 1: 5, 2: 3 })
  expect((await open(`/runs/${runId}/events`, { 'last-event-id': last.id })).status).toBe(204)
  expect((await open(`/runs/${runId}/events?after=${encodeURIComponent(last.id)}`)).status).toBe(204)
})

test('wherever a stream breaks off, the next one goes on with what has not come yet, once', async () => {
  const runId = await begin({ flowName: 'echo', inputs: Array.from({ length: 20 }, (_, n) => ({ n })), wait: true })
  const path = `/runs/${runId}/events?topics=entries,run`
  const whole = await all(path)
  const rows = (found: readonly Event[]) =>
    found.filter(({ event }) => event === 'entries').map(({ data }) => `${data.journal} ${data.seq}`)
  expect(new Set(rows(whole)).size).toBe(rows(whole).length)
  for (let cut = 1; cut < whole.length; cut++) {
    const { id } = whole[cut - 1] as Event
    const rest = await all(path, { 'last-event-id': id })
    expect([...rows(whole.slice(0, cut)), ...rows(rest)]).toEqual(rows(whole))
    expect(rest.at(-1)).toMatchObject({ event: 'run', data: { status: 'completed' } })
  }
})

test.each(['to the start', 'to a reader'])('the answer %s and the events after its cursor leave no gap', async (to) => {
  const started = (await server.call('POST', '/runs', { flowName: 'waits', input: {} })).body
  const { runId } = started
  const { cursor } = to === 'to the start' ? started : (await server.call('GET', `/runs/${runId}`)).body
  const following = all(`/runs/${runId}/events?after=${cursor}`)
  await server.services.engine.signal(runId, { name: 'signal', signal: 'go', payload: 1 })
  expect((await following).at(-1)).toMatchObject({ event: 'run', data: { status: 'completed' } })
})

test('entries say what happened without values, and nothing secret', async () => {
  const runId = await begin({ flowName: 'secret', input: { key: 'hush-hush-hush' }, wait: true })
  const text = await (await open(`/runs/${runId}/events?topics=entries,run,items`)).text()
  expect(text).toContain('[redacted] is wrong')
  expect(text).not.toContain('hush')
  expect(text).not.toContain('"inputs"')
})

test('the journal is read as lines, the ones that the events carry', async () => {
  const runId = await begin({ flowName: 'secret', input: { key: 'hush-hush-hush' }, wait: true })
  const text = await (await open(`/runs/${runId}/journal`)).text()
  const found = (await all(`/runs/${runId}/events?topics=entries`)).map(({ data }) => data)
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(found)
  expect(text).not.toContain('hush')
  expect((await open('/runs/nope/journal')).status).toBe(404)
})

test('a cursor that is none of ours is answered with reset, and what follows', async () => {
  const runId = await begin({ flowName: 'echo', input: { n: 1 }, wait: true })
  const found = await all(`/runs/${runId}/events?after=long-ago`)
  expect(found.map(({ event }) => event)).toEqual(['reset', 'run'])
})

test('whoever follows all runs from no cursor of ours hears of the reset before anything else', async () => {
  const found: string[] = []
  for await (const { event } of events('/events?after=long-ago')) {
    found.push(event)
    if (found.length === 2) break
  }
  expect(found).toEqual(['reset', 'flow'])
})

test('the events of all runs are those of the runs that are asked for, from now on', async () => {
  const { cursor } = (await server.call('GET', '/runs')).body
  await begin({ flowName: 'echo', input: { n: 1 }, labels: { team: 'b' }, wait: true })
  const wanted = await begin({ flowName: 'echo', input: { n: 2 }, labels: { team: 'a' }, wait: true })
  for await (const { event, data } of events(`/events?label=team:a&after=${cursor}`)) {
    if (event !== 'run') continue
    expect(data.runId).toBe(wanted)
    if (data.status === 'completed') break
  }
})

test('a client that does not read holds little, and hears of everything later', async () => {
  const inputs = Array.from({ length: 3000 }, (_, n) => ({ n: `${n} ${'x'.repeat(1000)}` }))
  const runId = await begin({ flowName: 'echo', inputs })
  const stalled = await Promise.all(Array.from({ length: 20 }, () => open(`/runs/${runId}/events?topics=entries,run`)))
  const { body } = await server.call('GET', `/runs/${runId}/results`)
  expect(body.trim().split('\n')).toHaveLength(3000)
  for (const answer of stalled) expect(await answer.text()).toContain('"status":"completed"')
})

test.each([
  ['topics=nope', 400],
  ['topics=', 400],
  ['item=-1', 400],
  ['limit=3', 400],
])('?%s is refused with %i', async (query, status) => {
  const runId = await begin({ flowName: 'echo', input: { n: 1 }, wait: true })
  expect((await server.call('GET', `/runs/${runId}/events?${query}`)).status).toBe(status)
  expect((await server.call('GET', '/runs/nope/events')).status).toBe(404)
})
