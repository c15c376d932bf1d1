// A step whose `when` is not true is skipped, and what needs it; coalesce passes over it.

import { defineFlow, shape } from 'stepflow'
import type { Case } from './kit.ts'

export const flow = defineFlow(
  'when',
  { input: shape<{ on: boolean; must: boolean }>() },
  ({ input, step, coalesce, cond }) => {
    const optional = step('optional', () => 'ran', undefined, { when: input.on })
    const after = step('after', (x: string) => `after ${x}`, optional)
    return cond(input.must, after, coalesce(after, 'nothing'))
  },
)

export const cases: Case[] = [
  { name: 'true', input: { on: true, must: true }, result: 'after ran' },
  { name: 'false, passed over', input: { on: false, must: false }, result: 'nothing' },
  { name: 'false, needed', input: { on: false, must: true }, skipped: true },
]
