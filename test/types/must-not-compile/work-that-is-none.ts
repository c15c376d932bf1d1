import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  // error: Argument of type 'number' is not assignable to parameter of type 'Work'
  return step('n', 7)
})
