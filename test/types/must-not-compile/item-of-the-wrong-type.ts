import { defineFlow, shape } from 'stepflow'
import { shout } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step, forEach }) => {
  // error: Argument of type 'Ref<number, "f">' is not assignable to parameter of type 'Given<string, "f">'
  return forEach(input.list, (item) => step('s', shout, item))
})
