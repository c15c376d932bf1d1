// A chain of functions that answer at once: a loop that awaits them, a step function, a typed flow.

import { defineFlow, run, StepFunction } from 'stepflow'

const steps = Number(process.argv[2] ?? 1_000)

/** The least of many rounds, taken in turn: a machine's speed changes while it is measured. */
async function best(works, rounds = 200) {
  const least = works.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < works.length; i++) {
      const startedAt = performance.now()
      await works[i]()
      least[i] = Math.min(least[i], performance.now() - startedAt)
    }
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

  const loop = async () => {
    let x = 0
    for (const fn of functions) x = await fn(x)
  }
  const measured = await best([loop, () => sf.execute(0), () => run(flow, 0)])
  for (const [i, what] of ['loop', 'step function', 'typed flow'].entries()) {
    const ratio = (measured[i] / measured[0]).toFixed(1)
    console.log(`${name.padEnd(6)} ${what.padEnd(14)} ${measured[i].toFixed(3)} ms  ${ratio}x`)
  }
}
