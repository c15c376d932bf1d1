// A chain of functions that answer at once: a loop that awaits them, a step function, a typed flow.

import { defineFlow, run, StepFunction } from 'stepflow'

const steps = Number(process.argv[2] ?? 1_000)

async function best(work, rounds = 100) {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < rounds; i++) {
    const startedAt = performance.now()
    await work()
    least = Math.min(least, performance.now() - startedAt)
  }
  return least
}

for (const [name, fn] of Object.entries({ sync: (x) => x + 1, async: async (x) => x + 1 })) {
  const functions = Array.from({ length: steps }, () => (x) => fn(x))
  const sf = new StepFunction('chain')
  functions.forEach((func, i) => {
    sf.addStep(`s${i}`, i + 1 < steps ? { func, nextStep: `s${i + 1}` } : { func })
  })
  sf.setStartStep('s0')
  const flow = defineFlow('chain', {}, ({ input, step }) => {
    let at = input
    functions.forEach((fn, i) => {
      at = step(`s${i}`, fn, at)
    })
    return at
  })

  const loop = await best(async () => {
    let x = 0
    for (const fn of functions) x = await fn(x)
  })
  for (const [what, ms] of [
    ['loop', loop],
    ['step function', await best(() => sf.execute(0))],
    ['typed flow', await best(() => run(flow, 0))],
  ]) {
    console.log(`${name.padEnd(6)} ${what.padEnd(14)} ${ms.toFixed(3)} ms  ${(ms / loop).toFixed(1)}x`)
  }
}
