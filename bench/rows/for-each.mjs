// A list through a step with `for_each`, against a batch of the same elements through the same step: both by the command
// line, both without what a start costs. And the memory of a long list, against a script that reads, computes and writes it.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, number, takeTurns } from '../measure.mjs'
import { isQuick, path, scratch, stepflow, weighProgram } from '../programs.mjs'
import { order } from '../work.mjs'

const ELEMENTS = 100_000
const MANY = isQuick ? 100_000 : 1_000_000

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
  return [
    line({ what: 'for_each over 100,000 elements', goal: '<= 3x the batch', limit: 3, values: ratios, note }),
    await weighLongList(folder),
  ]
}

// ---

async function weighLongList(folder) {
  const orders = Array.from({ length: MANY }, (_, i) => order(i))
  writeFileSync(join(folder, 'many.json'), JSON.stringify({ orders }))
  writeFileSync(join(folder, 'plain.mjs'), PLAIN)
  const weigh = async (...words) => (await weighProgram(words, { cwd: folder, folder })).mb
  const { floors, subjects } = await takeTurns(
    () => weigh('plain.mjs'),
    () => weigh(stepflow, 'run', 'each.yaml', '--input', 'many.json', '--output', 'out.json'),
    { rounds: 3, warmUps: 0 },
  )
  const note = `a script that parses, computes and writes the list: ${number(median(floors))} MB`
  const what = `peak memory of ${number(MANY)} elements`
  return line({ what, goal: '<= 400 MB', limit: 400, values: subjects, unit: 'MB', note })
}

const PLAIN = `import { readFileSync, writeFileSync } from 'node:fs'
import { ship } from ${JSON.stringify(path('bench/work.mjs'))}
const result = JSON.parse(readFileSync('many.json', 'utf8')).orders.map(ship)
writeFileSync('plain.json', JSON.stringify({ outcome: 'success', result }))
`

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
