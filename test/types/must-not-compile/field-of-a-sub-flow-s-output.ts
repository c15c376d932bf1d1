import { defineFlow, shape } from 'stepflow'
import { now } from '../kit.ts'

defineFlow('f', { input: shape<{ userId: string; count: number; list: number[] }>() }, ({ step }) => {
  const inner = defineFlow('inner', {}, (inside) => ({ made: inside.step('n', now) }))
  // error: Property 'maid' does not exist on type 'Ref<{ made: number; }, "f">'
  return step('sub', inner).maid
})
