// What three nodes on one store owe those who use it at once: a large run is cancelled, a short one comes beside it, and one of
// the nodes is gone.

import { line, median, number, percentile, timed } from '../measure.mjs'
import { isQuick, post } from '../programs.mjs'
import { flowOn, IN_FLIGHT, nodesOn, readAll, runOf, submit, until } from './nodes.mjs'

const MANY = isQuick ? 10_000 : 100_000
const TAKEN_IN = 30_000
const LEAST_ASKED = 20
/** Enough for the others to be at work until it is sure that a node is gone. */
const KILL_ITEMS = 2_000
const KILL_MS = 250
/** What has ended is on the disk by then. */
const RECORDED_MS = 1_000

export async function measureShared(server) {
  const nodes = nodesOn(server, 'shared')
  try {
    const at = await nodes.serve('--capacity', '0')
    const workers = await Promise.all([nodes.work(), nodes.work(), nodes.work()])
    const flowId = await flowOn(at)
    return [
      ...(await cancelled(server, nodes, at, flowId)),
      await besides(at, flowId),
      ...(await gone(server, nodes, at, flowId, workers[0])),
    ]
  } finally {
    await nodes.end()
  }
}

// ---

async function cancelled(server, nodes, at, flowId) {
  nodes.forgetCalls()
  const run = await submit(at, flowId, MANY, { ms: 20, isNoted: true })
  // An intake is only so far ahead of those who drive.
  const most = Math.min(MANY, TAKEN_IN)
  await until('the items', async () => (await takenIn(server, nodes.schema, run.id)) >= most, { every: 100 })
  await until('the first calls', () => nodes.calls().length > 20 * IN_FLIGHT)
  await post(`${at.url}/api/v1/runs/${run.id}/cancel`, {})
  const answered = Date.now()
  const { items } = await until('the end of a cancelled run', async () => {
    const seen = await runOf(at, run)
    const { running, waiting, completed, failed, cancelled: rest } = seen.items
    const isOver = seen.status === 'cancelled' && running + waiting === 0
    return isOver && completed + failed + rest >= (await takenIn(server, nodes.schema, run.id)) && seen
  })
  const over = Date.now()
  run.leave()
  const last = nodes.calls().reduce((latest, call) => Math.max(latest, call.at), 0)
  const what = `cancel of a run of ${number(MANY)} items on three nodes: the last call begins after`
  const note = `${number(items.completed)} had ended, ${number(items.cancelled)} were cancelled`
  return [
    line({ what, goal: '<= 1 s', limit: 1, unit: 's', values: [Math.max(0, last - answered) / 1000], note }),
    line({
      what: '  the run has ended after',
      goal: '<= 5 s',
      limit: 5,
      unit: 's',
      values: [(over - answered) / 1000],
    }),
  ]
}

async function besides(at, flowId) {
  const run = await submit(at, flowId, MANY, { ms: 0 })
  let isOver = false
  const all = readAll(at, run, MANY).finally(() => {
    isOver = true
  })
  all.catch(() => {})
  const times = []
  let beside = 0
  while (!isOver || times.length < LEAST_ASKED) {
    times.push(await timed(() => post(`${at.url}/api/v1/runs`, { flowId, input: { n: 0, ms: 0 }, wait: true })))
    if (!isOver) beside++
    await new Promise((next) => setTimeout(next, 20))
  }
  await all
  const note = `p50 ${number(median(times))} ms; ${beside} of ${times.length} while it ran`
  const what = `a run of one step beside a batch of ${number(MANY)}, from its request to its result, p99`
  return line({ what, goal: '<= 1 s', limit: 1, unit: 's', values: [percentile(times, 0.99) / 1000], note })
}

/** Stopped and never continued: to the others, what a machine is that is gone. One whose process has ended is found sooner. */
async function gone(server, nodes, at, flowId, lost) {
  nodes.forgetCalls()
  const run = await submit(at, flowId, KILL_ITEMS, { ms: KILL_MS, isNoted: true })
  const all = readAll(at, run, KILL_ITEMS)
  all.catch(() => {})
  await until('calls on that node', () => nodes.calls().filter(({ pid }) => pid === lost.pid).length > 2 * IN_FLIGHT)
  lost.kill('SIGSTOP')
  const stopped = Date.now()
  const shards = await shardsOf(server, nodes.schema, lost.id)
  await all
  const calls = nodes.calls()
  const silences = shards.map(({ first, items }) => {
    const isOfIt = ({ n, pid, at: when }) => n >= first && n < first + items && pid !== lost.pid && when > stopped
    const next = calls.filter(isOfIt).map((call) => call.at - stopped)
    return next.length === 0 ? 0 : Math.min(...next) / 1000
  })
  // A call that had ended, but was not on the disk yet, is made again like one that was under way.
  const sure = calls.filter(({ pid, at: when }) => pid === lost.pid && when < stopped - KILL_MS - RECORDED_MS)
  const others = new Set(calls.filter(({ pid, at: when }) => pid !== lost.pid && when > stopped).map(({ n }) => n))
  const again = sure.filter(({ n }) => others.has(n)).length
  return [
    line({
      ...{ what: 'one of three nodes is gone: the longest silence of its shards', goal: '<= 15 s', limit: 15 },
      ...{ unit: 's', values: [Math.max(0, ...silences)], note: `${shards.length} shards` },
    }),
    line({
      ...{ what: '  calls made again that had ended before', goal: 'none', limit: 0, unit: '', values: [again] },
      note: `${calls.length - KILL_ITEMS} that were under way; every result is there once, in order`,
    }),
  ]
}

function shardsOf(server, schema, driver) {
  const text = `SELECT first, items FROM ${schema}.shards WHERE is_open AND driver = $1 AND items > 0`
  return server.query(text, [driver])
}

async function takenIn(server, schema, run) {
  const [{ count }] = await server.query(`SELECT sum(items) AS count FROM ${schema}.shards WHERE run = $1`, [run])
  return Number(count)
}
