// A plan of three steps, one after the other, for tests of what is written of each.

import { input, output, pull, ref, step } from '../../../test/plans.ts'

export const threeSteps = pull(
  'three steps',
  step('a', '/a', input()),
  step('b', '/b', ref(0)),
  step('c', '/c', ref(1)),
  output(ref(2)),
)
