// A large run that goes through four nodes: one takes it in, two drive it, one gives its results, at the same time. What the
// largest of them holds. And what three nodes do that have nothing to do.

import { readFileSync } from 'node:fs'
import pg from 'pg'
import { line, number, timed } from '../measure.mjs'
import { isQuick } from '../programs.mjs'
import { flowOn, nodesOn, readAll, submit } from './nodes.mjs'

const ITEMS = isQuick ? 10_000 : 200_000
const IDLE_MS = isQuick ? 4_000 : 15_000
/** What nodes do when they have just begun is over by then, and what they count is told. */
const SETTLE_MS = 3_000
/** Of the processor, as Linux counts. */
const TICKS_PER_SECOND = 100

export async function measureStream(server) {
  const nodes = nodesOn(server, 'stream')
  try {
    const first = await nodes.serve('--capacity', '0', '--name', 'takes in')
    const workers = [await nodes.work('--name', 'drives'), await nodes.work('--name', 'drives too')]
    const last = await nodes.serve('--capacity', '0', '--name', 'gives results')
    const flowId = await flowOn(first)
    const ms = await timed(async () => {
      const run = await submit(first, flowId, ITEMS, { ms: 0 })
      await readAll(last, run, ITEMS)
    })
    const peaks = [first, ...workers, last].map((node) => ({ name: node.name ?? 'server', mb: node.peak() }))
    const [takesIn, one, two, gives] = peaks.map(({ mb }) => number(mb))
    const note = `takes in: ${takesIn}, drive: ${one} and ${two}, gives results: ${gives}; ${number((ITEMS * 1000) / ms)} items/s`
    const what = `${number(ITEMS)} items through four nodes: the largest's memory`
    return line({
      what,
      goal: '<= 256 MB',
      limit: 256,
      unit: 'MB',
      values: [Math.max(...peaks.map(({ mb }) => mb))],
      note,
    })
  } finally {
    await nodes.end()
  }
}

export async function measureIdle(server) {
  const nodes = nodesOn(server, 'idle')
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    const all = [await nodes.serve(), await nodes.work(), await nodes.work()]
    const statements = async () => {
      await client.query('SELECT pg_stat_clear_snapshot()')
      const { rows } = await client.query(
        'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
      )
      return Number(rows[0].count)
    }
    await new Promise((over) => setTimeout(over, SETTLE_MS))
    const before = { statements: await statements(), ticks: all.map(ticksOf), at: performance.now() }
    await new Promise((over) => setTimeout(over, IDLE_MS))
    const seconds = (performance.now() - before.at) / 1000
    const used = all.map((node, i) => ((ticksOf(node) - before.ticks[i]) / TICKS_PER_SECOND / seconds) * 100)
    const count = ((await statements()) - before.statements) / seconds
    return [
      line({
        ...{ what: 'three idle nodes together', goal: '<= 20 statements a second', limit: 20, unit: 'a second' },
        values: [count],
      }),
      line({
        ...{ what: '  the busiest of them', goal: '<= 1% of a core', limit: 1, unit: '%', values: [Math.max(...used)] },
        note: used.map((share) => `${number(share)}%`).join(', '),
      }),
    ]
  } finally {
    await client.end()
    await nodes.end()
  }
}

// ---

function ticksOf({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}
