// A plan of three steps, one after the other, for tests of what is written of each.

import type { Plan } from '@stepflow/engine'

export const threeSteps: Plan = {
  name: 'three steps',
  entry: 3,
  exit: 3,
  onFailure: 'stop',
  steps: [
    { id: 'a', component: '/a', input: { op: 'input' } },
    { id: 'b', component: '/b', input: { op: 'step', step: 0 } },
    { id: 'c', component: '/c', input: { op: 'step', step: 1 } },
    { id: 'exit', component: null, input: { op: 'step', step: 2 }, hidden: true },
  ],
}
