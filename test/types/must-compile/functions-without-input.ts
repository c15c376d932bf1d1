import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  return {
    a: step('a', now),
    b: step('b', now, undefined, { timeout: 5 }),
    c: step('c', () => ({ deep: { er: 1 } })).deep.er,
  }
})
