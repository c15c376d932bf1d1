// Random faults on three nodes and their database, for as long as one likes: `npm run faults -- --minutes N [--seed S]`. What is
// checked stands in test/random-faults.test.ts. Before that, what the suite does in part is done whole: kills around each kind
// of append, and an outage that is longer than the engine's patience.

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { fail, root, setUp } from './setup.mjs'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0)) fail(`--minutes is a number above 0, not "${values.minutes}"`)
const seed = values.seed ?? String(Math.floor(Math.random() * 1_000_000))
if (!/^\d+$/.test(seed)) fail(`--seed is a whole number, not "${seed}"`)
setUp()
process.stdout.write(`npm run faults -- --minutes ${minutes} --seed ${seed}\n`)
for (const file of ['faults-kills', 'outages', 'random-faults']) {
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', `test/${file}.test.ts`], {
    ...{ cwd: root, stdio: 'inherit' },
    env: { ...process.env, FAULTS_MINUTES: String(minutes), FAULTS_SEED: seed },
  })
  if (status !== 0) process.exitCode = status ?? 1
}
