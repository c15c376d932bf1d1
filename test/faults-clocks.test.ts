// Nodes whose clocks are an hour ahead, an hour behind and right, on a database whose clock somebody sets: time is the database's,
// for all that waits, ends in time, is tried again, begins by itself, is kept or is removed.

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { createCluster, slow, WITHIN, WRONG } from './cluster.ts'
import { commandEnded } from './faults/command-ended.ts'
import { otherTime } from './faults/other-time.ts'
import { newFolder } from './new-folder.ts'
import { ask, inputLines, numbers, post, resultsOf, submitInputs, submitLines } from './requests.ts'

const LIMIT = { timeout: 300_000 }
const HOUR_MS = 3_600_000
/** Of a wait of two seconds, whatever clocks are compared. */
const AT_LEAST_MS = 1_500

const FLOWS = {
  timed: `name: timed
description: All that has a time
steps:
  - { id: first, component: /mine/slow, input: { n: { $input: n }, ms: 1 } }
  - { id: pause, component: /builtin/wait, needs: [first], input: { duration: 2s } }
  - { id: after, component: /mine/slow, needs: [pause], input: { n: { $input: n }, ms: 1 } }
  - { id: long, component: /mine/slow, input: { n: 0, ms: 3600000 }, timeout: 2s, on_error: { action: continue, default_output: cut } }
  - { id: again, component: /mine/flaky, input: { n: 1, ms: 1 }, retry: { max_attempts: 2, delay: 2s, backoff: fixed } }
  - { id: gone, component: /builtin/wait_for_signal, input: { name: gone, timeout: 2s, default: { late: true } } }
  - { id: near, component: /builtin/wait_for_signal, input: { name: near, timeout: 30m, default: { late: true } } }
output: { after: { $step: after }, long: { $step: long }, again: { $step: again }, gone: { $step: gone }, near: { $step: near } }
`,
  kept: `name: kept
description: Uses what others have found, for half an hour and for a second
steps:
  - { id: long, component: /mine/slow, input: { n: 1, ms: 1, of: long }, cache: { ttl: 30m } }
  - { id: short, component: /mine/slow, input: { n: 1, ms: 1, of: short }, cache: { ttl: 1s } }
output: { $step: long }
`,
  tick: `name: tick
description: Begins every second
triggers: [{ schedule: "* * * * * *" }]
steps: [{ id: a, component: /builtin/noop, input: {} }]
output: { $step: a }
`,
}

const toTime = await otherTime()
const clock = join(newFolder(), 'clock')
const setClock = (offset: string) => writeFileSync(clock, offset)
setClock('+0')
chmodSync(join(clock, '..'), 0o755)

