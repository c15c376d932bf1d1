// `rate_limit`: of plugins, routes and hosts. Time stands still but where it is moved.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rate, type Turns } from '@stepflow/builtin'
import { compile } from '@stepflow/dialects'
import type { Outcome, Plan } from '@stepflow/engine'
import { createManualClock } from '@stepflow/engine/testing'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { type Wired, wire } from '../src/wire.ts'

const MINUTE = 60_000

const modules = `
export const free = (n) => { globalThis.rateLog.push(['free', n]); return n }
export const paced = (n) => { globalThis.rateLog.push(['paced', n]); return n }
export const hang = (n) => (n === 0 ? n : new Promise(() => {}))
`

/** A project whose module notes its calls in `calls`, with the time. */
async function project(config: string, more: { store?: 'sqlite' } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'rate-'))
  const clock = createManualClock()
  const calls: [string, unknown, number][] = []
  const log = { push: ([name, n]: [string, unknown]) => calls.push([name, n, clock.now()]) }
  Object.assign(globalThis, { rateLog: log })
  writeFileSync(join(home, 'm.mjs'), modules)
  writeFileSync(join(home, 'stepflow-config.yml'), config)
  const found = await loadConfig({ cwd: home, env: {} })
  expect(found.diagnostics.filter(({ level }) => level === 'error')).toEqual([])
  const open: Wired[] = []
  onTestFinished(async () => {
    for (const wired of open) await wired.close()
    rmSync(home, { recursive: true, force: true })
  })
  return {
    clock,
    calls,
    async wire() {
      const store = more.store && (await createSqliteStore({ path: join(home, 'runs.db'), clock }))
      const wired = await wire(found.config, { env: {}, flowDirectory: home, clock, ...(store && { store }) })
      open.push(wired)
      return wired
    },
    leave: (wired: Wired) => open.splice(open.indexOf(wired), 1)[0]?.close(),
  }
}

function flow(text: string): Plan {
  const { plan, diagnostics } = compile(text, {})
  if (!plan) throw new Error(JSON.stringify(diagnostics))
  return plan
}

async function outcomes({ engine }: Wired, plan: Plan, inputs: unknown[], maxConcurrent?: number): Promise<Outcome[]> {
  const all: Outcome[] = []
  const handle = await engine.submit(plan, inputs, maxConcurrent === undefined ? {} : { maxConcurrent })
  for await (const { outcome } of handle.results()) all.push(outcome)
  return all
}

const limited = (rate: string) => `
plugins: { m: { type: module, path: m.mjs }, slow: { type: module, path: m.mjs, rate_limit: ${rate} } }
routes: { /m: [{ plugin: m }], /slow: [{ plugin: slow }] }
`
const paced = flow(`
steps: [{ id: a, component: /slow/paced, input: { $input: $ } }]
output: { $step: a }
`)
/** Waits until the check holds, however busy the machine is. */
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 50_000 })

const success = (result: unknown) => ({ outcome: 'success', result })

test('in no span of its length does a rate let more start than it says, also if they come late', () => {
  const clock = createManualClock()
  const rate = new Rate({ count: 2, perMs: 1000 }, { ...clock, now: () => now })
  let now = 0
  const waiting: Turns[] = []
  for (let i = 0; i < 6; i++) {
    const park = rate.park()
    if (park) waiting.push(park.turn as Turns)
  }
  expect(waiting.map((turns) => turns[0]?.at)).toEqual([1000, 1000, 2000, 2000])

  // All of them ask again late, at once.
  now = 2500
  const again = waiting.map((turns) => rate.park(turns))

  expect(again.map((park) => park?.until)).toEqual([undefined, undefined, 3500, 3500])
})

test('a plugin is called as often as its rate allows, in the order of the inputs', async () => {
  const { wire, clock, calls } = await project(limited('2/m'))
  const running = outcomes(await wire(), paced, [0, 1, 2, 3, 4])

  await clock.advance(3 * MINUTE)

  expect(await running).toEqual([0, 1, 2, 3, 4].map(success))
  expect(calls.map(([, n, at]) => [n, at])).toEqual([
    [0, 0],
    [1, 0],
    [2, MINUTE],
    [3, MINUTE],
    [4, 2 * MINUTE],
  ])
})

