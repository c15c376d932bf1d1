// Runs that are kept in PostgreSQL, on the disk before the answer: the append beside the bare statement with the same rows, and
// the engine beside its own store in a file. Skipped where there is no PostgreSQL.

import { join } from 'node:path'
import pg from 'pg'
import { createPostgresStore } from '../../packages/store-postgres/dist/index.js'
import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { startPostgres } from '../postgres.mjs'
import { isQuick, loadEngine, planOf, routerOf, scratch } from '../programs.mjs'
import { order, work } from '../work.mjs'

const WAITING = 64
const ROWS = isQuick ? 10_000 : 50_000
const RUNS = isQuick ? 500 : 2_000
const STEPS = 20
const ITEMS = 2_000
const LONE = 200

export async function measure() {
  const folder = scratch()
  const server = await startPostgres(folder)
  if (typeof server === 'string') {
    console.error(`store-postgres is skipped: ${server}`)
    return []
  }
  try {
    return await measureOn(server, folder)
  } finally {
    await server.stop()
  }
}

// ---

async function measureOn(server, folder) {
  const engine = await loadEngine(folder)
  const plan = planOf(engine, {
    steps: Array.from({ length: STEPS }, (_, i) => ({
      id: `s${i}`,
      component: `/${work[i % work.length].name}`,
      input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
    })),
    output: { $step: `s${STEPS - 1}` },
  })
  const router = routerOf(Object.fromEntries(work.map((fn) => [fn.name, async (input) => fn(input)])))
  let schemas = 0
  let files = 0
  const openPostgres = () => createPostgresStore({ url: `${server.url}?schema=b${schemas++}` })
  const openSqlite = () => createSqliteStore({ path: join(folder, `${files++}.db`) })

  const withEngine = async (open, use) => {
    const store = await open()
    const runs = engine.createEngine({ store, router })
    const took = await use(runs)
    await runs.close()
    await store.close()
    return took
  }
  const one = async (runs, inputs, options) => {
    const handle = await runs.submit(plan, inputs, options)
    for await (const { outcome } of handle.results()) {
      if (outcome.outcome !== 'success') throw new Error(outcome.error?.message)
    }
    await handle.ended
  }
  const manyRuns = (open) =>
    withEngine(open, (runs) => {
      let next = 0
      const worker = async () => {
        while (next < RUNS) await one(runs, [order(next++)])
      }
      return timed(() => Promise.all(Array.from({ length: WAITING }, worker)))
    })
  const inputs = Array.from({ length: ITEMS }, (_, i) => order(i))
  const batch = (open) => withEngine(open, (runs) => timed(() => one(runs, inputs, { maxConcurrent: WAITING })))
  const lone = (open) =>
    withEngine(open, async (runs) => {
      const times = []
      for (let i = 0; i < LONE; i++) times.push(await timed(() => one(runs, [order(i)])))
      return median(times)
    })
  const rate = (count, took) => number((count * 1000) / median(took))

  const lines = []
  {
    const bare = await bareStatement(server.url)
    const { ratios, floors, subjects } = await takeTurns(
      () => bare.run(),
      async () => {
        const store = await openPostgres()
        const took = await appends(store)
        await store.close()
        return took
      },
      { rounds: 5 },
    )
    await bare.close()
    const note = `${rate(ROWS, subjects)} rows/s; bare: ${rate(ROWS, floors)}; rows of 1 KB, ${WAITING} waiting`
    lines.push(line({ what: 'append in PostgreSQL', goal: '<= 2x the bare statement', limit: 2, values: ratios, note }))
  }
  {
    const { ratios, floors, subjects } = await takeTurns(
      () => manyRuns(openSqlite),
      () => manyRuns(openPostgres),
      { rounds: 3 },
    )
    const count = RUNS * STEPS
    const note = `${rate(count, subjects)} steps/s; in a file: ${rate(count, floors)}`
    lines.push(line({ what: `runs of ${STEPS} steps, ${WAITING} at once`, values: ratios, note }))
  }
  {
    const { ratios, floors, subjects } = await takeTurns(
      () => batch(openSqlite),
      () => batch(openPostgres),
      { rounds: 5 },
    )
    const count = ITEMS * STEPS
    const note = `${rate(count, subjects)} steps/s; in a file: ${rate(count, floors)}`
    const what = `batch of ${number(ITEMS)} x ${STEPS} steps, ${WAITING} at once`
    lines.push(line({ what, goal: '<= 2.5x the store in a file', limit: 2.5, values: ratios, note }))
  }
  {
    const { ratios, subjects } = await takeTurns(
      () => lone(openSqlite),
      () => lone(openPostgres),
      { rounds: 3 },
    )
    lines.push(line({ what: 'a lone durable run', values: ratios, note: `${number(median(subjects))} ms` }))
  }
  return lines
}

/** 64 rows a statement, with the counts that are the fence; two connections. */
async function bareStatement(url) {
  const clients = await Promise.all(
    [1, 2].map(async () => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return client
    }),
  )
  await clients[0].query('CREATE TABLE bare_counts (journal text PRIMARY KEY, rows integer) WITH (fillfactor = 60)')
  await clients[0].query('CREATE TABLE bare_rows (journal text, seq integer, body text, PRIMARY KEY (journal, seq))')
  const text = `WITH j AS (SELECT * FROM unnest($1::text[], $2::integer[], $3::text[]) AS j (journal, seq, body)),
      moved AS (UPDATE bare_counts SET rows = seq + 1 FROM j WHERE bare_counts.journal = j.journal AND rows = seq
        RETURNING j.journal)
    INSERT INTO bare_rows SELECT j.* FROM j WHERE journal = ANY (ARRAY (SELECT journal FROM moved))`
  const bodies = Array.from({ length: WAITING / 2 }, () => JSON.stringify(entry(1)))
  let round = 0
  return {
    async run() {
      round++
      await clients[0].query('INSERT INTO bare_counts SELECT $1 || n, 0 FROM generate_series(0, $2 - 1) AS n', [
        `${round}-`,
        WAITING,
      ])
      return timed(() =>
        Promise.all(
          clients.map(async (client, half) => {
            const names = bodies.map((_, i) => `${round}-${half * bodies.length + i}`)
            for (let seq = 0; seq < ROWS / WAITING; seq++) {
              await client.query({ name: 'bare', text, values: [names, names.map(() => seq), bodies] })
            }
          }),
        ),
      )
    },
    async close() {
      for (const client of clients) await client.end()
    },
  }
}

const result = { data: 'x'.repeat(900) }

function entry(step) {
  const outcome = { outcome: 'success', result }
  return { type: 'settled', at: Date.now(), item: 0, step, visit: 0, attempt: 1, outcome }
}

async function appends(store) {
  const plan = { name: 'p', entry: 0, exit: 0, onFailure: 'stop', steps: [] }
  const created = (run) => ({ type: 'created', at: 1, run, plan, from: 0, inputs: [null] })
  const names = Array.from({ length: WAITING }, (_, run) => `run-${run}`)
  await Promise.all(names.map((run) => store.append({ journal: `${run}/0`, after: 0, entries: [created(run)] })))
  const drive = async (journal) => {
    for (let after = 1; after <= ROWS / WAITING; after++)
      await store.append({ journal, after, entries: [entry(after)] })
  }
  return timed(() => Promise.all(names.map((run) => drive(`${run}/0`))))
}

/** The one of the tests. */
