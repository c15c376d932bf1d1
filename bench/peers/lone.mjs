// One run of three steps after the other, on the disk before the next step: our engine with its store in a file, beside
// Restate and beside DBOS on PostgreSQL, by turns drawn at random. Restate is a server, so it is asked over HTTP, by a
// connection that stays open; the others are called in the process that runs them.
// `node lone.mjs GOAL NODE`: how many times as fast as each of them we shall be, and a Node from 22 on, which Restate's SDK
// needs. Run by `npm run bench:peers`, on the disk as it is and on one whose syncs take longer.

import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { line, median, number, printTable } from '../measure.mjs'
import { startPostgres } from '../postgres/server.mjs'
import { order } from '../work.mjs'
import { running, serving } from './programs.mjs'

const STEPS = 3
const RUNS = 60
const ROUNDS = 7

const goal = Number(process.argv[2])
const newerNode = process.argv[3]
const folder = mkdtempSync(join(tmpdir(), 'stepflow-bench-lone-'))
const ends = []
try {
  const lines = await measure()
  printTable(lines)
  if (lines.some(({ met }) => met === 'NO')) process.exitCode = 1
} finally {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true })
}

// ---

async function measure() {
  const ours = { what: 'Stepflow', ...(await inProcess(['runs-stepflow.mjs', join(folder, 'runs.db')])) }
  const peers = [{ what: 'Restate', ...(await restate()) }]
  const postgres = await startPostgres(folder)
  if (typeof postgres === 'string') console.log(`DBOS is skipped: ${postgres}`)
  else {
    ends.push(() => postgres.stop())
    const url = await postgres.database('dbos')
    peers.push({ what: 'DBOS on PostgreSQL', ...(await inProcess(['runs-dbos.mjs', url])) })
  }
  const subjects = [ours, ...peers]
  const took = new Map(subjects.map((one) => [one, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const one of inAnyOrder(subjects)) {
      const ms = median(await one.times())
      if (round >= 0) took.get(one).push(ms)
    }
  }
  return peers.map((peer) => {
    const values = took.get(ours).map((ms, round) => ms / took.get(peer)[round])
    const note = `${number(median(took.get(ours)))} ms; ${peer.what}: ${number(median(took.get(peer)))} ms`
    const told = goal === 1 ? 'ahead' : `<= 1/${goal}`
    return line({
      what: `a lone run of ${STEPS} steps, beside ${peer.what}`,
      goal: told,
      limit: 1 / goal,
      values,
      note,
    })
  })
}

async function inProcess(words) {
  const { ask, end } = await running(words)
  ends.push(end)
  return { times: async () => (await ask({ runs: RUNS, steps: STEPS, atOnce: 1 })).times }
}

async function restate() {
  const { url, end } = await serving(['server-restate.mjs'], { node: newerNode })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  ends.push(end, async () => agent.destroy())
  return {
    async times() {
      const times = []
      for (let i = 0; i < RUNS; i++) {
        const start = performance.now()
        await post(url, agent, JSON.stringify(order(i)))
        times.push(performance.now() - start)
      }
      return times
    },
  }
}

function post(url, agent, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume()
      answer.once('error', reject)
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`${url} answered ${answer.statusCode}`))
      })
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

function inAnyOrder(values) {
  const left = [...values]
  return values.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0])
}
