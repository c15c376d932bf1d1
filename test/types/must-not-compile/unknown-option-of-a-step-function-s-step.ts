import { StepFunction } from 'stepflow'

// error: 'next_step' does not exist in type 'StepOptions<StepContext>'
new StepFunction('s').addStep('A', { func: () => 1, next_step: 'B' })
