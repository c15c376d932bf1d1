// An append as the engine makes it, beside the bare statement that anybody would write for the same: a row and an item of
// 1 KB each, behind the counts that are the fence, 64 of them waiting at any time.

import pg from 'pg'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { isQuick } from '../programs.mjs'

const WAITING = 64
const ROWS = isQuick ? 6_400 : 38_400

export async function measureAppends(server, openStore) {
  const bare = await bareStatement(server.url)
  try {
    const { ratios, floors, subjects } = await takeTurns(
      () => bare.run(),
      () => withStore(openStore, appends),
      {
        rounds: isQuick ? 3 : 5,
      },
    )
    const rate = (took) => number((ROWS * 1000) / median(took))
    const note = `${rate(subjects)} rows/s; bare: ${rate(floors)}; rows and items of 1 KB, ${WAITING} waiting`
    const what = 'append in PostgreSQL'
    return [line({ what, goal: '<= 2x the bare statement', limit: 2, values: ratios, note })]
  } finally {
    await bare.close()
  }
}

// ---

async function withStore(openStore, use) {
  const { store } = await openStore()
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

const outcome = { outcome: 'success', result: { data: 'x'.repeat(900) } }

function finished(item) {
  return { type: 'finished', at: Date.now(), item, outcome }
}

async function appends(store) {
  const plan = { name: 'p', entry: 0, exit: 0, onFailure: 'stop', steps: [] }
  const inputs = Array.from({ length: ROWS / WAITING }, () => null)
  const names = Array.from({ length: WAITING }, (_, run) => `run-${run}`)
  const begin = (run) => {
    const created = { type: 'created', at: 1, run, plan, from: 0, inputs }
    return store.append({ journal: `${run}/0`, after: 0, entries: [created] })
  }
  await Promise.all(names.map(begin))
  const drive = async (journal) => {
    for (let item = 0; item < inputs.length; item++) {
      await store.append({ journal, after: item + 1, entries: [finished(item)] })
    }
  }
  return timed(() => Promise.all(names.map((run) => drive(`${run}/0`))))
}

/** Two connections, each with half of what waits. */
async function bareStatement(url) {
  const clients = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })]
  for (const client of clients) await client.connect()
  const [first] = clients
  await first.query(`CREATE TABLE bare_counts (journal text PRIMARY KEY, rows integer, success integer)
    WITH (fillfactor = 60)`)
  await first.query('CREATE TABLE bare_rows (journal text, seq integer, body text, PRIMARY KEY (journal, seq))')
  await first.query('CREATE TABLE bare_items (journal text, item integer, body text, PRIMARY KEY (journal, item))')
  const text = `WITH
    j AS (SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[]) AS j (journal, seq, body, item)),
    moved AS (UPDATE bare_counts SET rows = seq + 1, success = seq + 1 FROM j
      WHERE bare_counts.journal = j.journal AND rows = seq RETURNING j.journal),
    written AS (INSERT INTO bare_rows SELECT journal, seq, body FROM j
      WHERE journal = ANY (ARRAY (SELECT journal FROM moved)))
    INSERT INTO bare_items SELECT journal, seq, item FROM j WHERE journal = ANY (ARRAY (SELECT journal FROM moved))`
  let round = 0
  const drive = async (client, half) => {
    const names = Array.from({ length: WAITING / 2 }, (_, i) => `${round}-${(half * WAITING) / 2 + i}`)
    for (let seq = 0; seq < ROWS / WAITING; seq++) {
      const bodies = names.map(() => JSON.stringify([finished(seq)]))
      const items = names.map(() => JSON.stringify(outcome))
      await client.query({ name: 'bare', text, values: [names, names.map(() => seq), bodies, items] })
    }
  }
  return {
    async run() {
      round++
      const begin = 'INSERT INTO bare_counts SELECT $1 || n, 0, 0 FROM generate_series(0, $2 - 1) AS n'
      await first.query(begin, [`${round}-`, WAITING])
      return timed(() => Promise.all(clients.map(drive)))
    },
    async close() {
      for (const client of clients) await client.end()
    },
  }
}
