import { StepFunction } from 'stepflow'

// error: Type 'number' is not assignable to type 'string'
new StepFunction('s').addStep('A', { func: () => 1, branch: { yes: 1 } })
