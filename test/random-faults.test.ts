// Three servers on one database, under a steady load and random faults: every result is right, nothing is called again that
// nobody had lost, and everybody works in the end. `npm run faults -- --minutes N` goes on for as long as one likes.

import { expect, onTestFinished, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { chance } from './chance.ts'
import { createCluster, steadyNow, WITHIN, WRONG } from './cluster.ts'
import { tooManyAtOnce, wrongRepetitions } from './faults/judge-calls.ts'
import { flows, Load } from './faults/load.ts'
import { Member } from './faults/member.ts'
import { otherTime } from './faults/other-time.ts'
import { makeFaults } from './faults/random-faults.ts'
import { ask } from './requests.ts'

const MINUTES = Number(process.env.FAULTS_MINUTES ?? 0.4)
const SEED = Number(process.env.FAULTS_SEED ?? 13)
const CLIENTS = 6

const limit = { timeout: MINUTES * 60_000 + 600_000 }

await withPostgres((server) => {
  test(
    `faults at random, from seed ${SEED}: no result is wrong and no call is repeated but those that were lost`,
    limit,
    async () => {
      const schema = 'under_fire'
      const cluster = createCluster(flows)
      const names = ['one', 'two', 'three']
      const members = await Promise.all(names.map((name) => Member.create({ cluster, server, schema, name })))
      onTestFinished(async () => {
        await Promise.all(members.map((member) => member.stop()))
        await cluster.close()
      })
      await Promise.all(members.map((member) => member.start().ready))
      const start = performance.now()
      const isOver = () => performance.now() - start > MINUTES * 60_000
      const note = (what: string) => process.env.FAULTS_MINUTES && process.stdout.write(`${seconds(start)} ${what}\n`)
      const load = new Load({ name: 'during', urls: members.map(({ url }) => url), random: chance(SEED), isOver })

      const explained = async (error: Error) => {
        error.message += `\n${JSON.stringify(await openJournals(server.url, schema))}`
        throw error
      }

      const [, faults] = await Promise.all([
        load.run(CLIENTS).catch(explained),
        makeFaults({
          ...{ members, server, schema, isOver, note, otherTime: await otherTime() },
          chance: (who) => chance(SEED * 10 + who),
        }),
      ])

      note(`${faults} faults, ${load.accepted.length} runs, ${cluster.calls().length} calls`)
      const losses = new Map(members.map(({ name, losses }) => [name, losses]))
      const calls = cluster.calls()
      expect(load.complaints).toEqual([])
      expect(wrongRepetitions(calls, losses)).toEqual([])
      expect(tooManyAtOnce(calls, load.accepted, losses)).toEqual([])
      for (const { name, said } of members) {
        expect(said, name).not.toMatch(WRONG)
      }

      // Everybody works on.
      for (const { url } of members) {
        await vi.waitFor(async () => {
          const { nodes } = await ask(url, '/nodes')
          // Those that died are in the list for a while.
          const active = nodes.filter(({ status }: { status: string }) => status === 'active')
          expect(active.map(({ name }: { name: string }) => name)).toEqual(['one', 'three', 'two'])
        }, WITHIN)
      }
      const since = steadyNow()
      const after = new Load({
        name: 'after',
        urls: members.map(({ url }) => url),
        random: chance(SEED),
        isOver: () => true,
      })
      await vi.waitFor(async () => {
        await after.batch(200, 48).catch(explained)
        const working = new Set(cluster.calls().flatMap(({ node, begun }) => (begun > since ? node : [])))
        expect(working.size).toBe(3)
      }, 2 * WITHIN.timeout)
      expect(after.complaints).toEqual([])
      expect(await leftOver(server.url, schema)).toEqual({ shards: 0, places: 0, runs: 0 })
    },
  )
})

// ---

function seconds(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1).padStart(7)
}

/** Of runs that have ended. */
async function leftOver(url: string, schema: string): Promise<unknown> {
  const [found] = await rowsOf(
    url,
    `SELECT (SELECT count(*)::integer FROM "${schema}".shards WHERE is_open) AS shards,
      (SELECT count(*)::integer FROM "${schema}".shards WHERE place IS NOT NULL) AS places,
      (SELECT count(*)::integer FROM "${schema}".runs WHERE ended_at IS NULL) AS runs`,
  )
  return found
}

/** What has not ended, who has it, and what was written last. */
function openJournals(url: string, schema: string): Promise<object[]> {
  return rowsOf(
    url,
    `SELECT shards.*, wakes.at, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now, seen_at,
       (SELECT array_agg(left(entries, 300) ORDER BY seq) FROM "${schema}".journal
        WHERE journal.run = shards.run AND journal.part = shards.part AND seq > 0) AS written
     FROM "${schema}".shards LEFT JOIN "${schema}".wakes USING (run, part) LEFT JOIN "${schema}".drivers ON id = driver
     WHERE is_open LIMIT 20`,
  )
}
