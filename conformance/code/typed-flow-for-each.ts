// Once per element, in order; the element's failure is the step's, unless it is left out or kept.

import { defineFlow, shape } from 'stepflow'
import { type Case, fail } from './kit.ts'

const half = (n: number) => (n < 0 ? fail('negative')() : n / 2)

export const flow = defineFlow(
  'each',
  { input: shape<{ list: number[]; strict: boolean }>() },
  ({ input, step, forEach, cond }) => {
    const strict = forEach(input.list, (n) => step('strict', half, n))
    const lenient = forEach(input.list, (n, i) => ({ at: i, half: step('lenient', half, n) }), {
      onItemError: 'skip',
      maxConcurrent: 2,
    })
    return cond(input.strict, strict, lenient)
  },
)

export const cases: Case[] = [
  { name: 'strict', input: { list: [2, 4], strict: true }, result: [1, 2] },
  { name: 'strict, with a failure', input: { list: [2, -1], strict: true }, failed: { message: /negative/ } },
  {
    name: 'left out',
    input: { list: [2, -1, 6], strict: false },
    result: [
      { at: 0, half: 1 },
      { at: 2, half: 3 },
    ],
  },
  { name: 'nothing to do', input: { list: [], strict: true }, result: [] },
  { name: 'no list', input: { list: 'x', strict: true }, failed: { code: 'EXPRESSION_FAILURE', message: /a list/ } },
]
