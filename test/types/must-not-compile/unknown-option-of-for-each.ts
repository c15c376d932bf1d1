import { defineFlow, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, forEach }) => {
  // error: 'parallel' does not exist in type 'ForEachOptions<"f">'
  return forEach(input.list, (item) => item, { parallel: 3 })
})
