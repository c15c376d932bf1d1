// Three servers on one database under a steady load, with what hits all of them: killed at once, stopped at once, replaced one
// after the other. Then what those who stop them, and those who send signals, may count on.

import { expect, onTestFinished, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { chance } from './chance.ts'
import { WITHIN, WRONG } from './cluster.ts'
import { tooManyAtOnce, wrongRepetitions } from './faults/judge-calls.ts'
import { flows, Load } from './faults/load.ts'
import { Member } from './faults/member.ts'
import { nodesOn } from './faults/nodes-on.ts'
import { ask, inputLines, numbers, post, resultsOf, submitLines } from './requests.ts'

const LIMIT = { timeout: 300_000 }
/** Longer than whoever says nothing is taken for dead. */
const SILENT_MS = 12_000
const FOR_EVER_MS = 3_600_000

await withPostgres((server) => {
  const { cluster, at, serve, work } = nodesOn(server, flows)
  const sql = (text: string) => rowsOf(server.url, text)

  test(
    'all nodes killed at once, all stopped and continued, each replaced in turn, under load: no result is wrong, and only the killed ones have calls repeated',
    LIMIT,
    async () => {
      const schema = 'together'
      const names = ['one', 'two', 'three']
      const members = await Promise.all(names.map((name) => Member.create({ cluster, server, schema, name })))
      onTestFinished(async () => {
        await Promise.all(members.map((member) => member.stop()))
      })
      await Promise.all(members.map((member) => member.start().ready))
      let isOver = false
      const urls = members.map(({ url }) => url)
      const load = new Load({ name: 'together', urls, random: chance(13), isOver: () => isOver })
      const running = load.run(4)
      running.catch(() => {})
      const more = (count: number) => {
        const before = cluster.calls().length
        return vi.waitFor(() => expect(cluster.calls().length).toBeGreaterThan(before + count), WITHIN)
      }
      await more(50)

      const found = members.map((member) => member.loses())
      for (const { node } of members) node.child.kill('SIGKILL')
      await Promise.all(members.map(({ node }) => node.ended))
      await Promise.all(members.map((member) => member.start().ready))
      for (const end of found) end()
      await more(50)

      for (const { node } of members) node.child.kill('SIGSTOP')
      await new Promise((over) => setTimeout(over, SILENT_MS))
      for (const { node } of members) node.child.kill('SIGCONT')
      await more(50)

      for (const member of members) {
        const { node } = member
        node.child.kill('SIGTERM')
        expect([await node.ended, node.said()]).toEqual([0, expect.any(String)])
        await member.start().ready
        await more(20)
      }
      isOver = true
      await running

      const calls = cluster.calls()
      const losses = new Map(members.map(({ name, losses }) => [name, losses]))
      expect(load.complaints).toEqual([])
      expect(wrongRepetitions(calls, losses)).toEqual([])
      expect(tooManyAtOnce(calls, load.accepted, losses)).toEqual([])
      const said = members.map((member) => member.said).join('')
      expect(said).not.toMatch(WRONG)
      // Whoever looks for what was done to them finds it.
      expect(said).toMatch(/took over \d+ journals of (one|two|three)-/)
      expect(await sql(`SELECT run FROM ${schema}.shards WHERE is_open OR place IS NOT NULL`)).toEqual([])
    },
  )

  test(
    'SIGTERM waits for calls as long as it was told, hands back the others at once, and does not wait the second time',
    LIMIT,
    async () => {
      const store = at('ended')
      cluster.forgetCalls()
      const { url } = await serve(store, '--capacity', '0')
      const begun = (node: string, count: number) =>
        vi.waitFor(() => expect(cluster.calls().filter((call) => call.node === node).length).toBe(count), WITHIN)
      const worker = (name: string, drain: string) => work(store, '--name', name, '--drain', drain)

      const patient = await worker('patient', '60s')
      const ends = await submitLines(url, 'work', inputLines(4, 2_000), '')
      await begun('patient', 4)
      patient.child.kill('SIGTERM')
      await vi.waitFor(async () => {
        const { nodes } = await ask(url, '/nodes')
        expect(nodes.find(({ name }: { name: string }) => name === 'patient')?.status).not.toBe('active')
      }, WITHIN)
      expect(await patient.ended).toBe(0)
      expect(cluster.calls().every(({ ended }) => ended !== undefined)).toBe(true)
      // It is in no list any more, and has nothing in hand.
      expect((await ask(url, '/nodes')).nodes.map(({ name }: { name: string }) => name)).not.toContain('patient')
      expect(await sql('SELECT driver FROM ended.shards WHERE driver IS NOT NULL')).toEqual([])

      const hasty = await worker('hasty', '200ms')
      expect(await resultsOf(url, ends)).toEqual(numbers(4))
      expect(cluster.calls().filter(({ step }) => step === 'a')).toHaveLength(4)
      const stays = await submitLines(url, 'work', inputLines(2, FOR_EVER_MS), '')
      const slow = () => cluster.calls().filter(({ run }) => run === stays)
      await vi.waitFor(() => expect(slow()).toHaveLength(2), WITHIN)
      hasty.child.kill('SIGTERM')
      expect(await hasty.ended).toBe(0)
      expect(await sql('SELECT driver FROM ended.shards WHERE driver IS NOT NULL')).toEqual([])

      const told = await worker('told', '1h')
      await vi.waitFor(() => expect(slow().map(({ node }) => node)).toEqual(['hasty', 'hasty', 'told', 'told']), WITHIN)
      told.child.kill('SIGTERM')
      await vi.waitFor(() => expect(told.said()).toContain('second signal'), WITHIN)
      told.child.kill('SIGTERM')
      expect(await told.ended).toBe(130)

      await post(url, `/runs/${stays}/cancel`)
      await work(store)
      await vi.waitFor(async () => {
        expect(await ask(url, `/runs/${stays}`)).toMatchObject({ status: 'cancelled', items: { cancelled: 2 } })
      }, WITHIN)
      expect(slow()).toHaveLength(4)
    },
  )

  test(
    'signals and pauses from another node arrive: before the wait, while shards move, at what is put down; cancel or the end, not both',
    LIMIT,
    async () => {
      const store = at('signalled')
      cluster.forgetCalls()
      const idle = () => serve(store, '--capacity', '0')
      const [a, b, first] = await Promise.all([idle(), idle(), work(store, '--name', 'first')])
      const go = (id: string, n: number) => post(b.url, `/runs/${id}/signals/go`, { n })

      // Before anybody waits for it.
      const early = await submitLines(a.url, 'told', '{"n":1}\n', '')
      expect((await go(early, 5)).status).toBe(200)
      expect(await resultsOf(a.url, early)).toEqual([5])

      // While their shards go from one node to the next.
      const moved = await Promise.all(numbers(20).map(() => submitLines(a.url, 'told', '{"n":1}\n', '')))
      await vi.waitFor(() => expect(cluster.calls().filter(({ step }) => step === 'a')).toHaveLength(21), WITHIN)
      first.child.kill('SIGTERM')
      const [, ...sent] = await Promise.all([work(store, '--name', 'second'), ...moved.map((id, n) => go(id, n))])
      expect(sent.map((one) => (one as { status: number }).status)).toEqual(numbers(20).map(() => 200))
      expect(await first.ended).toBe(0)
      for (const [n, id] of moved.entries()) expect(await resultsOf(a.url, id)).toEqual([n])

      // To one that nobody has in hand, paused and not.
      const [paused, down] = await Promise.all([0, 1].map(() => submitLines(a.url, 'told', '{"n":1}\n', '')))
      await vi.waitFor(async () => {
        const held = await sql(`SELECT run FROM signalled.shards WHERE is_open AND part > 0
          AND driver IS NULL AND waiting > 0 AND run IN ('${paused}', '${down}')`)
        expect(held).toHaveLength(2)
      }, WITHIN)
      expect((await post(b.url, `/runs/${paused}/pause`)).status).toBe(200)
      await Promise.all([go(paused as string, 8), go(down as string, 9)])
      expect(await resultsOf(a.url, down as string)).toEqual([9])
      expect((await ask(a.url, `/runs/${paused}`)).status).toBe('paused')
      expect((await post(b.url, `/runs/${paused}/resume`)).status).toBe(200)
      expect(await resultsOf(a.url, paused as string)).toEqual([8])

      // A pause of what runs: what was under way ends, and nothing begins.
      const long = await submitLines(a.url, 'work', inputLines(60, 50), 'maxConcurrent=4')
      const ofLong = () => cluster.calls().filter(({ run }) => run === long)
      await vi.waitFor(() => expect(ofLong().length).toBeGreaterThan(8), WITHIN)
      await post(b.url, `/runs/${long}/pause`)
      await vi.waitFor(async () => expect((await ask(a.url, `/runs/${long}`)).status).toBe('paused'), WITHIN)
      await vi.waitFor(() => expect(ofLong().every(({ ended }) => ended !== undefined)).toBe(true), WITHIN)
      const other = await submitLines(a.url, 'work', inputLines(20, 50), '')
      expect(await resultsOf(a.url, other)).toEqual(numbers(20))
      const count = ofLong().length
      expect(await resultsOf(a.url, await submitLines(a.url, 'work', inputLines(1, 50), ''))).toEqual([0])
      expect([ofLong().length, count < 120]).toEqual([count, true])
      await post(b.url, `/runs/${long}/resume`)
      expect(await resultsOf(a.url, long)).toEqual(numbers(60))

      // Cancelled when they are about to end: each has one end, whoever is asked.
      const random = chance(7)
      const raced = await Promise.all(
        numbers(40).map(async (n) => {
          const id = await submitLines(a.url, 'work', inputLines(1, 10 + random() * 40), '')
          await new Promise((over) => setTimeout(over, random() * 250))
          const { status } = await post(n % 2 === 0 ? a.url : b.url, `/runs/${id}/cancel`)
          return { id, status }
        }),
      )
      const ends = await Promise.all(raced.map(async (one) => ({ ...one, ended: await endOf(a.url, b.url, one.id) })))
      for (const { id, status, ended } of ends) {
        expect([id, status, ended]).toEqual([id, ended === 'cancelled' ? 200 : expect.any(Number), ended])
        if (ended === 'completed') expect(await resultsOf(b.url, id)).toEqual([0])
      }
      expect(wrongRepetitions(cluster.calls())).toEqual([])
      expect(await sql('SELECT run FROM signalled.shards WHERE is_open OR place IS NOT NULL')).toEqual([])
    },
  )
})

// ---

/** The same of both servers, and as its item says: what was written beside the cancel has ended well in a run that is cancelled. */
async function endOf(a: string, b: string, id: string): Promise<string> {
  return vi.waitFor(async () => {
    const [one, other] = await Promise.all([ask(a, `/runs/${id}`), ask(b, `/runs/${id}`)])
    expect(['completed', 'cancelled']).toContain(one.status)
    const { completed, cancelled } = one.items
    expect([other.status, completed + cancelled]).toEqual([one.status, 1])
    if (one.status === 'completed') expect(completed).toBe(1)
    return one.status
  }, WITHIN)
}
