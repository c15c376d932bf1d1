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
