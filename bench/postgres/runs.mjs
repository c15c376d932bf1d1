// Runs and batches of 20 steps, and lone runs of three, on the disk before the answer: one node with its store in PostgreSQL,
// beside DBOS on the same server and beside our store in a file, in turns.

import { join } from 'node:path'
import pg from 'pg'
import { installPeers, peersFolder } from '../../scripts/peers.mjs'
import { line, median, number, timed } from '../measure.mjs'
import { running } from '../peers/programs.mjs'
import { chainOf, isQuick, routerOf } from '../programs.mjs'
import { order, work } from '../work.mjs'

const WAITING = 64
const STEPS = 20
const RUNS = isQuick ? 300 : 2_000
const ITEMS = isQuick ? 500 : 2_000
/** Of DBOS, which takes ten times as long. */
const PEER_RUNS = isQuick ? 64 : 320
const LONE = isQuick ? 40 : 150
const LONE_STEPS = 3
const ROUNDS = isQuick ? 2 : 5

export async function measureRuns({ server, engine, openStore, openFile }) {
  const plans = new Map([STEPS, LONE_STEPS].map((steps) => [steps, chainOf(engine, steps)]))
  const router = routerOf(Object.fromEntries(work.map((fn) => [fn.name, async (input) => fn(input)])))
  const on = (open) => node(engine, router, open)
  const dbos = await startDbos(server)
  const [ours, file] = [await on(openStore), await on(openFile)]
  try {
    const took = { runs: [], batch: [], lone: [], fileRuns: [], fileBatch: [], fileLone: [], dbos: [], dbosLone: [] }
    const inputs = Array.from({ length: ITEMS }, (_, i) => order(i))
    const subjects = {
      runs: async () => (await many(ours, plans.get(STEPS), RUNS, WAITING)).ms / RUNS,
      fileRuns: async () => (await many(file, plans.get(STEPS), RUNS, WAITING)).ms / RUNS,
      batch: async () => (await timed(() => one(ours, plans.get(STEPS), inputs, WAITING))) / ITEMS,
      fileBatch: async () => (await timed(() => one(file, plans.get(STEPS), inputs, WAITING))) / ITEMS,
      dbos: async () => (await dbos?.ask({ runs: PEER_RUNS, steps: STEPS, atOnce: WAITING }))?.ms / PEER_RUNS,
      lone: async () => median((await many(ours, plans.get(LONE_STEPS), LONE, 1)).times),
      fileLone: async () => median((await many(file, plans.get(LONE_STEPS), LONE, 1)).times),
      dbosLone: async () => median((await dbos?.ask({ runs: LONE, steps: LONE_STEPS, atOnce: 1 }))?.times ?? [NaN]),
    }
    for (let round = -1; round < ROUNDS; round++) {
      // Whoever went first goes last in the next round.
      const names = round % 2 === 0 ? Object.keys(subjects) : Object.keys(subjects).reverse()
      for (const name of names) {
        const value = await subjects[name]()
        if (round >= 0) took[name].push(value)
      }
    }
    return [...linesOf(took), ...(await commitsOf({ server, ours, plan: plans.get(LONE_STEPS) }))]
  } finally {
    await ours.close()
    await file.close()
    await dbos?.end()
  }
}

// ---

function linesOf(took) {
  const ratios = (name, floor) => took[name].map((value, i) => value / took[floor][i])
  const rate = (name) => `${number((STEPS * 1000) / median(took[name]))} steps/s`
  const micros = (name) => took[name].map((ms) => (ms * 1000) / STEPS)
  const hasPeer = took.dbos.every((ms) => !Number.isNaN(ms))
  const runs = `runs of ${STEPS} steps, ${WAITING} at once`
  const batch = `batch of ${number(ITEMS)} x ${STEPS} steps, ${WAITING} at once`
  const lone = `a lone durable run of ${LONE_STEPS} steps, p50`
  const beside = (what, name, floor, times, note) => {
    if (!hasPeer) return []
    const goal = times < 1 ? `<= ${times}x DBOS` : `<= 1/${times} of DBOS's time`
    return [line({ what, goal, limit: times < 1 ? times : 1 / times, values: ratios(name, floor), note })]
  }
  return [
    ...beside(runs, 'runs', 'dbos', 8, `${rate('runs')}; DBOS: ${rate('dbos')}`),
    line({
      ...{ what: `  a step of it`, goal: '<= 66.7 us (15,000 steps/s)', limit: 1000 / 15, unit: 'us' },
      ...{ values: micros('runs'), note: rate('runs') },
    }),
    line({ what: '  beside our store in a file', values: ratios('runs', 'fileRuns'), note: rate('fileRuns') }),
    ...beside(batch, 'batch', 'dbos', 18, `${rate('batch')}; DBOS, as runs: ${rate('dbos')}`),
    line({
      ...{ what: '  beside our store in a file', goal: '<= 2.5x', limit: 2.5 },
      ...{ values: ratios('batch', 'fileBatch'), note: rate('fileBatch') },
    }),
    ...beside(
      lone,
      'lone',
      'dbosLone',
      0.5,
      `${number(median(took.lone))} ms; DBOS: ${number(median(took.dbosLone))} ms`,
    ),
    line({
      ...{ what: '  beside our store in a file', values: ratios('lone', 'fileLone') },
      note: `${number(median(took.lone))} ms; in a file: ${number(median(took.fileLone))} ms`,
    }),
  ]
}

/** The transactions that have written rows of the runs; and the statements that this process has sent meanwhile. */
async function commitsOf({ server, ours, plan }) {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  const { query } = pg.Client.prototype
  try {
    const text = `SELECT count(DISTINCT tx) FROM ${ours.schema}.journal`
    const written = async () => Number((await client.query(text)).rows[0].count)
    const before = await written()
    let statements = 0
    pg.Client.prototype.query = function (...words) {
      statements++
      return query.apply(this, words)
    }
    await many(ours, plan, LONE, 1)
    pg.Client.prototype.query = query
    const note = `${number(statements / LONE)} statements in all`
    const values = [((await written()) - before) / LONE]
    return [line({ what: '  its commits', goal: '<= 4', limit: 4, unit: 'a run', values, note })]
  } finally {
    pg.Client.prototype.query = query
    await client.end()
  }
}

/** An engine that takes up what is due, as a node does. */
async function node(engine, router, open) {
  const { store, schema } = await open()
  const runs = engine.createEngine({ store, router })
  runs.recover()
  return {
    runs,
    schema,
    async close() {
      await runs.close()
      await store.close()
    },
  }
}

async function one({ runs }, plan, inputs, maxConcurrent) {
  const handle = await runs.submit(plan, inputs, maxConcurrent === undefined ? {} : { maxConcurrent })
  for await (const { outcome } of handle.results()) {
    if (outcome.outcome !== 'success') throw new Error(outcome.error?.message)
  }
  await handle.ended
}

async function many(node, plan, count, atOnce) {
  const times = []
  let next = 0
  const worker = async () => {
    while (next < count) times.push(await timed(() => one(node, plan, [order(next++)])))
  }
  const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, worker)))
  return { ms, times }
}

/** Undefined where it cannot be had. */
async function startDbos(server) {
  const why = installPeers()
  if (why) {
    console.error(`DBOS is skipped: ${why}`)
    return undefined
  }
  return running([join(peersFolder, 'runs-dbos.mjs'), await server.database('dbos')])
}
