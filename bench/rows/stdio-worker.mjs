// A component server over stdio, through the command line: against a bare Node script that exchanges the same lines with the
// same server; a server that announces no capabilities against one that does; steps one after the other that compute
// something; payloads of 1 MB; and a server that dies again and again, where only right results count.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bareExchange } from '../exchange.mjs'
import { line, median, number, takeTurns } from '../measure.mjs'
import { isQuick, path, scratch, stepflow, weighProgram } from '../programs.mjs'
import { order } from '../work.mjs'

const LINES = isQuick ? 5_000 : 50_000
const IN_FLIGHT = 64
const LARGE = isQuick ? 20 : 200
const FRAGILE = isQuick ? 500 : 5_000

export async function measure() {
  const folder = scratch()
  const sdk = pathToFileURL(path('packages/protocol/dist/sdk.js')).href
  const servers = { sdk: ofSdk(sdk), short: byHand({ idempotency_key: true }), long: byHand(), fragile: fragile(sdk) }
  const plugin = (name) => ({ type: 'stepflow', command: process.execPath, args: [join(folder, `${name}.mjs`)] })
  const names = Object.keys(servers)
  const config = {
    plugins: Object.fromEntries(names.map((name) => [name, plugin(name)])),
    routes: Object.fromEntries(names.map((name) => [`/${name}/{*component}`, [{ plugin: name }]])),
  }
  const orders = Array.from({ length: LINES }, (_, i) => JSON.stringify(order(i)))
  const large = Array.from({ length: LARGE }, (_, i) => JSON.stringify(`${i}${'x'.repeat(1_000_000)}`))
  const inputs = {
    orders,
    'one-order': orders.slice(0, 1),
    large,
    'one-large': large.slice(0, 1),
    numbers: Array.from({ length: FRAGILE }, (_, i) => `${i}`),
  }
  for (const name of names) {
    writeFileSync(join(folder, `${name}.mjs`), servers[name])
    writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(echoBy(name)))
  }
  for (const [name, lines] of Object.entries(inputs))
    writeFileSync(join(folder, `${name}.jsonl`), `${lines.join('\n')}\n`)
  writeFileSync(join(folder, 'fib.yaml'), JSON.stringify(fibs(400)))
  writeFileSync(join(folder, 'stepflow-config.yml'), JSON.stringify(config))

  const run = async (...words) => (await weighProgram([stepflow, 'run', ...words], { cwd: folder, folder })).ms
  const batch = (server, items, inFlight) =>
    run(
      `${server}.yaml`,
      '--inputs',
      `${items}.jsonl`,
      '--output',
      'out.jsonl',
      '--force',
      '--max-concurrent',
      `${inFlight}`,
    )
  const bare = (items, inFlight) =>
    bareExchange(join(folder, `${items}.jsonl`), inFlight, process.execPath, join(folder, 'sdk.mjs'))

  const trivial = await takeTurns(
    () => bare('orders', IN_FLIGHT),
    async () => (await batch('sdk', 'orders', IN_FLIGHT)) - (await batch('sdk', 'one-order', IN_FLIGHT)),
    { rounds: 5 },
  )
  const forms = await takeTurns(
    () => batch('short', 'orders', IN_FLIGHT),
    () => batch('long', 'orders', IN_FLIGHT),
    { rounds: 5 },
  )
  const fib = []
  for (let round = 0; round < 5; round++) fib.push((await run('fib.yaml', '--input-json', '10')) / 1000)
  const payloads = await takeTurns(
    () => bare('large', 4),
    async () => (await batch('sdk', 'large', 4)) - (await batch('sdk', 'one-large', 4)),
    { rounds: 5 },
  )
  // Fewer than the calls of one life, or no process would answer any.
  const died = await batch('fragile', 'numbers', 16)
  const results = readFileSync(join(folder, 'out.jsonl'), 'utf8').trim().split('\n')
  const wrong = inputs.numbers.filter((n, i) => results[i] !== `{"outcome":"success","result":${n}}`).length

  const rate = (values) => `${number((LINES / median(values)) * 1000)} steps/s`
  return [
    line({
      what: `a batch of ${number(LINES)} through a component server`,
      goal: '<= 2.5x a bare script',
      limit: 2.5,
      values: trivial.ratios,
      note: `${rate(trivial.subjects)}; bare: ${rate(trivial.floors)}`,
    }),
    line({
      what: '  through one that announces no capabilities',
      goal: '<= 1.2x of one that does',
      limit: 1.2,
      values: forms.ratios,
      note: `${rate(forms.subjects)}; short form: ${rate(forms.floors)}`,
    }),
    line({
      what: '400 steps one after the other, each fib(10), with all starts',
      goal: '<= 1 s',
      limit: 1,
      values: fib,
      unit: 's',
      note: `${number((median(fib) / 400) * 1e6)} us a step`,
    }),
    line({
      what: '1 MB each way, 4 in flight',
      goal: '<= 1.5x a bare script',
      limit: 1.5,
      values: payloads.ratios,
      note: `${number(median(payloads.subjects) / LARGE)} ms a call; bare: ${number(median(payloads.floors) / LARGE)} ms`,
    }),
    line({
      what: `wrong or missing results of ${number(FRAGILE)}, where the server dies every 50 calls`,
      goal: 'none',
      limit: 0,
      values: [wrong],
      unit: '',
      note: `${number(died / 1000)} s`,
    }),
  ]
}

// ---

function ofSdk(sdk) {
  return `import { createServer } from '${sdk}'
const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2))
createServer({ name: 'bench' }).component('echo', {}, (x) => x).component('fib', {}, (n) => { fib(n); return n }).listen()
`
}

/** It takes its fiftieth call with it, and all that are in flight. */
function fragile(sdk) {
  return `import { createServer } from '${sdk}'
let calls = 0
createServer({ name: 'bench' }).component('echo', {}, (x) => ++calls === 50 ? process.exit(1) : x).listen()
`
}

/** By hand, so that both forms meet the same server. */
function byHand(capabilities) {
  return `let rest = ''
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\\n')
  rest = lines.pop()
  let answers = ''
  for (const line of lines) {
    const { id, method, params } = JSON.parse(line)
    if (id === undefined) continue
    const result = method === 'initialize' ? ${JSON.stringify({ server_protocol_version: 1, capabilities })} : { output: params.input }
    answers += JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n'
  }
  process.stdout.write(answers)
}).on('end', () => process.exit(0))
`
}

function echoBy(server) {
  return {
    steps: [{ id: 'echo', component: `/${server}/echo`, input: { $input: '$' }, retry: { max_attempts: 20 } }],
    output: { $step: 'echo' },
  }
}

function fibs(count) {
  const steps = Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    component: '/sdk/fib',
    input: i === 0 ? { $input: '$' } : { $step: `s${i - 1}` },
  }))
  return { steps, output: { $step: `s${count - 1}` } }
}
