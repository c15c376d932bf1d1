// The typed client against the document of the API: a method for each operation, which sends what the operation takes.

import { StepflowClient } from '@stepflow/api/client'
import { beforeAll, expect, test } from 'vitest'
import { ECHO, serverOfFile, WAITS } from './start-server.ts'

type Call = (client: StepflowClient) => unknown

/** By operation: how the client is called. */
const CALLS: Readonly<Record<string, Call>> = {
  getInfo: (client) => client.getInfo(),
  listNodes: (client) => client.listNodes(),
  getHealth: (client) => client.getHealth(),
  getReady: (client) => client.getReady(),
  getMetrics: (client) => client.getMetrics(),
  getOpenApi: (client) => client.getOpenApi(),
  listComponents: (client) => client.listComponents(),
  listFlows: (client) => client.listFlows(),
  getFlow: (client) => client.getFlow('a b', 'published'),
  addFlow: (client) => client.addFlow({ flow: 'x' }),
  saveFlow: (client) => client.saveFlow('a', { text: 'x', base: 0 }),
  removeFlow: (client) => client.removeFlow('a'),
  listVersions: (client) => client.listVersions('a'),
  getVersion: (client) => client.getVersion('a', 1),
  publishFlow: (client) => client.publishFlow('a', 1),
  checkFlow: (client) => client.checkFlow({ text: 'x' }),
  testFlow: (client) => client.testFlow('a'),
  listInputs: (client) => client.listInputs('a'),
  listSamples: (client) => client.listSamples('a'),
  startRun: (client) => client.startRun({ flow: 'x' }),
  getRunsSummary: (client) => client.getRunsSummary({ status: ['failed', 'waiting'], since: new Date(0), buckets: 3 }),
  listRuns: (client) => client.listRuns({ status: 'failed', label: ['a:b'], sort: '-duration', q: 'x' }),
  getRun: (client) => client.getRun('a/b'),
  getRunFlow: (client) => client.getRunFlow('r'),
  getLogs: (client) => client.listLogs('r', { item: 0, step: 'a', level: 'info', q: 'x', limit: 10 }),
  cancelRun: (client) => client.cancelRun('r', 'enough'),
  pauseRun: (client) => client.pauseRun('r'),
  resumeRun: (client) => client.resumeRun('r'),
  rerun: (client) => client.rerun('r', { failed: true }, 'key'),
  exportRun: (client) => client.exportRun('r'),
  importRun: (client) => client.importRun({}),
  deleteRun: (client) => client.deleteRun('r'),
  pruneRuns: (client) => client.pruneRuns({ maxRuns: 1 }),
  bulk: (client) => client.bulk({ action: 'cancel', ids: ['r'] }),
  getResults: (client) => client.getResults('r').next(),
  listItems: (client) => client.listItems('r', { status: 'failed' }),
  getItem: (client) => client.getItem('r', 0, 'full'),
  getItemStatuses: (client) => client.getItemStatuses('r'),
  listFailures: (client) => client.listFailures('r'),
  listRunSteps: (client) => client.listSteps('r'),
  listItemSteps: (client) => client.listSteps('r', { item: 3, inside: '0/1/1' }),
  getRunStep: (client) => client.getStep('r', 'a', { visit: 2, full: true }),
  getItemStep: (client) => client.getStep('r', 'a', { item: 3 }),
  getJournal: (client) => client.getJournal('r', { item: 3 }).next(),
  getRunEvents: (client) => client.getRunEvents('r', { topics: ['run'], item: 3 }).next(),
  getEvents: (client) => client.getEvents({ after: 'c' }, { flow: 'a' }).next(),
  sendSignal: (client) => client.sendSignal('r', 'go', {}, { item: 3, id: 'once' }),
  listWaits: (client) => client.listWaits({ runId: 'r' }),
  getWait: (client) => client.getWait('w'),
  decideWait: (client) => client.decideWait('w', {}),
  listSchedules: (client) => client.listSchedules(),
  getSchedule: (client) => client.getSchedule('s'),
  createSchedule: (client) => client.createSchedule({ flow: 'a', cron: '* * * * *' }),
  changeSchedule: (client) => client.changeSchedule('s', { enabled: false }),
  deleteSchedule: (client) => client.deleteSchedule('s'),
  runSchedule: (client) => client.runSchedule('s', 'key'),
  previewSchedule: (client) => client.previewSchedule('* * * * *', 'Europe/Berlin'),
  putBlob: (client) => client.putBlob(new Uint8Array([1])),
  getBlob: (client) => client.getBlob('b'),
  listSecrets: (client) => client.listSecrets(),
  setSecret: (client) => client.setSecret('s', 'value'),
  removeSecret: (client) => client.removeSecret('s'),
  listTokens: (client) => client.listTokens(),
  createToken: (client) => client.createToken({ role: 'viewer' }),
  revokeToken: (client) => client.revokeToken('t'),
  getSession: (client) => client.getSession(),
  beginSession: (client) => client.beginSession('t'),
  endSession: (client) => client.endSession(),
}

