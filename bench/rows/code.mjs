// Chains written in TypeScript, of functions that answer at once: against a loop that awaits the same functions, and a long
// chain against a short one. Reads the built library, as who installs it does.

import { defineFlow, run, StepFunction } from 'stepflow'
import { line, median, number, takeTurns, timed } from '../measure.mjs'

const STEPS = 1_000
const SHORT = 100
const LONG = 10_000
/** Steps that a round takes in all, however long its chains are. */
const PER_ROUND = 100_000

const forms = [
  { what: 'a step function', build: stepFunction },
  { what: 'a typed flow', build: typedFlow },
]

export async function measure() {
  const lines = []
  for (const { what, build } of forms) {
    const { subjects, ratios } = await takeTurns(rounds(loop(STEPS)), rounds(build(STEPS)), { rounds: 15, warmUps: 5 })
    lines.push(
      line({
        what: `${what} of ${number(STEPS)}`,
        goal: '<= 8x a loop that awaits',
        limit: 8,
        values: ratios,
        note: perStep(subjects),
      }),
    )
  }
  for (const { what, build } of forms) {
    const { subjects, ratios } = await takeTurns(rounds(build(SHORT)), rounds(build(LONG)), { rounds: 15, warmUps: 5 })
    lines.push(
      line({
        what: `${what} of ${number(LONG)}`,
        goal: `<= 1.5x one of ${SHORT}, a step`,
        limit: 1.5,
        values: ratios,
        note: perStep(subjects),
      }),
    )
  }
  return lines
}

// ---

function functionsOf(steps) {
  return Array.from({ length: steps }, () => (x) => x + 1)
}

function loop(steps) {
  const functions = functionsOf(steps)
  const execute = async (input) => {
    let x = input
    for (const fn of functions) x = await fn(x)
    return x
  }
  return { steps, execute }
}

function stepFunction(steps) {
  const chain = new StepFunction('chain')
  for (const [i, func] of functionsOf(steps).entries()) {
    chain.addStep(`s${i}`, i + 1 < steps ? { func, nextStep: `s${i + 1}` } : { func })
  }
  chain.setStartStep('s0')
  return { steps, execute: async (input) => (await chain.execute(input)).result }
}

function typedFlow(steps) {
  const flow = defineFlow('chain', {}, ({ input, step }) =>
    functionsOf(steps).reduce((at, fn, i) => step(`s${i}`, fn, at), input),
  )
  return { steps, execute: (input) => run(flow, input) }
}

/** One round: the chain over and over, and looks at what it gives. */
function rounds({ steps, execute }) {
  return () =>
    timed(async () => {
      for (let i = 0; i < PER_ROUND / steps; i++) {
        const result = await execute(i)
        if (result !== i + steps) throw new Error(`a chain of ${steps} gave ${result}, not ${i + steps}`)
      }
    })
}

function perStep(values) {
  return `${number((median(values) / PER_ROUND) * 1e6)} ns a step`
}
