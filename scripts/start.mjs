// The main job on a fresh clone: a real flow on one input, then on three, then a batch of 100,000. Embedded defaults only.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, setUp } from './setup.mjs'

setUp()
const pipeline = 'examples/data-pipeline'
const output = join(root, 'tmp')
mkdirSync(output, { recursive: true })

show('one input', [
  'run',
  `${pipeline}/data-pipeline.yaml`,
  '--input-json',
  '{"item_id":"item1","data":{"value":100,"category":"A"}}',
])
show('three inputs', ['run', `${pipeline}/data-pipeline.yaml`, '--inputs', `${pipeline}/items.jsonl`])
const many = openSync(join(output, 'many.jsonl'), 'w')
run(process.execPath, [`${pipeline}/generate-items.mjs`, '100000'], { stdio: ['ignore', many, 'inherit'] })
closeSync(many)
show('100,000 inputs', [
  'run',
  `${pipeline}/data-pipeline.yaml`,
  '--inputs',
  'tmp/many.jsonl',
  '--output',
  'tmp/results.jsonl',
  '--max-concurrent',
  '64',
])
process.stderr.write(
  '\nThe results are in tmp/results.jsonl. Next: npx stepflow init my-flow, or see examples/README.md\n',
)

function show(what, args) {
  process.stderr.write(`\n# ${what}\n$ npx stepflow ${args.map(quoted).join(' ')}\n`)
  run(process.execPath, ['packages/stepflow/bin/stepflow.cjs', ...args])
}

function quoted(arg) {
  return /^[\w./=:-]+$/.test(arg) ? arg : `'${arg}'`
}