test('who waits for its turn holds no place of an item', async () => {
  const { wire, clock, calls } = await project(limited('1/h'))
  const plan = flow(`
steps:
  - { id: first, component: /m/free, input: { $input: $ } }
  - { id: a, component: /slow/paced, input: { $step: first } }
output: { $step: a }
`)
  const running = outcomes(await wire(), plan, [0, 1, 2], 1)

  await clock.advance(MINUTE)

  expect(calls.map(([name, n]) => `${name} ${n}`)).toEqual(['free 0', 'paced 0', 'free 1', 'free 2'])
  await clock.advance(2 * 60 * MINUTE)
  expect(await running).toEqual([0, 1, 2].map(success))
})

test('the time limit of a step begins with its turn', async () => {
  const { wire, clock } = await project(limited('1/m'))
  const plan = flow(`
steps: [{ id: a, component: /slow/hang, input: { $input: $ }, timeout: 1s }]
output: { $step: a }
`)
  const running = outcomes(await wire(), plan, [0, 1])
  let ended = false
  void running.then(() => {
    ended = true
  })

  await clock.advance(MINUTE + 999)
  expect(ended).toBe(false)
  await clock.advance(1)

  expect(await running).toMatchObject([success(0), { outcome: 'failed', error: { code: 'TIMEOUT' } }])
})

test('a route has a rate of its own, and both count', async () => {
  const { wire, clock, calls } = await project(`
plugins: { slow: { type: module, path: m.mjs, rate_limit: 2/m } }
routes: { /slow: [{ plugin: slow, rate_limit: 3/h }] }
`)
  const running = outcomes(await wire(), paced, [0, 1, 2, 3])

  await clock.advance(2 * 60 * MINUTE)

  expect(await running).toEqual([0, 1, 2, 3].map(success))
  expect(calls.map(([, , at]) => at / MINUTE)).toEqual([0, 0, 1, 60])
})

test('a durable run that is put down while it waits is called in its turn, also by another process', async () => {
  const { wire, clock, calls, leave } = await project(limited('1/m'), { store: 'sqlite' })
  const first = await wire()
  first.engine.recover()
  await first.engine.submit(paced, [0, 1, 2, 3])
  await soon(() => expect(calls).toHaveLength(1))

  for (let n = 2; n <= 3; n++) {
    await clock.advance(MINUTE)
    await soon(() => expect(calls).toHaveLength(n))
  }
  await leave(first)
  const second = await wire()
  second.engine.recover()
  await soon(async () => {
    await clock.advance(MINUTE)
    expect(calls).toHaveLength(4)
  })

  expect(calls.map(([, n, at]) => [n, at / MINUTE]).slice(0, 3)).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ])
})

test('a host is asked as often as its rate allows, and the time limit of a request begins with its turn', async () => {
  const hits: string[] = []
  const server = createServer((request, response) => {
    hits.push(request.url ?? '')
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const { wire, clock } = await project(
    `http: { allow_private: ["127.0.0.1"], rate_limit: { "${host}": 1/m, "example.org": 1/h } }`,
  )
  const plan = flow(`
steps: [{ id: a, component: /builtin/http, input: { url: { $input: $ }, timeout: 10s } }]
output: { $step: a, path: status }
`)
  const running = outcomes(await wire(), plan, [`http://${host}/0`, `http://${host}/1`])

  await soon(() => expect(hits).toEqual(['/0']))
  await clock.advance(MINUTE - 1)
  expect(hits).toEqual(['/0'])
  await clock.advance(1)

  expect(await running).toEqual([success(200), success(200)])
  expect(hits).toEqual(['/0', '/1'])
})

test.each([
  [
    'plugins: { builtin: { type: builtin, rate_limit: fast } }',
    '"rate_limit" of plugin "builtin" is "fast", which is not a rate',
  ],
  [
    'http: { rate_limit: { "https://example.org/a": 1/s } }',
    '"http.rate_limit" is a map by host, and "https://example.org/a" is not a host',
  ],
  [
    'http: { rate_limit: { example.org: 0/s } }',
    'the rate of "example.org" in "http.rate_limit" is "0/s", which is not a rate',
  ],
])('%s is refused', async (config, message) => {
  const home = mkdtempSync(join(tmpdir(), 'rate-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  writeFileSync(join(home, 'stepflow-config.yml'), config)

  const { diagnostics } = await loadConfig({ cwd: home, env: {} })

  expect(diagnostics.map((one) => one.message)).toContain(message)
})
