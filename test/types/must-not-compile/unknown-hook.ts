import { StepFunction } from 'stepflow'

// error: 'onStart' does not exist in type 'StepFunctionHooks'
new StepFunction('s', { hooks: { onStart: () => {} } })
