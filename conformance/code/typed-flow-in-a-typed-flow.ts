// A flow can be a step: its result is the step's, its skip skips it, its failure fails it.

import { defineFlow, shape } from 'stepflow'
import { type Case, fail } from './kit.ts'

const inner = defineFlow('inner', { input: shape<{ n: number }>() }, ({ input, step }) => {
  const checked = step('checked', (n: number) => (n < 0 ? fail('negative')() : { n, some: n > 0 }), input.n)
  return { twice: step('twice', (n: number) => n * 2, checked.n, { when: checked.some }) }
})

export const flow = defineFlow(
  'outer',
  { input: shape<number>() },
  ({ input, step }) => step('sub', inner, { n: input }).twice,
)

export const cases: Case[] = [
  { name: 'a result', input: 2, result: 4 },
  { name: 'a skip', input: 0, skipped: true },
  { name: 'a failure', input: -1, failed: { step: 'sub', message: /negative/ } },
]
