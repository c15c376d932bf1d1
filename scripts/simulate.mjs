// Runs seeds of the simulation: `npm run simulate -- --seeds N [--from S]` for many, `--seed X --verbose` to see one.

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { fail, setUp } from './setup.mjs'

const testing = '../packages/engine/dist/testing/index.js'

if (isMainThread) await main()
else await work(workerData)

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20000' },
      from: { type: 'string', default: '0' },
      seed: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  })
  const whole = (name) => {
    const value = Number(values[name])
    if (!Number.isSafeInteger(value) || value < 0) fail(`--${name} is a whole number, not "${values[name]}"`)
    return value
  }
  const one = values.seed === undefined ? undefined : whole('seed')
  const [from, count] = [whole('from'), whole('seeds')]
  setUp()
  if (one === undefined) return many(from, count)
  const { simulate } = await import(testing)
  const note = values.verbose ? (line) => process.stdout.write(`${line}\n`) : undefined
  const report = await simulate(one, note ? { note } : {})
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
  process.exitCode = report.violations.length > 0 ? 1 : 0
}

async function many(from, count) {
  const start = performance.now()
  const threads = Math.max(1, Math.min(availableParallelism(), count))
  let events = 0
  let failed = 0
  const told = ({ seed, events: some, violation }) => {
    events += some
    if (violation === undefined) return
    failed++
    process.stdout.write(`npm run simulate -- --seed ${seed} --verbose   # ${violation}\n`)
  }
  await Promise.all(
    Array.from({ length: threads }, (_, thread) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { from, count, thread, threads } })
      worker.on('message', told)
      return new Promise((resolve, reject) => worker.on('error', reject).on('exit', resolve))
    }),
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  process.stdout.write(`${count} seeds, ${events} events, ${failed} with violations, ${seconds} s\n`)
  process.exitCode = failed > 0 ? 1 : 0
}

/** Every so-manieth seed, in a thread of its own. */
async function work({ from, count, thread, threads }) {
  const { simulate } = await import(testing)
  let events = 0
  for (let seed = from + thread; seed < from + count; seed += threads) {
    const report = await simulate(seed)
    events += report.events
    const [violation] = report.violations
    if (violation !== undefined) parentPort.postMessage({ seed, events: 0, violation: violation.split('\n')[0] })
  }
  parentPort.postMessage({ events })
}
