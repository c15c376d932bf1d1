// One engine, one length, in this process: `node measure-one.mjs FILE EXPORT STEPS`. Prints steps a second as JSON.

import { chainOf } from './chain-of.mjs'

const WARM_UP_MS = 400
const MEASURED_MS = 800

const [file, name, length] = process.argv.slice(2)
const steps = Number(length)
const { [name]: prepare } = await import(`./${file}`)
const execute = await prepare(chainOf(steps))
const result = await execute(1)
if (result !== 1 + steps) throw new Error(`${name}: a chain of ${steps} gave ${JSON.stringify(result)}`)
await repeat(WARM_UP_MS)
process.stdout.write(JSON.stringify({ stepsPerSecond: await repeat(MEASURED_MS) }))
process.exit()

// ---

/** Runs the chain again and again, once at least. */
async function repeat(ms) {
  const start = performance.now()
  let runs = 0
  let now = start
  do {
    await execute(runs)
    runs++
    now = performance.now()
  } while (now - start < ms)
  return (runs * steps * 1000) / (now - start)
}
