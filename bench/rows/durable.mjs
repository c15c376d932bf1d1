// Steps that are kept on disk before the next may run, against bare commits of the same driver on the same disk.

import { join } from 'node:path'
import { openDatabase } from '../../packages/store-sqlite/dist/drivers.js'
import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { isQuick, loadEngine, planOf, routerOf, scratch } from '../programs.mjs'
import { order, work } from '../work.mjs'

const GROUP = 64
const RUNS = isQuick ? 1_000 : 4_000
const STEPS = 20
const LONE = 400
const CHAIN = 1_000
const LONG_CHAIN = isQuick ? 10_000 : 100_000
const WAITING = 1_000
const BATCH = isQuick ? 5_000 : 20_000

const text = JSON.stringify({ data: 'x'.repeat(188) })

export async function measure() {
  const folder = scratch()
  const engine = await loadEngine(folder)
  const chain = (steps) =>
    planOf(engine, {
      steps: Array.from({ length: steps }, (_, i) => ({
        id: `s${i}`,
        component: `/${work[i % work.length].name}`,
        input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
      })),
      output: { $step: `s${steps - 1}` },
    })
  const router = routerOf(Object.fromEntries(work.map((fn) => [fn.name, async (input) => fn(input)])))
  let count = 0
  const fresh = () => join(folder, `${++count}.db`)

  const open = async () => {
    const store = await createSqliteStore({ path: fresh() })
    const runs = engine.createEngine({ store, router })
    const close = async () => {
      await runs.close()
      await store.close()
    }
    return { submit: (plan, inputs, options) => runs.submit(plan, inputs, options), close }
  }
  const bare = async (rows, group) => {
    const db = await openDatabase(fresh())
    db.prepare('PRAGMA journal_mode = WAL').get()
    db.exec('PRAGMA synchronous = FULL')
    db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)')
    const insert = db.prepare('INSERT INTO rows (body) VALUES (?)')
    const [begin, commit] = ['BEGIN IMMEDIATE', 'COMMIT'].map((sql) => db.prepare(sql))
    const took = await timed(() => {
      for (let row = 0; row < rows; row += group) {
        begin.run()
        for (let i = 0; i < group; i++) insert.run(text)
        commit.run()
      }
    })
    db.close()
    return took
  }
  const run = async (runs, plan, inputs, options) => {
    const handle = await runs.submit(plan, inputs, options)
    for await (const { outcome } of handle.results()) {
      if (outcome.outcome !== 'success') throw new Error(outcome.error?.message)
    }
    await handle.ended
  }

  const lines = []
  const three = chain(3)
  {
    const plan = chain(STEPS)
    const runs = await open()
    const { ratios, floors, subjects } = await takeTurns(
      () => bare(RUNS * STEPS, GROUP),
      () => {
        let next = 0
        const worker = async () => {
          while (next < RUNS) await run(runs, plan, [order(next++)])
        }
        return timed(() => Promise.all(Array.from({ length: GROUP }, worker)))
      },
      { rounds: 7, warmUps: 2 },
    )
    await runs.close()
    const micros = (took) => number((median(took) / RUNS / STEPS) * 1000)
    const note = `${micros(subjects)} us a step, a bare row ${micros(floors)} us; runs of ${STEPS} steps, ${GROUP} at once, after ${2 * RUNS} runs to warm up`
    lines.push(line({ what: 'durable steps, many runs', goal: '<= 4x bare rows', limit: 4, values: ratios, note }))
  }
  {
    const inputs = Array.from({ length: BATCH }, (_, i) => order(i))
    const batch = async (maxConcurrent) => {
      const runs = await open()
      const took = await timed(() => run(runs, three, inputs, maxConcurrent === undefined ? {} : { maxConcurrent }))
      await runs.close()
      return took
    }
    const { ratios, floors, subjects } = await takeTurns(
      () => batch(GROUP),
      () => batch(),
      { rounds: 5 },
    )
    const rate = (took) => number((BATCH * 3 * 1000) / median(took))
    const note = `${rate(subjects)} steps/s; ${GROUP} at once: ${rate(floors)}`
    const what = `a durable batch of ${number(BATCH)} items x 3 steps, as many at once as pay off`
    lines.push(line({ what, goal: `<= 0.8x ${GROUP} at once`, limit: 0.8, values: ratios, note }))
  }
  {
    const { ratios, subjects } = await takeTurns(
      async () => (await bare(LONE * 4, 1)) / LONE,
      async () => {
        const runs = await open()
        await run(runs, three, [order(0)])
        const times = []
        for (let i = 0; i < LONE; i++) times.push(await timed(() => run(runs, three, [order(i)])))
        await runs.close()
        return median(times)
      },
      { rounds: 5 },
    )
    const note = `${number(median(subjects) * 1000)} us a run`
    lines.push(line({ what: 'one 3-step durable run', goal: '<= 1.3x four commits', limit: 1.3, values: ratios, note }))
  }
  {
    const plan = chain(CHAIN)
    const { ratios } = await takeTurns(
      () => bare(CHAIN, 1),
      async () => {
        const runs = await open()
        const took = await timed(() => run(runs, plan, [order(0)]))
        await runs.close()
        return took
      },
      { rounds: 5 },
    )
    lines.push(
      line({ what: `${number(CHAIN)}-step durable chain`, goal: '<= 1.5x commits', limit: 1.5, values: ratios }),
    )
  }
  {
    const perStep = async (steps, times) => {
      const plan = chain(steps)
      const runs = await open()
      const took = await timed(async () => {
        for (let i = 0; i < times; i++) await run(runs, plan, [order(i)])
      })
      await runs.close()
      return took / steps / times
    }
    const { ratios, subjects } = await takeTurns(
      () => perStep(100, 20),
      () => perStep(LONG_CHAIN, 1),
      { rounds: isQuick ? 3 : 1, warmUps: 0 },
    )
    const note = `${number(median(subjects) * 1000)} us a step`
    lines.push(
      line({
        what: `${number(LONG_CHAIN)}-step durable chain`,
        goal: '<= 1.5x a 100-step',
        limit: 1.5,
        values: ratios,
        note,
      }),
    )
  }
  {
    const path = fresh()
    const hang = routerOf({ ...Object.fromEntries(work.map((fn) => [fn.name, () => new Promise(() => {})])) })
    const before = await createSqliteStore({ path })
    const first = engine.createEngine({ store: before, router: hang })
    await Promise.all(Array.from({ length: WAITING }, (_, i) => first.submit(three, [order(i)])))
    await first.close()
    await before.close()
    let started = 0
    let all
    const going = new Promise((resolve) => {
      all = resolve
    })
    const noting = (fn) => async (input) => {
      if (++started === WAITING) all()
      return fn(input)
    }
    const took = await timed(async () => {
      const store = await createSqliteStore({ path, maxJournals: WAITING })
      const again = engine.createEngine({
        store,
        router: routerOf(Object.fromEntries(work.map((fn) => [fn.name, noting(fn)]))),
      })
      again.recover()
      await going
    })
    lines.push(line({ what: '1,000 runs in flight go on', goal: '<= 2 s', limit: 2, values: [took / 1000], unit: 's' }))
  }
  return lines
}
