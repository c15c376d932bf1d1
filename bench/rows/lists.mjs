// What it takes to find runs among many that have ended: a page of 50 by any filter, and the summary, against /health of the same
// server. The store is filled through its port.

import { join } from 'node:path'
import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { line, number, percentile, takeTurns, timed } from '../measure.mjs'
import { isQuick, scratch, serve } from '../programs.mjs'

const RUNS = isQuick ? 5_000 : 100_000
const ASKED = isQuick ? 40 : 200
const SINCE = Date.UTC(2026, 0, 1)

const FILTERS = {
  nothing: '',
  status: 'status=failed,cancelled',
  'flow, trigger': 'flow=orders&trigger=schedule&sort=-duration',
  labels: 'label=team:t3&label=env:prod&sort=completedAt',
  time: `since=${new Date(SINCE + 1000 * (RUNS / 2)).toISOString()}&status=completed`,
}

export async function measure() {
  const folder = scratch()
  await fill(join(folder, 'runs.db'))
  const server = await serve(folder, '--store', 'sqlite:runs.db')
  const get = (path) => async () => {
    const answer = await fetch(`${server.url}/api/v1${path}`)
    if (!answer.ok) throw new Error(await answer.text())
    await answer.text()
  }
  const against = async (what, path, limit) => {
    const { floors, ratios } = await takeTurns(
      () => p95Of(get('/health')),
      () => p95Of(get(path)),
      { rounds: 5 },
    )
    return line({
      what,
      goal: `<= ${limit}x GET /health`,
      limit,
      values: ratios,
      note: `health: ${number(floors[0])} ms`,
    })
  }
  try {
    const rows = []
    for (const [by, query] of Object.entries(FILTERS)) {
      rows.push(await against(`50 of ${number(RUNS)} runs by ${by}, p95`, `/runs?limit=50&${query}`, 8))
    }
    rows.push(await against('  by a part of a text that many have', '/runs?limit=50&q=REFUSED', 50))
    rows.push(await against('  by one that none has', '/runs?limit=50&q=nowhere%20to%20be%20found', 50))
    rows.push(await against(`summary of ${number(RUNS)} runs, p95`, '/runs/summary', 8))
    return rows
  } finally {
    await server.end()
  }
}

// ---

async function p95Of(ask) {
  const times = []
  for (let i = 0; i < ASKED; i++) times.push(await timed(ask))
  return percentile(times, 0.95)
}

const FLOWS = ['orders', 'mail', 'invoices', 'sync']
const TRIGGERS = ['api', 'schedule', 'webhook', 'cli']

async function fill(path) {
  const store = await createSqliteStore({ path, synchronous: 'off' })
  for (let run = 0; run < RUNS; run += 500) {
    await store.appendAll(Array.from({ length: Math.min(500, RUNS - run) }, (_, i) => batchOf(run + i)))
  }
  await store.close()
}

/** A run that has ended. What it is found by does not follow from its neighbours. */
function batchOf(run) {
  const pick = (count, salt) => (Math.imul(run + 1, 2_654_435_761 + 2 * salt) >>> 8) % count
  const [id, at] = [`run-${run.toString(36).padStart(6, '0')}`, SINCE + run * 1000]
  const error = { code: 'COMPONENT_FAILED', message: `order ${run} was refused: connection reset` }
  const outcome = pick(10, 1) === 0 ? { outcome: 'failed', error } : { outcome: 'success', result: { order: run } }
  const options = {
    flow: FLOWS[pick(4, 2)],
    labels: { team: `t${pick(20, 3)}`, env: pick(2, 4) === 0 ? 'prod' : 'test', order: `${run}` },
    trigger: { type: TRIGGERS[pick(4, 5)] },
  }
  const entries = [
    { type: 'created', at, run: id, plan: PLAN, options, from: 0, inputs: [run] },
    { type: 'sealed', at, items: 1 },
    { type: 'claimed', at, driver: 'filled' },
    { type: 'finished', at: at + pick(3_000, 6), item: 0, outcome },
  ]
  return { journal: `${id}/0`, after: 0, entries }
}

const PLAN = {
  ...{ name: 'nothing', entry: 0, exit: 0, onFailure: 'stop' },
  steps: [{ id: 'only', component: null, input: { op: 'literal', value: null } }],
}
