// A node that is stopped for twice its silence, with all kinds of work in hand, and continues: what it lost is lost to it.

import { setTimeout as wait } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { rowsOf } from '../packages/store-postgres/test/rows-of.ts'
import { withPostgres } from '../packages/store-postgres/test/with-postgres.ts'
import { slow, WITHIN, WRONG } from './cluster.ts'
import { nodesOn } from './faults/nodes-on.ts'
import { inputLines, numbers, post, resultsOf, submitLines } from './requests.ts'

const LIMIT = { timeout: 300_000 }
/** Twice as long as whoever says nothing is taken for alive. */
const STOPPED_MS = 20_000

/** Beside a call that takes long, a wait that ends and a signal that comes meanwhile. */
const HELD = `name: held
description: A call under way, a wait and a signal, each with a call behind it
steps:
  - { id: long, component: /mine/slow, input: { n: { $input: n }, ms: 4000 } }
  - { id: pause, component: /builtin/wait, input: { duration: 3s } }
  - { id: after_pause, component: /mine/slow, needs: [pause], input: { n: { $input: n }, ms: 5 } }
  - { id: go, component: /builtin/wait_for_signal, input: { name: go } }
  - { id: after_go, component: /mine/slow, input: { n: { $step: go }, ms: 5 } }
output: [{ $step: long }, { $step: after_pause }, { $step: after_go }]
`

await withPostgres((server) => {
  const { cluster, at, serve, work } = nodesOn(server, { held: HELD, slow })

  test(
    'a node that was stopped for twice its silence writes nothing and calls nothing of what it lost, and takes what is new',
    LIMIT,
    async () => {
      const store = at('paused')
      const callsOf = (run: string) => cluster.calls().filter((call) => call.run === run)
      const [{ url }, stopped] = await Promise.all([serve(store, '--capacity', '0'), work(store, '--name', 'stopped')])
      const id = await submitLines(url, 'held', inputLines(4, 0), '')
      await vi.waitFor(() => expect(callsOf(id)).toHaveLength(4), WITHIN)
      stopped.child.kill('SIGSTOP')
      const since = performance.now()
      for (const n of numbers(4)) {
        expect((await post(url, `/runs/${id}/signals/go?item=${n}`, { n: n + 100 })).status).toBe(200)
      }
      const other = await work(store, '--name', 'other')

      const results = await resultsOf(url, id)
      expect(results).toEqual(numbers(4).map((n) => [n, n, { n: n + 100 }]))
      await wait(STOPPED_MS - (performance.now() - since))
      const rows = () =>
        rowsOf(server.url, `SELECT part, seq FROM paused.journal WHERE run = '${id}' ORDER BY part, seq`)
      const written = await rows()
      const calls = callsOf(id).length
      stopped.child.kill('SIGCONT')
      // It finds out with what it would write next.
      await vi.waitFor(() => expect(stopped.said()).toContain('was taken over'), WITHIN)
      other.child.kill('SIGTERM')
      expect(await other.ended).toBe(0)

      const more = await submitLines(url, 'slow', inputLines(20, 1), '')
      expect(await resultsOf(url, more)).toEqual(numbers(20))
      expect(new Set(callsOf(more).map(({ node }) => node))).toEqual(new Set(['stopped']))
      expect(await rows()).toEqual(written)
      expect(callsOf(id)).toHaveLength(calls)
      expect(
        callsOf(id)
          .filter(({ node }) => node === 'stopped')
          .map(({ step }) => step),
      ).toEqual(Array(4).fill('long'))
      expect(callsOf(id).filter(({ node }) => node === 'other')).toHaveLength(12)
      expect(stopped.said() + other.said()).not.toMatch(WRONG)
    },
  )
})
