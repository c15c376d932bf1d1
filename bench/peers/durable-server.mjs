// Runs of three steps over HTTP, on the disk before the answer, 64 connections: ours beside Restate and beside DBOS on
// PostgreSQL, in turns. Run by `npm run bench:peers`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { line, median, number, printTable } from '../measure.mjs'
import { startPostgres } from '../postgres/server.mjs'
import { order, work } from '../work.mjs'
import { serving } from './programs.mjs'

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const CONNECTIONS = 64
const ROUNDS = 5
const SECONDS = 4
const GOAL = 5
const LATENCY_GOAL = 0.25

const folder = mkdtempSync(join(tmpdir(), 'stepflow-bench-server-'))
const postgres = await startPostgres(folder)
const ended = []
try {
  printTable(await measure())
} finally {
  for (const end of ended.reverse()) await end()
  if (typeof postgres !== 'string') await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
}

// ---

async function measure() {
  const ours = await stepflow()
  const peers = [{ what: 'Restate', ...(await program(['server-restate.mjs'])), body: JSON.stringify(order(1)) }]
  if (typeof postgres === 'string') console.log(`DBOS is skipped: ${postgres}`)
  else {
    const url = await postgres.database('dbos')
    peers.push({
      what: 'DBOS on PostgreSQL',
      ...(await program(['server-dbos.mjs', url])),
      body: JSON.stringify(order(1)),
    })
  }
  const lines = []
  for (const peer of peers) {
    const [mine, theirs] = [[], []]
    for (let round = -1; round < ROUNDS; round++) {
      const both = round % 2 === 0 ? [ours, peer] : [peer, ours]
      for (const one of both) {
        const measured = await load(one)
        if (round >= 0) (one === ours ? mine : theirs).push(measured)
      }
    }
    const times = mine.map(({ rate }, i) => theirs[i].rate / rate)
    const latencies = mine.map(({ p50 }, i) => p50 / theirs[i].p50)
    const note = `${number(median(mine.map(({ rate }) => rate)))} runs/s; ${peer.what}: ${number(median(theirs.map(({ rate }) => rate)))}`
    lines.push(
      line({ what: `time of a run, beside ${peer.what}`, goal: `<= 1/${GOAL}`, limit: 1 / GOAL, values: times, note }),
      line({
        what: `median latency, beside ${peer.what}`,
        goal: `<= ${LATENCY_GOAL}x`,
        limit: LATENCY_GOAL,
        values: latencies,
        note: `${number(median(mine.map(({ p50 }) => p50)))} ms; ${number(median(theirs.map(({ p50 }) => p50)))} ms`,
      }),
    )
  }
  return lines
}

/** Answers a second, and the median time of one in milliseconds. */
async function load({ url, body }) {
  let answers = 0
  const times = []
  const running = autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    connections: CONNECTIONS,
    duration: SECONDS,
  })
  running.on('response', (_client, status, _bytes, took) => {
    if (status !== 200) throw new Error(`${url} answered ${status}`)
    answers++
    times.push(took)
  })
  const start = performance.now()
  await new Promise((resolve) => running.once('done', resolve))
  return { rate: answers / ((performance.now() - start) / 1000), p50: median(times) }
}

async function stepflow() {
  const flow = {
    name: 'orders',
    steps: work.map(({ name }, i) => ({
      id: name,
      component: `/shop/${name}`,
      input: i === 0 ? { $input: '$' } : { $step: work[i - 1].name },
    })),
    output: { $step: work.at(-1).name },
  }
  const module = JSON.stringify(path('bench/work.mjs'))
  writeFileSync(
    join(folder, 'stepflow-config.yml'),
    `plugins: { shop: { type: module, path: ${module} } }\nroutes: { /shop: [{ plugin: shop }] }\n`,
  )
  const words = [path('packages/stepflow/bin/stepflow.cjs'), 'serve', '--port', '0', '--json', '--quiet']
  const { url } = await program(words, folder)
  const answer = await fetch(`${url}/api/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ flow, input: order(0), wait: true }),
  })
  const { flowId } = await answer.json()
  return { what: 'Stepflow', url: `${url}/api/v1/runs`, body: JSON.stringify({ flowId, input: order(1), wait: true }) }
}

/** Ends with the measurement. */
async function program(words, cwd) {
  const { end, ...ready } = await serving(words, { cwd })
  ended.push(end)
  return ready
}
