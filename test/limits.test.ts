// What is as much as there may be, and a table of wakes that others write to: two nodes on one database go on with their work.

import { request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { slow, WITHIN } from './cluster.ts'
import { wrongRepetitions } from './faults/judge-calls.ts'
import { flows } from './faults/load.ts'
import { nodesOn } from './faults/nodes-on.ts'
import { ask, inputLines, numbers, outcomesOf, post, resultsOf, submitLines } from './requests.ts'

const LIMIT = { timeout: 300_000 }
const WAITING = 10_000

const more = {
  waits: `name: waits
description: Waits for a signal
steps: [{ id: go, component: /builtin/wait_for_signal, input: { name: go } }]
output: { $step: go }
`,
  large: `name: large
description: Makes a large value, and hands it on
steps:
  - { id: a, component: /mine/large, input: { size: { $input: size } } }
  - { id: b, component: /builtin/noop, input: { value: { $step: a } } }
output: { $step: b }
`,
}

await withPostgres((server) => {
  const { cluster, newSchema, at, serve, work } = nodesOn(server, { ...flows, ...more, slow })
  const sql = (text: string) => rowsOf(server.url, text)

  /** The rows of a run once more, so many times, each time as another run. */
  const copyRun = async (schema: string, run: string, count: number) => {
    for (const [table, key] of Object.entries({ runs: 'id', shards: 'run', wakes: 'run', journal: 'run' })) {
      const [{ columns }] = await sql(`SELECT string_agg(column_name, ', ') AS columns FROM information_schema.columns
        WHERE table_schema = '${schema}' AND table_name = '${table}' AND is_identity = 'NO'`)
      const copied = columns
        .replace(new RegExp(`\\b${key}\\b`), `${key} || '-' || n`)
        .replace('entries', `replace(entries, '"${run}"', '"${run}-' || n || '"')`)
        .replace('place', table === 'journal' ? 'place + 100 * n' : 'place')
      await sql(`INSERT INTO ${schema}.${table} (${columns}) SELECT ${copied}
        FROM ${schema}.${table}, generate_series(1, ${count}) AS n WHERE ${key} = '${run}'`)
    }
  }

  test(
    'inputs of 0.9 MB, a value of 100 MB, a thousand watchers and one that does not read, at a node that drives nothing',
    LIMIT,
    async () => {
      const store = at(newSchema())
      const [{ url }] = await Promise.all([serve(store, '--capacity', '0'), work(store)])

      const pad = 'x'.repeat(900_000)
      const lines = numbers(40).map((n) => `${JSON.stringify({ n, ms: 1, pad })}\n`)
      expect(await resultsOf(url, await submitLines(url, 'slow', lines.join(''), ''))).toEqual(numbers(40))

      const size = 100_000_000
      const [outcome] = await outcomesOf(url, await submitLines(url, 'large', `{"size":${size}}\n`, ''))
      expect([outcome.outcome, outcome.result?.value?.length]).toEqual(['success', size])

      const id = await submitLines(
        url,
        'large',
        numbers(200)
          .map(() => '{"size":500000}\n')
          .join(''),
        '',
      )
      const stalled = await new Promise<import('node:http').IncomingMessage>((resolve) => {
        request(`${url}/api/v1/runs/${id}/results`, resolve).end()
      })
      const watched = await submitLines(url, 'slow', inputLines(60, 100), 'maxConcurrent=4')
      const seen = await Promise.all(numbers(1_000).map(() => resultsOf(url, watched)))
      expect(new Set(seen.map((results) => JSON.stringify(results)))).toEqual(new Set([JSON.stringify(numbers(60))]))
      await vi.waitFor(async () => expect((await ask(url, `/runs/${id}`)).status).toBe('completed'), WITHIN)
      // All the while nobody has read.
      let length = 0
      for await (const chunk of stalled) length += chunk.length
      expect(length).toBeGreaterThan(200 * 500_000)
    },
  )

  test(
    `${WAITING} waiting runs on two nodes cost nobody anything, also when one of the nodes is gone`,
    LIMIT,
    async () => {
      const schema = newSchema()
      const [{ url }, other] = await Promise.all([serve(at(schema)), serve(at(schema))])
      const one = await submitLines(url, 'waits', '{}\n', '')
      const waiting = async () => (await ask(url, '/runs?status=waiting&limit=1')).total
      const isFree = `SELECT FROM ${schema}.shards WHERE is_open AND driver IS NULL`
      await vi.waitFor(async () => expect([await waiting(), await sql(isFree)]).toMatchObject([1, [{}]]), WITHIN)
      await copyRun(schema, one, WAITING - 1)
      expect(await waiting()).toBe(WAITING)

      other.child.kill('SIGKILL')
      expect(await resultsOf(url, await submitLines(url, 'slow', inputLines(20, 1), ''))).toEqual(numbers(20))
      const some = numbers(20).map((n) => (n === 0 ? one : `${one}-${n * 499}`))
      for (const id of some) await post(url, `/runs/${id}/signals/go`, id)
      for (const id of some) expect(await resultsOf(url, id)).toEqual([id])
    },
  )

  test(
    'wakes that are doubled, out of order, locked or gone: nothing is lost, late, early or called twice',
    LIMIT,
    async () => {
      const schema = newSchema()
      const store = at(schema)
      cluster.forgetCalls()
      const [{ url }] = await Promise.all([serve(store, '--capacity', '0'), work(store)])
      const single = (flow: string) => submitLines(url, flow, '{"n":1}\n', '')
      const ten = (flow: string) => Promise.all(numbers(10).map(() => single(flow)))
      const told = await ten('told')
      const batch = await submitLines(url, 'slow', inputLines(400, 20), 'maxConcurrent=4')
      const free = `SELECT FROM ${schema}.shards WHERE driver IS NULL AND waiting = 1`
      await vi.waitFor(async () => expect(await sql(free)).toHaveLength(10), WITHIN)
      const parked = await ten('parked')

      for (let times = 0; times < 20; times++) {
        // Every journal, driven or not, ended or not.
        await sql(`INSERT INTO ${schema}.wakes SELECT run, part, 0 FROM ${schema}.shards
        ON CONFLICT (run, part) DO UPDATE SET at = 0`)
        await sql(`UPDATE ${schema}.wakes SET at = at - 1000 + (random() * 2000)::integer`)
        await wait(50)
      }
      const locking = new pg.Client({ connectionString: server.url })
      await locking.connect()
      await locking.query('BEGIN')
      await locking.query(`SELECT FROM ${schema}.wakes FOR UPDATE`)
      expect(await resultsOf(url, await single('parked'))).toEqual([1])
      await locking.query('ROLLBACK')
      await locking.end()

      await sql(`DELETE FROM ${schema}.wakes`)
      for (const id of told) await post(url, `/runs/${id}/signals/go`, { n: 1 })
      await sql(`DELETE FROM ${schema}.wakes`)
      // Whoever comes looks for what was lost; the others do every minute.
      await work(store)
      for (const id of [...parked, ...told]) expect(await resultsOf(url, id)).toEqual([1])
      expect(await resultsOf(url, batch)).toEqual(numbers(400))

      const calls = cluster.calls()
      expect(wrongRepetitions(calls)).toEqual([])
      for (const id of parked) {
        const [a, b] = calls.filter(({ run }) => run === id)
        // By the database's clock, as each node has it.
        expect((b?.begun as number) - (a?.ended as number)).toBeGreaterThan(1_400)
      }
    },
  )
})
