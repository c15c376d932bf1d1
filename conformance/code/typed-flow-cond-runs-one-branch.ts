// What only the branch needs that is not taken does not run.

import { defineFlow, shape } from 'stepflow'
import { type Case, fail } from './kit.ts'

export const flow = defineFlow('cond', { input: shape<{ safe: boolean }>() }, ({ input, step, cond }) =>
  cond(
    input.safe,
    step('good', () => 'good'),
    step('bad', fail('bad')),
  ),
)

export const cases: Case[] = [
  { name: 'the good one', input: { safe: true }, result: 'good' },
  { name: 'the bad one', input: { safe: false }, failed: { step: 'bad', message: /bad/ } },
]