/** Operations without a method, each with the reason. */
const WITHOUT: Readonly<Record<string, string>> = {}

const server = serverOfFile({ files: { 'flows/echo.yaml': ECHO, 'flows/waits.yaml': WAITS } })
let operations: readonly Operation[]
beforeAll(async () => {
  operations = operationsOf((await server.call('GET', '/openapi.json')).body)
})

test('each operation of the API has a method, or a reason why not', () => {
  const ids = operations.map(({ id }) => id)

  expect(Object.keys({ ...CALLS, ...WITHOUT }).sort()).toEqual([...ids].sort())
})

test.each(Object.keys(CALLS))('%s sends what its operation takes', async (id) => {
  const { method, pattern, query } = operations.find((one) => one.id === id) as Operation
  const sent: { method: string; url: URL }[] = []
  const client = new StepflowClient({
    url: server.url,
    fetch: async (url, init) => {
      sent.push({ method: init?.method ?? 'GET', url: new URL(String(url)) })
      return new Response(null, { status: 204 })
    },
  })

  // What an empty answer leads to is another matter.
  await Promise.resolve(CALLS[id]?.(client)).catch(() => {})

  expect(sent[0]?.method).toBe(method)
  expect(sent[0]?.url.pathname).toMatch(pattern)
  expect([...(sent[0]?.url.searchParams.keys() ?? [])].filter((name) => !query.has(name))).toEqual([])
})

test('events of a run come to their end with the run, over a connection that breaks off in between', async () => {
  const { body: run } = await server.call('POST', '/runs', { flowName: 'waits', input: {} })
  const asked: string[] = []
  const client = new StepflowClient({
    url: server.url,
    fetch: async (url, init) => {
      const isFirst = asked.push(String(url)) === 1
      if (asked.length === 2) await server.call('POST', `/runs/${run.runId}/signals/go`, 1)
      const answer = await fetch(url as string, init)
      return isFirst && answer.body ? new Response(answer.body.pipeThrough(cutAfter(/event: run/)), answer) : answer
    },
  })
  const seen: unknown[] = []

  for await (const { event, data } of client.getRunEvents(run.runId, { topics: ['run', 'entries'] })) {
    if (event === 'run') seen.push((data as { status: string }).status)
    else for (const { type } of (data as { entries: { type: string }[] }).entries) seen.push(type)
  }

  expect(seen.filter((one) => one === 'created')).toHaveLength(1)
  expect(seen.filter((one) => one === 'finished')).toHaveLength(1)
  expect(seen.at(-1)).toBe('completed')
  expect(asked.length).toBeGreaterThan(1)
  expect(asked[1]).toContain('after=')
})

test('the journal of one item is what concerns it', async () => {
  const { body: run } = await server.call('POST', '/runs', {
    flowName: 'echo',
    inputs: [{ n: 1 }, { n: 2 }, { n: 3 }],
    wait: true,
  })
  const client = new StepflowClient({ url: server.url })
  const items = new Set<unknown>()

  for await (const lines of client.getJournal(run.runId, { item: 1 })) {
    for (const { entries } of lines) for (const entry of entries) items.add((entry as { item?: number }).item)
  }

  items.delete(undefined)
  expect([...items]).toEqual([1])
})

// ---

interface Operation {
  readonly id: string
  readonly method: string
  readonly pattern: RegExp
  readonly query: ReadonlySet<string>
}

function operationsOf(document: any): Operation[] {
  const base = new URL(document.servers[0].url, server.url).pathname.replace(/\/$/, '')
  return Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    Object.entries<any>(methods).map(([method, { operationId, parameters = [] }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${base}${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
      query: new Set<string>(parameters.filter((one: any) => one.in === 'query').map((one: any) => one.name)),
    })),
  )
}

/** Breaks off behind the chunk in which that comes. */
function cutAfter(pattern: RegExp) {
  const decoder = new TextDecoder()
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk)
      if (pattern.test(decoder.decode(chunk))) controller.terminate()
    },
  })
}
