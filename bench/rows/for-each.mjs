// A list through a step with `for_each`, against a batch of the same elements through the same step: both by the command
// line, both without what a start costs.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, number, takeTurns } from '../measure.mjs'
import { path, scratch, stepflow, weighProgram } from '../programs.mjs'
import { order } from '../work.mjs'

const ELEMENTS = 100_000

export async function measure() {
  const folder = scratch()
  const elements = Array.from({ length: ELEMENTS }, (_, i) => order(i))
  const files = {
    'elements.jsonl': elements.map((element) => `${JSON.stringify(element)}\n`).join(''),
    'list.json': JSON.stringify({ orders: elements }),
    'none.jsonl': `${JSON.stringify(order(1))}\n`,
    'none.json': JSON.stringify({ orders: [order(1)] }),
    'each.yaml': EACH,
    'batch.yaml': BATCH,
    'stepflow-config.yml': CONFIG,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const run = async (...words) => {
    rmSync(join(folder, 'out.jsonl'), { force: true })
    return (await weighProgram([stepflow, 'run', ...words, '--output', 'out.jsonl'], { cwd: folder, folder })).ms
  }

  const { floors, subjects, ratios } = await takeTurns(
    async () =>
      (await run('batch.yaml', '--inputs', 'elements.jsonl')) - (await run('batch.yaml', '--inputs', 'none.jsonl')),
    async () => (await run('each.yaml', '--input', 'list.json')) - (await run('each.yaml', '--input', 'none.json')),
    { rounds: 7 },
  )

  const per = (values) => `${number((median(values) / ELEMENTS) * 1000)} µs`
  const note = `${per(subjects)} an element; a line of the batch: ${per(floors)}`
  return [line({ what: 'for_each over 100,000 elements', goal: '<= 3x the batch', limit: 3, values: ratios, note })]
}

// ---

const EACH = `name: each
steps:
  - id: ship
    component: /shop/ship
    for_each: { $input: orders }
    input: { $item: $ }
output: { $step: ship }
`

const BATCH = `name: one
steps:
  - id: ship
    component: /shop/ship
    input: { $input: $ }
output: { $step: ship }
`

const CONFIG = `plugins:
  shop: { type: module, path: ${JSON.stringify(path('bench/work.mjs'))} }
routes:
  /shop: [{ plugin: shop }]
`
