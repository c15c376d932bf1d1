// Faults of nodes on one database that are told in a sentence, each of them once; what comes at random is in
// `random-faults.test.ts`. The nodes share one database and, where they can, one store.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { WITHIN } from './cluster.ts'
import { flows } from './faults/load.ts'
import { nodesOn } from './faults/nodes-on.ts'
import { ask, inputLines, numbers, post, postLines, resultsOf, submitLines } from './requests.ts'

const LIMIT = { timeout: 240_000 }

await withPostgres((server) => {
  const { cluster, newSchema, newNetwork, at, serve, work } = nodesOn(server, flows)
  const sql = (text: string) => rowsOf(server.url, text)

  test(
    'while a node is cut off from the database, its API answers 503, /ready too, and /health stays 200',
    LIMIT,
    async () => {
      const network = await newNetwork()
      const schema = newSchema()
      const [{ url }, { url: probes }] = await Promise.all([
        serve(at(schema, network.port)),
        work(at(schema, network.port), '--port', '0'),
      ])
      const status = async (address: string) => (await fetch(address)).status
      expect(await Promise.all([`${url}/ready`, `${probes}/ready`, `${probes}/health`].map(status))).toEqual([
        200, 200, 200,
      ])
      // A worker answers probes, and nothing else.
      expect(await status(`${probes}/api/v1/runs`)).toBe(404)

      network.cut()
      await vi.waitFor(async () => {
        expect(await Promise.all([`${url}/ready`, `${probes}/ready`].map(status))).toEqual([503, 503])
      }, WITHIN)
      expect(await Promise.all([`${url}/health`, `${probes}/health`].map(status))).toEqual([200, 200])
      const refused = await fetch(`${url}/api/v1/runs`)
      expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true])
      expect(await refused.text()).not.toContain('s3cr')
      const started = await fetch(`${url}/api/v1/runs?flowName=work`, { method: 'POST', body: '{"n":1,"ms":1}' })
      expect(started.status).not.toBe(202)

      network.mend()
      await vi.waitFor(async () => expect(await status(`${probes}/ready`)).toBe(200), WITHIN)
      await vi.waitFor(async () => {
        const id = await submitLines(url, 'work', inputLines(10, 1), '')
        expect(await resultsOf(url, id)).toEqual(numbers(10))
      }, WITHIN)
    },
  )

  test("a worker's metrics need a token where others can reach it, its probes do not", LIMIT, async () => {
    const { url } = await work(at(newSchema()), '--port', '0', '--host', '0.0.0.0')
    const probes = url.replace('0.0.0.0', '127.0.0.1')

    const found = await Promise.all(
      ['metrics', 'health', 'ready'].map(async (one) => (await fetch(`${probes}/${one}`)).status),
    )
    expect(found).toEqual([401, 200, 200])
  })

  test(
    'a node to which the schema has become too new, while it runs or at its start, says so and exits with 2',
    LIMIT,
    async () => {
      const schema = newSchema()
      const [server, worker] = await Promise.all([serve(at(schema)), work(at(schema))])
      const id = await submitLines(server.url, 'told', '{"n":1}\n', '')
      await vi.waitFor(async () => expect((await ask(server.url, `/runs/${id}`)).status).toBe('running'), WITHIN)
      // A newer version that others may work beside: what was begun before it goes on.
      await sql(
        `ALTER TABLE ${schema}.runs ADD COLUMN novelty integer; UPDATE ${schema}.schema_version SET version = version + 1`,
      )
      const late = await work(at(schema))
      await post(server.url, `/runs/${id}/signals/go`, { n: 7 })
      expect(await resultsOf(server.url, id)).toEqual([7])

      await sql(`UPDATE ${schema}.schema_version SET version = version + 1, oldest = version + 1`)
      const all = [server, worker, late]
      expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([2, 2, 2])
      for (const node of all)
        expect(node.said()).toMatch(/too old for the store now[\s\S]*was written by a newer stepflow/)
      const another = cluster.begin(['worker'], { store: at(schema) })
      expect([await another.ended, another.said()]).toEqual([2, expect.stringContaining('update stepflow')])
      // Handed back: nobody has anything.
      expect(await sql(`SELECT driver FROM ${schema}.shards WHERE driver IS NOT NULL`)).toEqual([])
    },
  )

  test('a node that is not to migrate is refused where there is something to do', LIMIT, async () => {
    const schema = newSchema()
    const early = cluster.begin(['serve', '--port', '0', '--no-migrate'], { store: at(schema) })
    expect([await early.ended, early.said()]).toEqual([2, expect.stringContaining('run `stepflow migrate`')])
    await Promise.all([serve(at(schema)), serve(at(schema))])
    const { url } = await serve(at(schema), '--no-migrate')

    const id = await submitLines(url, 'work', inputLines(3, 1), '')
    expect(await resultsOf(url, id)).toEqual(numbers(3))
  })

  test('a run of one step ends soon beside a large batch that has all places of all nodes', LIMIT, async () => {
    const schema = newSchema()
    const [{ url }] = await Promise.all([serve(at(schema), '--capacity', '0'), work(at(schema), '--capacity', '4')])
    cluster.forgetCalls()
    const large = await submitLines(url, 'work', inputLines(5_000, 100), '')
    await vi.waitFor(() => expect(cluster.calls().length).toBeGreaterThan(50), WITHIN)

    const id = await submitLines(url, 'work', inputLines(1, 1), '')
    expect(await resultsOf(url, id)).toEqual([0])
    const { status, items } = await ask(url, `/runs/${large}`)
    expect([status, items.completed < 5_000]).toEqual(['running', true])
    await post(url, `/runs/${large}/cancel`)
  })

  test(
    'the same key a hundred times at once over three servers is one run, and with another body 409',
    LIMIT,
    async () => {
      const schema = newSchema()
      const urls = (await Promise.all([serve(at(schema)), serve(at(schema)), serve(at(schema))])).map(({ url }) => url)
      cluster.forgetCalls()
      const submit = async (n: number): Promise<string> =>
        vi.waitFor(() => submitLines(urls[n % 3] as string, 'work', inputLines(5, 1), 'idempotencyKey=same'), WITHIN)
      const ids = await Promise.all(numbers(100).map(submit))

      expect(new Set(ids).size).toBe(1)
      expect(await resultsOf(urls[0] as string, ids[0] as string)).toEqual(numbers(5))
      expect(new Set(cluster.calls().map(({ run }) => run)).size).toBe(1)
      expect(cluster.calls().filter(({ step }) => step === 'a')).toHaveLength(5)
      const { status } = await postLines(urls[1] as string, 'work', inputLines(6, 1), 'idempotencyKey=same')
      expect(status).toBe(409)
    },
  )

  test('what no node serves waits, says why, and goes on with the first node that does', LIMIT, async () => {
    const [schema, file] = [newSchema(), join(cluster.home, 'without.yml')]
    writeFileSync(file, 'plugins: { builtin: { type: builtin } }\nroutes: { "/{*component}": [{ plugin: builtin }] }\n')
    onTestFinished(() => rmSync(file, { force: true }))
    const { url } = await serve(at(schema), '--capacity', '0')
    await work(at(schema), '--config', 'without.yml')
    const id = await submitLines(url, 'work', inputLines(3, 1), '')
    await vi.waitFor(async () => {
      expect(JSON.stringify(await ask(url, `/runs/${id}/logs`))).toContain('is left to others')
    }, WITHIN)
    expect((await ask(url, `/runs/${id}`)).status).not.toBe('failed')

    await work(at(schema))
    expect(await resultsOf(url, id)).toEqual(numbers(3))
  })
})
