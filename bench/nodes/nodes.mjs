// Nodes on one store in PostgreSQL, as processes that end with the measurement; what is asked of them, and what they called.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { path, post, scratch, startProgram, stepflow } from '../programs.mjs'

/** Calls of the component at once, in each node. */
export const IN_FLIGHT = 16

const CONFIG = `plugins:
  mine: { type: module, path: ${JSON.stringify(path('bench/nodes/component.mjs'))}, max_in_flight: ${IN_FLIGHT} }
routes:
  /mine: [{ plugin: mine }]
`
const FLOW = {
  name: 'slow',
  steps: [{ id: 'a', component: '/mine/slow', input: { $input: '$' } }],
  output: { $step: 'a' },
}

/** Nodes with a schema of their own. Who starts them ends them. */
export function nodesOn(server, schema) {
  const folder = scratch()
  writeFileSync(join(folder, 'stepflow-config.yml'), CONFIG)
  const calls = join(folder, 'calls')
  const store = ['--store', `${server.url}?schema=${schema}`, '--drain', '0s']
  const running = []
  const start = async (words) => {
    const node = await startProgram([stepflow, ...words, '--json', '--quiet', ...store], folder)
    running.push(node)
    return node
  }
  return {
    schema,
    serve: (...words) => start(['serve', '--port', '0', ...words]),
    work: (...words) => start(['worker', ...words]),
    /** Calls that were noted: of which item, by which process, when. */
    calls() {
      if (!existsSync(calls)) return []
      const lines = readFileSync(calls, 'utf8').split('\n').slice(0, -1)
      return lines.map((line) => {
        const [n, pid, at] = line.split(' ').map(Number)
        return { n, pid, at }
      })
    },
    forgetCalls: () => rmSync(calls, { force: true }),
    async end() {
      // One that is stopped cannot end by itself.
      for (const node of running) node.kill('SIGCONT')
      await Promise.all(running.splice(0).map((node) => node.end()))
    },
  }
}

export async function flowOn({ url }) {
  return (await post(`${url}/api/v1/blobs`, { data: FLOW })).blobId
}

/** `count` inputs, made while they are sent. Resolves with the run's id when its first are taken; `sent`: when all are. */
export async function submit({ url }, flowId, count, input) {
  const headers = { 'content-type': 'application/x-ndjson' }
  const sending = request(`${url}/api/v1/runs?flowId=${flowId}`, { method: 'POST', headers, agent: false })
  const answered = new Promise((resolve, reject) => sending.once('response', resolve).once('error', reject))
  const sent = sendAll(sending, count, input)
  const answer = await answered
  answer.resume()
  // The rest of a run that was cancelled is not read.
  answer.on('error', () => {})
  sending.on('error', () => {})
  if (answer.statusCode !== 202) throw new Error(`the run was answered ${answer.statusCode}`)
  return { id: answer.headers.location.split('/').at(-1), sent, leave: () => sending.destroy() }
}

/** Reads the results of a run to their end: each has to be there, once, in order. */
export async function readAll({ url }, { id }, count) {
  const reading = await new Promise((resolve, reject) =>
    request(`${url}/api/v1/runs/${id}/results`, { agent: false }, resolve).on('error', reject).end(),
  )
  let n = 0
  for await (const text of createInterface({ input: reading, crlfDelay: Number.POSITIVE_INFINITY })) {
    const { result } = JSON.parse(text)
    if (result?.n !== n) throw new Error(`result ${n} of run ${id} is ${text.slice(0, 200)}`)
    n++
  }
  if (n !== count) throw new Error(`${n} results of ${count}`)
}

export async function runOf({ url }, { id }) {
  return (await fetch(`${url}/api/v1/runs/${id}`)).json()
}

/** Looks again and again, for two minutes; `what` for whoever waits in vain. */
export async function until(what, look, { every = 20 } = {}) {
  const start = performance.now()
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() - start > 120_000) throw new Error(`waited in vain for ${what}`)
    await new Promise((again) => setTimeout(again, every))
  }
}

// ---

async function sendAll(sending, count, input) {
  for (let n = 0; n < count && !sending.destroyed; n++) {
    if (sending.write(`${JSON.stringify({ n, ...input })}\n`)) continue
    await drained(sending)
  }
  sending.end()
}

function drained(sending) {
  return new Promise((resolve) => {
    const over = () => {
      sending.off('drain', over).off('close', over)
      resolve()
    }
    sending.on('drain', over).on('close', over)
  })
}
