// What a server adds to a run: requests at once against a bare route that validates the same body, one request at a time
// against the same run through the library, a large batch over HTTP against the same batch here, a batch that a thousand clients
// follow against one that nobody does, a server's start, and how late schedules are while requests come.

import { createReadStream, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { createSqliteStore } from '../../packages/store-sqlite/dist/index.js'
import { line, median, number, percentile, takeTurns, timed } from '../measure.mjs'
import {
  isQuick,
  loadEngine,
  path,
  planOf,
  post,
  routerOf,
  scratch,
  serve,
  startProgram,
  stepflow,
  timeProgram,
  weighProgram,
} from '../programs.mjs'
import { order, orders, work } from '../work.mjs'

const REQUESTS = isQuick ? 2_000 : 10_000
const CONNECTIONS = 64
const LONE = isQuick ? 100 : 400
const LINES = isQuick ? 10_000 : 100_000
const SECONDS = isQuick ? 8 : 60
const FOLLOWED = isQuick ? 20_000 : 60_000
const FOLLOWERS = 1_000
const STALLED = 100
const FINISHED = isQuick ? 1_000 : 10_000
const FLOWS = 100

const FLOW = orders('/shop')
const CONFIG = `plugins:
  shop: { type: module, path: ${JSON.stringify(path('bench/work.mjs'))} }
routes:
  /shop: [{ plugin: shop }]
`

export async function measure() {
  return [
    ...(await atOnce()),
    ...(await oneByOne()),
    ...(await streamed()),
    ...(await followed()),
    ...(await started()),
    ...(await scheduled()),
  ]
}

// ---

async function atOnce() {
  const folder = project()
  const server = await serve(folder, '--store', 'memory')
  const bare = await startProgram(BARE, folder)
  try {
    const { flowId } = await post(`${server.url}/api/v1/runs`, { flow: FLOW, input: order(0), wait: true })
    const body = { flowId, input: order(1), wait: true }
    const all = async (url) => (await load(url, body, { connections: CONNECTIONS, amount: REQUESTS })).took
    const { floors, subjects, ratios } = await takeTurns(
      () => all(`${bare.url}/runs`),
      () => all(`${server.url}/api/v1/runs`),
      { rounds: 5, warmUps: 2 },
    )
    const rate = (values) => number((REQUESTS / median(values)) * 1000)
    const note = `${rate(subjects)} runs/s of 3 steps; bare: ${rate(floors)} requests/s`
    const what = `POST /runs with wait, in memory, ${CONNECTIONS} connections`
    return [line({ what, goal: '<= 4x a bare route', limit: 4, values: ratios, note })]
  } finally {
    await server.end()
    await bare.end()
  }
}

async function oneByOne() {
  const folder = project()
  const engine = await loadEngine(folder)
  const plan = planOf(engine, orders())
  const router = routerOf(Object.fromEntries(work.map((fn) => [fn.name, fn])))
  const server = await serve(folder)
  const store = await createSqliteStore({ path: join(folder, 'library.db') })
  const runs = engine.createEngine({ store, router })
  try {
    const { flowId } = await post(`${server.url}/api/v1/runs`, { flow: FLOW, input: order(0), wait: true })
    const { floors, subjects, ratios } = await takeTurns(
      () => lone((i) => runs.submit(plan, [order(i)]).then(({ ended }) => ended)),
      async () => {
        const body = { flowId, input: order(1), wait: true }
        return median((await load(`${server.url}/api/v1/runs`, body, { connections: 1, amount: LONE })).times)
      },
      { rounds: 5, warmUps: 1 },
    )
    const note = `p50 ${number(median(subjects))} ms; the library: ${number(median(floors))} ms`
    const what = 'POST /runs with wait, durable, one at a time'
    return [line({ what, goal: '<= 1.5x the library', limit: 1.5, values: ratios, note })]
  } finally {
    await runs.close()
    await store.close()
    await server.end()
  }
}

async function streamed() {
  const folder = project()
  writeFileSync(join(folder, 'flow.json'), JSON.stringify(FLOW))
  const fd = openSync(join(folder, 'many.jsonl'), 'w')
  for (let id = 0; id < LINES; id++) writeSync(fd, `${JSON.stringify(order(id))}\n`)
  const batch = [stepflow, 'run', 'flow.json', '--inputs', 'many.jsonl', '--output', 'here.jsonl', '--force']
  let round = 0
  const peaks = []
  const early = []
  const { floors, subjects, ratios } = await takeTurns(
    async () => (await weighProgram([...batch, '--store', `sqlite:${++round}.db`], { cwd: folder, folder })).ms,
    async () => {
      const server = await serve(folder, '--store', `sqlite:${++round}.db`)
      try {
        const { blobId: flowId } = await post(`${server.url}/api/v1/blobs`, { data: FLOW })
        const { ms, before } = await sendAndRead(server.url, flowId, join(folder, 'many.jsonl'))
        early.push(before)
        peaks.push(await server.peak())
        return ms
      } finally {
        await server.end()
      }
    },
    { rounds: 3, warmUps: 0 },
  )
  const rate = (values) => number((LINES / median(values)) * 1000)
  const note = `${rate(subjects)} items/s; here: ${rate(floors)}; ${number(median(early))} results before the input's end`
  const what = `${number(LINES)} inputs streamed in, results streamed out`
  return [
    line({ what, goal: '<= 1.7x the time of the durable batch here', limit: 1 / 0.6, values: ratios, note }),
    line({ what: '  peak memory of the server', goal: '<= 256 MB', limit: 256, values: peaks, unit: 'MB' }),
  ]
}

/** All follow the run from before its first input to its end. */
async function followed() {
  const { floors, subjects, ratios } = await takeTurns(
    async () => (await timeFollowed(0)).ms,
    async () => (await timeFollowed(FOLLOWERS)).ms,
    { rounds: 3, warmUps: 1 },
  )
  const held = []
  for (let round = 0; round < 3; round++) {
    const [alone, stalled] = [await timeFollowed(0), await timeFollowed(STALLED, 'stalled')]
    held.push((stalled.memory - alone.memory) / STALLED)
  }
  const rate = (values) => number((FOLLOWED / median(values)) * 1000)
  const note = `${rate(subjects)} items/s; followed by nobody: ${rate(floors)}`
  const what = `a batch of ${number(FOLLOWED)} that ${number(FOLLOWERS)} clients follow`
  return [
    line({ what, goal: '<= 1.2x the time without them', limit: 1.2, values: ratios, note }),
    line({
      what: `  memory of each of ${STALLED} that read nothing`,
      goal: '<= 1 MB',
      limit: 1,
      values: held,
      unit: 'MB',
    }),
  ]
}

async function timeFollowed(followers, kind = 'reading') {
  const server = await serve(project(), '--store', 'sqlite:followed.db')
  const leaving = []
  try {
    const { blobId: flowId } = await post(`${server.url}/api/v1/blobs`, { data: FLOW })
    const headers = { 'content-type': 'application/x-ndjson' }
    const url = `${server.url}/api/v1/runs?flowId=${flowId}`
    const sending = request(url, { method: 'POST', headers })
    const answered = new Promise((resolve, reject) => sending.once('response', resolve).once('error', reject))
    sending.flushHeaders()
    const answer = await answered
    answer.resume()
    const run = `${server.url}${answer.headers.location}`
    const topics = kind === 'stalled' ? 'run,items,entries' : 'run,items,wait,flow'
    for (let i = 0; i < followers; i++) leaving.push(await follow(`${run}/events?topics=${topics}`, kind))
    const start = performance.now()
    for (let id = 0; id < FOLLOWED; id++) {
      if (!sending.write(`${JSON.stringify(order(id))}\n`))
        await new Promise((resolve) => sending.once('drain', resolve))
    }
    sending.end()
    const reading = await fetch(`${run}/results`)
    for await (const _ of reading.body);
    return { ms: performance.now() - start, memory: await server.memory() }
  } finally {
    for (const leave of leaving) leave()
    await server.end()
  }
}

/** Resolves when the stream has begun. */
function follow(url, kind) {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false }, (answer) => {
      if (kind === 'stalled') answer.pause()
      else answer.resume()
      answer.on('error', () => {})
      resolve(() => asking.destroy())
    })
    asking.on('error', reject)
    asking.end()
  })
}

