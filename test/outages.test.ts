// What befalls the database of nodes, and the network to it, while they have work in hand: nothing is done twice, nothing is lost,
// and nobody needs a restart.

import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { smallDisk, WHY_NO_DISK } from '../packages/store-postgres/test/small-disk.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { type StartedNode, slow, WITHIN } from './cluster.ts'
import { wrongRepetitions } from './faults/judge-calls.ts'
import { nodesOn } from './faults/nodes-on.ts'
import { ask, inputLines, numbers, outcomesOf, post, resultsOf, submitLines } from './requests.ts'

const LIMIT = { timeout: 300_000 }
/** Longer than the silence after which a node is taken for gone. `npm run faults` has it away for longer than a minute. */
const AWAY_MS = process.env.FAULTS_MINUTES === undefined ? 13_000 : 75_000

await withPostgres((server) => {
  const { cluster, newSchema, newNetwork, at, serve, work } = nodesOn(server, { slow })
  const calls = () => cluster.calls().map(({ item }) => item)
  const more = async (count: number) => {
    const before = calls().length
    await vi.waitFor(() => expect(calls().length).toBeGreaterThanOrEqual(before + count), WITHIN)
  }
  const statusOf = async (address: string, init?: RequestInit) => (await fetch(address, init)).status
  const takeOvers = (nodes: readonly StartedNode[]) =>
    nodes.flatMap((node) => node.said().match(/took over|was taken over|waits for the store no longer/g) ?? [])

  test(
    'a database that is away for longer than the silence of a node: no node loses what it has, no call is repeated',
    LIMIT,
    async () => {
      const store = at(newSchema())
      cluster.forgetCalls()
      const nodes = await Promise.all([serve(store), serve(store)])
      const [{ url }, other] = nodes as [StartedNode, StartedNode]
      // Of some the end falls into that time; of others that begin the answer to "I begin" does.
      const ids = await Promise.all([
        submitLines(url, 'slow', inputLines(30, 2_000), ''),
        submitLines(other.url, 'slow', inputLines(120, 300), 'maxConcurrent=8'),
      ])
      await more(60)
      await server.restart('SIGINT', async () => {
        const since = performance.now()
        await vi.waitFor(async () => expect(await statusOf(`${url}/ready`)).toBe(503), WITHIN)
        const one = { method: 'POST', headers: { 'content-type': 'application/json' } }
        const body = JSON.stringify({ flowName: 'slow', input: { n: 1, ms: 1 } })
        expect(await statusOf(`${url}/api/v1/runs`, { ...one, body })).toBe(503)
        expect(await statusOf(`${url}/health`)).toBe(200)
        await wait(AWAY_MS - (performance.now() - since))
      })

      expect(await Promise.all(ids.map((id) => resultsOf(url, id)))).toEqual([numbers(30), numbers(120)])
      expect(cluster.calls()).toHaveLength(150)
      expect(takeOvers(nodes)).toEqual([])
    },
  )

  test(
    'a network that is cut one way, both ways, or dead without a word: no call is repeated, and a cancel arrives',
    LIMIT,
    async () => {
      const network = await newNetwork()
      const schema = newSchema()
      cluster.forgetCalls()
      const [{ url }, worker] = await Promise.all([
        serve(at(schema), '--capacity', '0'),
        work(at(schema, network.port)),
      ])
      const id = await submitLines(url, 'slow', inputLines(3_000, 100), 'maxConcurrent=4')
      await more(10)
      for (const way of ['there', 'back', undefined] as const) {
        network.hold(way)
        await wait(2_000)
        network.mend()
        await more(10)
      }
      network.loseAnswer()
      await more(10)
      // Whatever is asked on a connection of before gets no answer, and no error.
      network.deafen('all')
      await more(200)

      network.deafen('listening')
      await post(url, `/runs/${id}/cancel`)
      const told = calls().length
      const outcomes = await outcomesOf(url, id)

      const completed = outcomes.filter(({ outcome }) => outcome === 'success')
      expect(completed.map(({ result }) => result)).toEqual([...new Set(completed.map(({ result }) => result))])
      expect(wrongRepetitions(cluster.calls())).toEqual([])
      // In a quarter of the time for which a statement is waited for.
      expect(calls().length - told).toBeLessThan((4 * 7_500) / 100)
      expect(takeOvers([worker])).toEqual([])
    },
  )

  test(
    'a full disk: what is new is refused with 503, what is under way waits, and all goes on with room',
    LIMIT,
    async ({ skip }) => {
      const disk = await smallDisk(server)
      if (!disk) return skip(WHY_NO_DISK)
      onTestFinished(() => disk.end())
      cluster.forgetCalls()
      const [{ url }] = await Promise.all([serve(disk.url), work(disk.url)])
      const underWay = await submitLines(url, 'slow', inputLines(600, 20), 'maxConcurrent=4')
      const accepted: string[] = []
      // Of many digits: PostgreSQL compresses.
      const large = () => ({ n: 7, ms: 1, digits: Array.from({ length: 20_000 }, () => Math.random()) })
      const submitLarge = () => post(url, '/runs', { flowName: 'slow', input: large() })
      let answer = await submitLarge()
      for (; answer.status === 202; answer = await submitLarge()) accepted.push(answer.body.runId)
      expect([answer.status, answer.body.code]).toEqual([503, 'RESOURCE_UNAVAILABLE'])
      expect(answer.body.detail).toContain("the database's disk is full")
      expect((await submitLarge()).status).toBe(503)

      disk.makeRoom()
      const late = await vi.waitFor(async () => {
        const { status, body } = await submitLarge()
        expect(status).toBe(202)
        return body.runId
      }, WITHIN)
      expect(await resultsOf(url, underWay)).toEqual(numbers(600))
      for (const id of [...accepted, late]) expect(await resultsOf(url, id)).toEqual([7])
      const { total } = await ask(url, '/runs?limit=1')
      expect(total).toBe(accepted.length + 2)
      expect(wrongRepetitions(cluster.calls())).toEqual([])
    },
  )

  test(
    'a role with no connection left, whose owner has set limits: nodes go on with those that they have, and with more later',
    LIMIT,
    async () => {
      await rowsOf(
        server.url,
        `CREATE ROLE few LOGIN SUPERUSER; ALTER ROLE few NOSUPERUSER CONNECTION LIMIT 40; GRANT stepflow TO few;
          ALTER ROLE few SET statement_timeout = '500ms'; ALTER ROLE few SET idle_session_timeout = '300ms'`,
      )
      const store = at(newSchema()).replace('//stepflow:', '//few:')
      cluster.forgetCalls()
      const [{ url }] = await Promise.all([serve(store), work(store)])
      const id = await submitLines(url, 'slow', inputLines(1_200, 20), 'maxConcurrent=8')
      await more(20)
      // Those that they lose are taken by others.
      for (const few of [3, 6, 1]) {
        await rowsOf(server.url, `ALTER ROLE few CONNECTION LIMIT ${few}`)
        await rowsOf(server.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'few'`)
        await wait(1_500)
      }
      await rowsOf(server.url, 'ALTER ROLE few CONNECTION LIMIT 40')

      expect(await resultsOf(url, id)).toEqual(numbers(1_200))
      expect(wrongRepetitions(cluster.calls())).toEqual([])
    },
  )
})
