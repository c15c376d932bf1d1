// What a node more brings: a batch whose component only waits, on three nodes beside one; and how soon one that is added takes
// part. How soon a shard comes to a node.

import { line, median, number, percentile, takeTurns, timed } from '../measure.mjs'
import { isQuick, post } from '../programs.mjs'
import { flowOn, IN_FLIGHT, nodesOn, readAll, submit, until } from './nodes.mjs'

const WAIT_MS = 20
const ITEMS = isQuick ? 480 : 2_880
const SENT = isQuick ? 30 : 150

export async function measureSpread(server) {
  const [alone, three] = [nodesOn(server, 'alone'), nodesOn(server, 'three')]
  try {
    const [one, many] = [await alone.serve('--capacity', '0'), await three.serve('--capacity', '0')]
    await Promise.all([alone.work(), three.work(), three.work(), three.work()])
    const flows = new Map([
      [one, await flowOn(one)],
      [many, await flowOn(many)],
    ])
    const batch = (at) => timed(async () => readAll(at, await submit(at, flows.get(at), ITEMS, { ms: WAIT_MS }), ITEMS))
    const { ratios, floors, subjects } = await takeTurns(
      () => batch(one),
      () => batch(many),
      { rounds: isQuick ? 2 : 3 },
    )
    const rate = (took) => `${number((ITEMS * 1000) / median(took))} items/s`
    const note = `${rate(subjects)}; one node: ${rate(floors)}`
    return [
      line({
        ...{ what: `${number(ITEMS)} items of ${WAIT_MS} ms, ${IN_FLIGHT} at once a node, three nodes` },
        ...{ goal: '<= 1/2.7 of the time of one', limit: 1 / 2.7, values: ratios, note },
      }),
      ...(await waysOf(many, flows.get(many))),
      await addedTo(alone, one, flows.get(one)),
    ]
  } finally {
    await Promise.all([alone.end(), three.end()])
  }
}

// ---

/** From the request to the call; the server that is asked drives nothing. */
async function waysOf(node, flowId) {
  const ways = []
  for (let n = 0; n < SENT; n++) {
    const start = Date.now()
    const { result: outcome } = await post(`${node.url}/api/v1/runs`, { flowId, input: { n, ms: 0 }, wait: true })
    ways.push(Math.max(0, outcome.result.at - start))
  }
  const facts = (part, limit) => ({ goal: `<= ${limit} ms`, limit, unit: 'ms', values: [percentile(ways, part)] })
  return [
    line({ what: 'from a request to the call on another node, p50', ...facts(0.5, 20) }),
    line({ what: '  p99', ...facts(0.99, 100) }),
  ]
}

/** From its start to its first call. */
async function addedTo(nodes, server, flowId) {
  nodes.forgetCalls()
  // More than can end before it is there.
  const run = await submit(server, flowId, 20_000, { ms: 50, isNoted: true })
  await until('the first calls', () => nodes.calls().length > IN_FLIGHT)
  const start = Date.now()
  const { pid } = await nodes.work()
  const { at } = await until('a call on the added node', () => nodes.calls().find((call) => call.pid === pid))
  await post(`${server.url}/api/v1/runs/${run.id}/cancel`, {})
  run.leave()
  const values = [(at - start) / 1000]
  return line({ what: 'the first item on an added node, from its start', goal: '<= 3 s', limit: 3, unit: 's', values })
}