async function started() {
  const folder = project()
  mkdirSync(join(folder, 'flows'))
  for (let i = 0; i < FLOWS; i++) {
    writeFileSync(join(folder, 'flows', `${i}.json`), JSON.stringify({ ...FLOW, name: `orders-${i}` }))
  }
  const filling = await serve(folder)
  const { flowId } = await post(`${filling.url}/api/v1/runs`, { flow: FLOW, input: order(0), wait: true })
  const some = Array.from({ length: CONNECTIONS }, async (_, from) => {
    for (let i = from; i < FINISHED; i += CONNECTIONS) {
      await post(`${filling.url}/api/v1/runs`, { flowId, input: order(i), wait: true })
    }
  })
  await Promise.all(some)
  await filling.end()
  const listen = ['-e', `require('http').createServer().listen(0, () => process.exit(0))`]
  const { subjects, ratios } = await takeTurns(
    () => timeProgram(listen),
    async () => {
      const start = performance.now()
      const server = await serve(folder)
      const took = performance.now() - start
      await server.end()
      return took
    },
    { rounds: 7, warmUps: 2 },
  )
  const what = `serve ready, with ${number(FINISHED)} finished runs and ${FLOWS} flows`
  return [
    line({ what, goal: '<= 8x a server of Node alone', limit: 8, values: ratios }),
    line({ what: '  in milliseconds', goal: '<= 400 ms', limit: 400, values: subjects, unit: 'ms' }),
  ]
}

