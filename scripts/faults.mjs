// Random faults on three nodes and their database, for as long as one likes: `npm run faults -- --minutes N [--seed S]`. What is
// checked stands in test/random-faults.test.ts.

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
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/random-faults.test.ts'],
  {
    ...{ cwd: root, stdio: 'inherit' },
    env: { ...process.env, FAULTS_MINUTES: String(minutes), FAULTS_SEED: seed },
  },
)
process.exitCode = status ?? 1
