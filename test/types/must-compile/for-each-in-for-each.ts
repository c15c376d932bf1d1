import { defineFlow, shape } from 'stepflow'
import { double } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step, forEach }) => {
  return forEach([[1], [2, 3]], (row) => forEach(row, (cell) => step('d', double, cell), { maxConcurrent: 2 }), {
    onItemError: 'skip',
  })
})
