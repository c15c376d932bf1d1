// A batch of one step in our Python SDK, through the command line, against a bare Node script that exchanges the same lines
// with a bare Python loop, 64 in flight; both without what a start costs. Nothing where there is no python3. And against 0.7.0
// of the public SDK, in the same interpreter, where the tests of servers have installed it.

import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bareExchange, exchange } from '../exchange.mjs'
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
      () => bareExchange(join(folder, 'items.jsonl'), IN_FLIGHT, python, join(folder, 'bare.py')),
      async () => (await run(`${kind}.yaml`, 'items.jsonl')) - (await run(`${kind}.yaml`, 'one.jsonl')),
      { rounds: 5 },
    )
    const rate = (values) => number((LINES / median(values)) * 1000)
    const note = `${rate(subjects)} steps/s; bare: ${rate(floors)}`
    const what = kind === 'sync' ? `a batch of ${number(LINES)} through a function of the Python SDK` : '  a coroutine'
    lines.push(line({ what, goal: '<= 2.5x a bare loop', limit: 2.5, values: ratios, note }))
  }
  return [...lines, ...(await againstReleased(folder))]
}

/** The same server file on our SDK and on 0.7.0: how long a batch takes, and a start. */
async function againstReleased(folder) {
  const python = path('tmp/released/0.7.0/bin/python')
  if (!existsSync(python)) {
    console.error('python: 0.7.0 of the public SDK is left out, it is not installed in tmp/released')
    return []
  }
  const server = join(folder, 'typed.py')
  writeFileSync(server, TYPED)
  const ours = { ...process.env, PYTHONPATH: path('sdks/python') }
  const { PYTHONPATH: _, ...theirs } = process.env
  const inputs = Array.from({ length: isQuick ? 500 : 5_000 }, (_, n) => `{"n":${n}}`)
  const calls = (env) => exchange(python, [server], inputs, IN_FLIGHT, env)
  const starts = (env) => exchange(python, [server], [], 0, env)
  const batch = await takeTurns(
    () => calls(theirs),
    () => calls(ours),
    { rounds: 5 },
  )
  const start = await takeTurns(
    () => starts(theirs),
    () => starts(ours),
    { rounds: 9 },
  )
  const rate = (values) => number((inputs.length / median(values)) * 1000)
  return [
    line({
      what: '  a typed function, against 0.7.0 of the public SDK',
      goal: '<= 1x',
      limit: 1,
      values: batch.ratios,
      note: `${rate(batch.subjects)} calls/s; 0.7.0: ${rate(batch.floors)}`,
    }),
    line({
      what: '  its start, to the end of the handshake',
      goal: '<= 0.5x',
      limit: 0.5,
      values: start.ratios,
      note: `${number(median(start.subjects))} ms; 0.7.0: ${number(median(start.floors))} ms`,
    }),
  ]
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

const TYPED = `import msgspec
from stepflow_py import StepflowStdioServer
server = StepflowStdioServer()
class Input(msgspec.Struct):
    n: int
class Output(msgspec.Struct):
    n: int
@server.component
def echo(input: Input) -> Output:
    return Output(n=input.n)
server.run()
`

const BARE = `import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    if message["method"] == "initialize":
        print(json.dumps({"jsonrpc": "2.0", "id": 0, "result": {"server_protocol_version": 1}}), flush=True)
        continue
    reply = {"jsonrpc": "2.0", "id": message["id"], "result": {"output": message["params"]["input"]}}
    print(json.dumps(reply), flush=True)
`