if (toTime === undefined) test.skip('clocks: faketime cannot be had here', () => {})
else
  await withPostgres((server) => {
    const schema = 'clocks'
    const store = `${server.url}?schema=${schema}`
    const cluster = createCluster({ ...FLOWS, slow })
    afterAll(() => cluster.close())
    const sql = (text: string) => rowsOf(server.url, text)
    const now = async () => Number((await sql('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now'))[0].now)

    test(
      'nodes at +1 h, -1 h and right are of one time, and stay so when the clock of the database is set',
      LIMIT,
      async () => {
        const serve = (name: string, env = {}) =>
          cluster.start(['serve', '--port', '0', '--name', name], { store, env })
        const nodes = await Promise.all([serve('ahead', toTime('+1h')), serve('behind', toTime('-1h')), serve('right')])
        const urls = nodes.map(({ url }) => url)
        const [ahead, behind, right] = urls as [string, string, string]

        // --- waits, limits, retries, signals beside their limit
        const ids = await Promise.all(urls.map((url, n) => submitInputs(url, 'timed', [{ n }])))
        const open = async (id: string, name: string) =>
          (await ask(right, `/waits?runId=${id}&name=${name}`)).waits.length
        for (const id of ids) {
          // Both have begun at once.
          await vi.waitFor(async () => expect([await open(id, 'near'), await open(id, 'gone')]).toEqual([1, 0]), WITHIN)
        }
        // Too late, by whoever thinks that it is an hour ago; in time, by whoever thinks that it is an hour later.
        for (const id of ids) await post(behind, `/runs/${id}/signals/gone`, { late: false })
        for (const id of ids) await post(ahead, `/runs/${id}/signals/near`, { late: false })
        for (const [n, id] of ids.entries()) {
          const whole = { after: n, long: 'cut', again: 1, gone: { late: true }, near: { late: false } }
          expect([n, await resultsOf(right, id)]).toEqual([n, [whole]])
        }
        const timed = cluster.calls()
        expect(new Set(timed.map(({ node }) => node))).toEqual(new Set(['ahead', 'behind', 'right']))
        for (const id of ids) {
          const of = (name: string) => timed.filter(({ run, step }) => run === id && step === name)
          expect(['first', 'after', 'long', 'again'].map((name) => of(name).length)).toEqual([1, 1, 1, 1])
          const [first, after] = [of('first')[0], of('after')[0]]
          expect((after?.begun ?? 0) - (first?.begun ?? 0)).toBeGreaterThan(AT_LEAST_MS)
        }
        const { runs } = await ask(right, '/runs?flow=timed')
        for (const { createdAt, completedAt } of runs as { createdAt: string; completedAt: string }[]) {
          for (const time of [createdAt, completedAt]) {
            expect(Math.abs(Date.parse(time) - (await now()))).toBeLessThan(HOUR_MS / 2)
          }
        }

        // --- what is kept
        cluster.forgetCalls()
        const keptAt = async (url: string) => resultsOf(url, await submitInputs(url, 'kept', [{}]))
        const called = (name: string) => cluster.calls().filter(({ step }) => step === name).length
        await keptAt(ahead)
        await keptAt(behind)
        const since = await now()
        await vi.waitFor(async () => expect(await now()).toBeGreaterThan(since + 1_500), WITHIN)
        const before = called('short')
        await keptAt(behind)
        expect([called('long'), called('short')]).toEqual([1, before + 1])

        // --- schedules: each time once, and now
        await vi.waitFor(async () => {
          const { runs } = await ask(right, '/runs?trigger=schedule')
          expect(runs.length).toBeGreaterThan(4)
          const times = runs.map((run: { trigger: { time: string } }) => run.trigger.time)
          expect(new Set(times).size).toBe(times.length)
          for (const time of times) expect(Math.abs(Date.parse(time) - (await now()))).toBeLessThan(HOUR_MS / 2)
        }, WITHIN)

        // --- retention, by two at once: what is older than half an hour, and nothing else
        const [old, recent] = ids as [string, string]
        await sql(`UPDATE ${schema}.runs SET ended_at = ended_at - ${HOUR_MS} WHERE id = '${old}'`)
        const prune = ['runs', 'prune', '--older-than', '30m', '--store', store]
        const pruned = await Promise.all(
          ['+1h', '-1h'].map((offset) => commandEnded(cluster.home, prune, toTime(offset))),
        )
        expect(pruned.map(({ code }) => code)).toEqual([0, 0])
        expect([(await ask(right, `/runs/${old}`)).status, (await ask(right, `/runs/${recent}`)).status]).toEqual([
          404,
          'completed',
        ])

        // --- the database's clock is set forward: whoever is alive stays so, and nothing is called again
        cluster.forgetCalls()
        const isBegun = (count: number) => vi.waitFor(() => expect(cluster.calls().length).toBe(count), WITHIN)
        const under = await submitLines(ahead, 'slow', inputLines(6, 6_000), '')
        await isBegun(6)
        setClock('+20m')
        expect(await resultsOf(right, under)).toEqual(numbers(6))
        expect(cluster.calls()).toHaveLength(6)
        for (const { said } of nodes) expect(said()).not.toContain('took over')

        // --- and back, while one is stopped that has calls under way: it is found out all the same
        cluster.forgetCalls()
        const stopped = nodes[2] as (typeof nodes)[number]
        const held = await submitInputs(right, 'slow', [{ n: 0, ms: 1_000 }])
        await isBegun(1)
        expect(cluster.calls()[0]?.node).toBe('right')
        stopped.child.kill('SIGSTOP')
        setClock('+0')
        const waits = await submitInputs(behind, 'timed', [{ n: 7 }])
        await post(ahead, `/runs/${waits}/signals/near`, { late: false })
        expect(await resultsOf(ahead, held)).toEqual([0])
        expect(nodes.map(({ said }) => said()).join('')).toMatch(/took over 1 journals? of right-/)
        expect(await resultsOf(ahead, waits)).toEqual([
          { after: 7, long: 'cut', again: 1, gone: { late: true }, near: { late: false } },
        ])
        stopped.child.kill('SIGCONT')
        expect(await resultsOf(right, held)).toEqual([0])
        await vi.waitFor(async () => {
          const { nodes: listed } = await ask(right, '/nodes')
          expect(listed.map(({ status }: { status: string }) => status)).toEqual(['active', 'active', 'active'])
        }, WITHIN)
        for (const { said } of nodes) expect(said()).not.toMatch(WRONG)
      },
    )
  }, toTime(clock))
