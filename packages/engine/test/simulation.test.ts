// Thousands of runs in a simulated world, each from one seed. SIM_SEEDS says how many in all; SIM_FROM where they begin.

import { simulate } from '@stepflow/engine/testing'
import { expect, test } from 'vitest'

const seeds = Number(process.env.SIM_SEEDS ?? 18_000)
const from = Number(process.env.SIM_FROM ?? 0)
const parts = 10

for (let part = 0; part < parts; part++) {
  const first = from + Math.round((seeds * part) / parts)
  const last = from + Math.round((seeds * (part + 1)) / parts) - 1
  test(`whatever befalls a run, it ends as its plan means: seeds ${first} to ${last}`, {
    timeout: 300_000,
  }, async () => {
    const failed: string[] = []
    for (let seed = first; seed <= last; seed++) {
      const { violations } = await simulate(seed)
      if (violations.length > 0) failed.push(`npm run simulate -- --seed ${seed} --verbose   # ${violations[0]}`)
    }
    expect(failed).toEqual([])
  })
}

// What was found among 100,000 seeds, and mended.
test.each([
  [5026, 'whoever begins a run again may call what is repeatable before it hears that the run is there'],
  [13787, 'a failure does not wait for a handler behind a step that has begun'],
  [18503, 'of two answers of one item the second is settled when what follows from the first has happened'],
  [25135, 'whoever asks a second time for the results of a run is given all of them'],
  [30786, 'a run whose inputs could not be taken in is taken up anew by whoever asks for it'],
  [43201, 'a run whose store is away is not set aside'],
  [36925, 'a row that ends a shard which nobody began is not taken for the row of who began it'],
  [45209, 'a new journal that was taken over behind its lost first row is there'],
  [59514, 'an answer that is there at once is an answer like those that arrive'],
  [77106, 'a journal that the store gives to who is refused as its beginner goes back'],
  [98682, 'a run whose last row was written though its answer was lost has ended for who waits for it'],
  [76083, 'a journal is given back when nothing of it is on its way any more'],
])('seed %i: %s', async (seed) => {
  expect((await simulate(seed)).violations).toEqual([])
})

test('a seed gives the same run each time, to the letter', async () => {
  for (let seed = 0; seed < 100; seed++) {
    const [one, other] = [await simulate(seed), await simulate(seed)]
    expect(other).toEqual(one)
  }
})

test('the seeds reach what is to be tested: crashes, takeovers, waits, failures, loops, and a store that fails', async () => {
  const said = new Set<string>()
  const words = [
    'crashes',
    'stalls',
    'cannot reach the disk',
    'its append is lost',
    'its append is refused',
    'its read is refused',
    'its putDown is lost',
    'waits for the store no longer',
    'the store is back',
    'is closed within',
    'taken over',
    'out of turn',
    'gives way',
    'woken by signal',
    'woken by time',
    'woken by run',
  ]
  for (let seed = 0; seed < 600 && said.size < words.length; seed++) {
    await simulate(seed, {
      note: (line) => {
        for (const word of words) if (line.includes(word)) said.add(word)
      },
    })
  }
  expect([...said].sort()).toEqual([...words].sort())
})
