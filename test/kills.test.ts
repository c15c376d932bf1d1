// The real program, killed by SIGKILL, goes on: nothing is lost, nothing that is recorded runs again, nothing hangs, and the
// result is the one it would have had. docs/durability.md says what is promised. STEPFLOW_KILLS=N kills batches N times.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSqliteStore } from '@stepflow/store-sqlite'
import { expect, test } from 'vitest'
import { buildCli } from '../packages/stepflow/test/build-cli.ts'
import { chance } from './chance.ts'
import { type Bench, benchWith, type Ended } from './kills/killed-run.ts'

await buildCli()

const KILLS = Number(process.env.STEPFLOW_KILLS ?? 50)
const KILLS_PER_BATCH = 10
const SEED = 20_26

const small = `name: small
description: two steps side by side, a wait, one that needs a second try
steps:
  - { id: a, component: /steps/double, input: { n: { $input: n } } }
  - { id: b, component: /steps/slow, input: { n: { $step: a, path: n }, ms: 5 } }
  - { id: c, component: /steps/flaky, input: { n: { $step: a, path: n } }, retry: { max_attempts: 3, delay: 10ms, backoff: fixed } }
  - { id: pause, component: /builtin/wait, input: { duration: 30ms } }
  - { id: d, component: /steps/double, needs: [pause], input: { n: { $step: b, path: n } } }
output: { c: { $step: c, path: n }, d: { $step: d, path: n } }
`

const larger = `name: larger
description: a chain of three
steps:
  - { id: a, component: /steps/double, input: { n: { $input: n } } }
  - { id: b, component: /steps/slow, input: { n: { $step: a, path: n }, ms: { $input: ms } } }
  - { id: c, component: /steps/double, input: { n: { $step: b, path: n } } }
output: { n: { $step: c, path: n } }
`

const single = ['run', 'flow.yaml', '--input-json', '{"n":5}', '--store', 'sqlite:runs.db', '--resume']

/** Whatever was recorded before is not called after. */
async function expectNoRepetition(bench: Bench, recorded: ReadonlySet<string>, callsBefore: number) {
  const repeated = bench
    .calls()
    .slice(callsBefore)
    .filter((call) => recorded.has(call))
  expect(repeated).toEqual([])
}

test.each(['before', 'after'] as const)(
  'a run that is killed right %s each of its commits goes on to the same result',
  async (when) => {
    let survived = 0
    for (let commit = 1; ; commit++) {
      const bench = benchWith(small)
      const killed = await bench.run(single, { at: `${commit} ${when}` })
      if (killed.signal === null) {
        expect(killed.code).toBe(0)
        break
      }
      expect(killed.signal).toBe('SIGKILL')
      const recorded = await bench.recorded()
      const calls = bench.calls().length

      const { code, out, err } = await bench.run(single)

      expect({ commit, code, out, err }).toMatchObject({
        commit,
        code: 0,
        out: '{"outcome":"success","result":{"c":10,"d":22}}\n',
      })
      await expectNoRepetition(bench, recorded, calls)
      survived++
    }
    // Opening, beginning, and a few turns: fewer would mean that the kills missed their mark.
    expect(survived).toBeGreaterThan(5)
  },
  120_000,
)

test('a run that is killed again and again while it goes on ends with the same result', async () => {
  const bench = benchWith(small)
  let ended: Ended | undefined
  for (let commit = 3; ended?.code !== 0; commit += 1) {
    const recorded = commit === 3 ? new Set<string>() : await bench.recorded()
    const calls = bench.calls().length
    ended = await bench.run(single, { at: `${commit} after` })
    await expectNoRepetition(bench, recorded, calls)
    expect(commit).toBeLessThan(40)
  }
  expect(ended.out).toBe('{"outcome":"success","result":{"c":10,"d":22}}\n')
}, 60_000)

test(
  `batches that are killed ${KILLS} times lose no item and repeat no step that is recorded`,
  async () => {
    const random = chance(SEED)
    const items = 400
    const batch = ['run', 'flow.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', '--max-concurrent', '8']
    const words = [...batch, '--store', 'sqlite:runs.db', '--resume']
    const expected = Array.from(
      { length: items },
      (_, n) => `{"outcome":"success","result":{"n":${(n * 2 + 1) * 2}}}\n`,
    )
    let kills = 0
    while (kills < KILLS) {
      const bench = benchWith(larger)
      const input = Array.from({ length: items }, (_, n) => JSON.stringify({ n, ms: Math.floor(random() * 20) }))
      writeFileSync(join(bench.folder, 'in.jsonl'), input.join('\n'))
      for (let kill = 0; kill < KILLS_PER_BATCH && kills < KILLS; kill++) {
        const recorded = await bench.recorded()
        const calls = bench.calls().length
        const { signal, code, err } = await bench.run(words, { afterMs: 60 + Math.floor(random() * 400) })
        await expectNoRepetition(bench, recorded, calls)
        if (signal === 'SIGKILL') kills++
        else expect({ code, err }).toMatchObject({ code: 0 })
        if (signal === null) break
      }
      const recorded = await bench.recorded()
      const calls = bench.calls().length

      const { code, err } = await bench.run(words)

      expect({ code, err }).toMatchObject({ code: 0 })
      await expectNoRepetition(bench, recorded, calls)
      expect(readFileSync(join(bench.folder, 'out.jsonl'), 'utf8')).toBe(expected.join(''))
    }
  },
  60_000 + KILLS * 3_000,
)

test.each(['before', 'after'] as const)(
  'a rerun of a batch of 500 that is killed right %s one of its first commits is there whole, or not at all',
  async (when) => {
    const bench = benchWith(larger)
    const input = Array.from({ length: 500 }, (_, n) => JSON.stringify({ n, ms: 0 }))
    writeFileSync(join(bench.folder, 'in.jsonl'), input.join('\n'))
    const store = ['--store', 'sqlite:runs.db']
    await bench.run(['run', 'flow.yaml', '--inputs', 'in.jsonl', '--output', 'out.jsonl', ...store])
    const [first] = await runsIn(bench)
    const counts = new Set<number>()
    for (let commit = 1; commit <= 6; commit++) {
      const before = (await runsIn(bench)).length
      const { signal } = await bench.run(['runs', 'rerun', first?.id as string, ...store], { at: `${commit} ${when}` })
      expect(signal).toBe('SIGKILL')

      const runs = await runsIn(bench)
      for (const { total, items } of runs) expect([total, items]).toEqual([500, 500])
      counts.add(runs.length - before)
    }
    expect([...counts].sort()).toEqual([0, 1])
    const [newest] = await runsIn(bench)
    const { code } = await bench.run(['runs', 'resume', newest?.id as string, ...store])
    expect(code).toBe(0)
    expect((await runsIn(bench))[0]).toMatchObject({ id: newest?.id, status: 'completed', success: 500 })
  },
  120_000,
)

/** Newest first; `items`: those that its journals have. */
async function runsIn({ folder }: Bench) {
  const store = await createSqliteStore({ path: join(folder, 'runs.db') })
  try {
    return await Promise.all(
      (await store.runs.list()).rows.map(async ({ id, status, items: { total, success } }) => {
        const shards = await store.runs.shards(id)
        return { id, status, total, success, items: shards.reduce((sum, { items }) => sum + items, 0) }
      }),
    )
  } finally {
    await store.close()
  }
}
