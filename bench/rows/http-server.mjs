// How fast calls reach a component server over HTTP and come back, 32 in flight, against a bare loop with Node's `http` that
// posts the same messages to the same server.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { callContext, RUN } from '../call-context.mjs'
import { line, median, number, takeTurns, timed } from '../measure.mjs'
import { isQuick, path, scratch } from '../programs.mjs'

const CALLS = isQuick ? 1_000 : 10_000
const IN_FLIGHT = 32
const INPUT = { text: 'sixty bytes or so of input, as a step may have' }

export async function measure() {
  const { createServerPlugin } = await import(pathToFileURL(path('packages/protocol/dist/index.js')).href)
  const sdk = pathToFileURL(path('packages/protocol/dist/sdk.js')).href
  const program = join(scratch(), 'http-server.mjs')
  writeFileSync(
    program,
    `import { createServer } from '${sdk}'\ncreateServer({ name: 'bench' }).component('echo', {}, (x) => x).listen()`,
  )
  const child = spawn(process.execPath, [program, '--http'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [announced] = await once(child.stdout, 'data')
  const { port } = JSON.parse(announced)
  const plugin = createServerPlugin({ name: 'bench', url: `http://127.0.0.1:${port}/` })
  const echo = plugin.resolve('/echo')
  const context = callContext()
  const agent = new Agent({ keepAlive: true })
  let ids = 1_000_000
  try {
    const { floors, subjects, ratios } = await takeTurns(
      () => timed(() => all(() => post(port, agent, ++ids))),
      () => timed(() => all(() => echo.call(INPUT, context))),
    )
    const rate = (values) => number((CALLS / median(values)) * 1000)
    const note = `${rate(subjects)} calls/s; bare: ${rate(floors)}`
    const what = 'a component server over HTTP, 32 calls in flight'
    return [line({ what, goal: '<= 2x a bare loop', limit: 2, values: ratios, note })]
  } finally {
    await plugin.stop()
    agent.destroy()
    child.kill()
  }
}

// ---

function all(call) {
  let left = CALLS
  const caller = async () => {
    while (left-- > 0) await call()
  }
  return Promise.all(Array.from({ length: IN_FLIGHT }, caller))
}

function post(port, agent, id) {
  const params = {
    component: '/echo',
    input: INPUT,
    attempt: 1,
    observability: { run_id: RUN, step_id: 'step' },
    idempotency_key: `${RUN}/0/0/1`,
  }
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'components/execute', params }))
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': body.length,
  }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', agent, headers }, (response) => {
      const parts = []
      response.on('data', (part) => parts.push(part))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(parts).toString('utf8'))))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
