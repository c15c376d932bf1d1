// A reference stands for a step's output, its fields for the output's fields.

import { defineFlow, shape } from 'stepflow'
import type { Case } from './kit.ts'

export const flow = defineFlow('feed', { input: shape<{ name: string }>() }, ({ input, step }) => {
  const made = step(
    'made',
    (name: string) => ({ upper: name.toUpperCase(), parts: [{ length: name.length }] }),
    input.name,
  )
  return { upper: made.upper, length: made.parts[0]?.length ?? null, whole: made, literal: [1, 'two', null] }
})

export const cases: Case[] = [
  {
    name: 'fields',
    input: { name: 'ada' },
    result: { upper: 'ADA', length: 3, whole: { upper: 'ADA', parts: [{ length: 3 }] }, literal: [1, 'two', null] },
  },
]
