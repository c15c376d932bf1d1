import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step }) => {
  // error: must have a '[Symbol.iterator]()' method that returns an iterator
  for (const x of input.list) step('d', double, x)
})
