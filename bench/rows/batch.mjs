// A large batch through the command line, lines in and lines out, against a plain script that does the same to the same
// lines. And its memory, against that of a tenth of the lines.

import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { line, median, number, takeTurns } from '../measure.mjs'
import { isQuick, path, scratch, stepflow, weighProgram } from '../programs.mjs'
import { order } from '../work.mjs'

const LINES = isQuick ? 100_000 : 1_000_000

export async function measure() {
  const folder = scratch()
  writeLines(join(folder, 'many.jsonl'), LINES)
  writeLines(join(folder, 'few.jsonl'), LINES / 10)
  writeFileSync(join(folder, 'flow.yaml'), FLOW)
  writeFileSync(join(folder, 'stepflow-config.yml'), CONFIG)
  const words = [
    stepflow,
    'run',
    'flow.yaml',
    '--max-concurrent',
    '64',
    '--force',
    '--output',
    'results.jsonl',
    '--inputs',
  ]
  const batch = (file) => weighProgram([...words, file], { cwd: folder, folder })
  const script = () =>
    weighProgram([path('bench/plain-script.mjs'), 'many.jsonl', 'plain.jsonl'], { cwd: folder, folder })

  const many = []
  const few = []
  const times = await takeTurns(
    async () => (await script()).ms,
    async () => {
      few.push((await batch('few.jsonl')).mb)
      const { ms, mb } = await batch('many.jsonl')
      many.push(mb)
      return ms
    },
    { rounds: isQuick ? 5 : 3, warmUps: isQuick ? 1 : 0 },
  )
  if (!readFileSync(join(folder, 'plain.jsonl')).equals(readFileSync(join(folder, 'results.jsonl')))) {
    throw new Error('the batch and the script do not give the same lines')
  }

  const seconds = (values) => `${number(median(values) / 1000)} s`
  const rate = number((LINES / median(times.subjects)) * 1000)
  const note = `${seconds(times.subjects)}, ${rate} lines/s; the script: ${seconds(times.floors)}`
  const lines = number(LINES)
  return [
    line({ what: `batch of ${lines} lines`, goal: '<= 5x a plain script', limit: 5, values: times.ratios, note }),
    line({ what: '  peak memory', goal: '<= 256 MB', limit: 256, values: many, unit: 'MB' }),
    line({
      what: `  against ${number(LINES / 10)} lines`,
      // What is alive is 8 MB at any time; the rest is what V8 has not collected yet, and it waits the longer the more
      // there was. Holding on to the lines (a leak that there was) made it 3.9x.
      goal: 'the same (<= 1.5x)',
      ...(isQuick ? {} : { limit: 1.5 }),
      values: many.map((mb, i) => mb / few[i]),
      note: `${number(median(few))} MB`,
    }),
  ]
}

// ---

const FLOW = `name: orders
steps:
  - id: discount
    component: /shop/discount
    input: { $input: $ }
  - id: tax
    component: /shop/tax
    input: { $step: discount }
  - id: ship
    component: /shop/ship
    input: { $step: tax }
output: { $step: ship }
`

const CONFIG = `plugins:
  shop: { type: module, path: ${JSON.stringify(path('bench/work.mjs'))} }
routes:
  /shop: [{ plugin: shop }]
`

function writeLines(file, count) {
  const fd = openSync(file, 'w')
  for (let from = 0; from < count; from += 10_000) {
    let text = ''
    for (let id = from; id < Math.min(count, from + 10_000); id++) text += `${JSON.stringify(order(id))}\n`
    writeSync(fd, text)
  }
  closeSync(fd)
}
