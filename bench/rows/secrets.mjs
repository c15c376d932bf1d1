// A batch whose every result is searched for 20 secrets, against the same batch without any; and one whose every line brings
// a secret of its own. Both by the command line, both without what a start costs.

import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, number, takeTurns } from '../measure.mjs'
import { isQuick, path, scratch, stepflow, weighProgram } from '../programs.mjs'
import { order } from '../work.mjs'

const LINES = isQuick ? 20_000 : 100_000

export async function measure() {
  const folder = scratch()
  const lines = (count) => {
    const one = (_, i) => `${JSON.stringify({ ...order(i), key: secretOf(i) })}\n`
    return Array.from({ length: count }, one).join('')
  }
  const files = {
    'many.jsonl': lines(LINES),
    'one.jsonl': lines(1),
    'flow.yaml': flowWith('{}'),
    'marked.yaml': flowWith('{ is_secret: true }'),
    'stepflow-config.yml': CONFIG,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  let runs = 0
  const run = async (flow, inputs, env) => {
    const words = [stepflow, 'run', flow, '--output', `results-${runs++}.jsonl`, '--inputs', inputs]
    return (await weighProgram(words, { cwd: folder, folder, env })).ms
  }
  const batch = async (flow, env) => (await run(flow, 'many.jsonl', env)) - (await run(flow, 'one.jsonl', env))
  const secrets = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`STEPFLOW_SECRET_${i}`, secretOf(-1 - i)]))

  const times = { rounds: 7 }
  const known = await takeTurns(
    () => batch('flow.yaml'),
    () => batch('flow.yaml', secrets),
    times,
  )
  const marked = await takeTurns(
    () => batch('flow.yaml'),
    () => batch('marked.yaml'),
    times,
  )

  const note = ({ floors, subjects }) => `${per(subjects)} a line; without: ${per(floors)}`
  return [
    line({
      what: `batch of ${number(LINES)} lines, 20 secrets`,
      goal: '<= 1.5x without',
      limit: 1.5,
      values: known.ratios,
      note: note(known),
    }),
    line({ what: '  each line with a secret of its own', values: marked.ratios, note: note(marked) }),
  ]
}

// ---

function per(values) {
  return `${number((median(values) / LINES) * 1000)} µs`
}

/** 32 characters without a meaning, the same in each run. */
function secretOf(number) {
  return createHash('sha256').update(String(number)).digest('base64url').slice(0, 32)
}

function flowWith(key) {
  return `name: orders
schemas:
  properties:
    input: { type: object, properties: { key: ${key} } }
steps:
  - id: discount
    component: /shop/discount
    input: { $input: $ }
  - id: ship
    component: /shop/ship
    input: { $step: discount }
output: { $step: ship }
`
}

const CONFIG = `plugins:
  shop: { type: module, path: ${JSON.stringify(path('bench/work.mjs'))} }
routes:
  /shop: [{ plugin: shop }]
`
