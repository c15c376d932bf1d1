import { defineFlow, type Ref, shape } from 'stepflow'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, cond }) => {
  const either: Ref<'a' | number, 'f'> = cond(input.count, 'a', input.count)
  return either
})
