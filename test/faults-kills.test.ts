// Nodes that are killed around each kind of what they write to the database: what they take in, drive, put down and take over.
// Each kill is one life of a node; its place is taken by the next, and one server that drives nothing stays.

import type { JournalEntry } from '@stepflow/engine'
import { createPostgresStore } from '@stepflow/store-postgres'
import { expect, onTestFinished, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { createCluster, type Node, WITHIN, WRONG } from './cluster.ts'
import { calledAfterTheirEnd } from './faults/recorded-calls.ts'
import { ask, resultsOf } from './requests.ts'
import { root } from './stepflow.ts'

const LIMIT = { timeout: 900_000 }

/** All that can be written of an item. */
const EVERY = `name: every
description: All that can be written of an item
steps:
  - { id: a, component: /mine/slow, input: { n: { $input: n }, ms: 2, says: hello } }
  - { id: again, component: /mine/flaky, input: { n: { $step: a }, ms: 2 }, retry: { max_attempts: 2, delay: 20ms, backoff: fixed } }
  - { id: kept, component: /mine/slow, needs: [again], input: { n: { $step: a }, ms: 2, of: { $input: key } }, cache: { ttl: 1h } }
  - { id: large, component: /mine/slow, needs: [again], input: { n: { $step: a }, ms: 2, bytes: 1100000 } }
  - id: each
    component: /builtin/map
    needs: [again]
    input:
      items: [1, 2]
      flow:
        $literal:
          steps: [{ id: one, component: /builtin/noop, input: { $input: "$" } }, { id: two, component: /builtin/noop, input: { $step: one } }]
          output: { $step: two }
  - { id: pause, component: /builtin/wait, needs: [kept, large, each], input: { duration: 50ms } }
  - { id: go, component: /builtin/wait_for_signal, needs: [pause], input: { name: go } }
  - { id: end, component: /mine/slow, needs: [go], input: { n: { $step: a }, ms: 2 } }
output: { n: { $step: end }, told: { $step: go } }
`

/** Each of them, or the types do not fit. */
const ENTRIES: Readonly<Record<JournalEntry['type'], true>> = {
  ...{ created: true, sealed: true, broken: true, claimed: true, started: true, parked: true, settled: true },
  ...{ opened: true, closed: true, finished: true, signalled: true },
}

/** What is told by the name of the statement, and by the entries in it. */
const KINDS: readonly string[] = [
  ...Object.keys(ENTRIES).map((type) => `\\0append-.*"type":"${type}"`),
  // An output for later calls, a blob, a line of a log.
  ...['....1', '......1', '.......1'].map((parts) => `\\0append-${parts}`),
  ...['take-due', 'put-down'].map((name) => `\\0${name}\\0`),
]
/** It needs somebody who is gone, and nobody else who takes over from him. */
const TAKE_OVER = '\\0take-over\\0'
const MOMENTS = ['before', 'after', 'answer']
/** `npm run faults` has each kind at each moment; the suite has each kind once, and the moments take turns. */
const IS_WHOLE = process.env.FAULTS_MINUTES !== undefined
/** Of work that is handed to a node that is to be killed; it dies in the first few of them. */
const MOST_ROUNDS = 40

await withPostgres((server) => {
  test(
    'nodes that are killed before, after, or at the answer to each kind of append, or to what they take over, lose nothing and repeat nothing on record',
    LIMIT,
    async () => {
      const store = `${server.url}?schema=kills`
      const cluster = createCluster({ every: EVERY })
      onTestFinished(() => cluster.close())
      const helper = await cluster.start(['serve', '--port', '0', '--capacity', '0', '--name', 'helper'], { store })
      const rounds: Promise<string>[] = []

      const begin = (name: string, moment: string, kind: string) => {
        const env = { NODE_OPTIONS: `--require ${root}/test/faults/kill-around.cjs`, KILL_AT: `${moment} ${kind}` }
        return cluster.begin(['serve', '--port', '0', '--name', name], { store, env })
      }
      const killed = async ({ ended, child, said }: Node, kind: string, moment: string) => {
        await ended
        expect([kind, moment, child.signalCode]).toEqual([kind, moment, 'SIGKILL'])
        expect(said()).not.toMatch(WRONG)
      }
      const lane = async (moment: string) => {
        for (const [n, kind] of KINDS.entries()) {
          if (!IS_WHOLE && MOMENTS[n % MOMENTS.length] !== moment) continue
          const node = begin(`${moment}${n}`, moment, kind)
          const died = node.ended.then(() => true)
          const ready = await node.ready.catch(() => undefined)
          for (let round = 0; ready !== undefined; round++) {
            const handed = handIn(`${moment}${n}-${round}`, [ready.url, helper.url])
            rounds.push(handed)
            // What goes wrong with it is said in the end.
            if ((await Promise.race([died, handed.catch(() => false)])) === true) break
            expect(round, `${moment} ${kind}: was not killed. ${node.said()}`).toBeLessThan(MOST_ROUNDS)
          }
          await killed(node, kind, moment)
        }
      }
      await Promise.all(MOMENTS.map(lane))
      // Nobody else is there to take over from the first.
      for (const moment of IS_WHOLE ? MOMENTS : ['answer']) {
        const kind = '\\0append-.*"type":"settled"'
        const first = begin(`first-${moment}`, 'after', kind)
        rounds.push(handIn(`first-${moment}`, [(await first.ready).url, helper.url]))
        await killed(first, kind, 'after')
        await killed(begin(`next-${moment}`, moment, TAKE_OVER), TAKE_OVER, moment)
      }

      const last = await cluster.start(['worker', '--name', 'last'], { store })
      const ids = await Promise.all(rounds)
      for (const { said } of [helper, last] as Node[]) expect(said()).not.toMatch(WRONG)
      const reader = await createPostgresStore({ url: store, maxJournals: 0 })
      onTestFinished(() => reader.close())
      const calls = cluster.calls()
      expect(await calledAfterTheirEnd(reader, ids, calls)).toEqual([])
      for (const id of ids) {
        const of = (step: string) => calls.filter((call) => call.run === id && call.step === step)
        for (const step of ['a', 'again', 'kept', 'large', 'end']) {
          expect([id, step, new Set(of(step).map(({ item }) => item)).size]).toEqual([id, step, 2])
        }
      }
      await vi.waitFor(async () => {
        const left = await rowsOf(
          server.url,
          'SELECT run FROM kills.shards WHERE is_open OR place IS NOT NULL UNION ALL SELECT id FROM kills.runs WHERE ended_at IS NULL',
        )
        expect(left).toEqual([])
      }, WITHIN)
    },
  )
})

// ---

/**
 * Two items as one run, the body of which breaks off before it comes whole: handed to the first of them, or to the next. Its id,
 * once each item has the result that it is to have.
 */
async function handIn(key: string, urls: readonly string[]): Promise<string> {
  const at = `/api/v1/runs?flowName=every&idempotencyKey=${key}`
  const lines = [0, 1].map((n) => `${JSON.stringify({ n, key: `${key}.${n}` })}\n`)
  await breakOff(`${urls[0]}${at}`, lines[0] as string)
  const { runId: id } = await anyOf(urls, at, lines.join(''), 'application/x-ndjson')
  for (const item of [0, 1]) {
    const signal = `/api/v1/runs/${id}/signals/go?item=${item}&id=go-${item}`
    await anyOf(urls, signal, JSON.stringify(`told ${item}`), 'application/json')
  }
  const helper = urls.at(-1) as string
  await vi.waitFor(async () => expect((await ask(helper, `/runs/${id}`)).status).toBe('completed'), {
    ...{ timeout: 240_000, interval: 100 },
  })
  expect(await resultsOf(helper, id)).toEqual([0, 1].map((n) => ({ n, told: `told ${n}` })))
  return id
}

/** Asks them in turn until one accepts it. */
async function anyOf(urls: readonly string[], path: string, body: string, type: string): Promise<any> {
  return vi.waitFor(async () => {
    for (const url of urls) {
      const asked = fetch(url + path, { method: 'POST', headers: { 'content-type': type }, body })
      const answer = await asked.catch(() => undefined)
      if (answer === undefined || answer.status === 503) continue
      const text = await answer.text().catch(() => '')
      if (text === '') continue
      // The answer to a signal was lost, and the run has ended with it.
      if (answer.status === 409 && path.includes('/signals/')) return undefined
      expect(answer.status, text).toBeLessThan(300)
      return JSON.parse(text)
    }
    throw new Error(`nobody takes ${path}`)
  }, WITHIN)
}

/** Sends a line, waits until it is taken in, and goes. */
async function breakOff(url: string, line: string): Promise<void> {
  const gone = new AbortController()
  const body = new ReadableStream({
    start(stream) {
      stream.enqueue(new TextEncoder().encode(line))
      setTimeout(() => gone.abort(), 60)
    },
  })
  const asked = fetch(url, {
    ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' } },
    ...{ body, duplex: 'half', signal: gone.signal },
  } as RequestInit)
  await asked.catch(() => {})
}
