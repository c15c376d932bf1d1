// A flow that is a step keeps its own components: each of two flows, and the one around them, may have a `double`.

import { component, defineFlow, shape } from 'stepflow'
import type { Case } from './kit.ts'

const number = { input: shape<number>() }
const twice = component('double', {}, (n: number) => n * 2)
const word = component('double', {}, (n: number) => `${n}${n}`)
const pair = component('double', {}, (n: number) => [n, n])

const inner = defineFlow('doubles a word', number, ({ input, step, forEach }) => {
  const one = step('one', word, input)
  const each = forEach([input, input], (item) => step('each', word, item))
  return { one, each }
})
const further = defineFlow('doubles a pair', number, ({ input, step }) =>
  step('deeper', inner, step('n', twice, input)),
)

export const flow = defineFlow('doubles', number, ({ input, step }) => ({
  own: step('own', pair, input),
  inner: step('inner', inner, input),
  further: step('further', further, input),
}))

export const cases: Case[] = [
  {
    name: 'each calls its own',
    input: 3,
    result: { own: [3, 3], inner: { one: '33', each: ['33', '33'] }, further: { one: '66', each: ['66', '66'] } },
  },
]
