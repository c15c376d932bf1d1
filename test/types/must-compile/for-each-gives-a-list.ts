import { defineFlow, type Ref, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ input, step, forEach }) => {
  const all: Ref<{ twice: number; index: number }[], 'f'> = forEach(input.list, (item, index) => ({
    twice: step('d', double, item),
    index,
  }))
  return all
})
