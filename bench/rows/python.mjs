// A batch of one step in our Python SDK, through the command line, against a bare Node script that exchanges the same lines
// with a bare Python loop, 64 in flight; both without what a start costs. Nothing where there is no python3.

import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, number, takeTurns } from '../measure.mjs'
import { isQuick, path, scratch, stepflow, weighProgram } from '../programs.mjs'
import { order } from '../work.mjs'

const LINES = isQuick ? 5_000 : 50_000
const IN_FLIGHT = 64

export async function measure() {
  const found = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' })
  if (found.status !== 0) {
    console.error('python: left out, there is no python3')
    return []
  }
  const python = found.stdout.trim()
  const folder = scratch()
  const items = Array.from({ length: LINES }, (_, i) => JSON.stringify(order(i)))
  const config = {
    plugins: {
      sync: serverPlugin(python, join(folder, 'sync.py')),
      async: serverPlugin(python, join(folder, 'async.py')),
    },
    routes: { '/sync': [{ plugin: 'sync' }], '/async': [{ plugin: 'async' }] },
  }
  const files = {
    'items.jsonl': items.map((item) => `${item}\n`).join(''),
    'one.jsonl': `${items[0]}\n`,
    'sync.yaml': flowOf('/sync/echo'),
    'async.yaml': flowOf('/async/echo'),
    'sync.py': serverOf('def'),
    'async.py': serverOf('async def'),
    'bare.py': BARE,
    'stepflow-config.yml': JSON.stringify(config),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)

  const run = async (flow, inputs) => {
    const words = [
      'run',
      flow,
      '--inputs',
      inputs,
      '--output',
      'out.jsonl',
      '--force',
      '--max-concurrent',
      `${IN_FLIGHT}`,
    ]
    return (await weighProgram([stepflow, ...words], { cwd: folder, folder })).ms
  }
  const lines = []
  for (const kind of ['sync', 'async']) {
    const { floors, subjects, ratios } = await takeTurns(
      () => exchange(python, join(folder, 'bare.py'), items),
      async () => (await run(`${kind}.yaml`, 'items.jsonl')) - (await run(`${kind}.yaml`, 'one.jsonl')),
      { rounds: 5 },
    )
    const rate = (values) => number((LINES / median(values)) * 1000)
    const note = `${rate(subjects)} steps/s; bare: ${rate(floors)}`
    const what = kind === 'sync' ? `a batch of ${number(LINES)} through a function of the Python SDK` : '  a coroutine'
    lines.push(line({ what, goal: '<= 2.5x a bare loop', limit: 2.5, values: ratios, note }))
  }
  return lines
}

// ---

function serverPlugin(command, server) {
  return { type: 'stepflow', command, args: [server], env: { PYTHONPATH: path('sdks/python') } }
}

function flowOf(component) {
  return `name: echo
steps:
  - id: echo
    component: ${component}
    input: { $input: $ }
output: { $step: echo }
`
}

function serverOf(kind) {
  return `from stepflow_py import StepflowServer
server = StepflowServer()
@server.component
${kind} echo(input):
    return input
server.run()
`
}

const BARE = `import json, sys
for line in sys.stdin:
    message = json.loads(line)
    reply = {"jsonrpc": "2.0", "id": message["id"], "result": {"output": message["params"]["input"]}}
    print(json.dumps(reply), flush=True)
`

/** Milliseconds from the first answer to the last. */
function exchange(python, script, items) {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  let sent = 0
  const request = () => {
    const input = JSON.parse(items[sent])
    const observability = { run_id: '0190c8f0-0000-7000-8000-000000000000', step_id: 'echo' }
    const params = { component: '/echo', input, attempt: 1, observability, idempotency_key: '0190c8f0/0/echo/1' }
    sent++
    return `${JSON.stringify({ jsonrpc: '2.0', id: sent, method: 'components/execute', params })}\n`
  }
  return new Promise((resolve, reject) => {
    let start
    let rest = ''
    let answered = 0
    child.on('error', reject)
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text) => {
      start ??= performance.now()
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      let more = ''
      for (const each of lines) {
        JSON.parse(each)
        answered++
        if (sent < items.length) more += request()
      }
      if (more) child.stdin.write(more)
      if (answered < items.length) return
      child.stdin.end()
      resolve(performance.now() - start)
    })
    let first = ''
    while (sent < IN_FLIGHT) first += request()
    child.stdin.write(first)
  })
}