async function scheduled() {
  const server = await serve(project())
  const api = `${server.url}/api/v1`
  try {
    const { name } = await post(`${api}/flows`, { flow: FLOW })
    await post(`${api}/flows/${name}/publish`, {})
    const schedule = { flow: name, cron: '* * * * * *', overlap: 'allow', input: order(0) }
    const { id } = await post(`${api}/schedules`, schedule)
    const body = JSON.stringify({ flowName: name, input: order(1), wait: true })
    const headers = { 'content-type': 'application/json' }
    const load = { url: `${api}/runs`, method: 'POST', headers, body, connections: CONNECTIONS, duration: SECONDS }
    const { requests } = await autocannon(load)
    await fetch(`${api}/schedules/${id}`, { method: 'DELETE' })
    const { runs } = await (await fetch(`${api}/runs?trigger=schedule&limit=1000`)).json()
    const due = runs.map(({ trigger }) => Date.parse(trigger.time)).sort((a, b) => a - b)
    const gaps = due.filter((at, i) => i > 0 && at - due[i - 1] !== 1000).length
    if (gaps > 0 || due.length < SECONDS - 1) throw new Error(`${due.length} runs in ${SECONDS} s, ${gaps} gaps`)
    const late = runs.map(({ createdAt, trigger }) => Date.parse(createdAt) - Date.parse(trigger.time))
    const what = `a schedule each second for ${SECONDS} s, ${CONNECTIONS} connections: p99 late`
    const note = `each of ${due.length} fired once; median ${number(median(late))} ms; ${number(requests.average)} runs/s beside it`
    return [line({ what, goal: '<= 250 ms', limit: 250, values: [percentile(late, 0.99)], unit: 'ms', note })]
  } finally {
    await server.end()
  }
}

/** A folder with a configuration. */
function project() {
  const folder = scratch()
  writeFileSync(join(folder, 'stepflow-config.yml'), CONFIG)
  return folder
}

/** Requests of a client that takes next to nothing itself: how long all of them took, and each. */
async function load(url, body, { connections, amount }) {
  const headers = { 'content-type': 'application/json' }
  const options = { url, method: 'POST', headers, body: JSON.stringify(body), connections, amount }
  const times = []
  const start = performance.now()
  let took = 0
  // Its own clock counts in whole seconds.
  const running = autocannon(options, () => {})
  running.on('response', (_client, status, _bytes, ms) => {
    if (status !== 200) throw new Error(`a request was answered ${status}`)
    if (times.push(ms) === amount) took = performance.now() - start
  })
  await new Promise((resolve) => running.once('done', resolve))
  return { took, times }
}

async function lone(run) {
  const times = []
  for (let i = 0; i < LONE; i++) times.push(await timed(() => run(i)))
  return median(times)
}

/** How long it took until the last result was here, and how many results were here before the last line was sent. */
async function sendAndRead(url, flowId, file) {
  const start = performance.now()
  let results = 0
  let before = 0
  await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-ndjson' }
    const sending = request(`${url}/api/v1/runs?flowId=${flowId}`, { method: 'POST', headers }, async (answer) => {
      answer.resume()
      const reading = await fetch(`${url}${answer.headers.location}/results`)
      try {
        for await (const part of reading.body) for (const byte of part) if (byte === 10) results++
        resolve()
      } catch (error) {
        reject(error)
      }
    })
    sending.on('error', reject)
    sending.on('finish', () => {
      before = results
    })
    createReadStream(file).pipe(sending)
  })
  if (results !== LINES) throw new Error(`${results} results of ${LINES} lines`)
  return { ms: performance.now() - start, before }
}

/** The same body, validated by the same library; nothing is done with it. */
const BARE = [
  '--input-type=module',
  '-e',
  `import fastify from ${JSON.stringify(path('node_modules/fastify/fastify.js'))}
const app = fastify()
const body = { type: 'object', properties: { flowId: { type: 'string' }, input: {}, wait: { type: 'boolean' } }, required: ['flowId'] }
app.post('/runs', { schema: { body } }, async ({ body }) => ({ result: body.input }))
const url = await app.listen({ port: 0 })
console.log(JSON.stringify({ url }))`,
]
